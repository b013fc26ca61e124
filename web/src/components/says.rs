//! A paragraph of text, written once: each `html!` of its own adds to the page's module.

use yew::prelude::*;

/// A paragraph of a class; nothing where nothing is said.
pub(crate) fn says(class: &'static str, text: &str) -> Html {
    said(class, None, text)
}

/// The same under a name by which it is found.
pub(crate) fn said(class: &'static str, testid: Option<&'static str>, text: &str) -> Html {
    if text.is_empty() {
        return Html::default();
    }
    html! { <p {class} data-testid={testid}>{ text.to_owned() }</p> }
}
