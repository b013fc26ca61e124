//! The bar on top: brand, views, scenario, appearance.

use std::rc::Rc;

use yew::prelude::*;

use super::icon::{brand, icon};
use super::scenario_picker::scenario_picker;
use crate::deck::Deck;
use crate::hooks::use_theme::{toggle_contrast, toggle_theme};
use crate::state::{Action, State, View};
use crate::worker::protocol::ToEngine;

const WITHOUT_WORKER: &str =
    "This browser starts no workers, so the scheduler shares the page's thread.";

pub(crate) fn top_bar(deck: &Deck, state: &State) -> Html {
    let title = AttrValue::from(Rc::clone(state.coming.as_ref().unwrap_or(&state.title)));
    let importing = state.view == View::Import;
    let show = |view: View| {
        let deck = deck.clone();
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            deck.act(Action::View(view));
        })
    };
    let (to_other, other_icon) =
        if importing { (View::Playground, "cross") } else { (View::Import, "open") };
    html! {
        <header class="top">
            <a class="brand" href="./" onclick={show(View::Playground)} title="Stowplan">
                { brand() }<span class="broad">{ "Stowplan" }</span>
            </a>
            <span class="broad" style="width:12px" />
            <nav class="views" aria-label="Views">
                <a href="#playground" aria-current={(!importing).then_some("page")}
                    onclick={show(View::Playground)} data-testid="view-playground">
                    { "Playground" }
                </a>
                <a href="#import" aria-current={importing.then_some("page")}
                    onclick={show(View::Import)} data-testid="view-import">{ "Import" }</a>
            </nav>
            <span class="pick narrow">
                { scenario_picker(deck, &title, true) }
            </span>
            <span class="space" />
            <span class="broad">{ scenario_picker(deck, &title, false) }</span>
            <span class="space broad" />
            if state.without_worker {
                <span class="slow broad" data-testid="without-worker"
                    title={WITHOUT_WORKER}>
                    { "runs without a worker" }
                </span>
            }
            if !importing {
                { past(deck, "undo", state.history.0, ToEngine::Undo) }
                { past(deck, "redo", state.history.1, ToEngine::Redo) }
            }
            <button class="btn quiet square narrow" aria-label="Import" title="Import"
                onclick={show(to_other)}>{ icon(other_icon) }</button>
            <button class="btn quiet square broad" aria-label="High contrast" title="High contrast"
                onclick={|_| toggle_contrast()} data-testid="contrast">
                { icon("contrast") }
            </button>
            <button class="btn quiet square" aria-label="Theme: light or dark"
                title="Theme: light or dark" onclick={|_| toggle_theme()} data-testid="theme">
                { icon("theme") }
            </button>
        </header>
    }
}

/// Takes an edit back or makes it again, and says how many there are.
fn past(deck: &Deck, name: &'static str, count: u32, order: ToEngine) -> Html {
    let (deck, none) = (deck.clone(), count == 0);
    let onclick = Callback::from(move |_: MouseEvent| deck.send(order.clone()));
    let (word, key) = if name == "undo" { ("Undo", "z") } else { ("Redo", "Shift z") };
    let title = match count {
        0 if name == "undo" => "Nothing was changed yet".to_owned(),
        0 => "Nothing was taken back".to_owned(),
        _ => format!("{word} ({key}), {count} of them"),
    };
    html! {
        <button class="btn quiet square" aria-label={word} {title} disabled={none} {onclick}
            data-testid={name}>{ icon(name) }</button>
    }
}
