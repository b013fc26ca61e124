//! The page's keys. They work while the focus is in the picture or on no control.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use crate::canvas::hit::{Direction, first, inside, neighbour, outside};
use crate::canvas::scene::{Scene, Target};
use crate::components::picture::focus_picture;
use crate::deck::Deck;
use crate::gesture::{Gesture, id_of};
use crate::state::{Action, Panel, Sheet, State};
use crate::worker::protocol::ToEngine;

/// Listens for keys as long as the page stands.
#[hook]
pub fn use_keys(deck: &Option<Deck>, state: &UseReducerHandle<State>) {
    let newest = use_mut_ref(|| None::<UseReducerHandle<State>>);
    *newest.borrow_mut() = Some(state.clone());
    use_effect_with(deck.clone(), move |deck| {
        let document = web_sys::window().and_then(|window| window.document());
        let listener = document.zip(deck.clone()).map(|(document, deck)| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&document, "keydown", options, move |event: &Event| {
                let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
                let Some(state) = newest.borrow().clone() else { return };
                if free(event) && pressed(&deck, &state, event) {
                    event.prevent_default();
                }
            })
        });
        move || drop(listener)
    });
}

/// No control has the focus, and no other program's key is meant.
fn free(event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_none_or(|element| {
        // Escape lets go of what is selected, whichever button has the focus.
        event.key() == "Escape" && element.tag_name() == "BUTTON"
            || element.has_attribute("data-picture")
            || matches!(element.tag_name().as_str(), "BODY" | "HTML" | "MAIN" | "OL" | "DIV")
                && !element.has_attribute("aria-valuenow")
    })
}

/// Acts on a key; false when it means nothing here.
fn pressed(deck: &Deck, state: &State, event: &KeyboardEvent) -> bool {
    match event.key().as_str() {
        " " => deck.toggle_play(),
        "+" | "=" => deck.set_speed(state.speed.neighbour(true)),
        "-" => deck.set_speed(state.speed.neighbour(false)),
        "Home" => deck.seek(0),
        "End" => deck.seek(state.feed.board.frame.until_ms),
        "t" => deck.act(Action::ToggleTable),
        "w" => return ask_why(deck, state),
        "[" => desire(deck, state, false),
        "]" => desire(deck, state, true),
        "ArrowLeft" => return walk(deck, state, |scene, at| neighbour(scene, at, Direction::Left)),
        "ArrowRight" => {
            return walk(deck, state, |scene, at| neighbour(scene, at, Direction::Right));
        }
        "ArrowUp" => return walk(deck, state, |scene, at| neighbour(scene, at, Direction::Up)),
        "ArrowDown" => return walk(deck, state, |scene, at| neighbour(scene, at, Direction::Down)),
        "z" => deck.send(ToEngine::Undo),
        "Z" => deck.send(ToEngine::Redo),
        "Enter" => return walk(deck, state, inside),
        "Escape" => return escape(deck, state),
        key => return act_on(deck, state, key),
    }
    true
}

/// What the key does to what is selected.
fn act_on(deck: &Deck, state: &State, key: &str) -> bool {
    let board = &state.feed.board;
    let entry = state.selected.and_then(|target| {
        let gesture = Gesture::of_key(key, &Gesture::of(board, target))?;
        Some(gesture.entry(&id_of(board, target)?))
    });
    entry.is_some_and(|entry| {
        deck.edit(entry);
        true
    })
}

fn walk(deck: &Deck, state: &State, next: impl Fn(&Scene, Target) -> Option<Target>) -> bool {
    let target = {
        let stage = deck.player.stage.borrow();
        let Some(scene) = stage.as_ref().map(crate::canvas::stage::Stage::scene) else {
            return false;
        };
        state.selected.map_or_else(|| first(scene), |at| next(scene, at))
    };
    if target.is_some() {
        deck.act(Action::Select(target));
        focus_picture();
    }
    true
}

/// Why the selected task stands where it stands.
fn ask_why(deck: &Deck, state: &State) -> bool {
    let on_task = matches!(state.selected, Some(Target::Task(_)));
    if on_task {
        deck.act(Action::Panel(Panel::Why));
        deck.act(Action::Sheet(Sheet::Selection));
    }
    on_task
}

fn escape(deck: &Deck, state: &State) -> bool {
    if state.problem.is_some() {
        deck.act(Action::Dismiss);
        return true;
    }
    let Some(at) = state.selected else { return false };
    let out = {
        let stage = deck.player.stage.borrow();
        stage.as_ref().and_then(|stage| outside(stage.scene(), at))
    };
    deck.act(Action::Select(out));
    true
}

/// One more or one fewer of the open service.
fn desire(deck: &Deck, state: &State, more: bool) {
    let service = state.open_service.and_then(|index| state.feed.board.service(index));
    if let Some(service) = service {
        let count = if more { service.desired + 1 } else { service.desired.saturating_sub(1) };
        deck.update_service(&service.name, &format!("\"desiredCount\":{count}"));
    }
}
