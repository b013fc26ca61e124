//! Which scenario is on the screen.

use yew::prelude::*;

use super::chooser::{Choices, Chooser};
use crate::deck::use_deck;
use crate::presets::PRESETS;

#[derive(Properties, PartialEq)]
pub struct PickerProps {
    pub title: AttrValue,
    /// Without the word before it.
    #[prop_or_default]
    pub bare: bool,
}

#[component]
pub fn ScenarioPicker(props: &PickerProps) -> Html {
    let deck = use_deck();
    let mut options: Vec<AttrValue> = PRESETS.iter().map(|preset| preset.name.into()).collect();
    let known = PRESETS.iter().position(|preset| preset.name == props.title.as_str());
    // A scenario of the user's own stands after the presets while it is on the screen.
    let chosen = known.unwrap_or(options.len());
    if known.is_none() {
        let none = props.title.is_empty();
        options.push(if none { "none yet".into() } else { props.title.clone() });
    }
    let on_choose = Callback::from(move |index: usize| {
        if let Some(preset) = PRESETS.get(index) {
            deck.open_preset(preset);
        }
    });
    if props.bare {
        html! {
            <Choices label="Scenario" {options} {chosen} {on_choose} testid="preset-small" />
        }
    } else {
        html! { <Chooser label="Scenario" {options} {chosen} {on_choose} testid="preset" /> }
    }
}
