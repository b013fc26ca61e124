//! A service's own tile in small, so that every list is a legend.

use yew::prelude::*;

use crate::model::Badge;

#[derive(Properties, PartialEq)]
pub struct SwatchProps {
    pub badge: Badge,
}

#[component]
pub fn Swatch(props: &SwatchProps) -> Html {
    let Badge { hue, code, again } = &props.badge;
    let class = classes!("sw", format!("s{hue}"), again.then_some("again"));
    html! { <span {class}>{ code.as_ref() }</span> }
}
