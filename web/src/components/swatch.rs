//! A service's own tile in small, so that every list is a legend.

use yew::prelude::*;

use crate::model::Badge;

pub(super) fn swatch(badge: &Badge) -> Html {
    let Badge { hue, code, again } = badge;
    let class = classes!("sw", format!("s{hue}"), again.then_some("again"));
    html! { <span {class}>{ code.as_ref() }</span> }
}
