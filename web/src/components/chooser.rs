//! A choice among few words: a native list in the page's clothes, or buttons side by side.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// What there is to choose from.
pub(super) struct Choice {
    pub(super) label: &'static str,
    pub(super) options: Vec<AttrValue>,
    pub(super) chosen: usize,
    pub(super) on_choose: Callback<usize>,
    pub(super) testid: &'static str,
}

/// A list that opens, with its word before it.
pub(super) fn chooser(choice: &Choice) -> Html {
    html! { <label class="pick"><span>{ choice.label }</span>{ choices(choice) }</label> }
}

/// The list alone, named for those who do not see what stands around it.
pub(super) fn choices(choice: &Choice) -> Html {
    let choose = choice.on_choose.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(list) = event.target_dyn_into::<HtmlSelectElement>() {
            choose.emit(usize::try_from(list.selected_index()).unwrap_or(0));
        }
    });
    html! {
        <select {onchange} aria-label={choice.label} data-testid={choice.testid}>
            { for choice.options.iter().enumerate().map(|(index, word)| html! {
                <option key={index} selected={index == choice.chosen}>{ word }</option>
            }) }
        </select>
    }
}

/// Buttons side by side.
pub(super) fn segments(choice: &Choice) -> Html {
    html! {
        <span class="seg" role="group" aria-label={choice.label} data-testid={choice.testid}>
            { for choice.options.iter().enumerate().map(|(index, word)| {
                let onclick = choice.on_choose.reform(move |_| index);
                let pressed = if index == choice.chosen { "true" } else { "false" };
                html! {
                    <button key={index} type="button" aria-pressed={pressed} {onclick}>
                        { word }
                    </button>
                }
            }) }
        </span>
    }
}
