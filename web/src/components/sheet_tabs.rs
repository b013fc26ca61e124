//! The tabs of a narrow screen.

use yew::prelude::*;

use crate::deck::Deck;
use crate::state::{Action, Sheet};

pub(crate) fn sheet_tabs(deck: &Deck, shown: Sheet) -> Html {
    let tab = |sheet: Sheet| {
        let (id, name) = sheet.names();
        let deck = deck.clone();
        let onclick = Callback::from(move |_| deck.act(Action::Sheet(sheet)));
        let selected = if sheet == shown { "true" } else { "false" };
        html! {
            <button key={id} role="tab" aria-selected={selected} {onclick}
                data-testid={format!("tab-{id}")}>{ name }</button>
        }
    };
    html! {
        <nav class="tabs sheet-tabs" role="tablist" aria-label="Regions">
            { for Sheet::ALL.into_iter().map(tab) }
        </nav>
    }
}
