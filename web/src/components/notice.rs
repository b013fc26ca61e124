//! What was refused, in the words of the refusal, until it is dismissed.

use yew::prelude::*;

use super::icon::Icon;
use crate::deck::use_deck;
use crate::state::Action;

#[derive(Properties, PartialEq)]
pub struct NoticeProps {
    pub problem: AttrValue,
}

#[component]
pub fn Notice(props: &NoticeProps) -> Html {
    let deck = use_deck();
    let onclick = Callback::from(move |_| deck.act(Action::Dismiss));
    html! {
        <div class="refused" role="alert" data-testid="problem">
            <p>{ &props.problem }</p>
            <button class="btn quiet square small" aria-label="Dismiss" title="Dismiss" {onclick}>
                <Icon name="cross" />
            </button>
        </div>
    }
}
