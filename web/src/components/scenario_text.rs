//! The scenario as text, edits included: what a file of it would say.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(super) struct ScenarioTextProps {
    /// As JSON.
    pub(super) document: Rc<str>,
}

#[component]
pub(super) fn ScenarioText(props: &ScenarioTextProps) -> Html {
    let open = use_state(|| false);
    let fold = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    html! {
        <section class="text">
            <button class="btn text fold" aria-expanded={open.to_string()} onclick={fold}
                data-testid="scenario-text">{ "Scenario text" }</button>
            if *open {
                <textarea readonly=true spellcheck="false" rows="16" class="mono"
                    aria-label="The scenario as JSON, edits included"
                    value={spread_out(&props.document)} />
            }
        </section>
    }
}

/// With a line for each value.
fn spread_out(document: &str) -> String {
    let value = js_sys::JSON::parse(document).ok();
    let text = value.and_then(|value| {
        js_sys::JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &1.into()).ok()
    });
    text.and_then(|text| text.as_string()).unwrap_or_else(|| document.to_owned())
}
