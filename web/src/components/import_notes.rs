//! What a reader should know of an import: what was assumed, what was left out, and where.

use yew::prelude::*;

use super::says::{cap, says, strong};
use crate::words::count;
use crate::worker::protocol::ImportNote;

/// More notes than this stand as a number.
const NOTES_MOST: usize = 200;

pub(super) fn import_notes(notes: &[ImportNote]) -> Html {
    if notes.is_empty() {
        return Html::default();
    }
    let row = |(index, note): (usize, &ImportNote)| {
        html! {
            <li key={index}>
                <p>{ strong(&note.concern) }{ format!(": {}", note.text) }</p>
                { says("dim micro", &note.place) }
            </li>
        }
    };
    let more = notes.len().saturating_sub(NOTES_MOST);
    html! {
        <section class="notes" data-testid="notes">
            { cap(&format!("{} on the import", count(notes.len() as u64, "note"))) }
            <ul>{ for notes.iter().take(NOTES_MOST).enumerate().map(row) }</ul>
            if more > 0 { { says("hint", &format!("And {more} more.")) } }
        </section>
    }
}
