//! Files dropped anywhere on the page.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::DragEvent;
use yew::prelude::*;

use super::read_files;
use crate::deck::Deck;

/// True while something that can be let go hangs over the page. `anonymous`: what it holds gets
/// made-up names.
#[hook]
pub fn use_drop(deck: &Option<Deck>, anonymous: bool) -> bool {
    let hangs = use_state_eq(|| false);
    {
        let hangs = hangs.setter();
        use_effect_with((deck.clone(), anonymous), move |(deck, anonymous)| {
            let anonymous = *anonymous;
            let mut listeners = Vec::new();
            if let (Some(window), Some(deck)) = (web_sys::window(), deck.clone()) {
                let mut on = |name: &'static str, act: Box<dyn Fn(&DragEvent)>| {
                    let options = EventListenerOptions::enable_prevent_default();
                    let heard = move |event: &Event| {
                        if let Some(event) = event.dyn_ref::<DragEvent>() {
                            event.prevent_default();
                            act(event);
                        }
                    };
                    listeners.push(EventListener::new_with_options(&window, name, options, heard));
                };
                let (over, out) = (hangs.clone(), hangs.clone());
                on("dragover", Box::new(move |_| over.set(true)));
                on(
                    "dragleave",
                    Box::new(move |event| {
                        if event.related_target().is_none() {
                            out.set(false);
                        }
                    }),
                );
                on(
                    "drop",
                    Box::new(move |event| {
                        hangs.set(false);
                        let list = event.data_transfer().and_then(|transfer| transfer.files());
                        if let Some(list) = list.filter(|list| list.length() > 0) {
                            let player = deck.player.clone();
                            let done = Callback::from(move |files| player.import(files, anonymous));
                            read_files(&list, done);
                        }
                    }),
                );
            }
            move || drop(listeners)
        });
    }
    *hangs
}
