//! Which scenario is on the screen.

use yew::prelude::*;

use super::chooser::{Choice, choices, chooser};
use crate::deck::Deck;
use crate::presets::PRESETS;

/// `bare`: without the word before it.
pub(super) fn scenario_picker(deck: &Deck, title: &AttrValue, bare: bool) -> Html {
    let mut options: Vec<AttrValue> = PRESETS.iter().map(|preset| preset.name.into()).collect();
    let known = PRESETS.iter().position(|preset| preset.name == title.as_str());
    // A scenario of the user's own stands after the presets while it is on the screen.
    let chosen = known.unwrap_or(options.len());
    if known.is_none() {
        options.push(if title.is_empty() { "none yet".into() } else { title.clone() });
    }
    let deck = deck.clone();
    let on_choose = Callback::from(move |index: usize| {
        if let Some(preset) = PRESETS.get(index) {
            deck.open_preset(preset);
        }
    });
    let testid = if bare { "preset-small" } else { "preset" };
    let choice = Choice { label: "Scenario", options, chosen, on_choose, testid };
    if bare { choices(&choice) } else { chooser(&choice) }
}
