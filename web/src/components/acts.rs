//! Buttons for what can be done to what is selected; each has a key that does the same.

use yew::prelude::*;

use crate::canvas::scene::Target;
use crate::deck::Deck;
use crate::gesture::{Gesture, id_of};
use crate::model::Board;

pub(super) fn acts(deck: &Deck, board: &Board, target: Target) -> Html {
    let Some(id) = id_of(board, target) else { return Html::default() };
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
            { for Gesture::of(board, target).into_iter().map(button) }
        </div>
    }
}
