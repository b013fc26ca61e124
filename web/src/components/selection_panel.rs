//! Why region, first step: what is selected, and its facts.

use yew::prelude::*;

use super::acts::acts;
use super::deployment_card::deployment_card;
use super::facts::{host_facts, task_facts, zone_facts};
use super::icon::icon;
use super::import_notes::import_notes;
use super::says::{says, strong};
use super::scenario_text::ScenarioText;
use super::why_panel::WhyPanel;
use crate::canvas::scene::Target;
use crate::deck::Deck;
use crate::model::Board;
use crate::state::{Action, Panel, State};
use crate::worker::protocol::ToEngine;

const SELECT: &str =
    "Select a task, an instance or a zone. Or press w on a task to ask why it is there.";

pub(crate) fn selection_panel(deck: &Deck, state: &State) -> Html {
    let board = &state.feed.board;
    let about = match state.selected {
        Some(Target::Task(key_of)) => html! {
            <>
                { tabs(deck, state.panel) }
                if state.panel == Panel::Why {
                    <WhyPanel board={board.clone()} {key_of} why={state.why.clone()}
                        tried={state.tried.clone()} />
                } else {
                    { task_facts(board, key_of) }
                }
            </>
        },
        Some(Target::Host(index)) => host_facts(deck, board, index),
        Some(Target::Zone(zone)) => zone_facts(deck, board, zone),
        None => nothing(board),
    };
    let own = match state.selected {
        Some(Target::Task(key)) => board.task(key).and_then(|task| task.service),
        _ => None,
    };
    let asks = own.is_some() && state.panel == Panel::Why;
    let service = own.or(state.open_service);
    html! {
        <aside class="insp" aria-label="Selection" data-testid="selection">
            { crumbs(deck, board, state.selected) }
            if let Some(words) = &state.applied { { applied(deck, words) } }
            { about }
            if let Some(target) = state.selected.filter(|_| !asks) {
                { acts(deck, board, target) }
            }
            if let Some(service) = service.filter(|_| !asks) {
                { deployment_card(board, service, &state.feed.milestones) }
            }
        </aside>
    }
}

/// What the scenario says since a trial was applied.
fn applied(deck: &Deck, words: &str) -> Html {
    let deck = deck.clone();
    let undo = Callback::from(move |_: MouseEvent| deck.send(ToEngine::Undo));
    html! {
        <p class="applied" role="status" data-testid="applied">
            { strong("In the scenario: ") }{ words.to_owned() }{ ". " }
            <button class="btn text" onclick={undo} title="Undo (z)" data-testid="unapply">
                { "take it back" }</button>
        </p>
    }
}

/// Why here, or what it is.
fn tabs(deck: &Deck, shown: Panel) -> Html {
    let tab = |(panel, name, testid): (Panel, &'static str, &'static str)| {
        let deck = deck.clone();
        let onclick = Callback::from(move |_| deck.act(Action::Panel(panel)));
        let selected = if panel == shown { "true" } else { "false" };
        html! {
            <button role="tab" aria-selected={selected} {onclick} data-testid={testid}>
                { name }
            </button>
        }
    };
    let all = [(Panel::Why, "Why here", "tab-why"), (Panel::Facts, "Facts", "tab-facts")];
    html! {
        <nav class="tabs" role="tablist" aria-label="Of the task">
            { for all.into_iter().map(tab) }
        </nav>
    }
}

fn nothing(board: &Board) -> Html {
    html! {
        <>
            { says("read", &board.summary.description) }
            { import_notes(&board.summary.notes) }
            { says("hint", SELECT) }
            if !board.document.is_empty() { <ScenarioText document={board.document.clone()} /> }
        </>
    }
}

/// The way from the zone to what is selected.
fn crumbs(deck: &Deck, board: &Board, selected: Option<Target>) -> Html {
    let Some(target) = selected else {
        return html! { <h2 class="cap">{ "Scenario" }</h2> };
    };
    let link = |to: Target, name: String| {
        let deck = deck.clone();
        let onclick = Callback::from(move |_| deck.act(Action::Select(Some(to))));
        html! { <><button {onclick}>{ name }</button>{ icon("right") }</> }
    };
    let host_crumb = |index: u32| {
        board.hosts.get(index as usize).map(|host| link(Target::Host(index), host.id.clone()))
    };
    let zone_crumb = |zone: Option<u16>| {
        let name = board.zone_name(zone).to_owned();
        zone.filter(|_| !name.is_empty()).map(|index| link(Target::Zone(index), name))
    };
    let (trail, here) = match target {
        Target::Zone(zone) => (Vec::new(), board.zone_name(Some(zone)).to_owned()),
        Target::Host(index) => {
            let host = board.hosts.get(index as usize);
            let trail = zone_crumb(host.map(|host| host.zone)).into_iter().collect();
            (trail, host.map_or_else(String::new, |host| host.id.clone()))
        }
        Target::Task(key) => match board.task(key) {
            Some(task) => {
                let trail = zone_crumb(board.zone_of(task)).into_iter();
                let trail = trail.chain(task.host.and_then(host_crumb)).collect();
                (trail, board.task_name(task))
            }
            None => (Vec::new(), String::new()),
        },
    };
    let close = {
        let deck = deck.clone();
        Callback::from(move |_| deck.act(Action::Select(None)))
    };
    html! {
        <nav class="crumbs" aria-label="Where">
            { for trail }
            <span class="strong" data-testid="selected">{ here }</span>
            <span class="grow" />
            <button onclick={close} aria-label="Select nothing (Esc)" title="Select nothing (Esc)">
                { icon("cross") }
            </button>
        </nav>
    }
}
