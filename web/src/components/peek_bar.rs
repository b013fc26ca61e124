//! On a phone: what is selected, and the way to its facts.

use yew::prelude::*;

use super::says::strong;
use super::swatch::swatch;
use crate::canvas::scene::Target;
use crate::deck::Deck;
use crate::model::Board;
use crate::state::{Action, Sheet};
use crate::words::percent;

pub(crate) fn peek_bar(deck: &Deck, board: &Board, selected: Option<Target>) -> Html {
    let Some(target) = selected else { return Html::default() };
    let deck = deck.clone();
    let onclick = Callback::from(move |_| deck.act(Action::Sheet(Sheet::Selection)));
    html! {
        <div class="peek" data-testid="peek">
            { about(board, target) }
            <button class="btn" {onclick}>{ "Facts" }</button>
        </div>
    }
}

fn about(board: &Board, target: Target) -> Html {
    match target {
        Target::Task(key) => {
            let Some(task) = board.task(key) else { return Html::default() };
            let name = board.task_name(task);
            let state = format!(", {} on {}", task.last_status.word(), board.place_name(task));
            html! {
                <>
                    { swatch(&board.badge(task.service)) }
                    <p class="grow">{ strong(&name) }{ state }</p>
                </>
            }
        }
        Target::Host(index) => {
            let found = board.live_hosts().find(|(live, _, _)| *live == index);
            let Some((_, host, state)) = found else { return Html::default() };
            let used = host.memory.saturating_sub(state.memory_left);
            let full = percent(u64::from(used), u64::from(host.memory));
            let (kind, status) = (&host.instance_type, state.status.word());
            let about = format!(" {kind}, {status}, {full}% of memory reserved");
            html! { <p class="grow">{ strong(&host.id) }{ about }</p> }
        }
        Target::Zone(zone) => html! {
            <p class="grow">{ strong(board.zone_name(Some(zone))) }</p>
        },
    }
}
