//! What was refused, in the words of the refusal, until it is dismissed.

use yew::prelude::*;

use super::icon::icon;
use crate::deck::Deck;
use crate::state::Action;

pub(crate) fn notice(deck: &Deck, problem: &str) -> Html {
    let deck = deck.clone();
    let onclick = Callback::from(move |_| deck.act(Action::Dismiss));
    html! {
        <div class="refused" role="alert" data-testid="problem">
            <p>{ problem.to_owned() }</p>
            <button class="btn quiet square small" aria-label="Dismiss" title="Dismiss" {onclick}>
                { icon("cross") }
            </button>
        </div>
    }
}
