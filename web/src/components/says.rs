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

/// The head of a table; `#` stands before the name of a column of numbers.
pub(crate) fn heads(names: &[&str]) -> Html {
    let head = |name: &&str| {
        let number = name.strip_prefix('#');
        let text = number.unwrap_or(name).to_owned();
        html! { <th class={number.map(|_| "num")}>{ text }</th> }
    };
    names.iter().map(head).collect()
}

/// A cell of a table; its class may be empty.
pub(crate) fn cell(class: &'static str, text: &str) -> Html {
    let class = Some(class).filter(|class| !class.is_empty());
    html! { <td {class}>{ text.to_owned() }</td> }
}

/// The heading of a part of a panel.
pub(crate) fn cap(text: &str) -> Html {
    html! { <h3 class="cap">{ text.to_owned() }</h3> }
}

/// What a line is about.
pub(crate) fn strong(text: &str) -> Html {
    html! { <b class="strong">{ text.to_owned() }</b> }
}
