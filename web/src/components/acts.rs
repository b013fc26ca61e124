//! Buttons for what can be done to what is selected; each has a key that does the same.

use yew::prelude::*;

use crate::canvas::scene::Target;
use crate::deck::use_deck;
use crate::gesture::{Gesture, id_of};
use crate::model::Board;

#[derive(Properties, PartialEq)]
pub struct ActsProps {
    pub board: Board,
    pub target: Target,
}

#[component]
pub fn Acts(props: &ActsProps) -> Html {
    let deck = use_deck();
    let Some(id) = id_of(&props.board, props.target) else { return Html::default() };
    let button = |gesture: Gesture| {
        let (deck, entry) = (deck.clone(), gesture.entry(&id));
        let onclick = Callback::from(move |_: MouseEvent| deck.edit(entry.clone()));
        let (word, testid, title) = gesture.words();
        html! {
            <button key={testid} class="btn small" {title} {onclick} data-testid={testid}>
                { word }
            </button>
        }
    };
    html! {
        <div class="acts" role="group" aria-label="What can be done">
            { for Gesture::of(&props.board, props.target).into_iter().map(button) }
        </div>
    }
}
