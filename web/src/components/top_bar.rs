//! The bar on top: brand, views, scenario, appearance.

use yew::prelude::*;

use super::icon::{Brand, Icon};
use super::scenario_picker::ScenarioPicker;
use crate::deck::{Deck, use_deck};
use crate::hooks::use_theme::{toggle_contrast, toggle_theme};
use crate::state::{Action, View};
use crate::worker::protocol::ToEngine;

#[derive(Properties, PartialEq)]
pub struct TopBarProps {
    pub title: AttrValue,
    pub view: View,
    /// How many edits can be taken back, and made again.
    pub history: (u32, u32),
    pub without_worker: bool,
}

const WITHOUT_WORKER: &str =
    "This browser starts no workers, so the scheduler shares the page's thread.";

#[component]
pub fn TopBar(props: &TopBarProps) -> Html {
    let deck = use_deck();
    let importing = props.view == View::Import;
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
                <Brand /><span class="broad">{ "Stowplan" }</span>
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
                <ScenarioPicker title={props.title.clone()} bare=true />
            </span>
            <span class="space" />
            <span class="broad"><ScenarioPicker title={props.title.clone()} /></span>
            <span class="space broad" />
            if props.without_worker {
                <span class="slow broad" data-testid="without-worker"
                    title={WITHOUT_WORKER}>
                    { "runs without a worker" }
                </span>
            }
            if !importing {
                { past(&deck, "undo", props.history.0, ToEngine::Undo) }
                { past(&deck, "redo", props.history.1, ToEngine::Redo) }
            }
            <button class="btn quiet square narrow" aria-label="Import" title="Import"
                onclick={show(to_other)}><Icon name={other_icon} /></button>
            <button class="btn quiet square broad" aria-label="High contrast" title="High contrast"
                onclick={|_| toggle_contrast()} data-testid="contrast">
                <Icon name="contrast" />
            </button>
            <button class="btn quiet square" aria-label="Theme: light or dark"
                title="Theme: light or dark" onclick={|_| toggle_theme()} data-testid="theme">
                <Icon name="theme" />
            </button>
        </header>
    }
}

/// Takes an edit back or makes it again, and says how many there are.
fn past(deck: &Deck, icon: &'static str, count: u32, order: ToEngine) -> Html {
    let (deck, none) = (deck.clone(), count == 0);
    let onclick = Callback::from(move |_: MouseEvent| deck.send(order.clone()));
    let (word, key) = if icon == "undo" { ("Undo", "z") } else { ("Redo", "Shift z") };
    let title = match count {
        0 if icon == "undo" => "Nothing was changed yet".to_owned(),
        0 => "Nothing was taken back".to_owned(),
        _ => format!("{word} ({key}), {count} of them"),
    };
    html! {
        <button class="btn quiet square" aria-label={word} {title} disabled={none} {onclick}
            data-testid={icon}><Icon name={icon} /></button>
    }
}
