//! A choice among few words: a native list in the page's clothes, or buttons side by side.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ChooserProps {
    pub label: AttrValue,
    pub options: Vec<AttrValue>,
    pub chosen: usize,
    pub on_choose: Callback<usize>,
    pub testid: AttrValue,
}

/// A list that opens.
#[component]
pub fn Chooser(props: &ChooserProps) -> Html {
    html! {
        <label class="pick"><span>{ &props.label }</span><Choices ..props.clone_props() /></label>
    }
}

impl ChooserProps {
    fn clone_props(&self) -> Self {
        Self {
            label: self.label.clone(),
            options: self.options.clone(),
            chosen: self.chosen,
            on_choose: self.on_choose.clone(),
            testid: self.testid.clone(),
        }
    }
}

/// The list alone, named for those who do not see what stands around it.
#[component]
pub fn Choices(props: &ChooserProps) -> Html {
    let choose = props.on_choose.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(list) = event.target_dyn_into::<HtmlSelectElement>() {
            choose.emit(usize::try_from(list.selected_index()).unwrap_or(0));
        }
    });
    html! {
        <select {onchange} aria-label={&props.label} data-testid={&props.testid}>
            { for props.options.iter().enumerate().map(|(index, word)| html! {
                <option key={index} selected={index == props.chosen}>{ word }</option>
            }) }
        </select>
    }
}

/// Buttons side by side.
#[component]
pub fn Segments(props: &ChooserProps) -> Html {
    html! {
        <span class="seg" role="group" aria-label={&props.label} data-testid={&props.testid}>
            { for props.options.iter().enumerate().map(|(index, word)| {
                let onclick = props.on_choose.reform(move |_| index);
                let pressed = if index == props.chosen { "true" } else { "false" };
                html! {
                    <button key={index} type="button" aria-pressed={pressed} {onclick}>
                        { word }
                    </button>
                }
            }) }
        </span>
    }
}
