//! The event log, newest at the cursor. Only the rows in view are in the document.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::icon::icon;
use super::says::says;
use super::swatch::swatch;
use crate::deck::use_deck;
use crate::feed::Feed;
use crate::state::Action;
use crate::words::{clock_ms, thousands};
use crate::worker::protocol::{LogLine, Tone};

const ROW: usize = 22;
/// Rows kept in the document.
const ROWS: usize = 60;

#[derive(Properties, PartialEq)]
pub struct EventLogProps {
    pub feed: Feed,
    pub folded: bool,
}

#[component]
pub fn EventLog(props: &EventLogProps) -> Html {
    let deck = use_deck();
    let skipped = use_state(|| 0usize);
    let shown = props.feed.lines_until_now();
    let first = (*skipped).min(shown.saturating_sub(ROWS));
    let log = props.feed.log.items();
    let window = log[..shown].iter().rev().skip(first).take(ROWS).enumerate();
    let now = log[..shown].last().map(|line| line.at_ms);
    let onscroll = Callback::from(move |event: Event| {
        if let Some(list) = event.target_dyn_into::<HtmlElement>() {
            let row = usize::try_from(list.scroll_top()).unwrap_or(0) / ROW;
            skipped.set(row.saturating_sub(ROWS / 4));
        }
    });
    let fold = Callback::from(move |_| deck.act(Action::ToggleLog));
    let until_now = format!("{} until now", thousands(shown as u64));
    let rest = shown.saturating_sub(first + ROWS);
    html! {
        <>
            <div class="logh">
                <h2 class="cap grow">
                    { "Events " }<span data-testid="event-count">{ until_now }</span>
                </h2>
                <button class="btn quiet square" aria-expanded={(!props.folded).to_string()}
                    aria-label="Fold the event log" title="Fold the event log" onclick={fold}>
                    { icon("fold") }
                </button>
            </div>
            <ol class="log" aria-label="Events" data-testid="log" tabindex="0" {onscroll}>
                if first > 0 { { gap(first) } }
                { for window.map(|(index, line)| {
                    row(&props.feed, line, first + index, Some(line.at_ms) == now)
                }) }
                if rest > 0 { { gap(rest) } }
                if shown == 0 {
                    { says("quiet", "Nothing has happened yet. Press Space to play.") }
                }
            </ol>
        </>
    }
}

fn gap(rows: usize) -> Html {
    html! { <li aria-hidden="true" style={format!("height:{}px;border:0", rows * ROW)} /> }
}

fn row(feed: &Feed, line: &LogLine, index: usize, now: bool) -> Html {
    html! {
        <li key={index} class={classes!(now.then_some("now"))}>
            <time>{ clock_ms(line.at_ms) }</time>
            if line.service.is_some() {
                { swatch(&feed.board.badge(line.service)) }
            } else {
                <span />
            }
            <span title={line.message.clone()}>
                if line.tone == Tone::Bad { <b class="bad">{ "! " }</b> }
                { &line.message }
            </span>
        </li>
    }
}
