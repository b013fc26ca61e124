//! Light, dark, high contrast: the system's wish, or the reader's own, kept in this browser.

use gloo_events::EventListener;
use web_sys::{Element, Event, Storage, Window};
use yew::prelude::*;

/// Told to the page's own listeners when a switch of the page changes its colours.
const CHANGED: &str = "stowplan-theme";
const QUERIES: [&str; 3] =
    ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"];

/// Counted up when colours change, so that canvases are drawn anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThemeEpoch(pub u32);

/// The count of changes of the page's colours so far.
#[hook]
pub fn use_theme_epoch() -> ThemeEpoch {
    let epoch = use_state(ThemeEpoch::default);
    {
        let setter = epoch.setter();
        use_effect_with((), move |()| {
            restore();
            let count = std::rc::Rc::new(std::cell::Cell::new(0));
            let mut listeners = Vec::new();
            if let Some(window) = web_sys::window() {
                let mut listen = |target: &web_sys::EventTarget, name: &'static str| {
                    let (setter, count) = (setter.clone(), count.clone());
                    listeners.push(EventListener::new(target, name, move |_| {
                        count.set(count.get() + 1);
                        setter.set(ThemeEpoch(count.get()));
                    }));
                };
                listen(&window, CHANGED);
                for query in QUERIES {
                    if let Ok(Some(list)) = window.match_media(query) {
                        listen(&list, "change");
                    }
                }
            }
            move || drop(listeners)
        });
    }
    *epoch
}

/// From light to dark and back.
pub fn toggle_theme() {
    let dark = attribute("data-theme").map_or_else(|| matches(QUERIES[0]), |theme| theme == "dark");
    set("data-theme", if dark { "light" } else { "dark" });
}

/// High contrast on and off.
pub fn toggle_contrast() {
    let high =
        attribute("data-contrast").map_or_else(|| matches(QUERIES[1]), |value| value == "more");
    set("data-contrast", if high { "normal" } else { "more" });
}

/// Whether the reader asked for less motion.
#[must_use]
pub fn wants_less_motion() -> bool {
    let asked = attribute("data-motion").map(|value| value == "less");
    asked.unwrap_or_else(|| matches("(prefers-reduced-motion: reduce)"))
}

fn root() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}

fn storage() -> Option<Storage> {
    web_sys::window().and_then(|window: Window| window.local_storage().ok().flatten())
}

fn matches(query: &str) -> bool {
    let list = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    list.is_some_and(|list| list.matches())
}

fn attribute(name: &str) -> Option<String> {
    root().and_then(|root| root.get_attribute(name))
}

fn set(name: &str, value: &str) {
    if let Some(root) = root() {
        let _ = root.set_attribute(name, value);
    }
    // A browser that keeps nothing only forgets the choice.
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
    if let (Some(window), Ok(event)) = (web_sys::window(), Event::new(CHANGED)) {
        let _ = window.dispatch_event(&event);
    }
}

fn restore() {
    let (Some(storage), Some(root)) = (storage(), root()) else { return };
    for name in ["data-theme", "data-contrast", "data-motion"] {
        if let Ok(Some(value)) = storage.get_item(name) {
            let _ = root.set_attribute(name, &value);
        }
    }
}
