//! What has no instance: tasks still PROVISIONING, and wanted tasks that fit nowhere.

use yew::prelude::*;

use super::glyph::Glyph;
use super::says::{cap, says, strong};
use crate::canvas::geometry::Rect;
use crate::canvas::scene::{Target, Tile, tile};
use crate::canvas::stage::Ground;
use crate::deck::Deck;
use crate::model::Board;
use crate::state::Action;
use crate::words::{count, span};
use crate::worker::protocol::{DesiredStatus, Health, Task, TaskStatus, Waiting};

/// More tiles than this stand as a number.
const TILES_MOST: usize = 6;

pub(super) fn waiting_room(deck: &Deck, board: &Board) -> Html {
    let now = board.frame.now_ms;
    let homeless: Vec<&Task> = board.frame.tasks.iter().filter(|t| waits(board, t)).collect();
    let wanted: u32 = board.frame.waiting.iter().map(|waiting| waiting.count).sum();
    let total = homeless.len() as u64 + u64::from(wanted);
    if total == 0 {
        return html! {
            <div class="wait" data-testid="waiting-room">
                <div>{ cap("Waiting room") }</div><span />
                { says("mid", "Nobody waits. A task that fits nowhere would stand here.") }
            </div>
        };
    }
    let oldest = board
        .frame
        .waiting
        .iter()
        .map(|waiting| waiting.since_ms as i64)
        .chain(homeless.iter().map(|task| task.created_ms))
        .min()
        .unwrap_or(0);
    let age = span(u64::try_from(now as i64 - oldest).unwrap_or(0));
    let placed =
        homeless.iter().map(|task| (Some(task.key), tile(board, task, ROOM, (false, false))));
    let ghosts = board.frame.waiting.iter().flat_map(|waiting| {
        std::iter::repeat_n((None, wanted_tile(board, waiting)), waiting.count as usize)
    });
    let shown: Vec<(Option<u32>, Tile)> = placed.chain(ghosts).take(TILES_MOST).collect();
    let more = total - shown.len() as u64;
    html! {
        <div class="wait" data-testid="waiting-room">
            <div>
                { cap(&format!("Waiting room, {}", count(total, "task"))) }
                <span class="mid since">{ format!("oldest {age}") }</span>
            </div>
            <div class="tiles">
                { for shown.into_iter().enumerate().map(|(index, (key, tile))| {
                    let glyph = html! { <Glyph {tile} ground={Ground::Picture} /> };
                    let Some(key) = key else {
                        return html! { <span key={index}>{ glyph }</span> };
                    };
                    let deck = deck.clone();
                    let onclick =
                        Callback::from(move |_| deck.act(Action::Select(Some(Target::Task(key)))));
                    let name = board.task(key).map(|task| board.full_name(task));
                    html! { <button key={index} aria-label={name} {onclick}>{ glyph }</button> }
                }) }
                if more > 0 { <span class="mid">{ format!("+ {more}") }</span> }
            </div>
            { reasons(board) }
        </div>
    }
}

const ROOM: Rect = Rect::new(1.5, 1.5, 41.0, 33.0);

fn reasons(board: &Board) -> Html {
    let waiting = &board.frame.waiting;
    if waiting.is_empty() {
        return says("mid", "They are being provisioned.");
    }
    let line = |entry: &Waiting| {
        html! {
            <>
                { strong(&format!("{}: {}", entry.name, entry.reason)) }
                if !entry.nearest.is_empty() {
                    <span><br /><span class="mid">{ &entry.nearest }</span></span>
                }
            </>
        }
    };
    let others = match waiting.len() - 1 {
        0 => String::new(),
        more => format!(" And {} more.", count(more as u64, "service")),
    };
    html! {
        <p data-testid="waiting-reason">
            { line(&waiting[0]) }
            <span class="mid">{ others }</span>
        </p>
    }
}

/// A task that has no place in the picture.
fn waits(board: &Board, task: &Task) -> bool {
    let placed = task.host.is_some() || (task.fargate && board.zone_of(task).is_some());
    !placed && task.desired_status != DesiredStatus::Stopped
}

/// The tile of a task that does not exist: in ECS it is only a missing number.
fn wanted_tile(board: &Board, waiting: &Waiting) -> Tile {
    let task = Task {
        key: 0,
        service: waiting.service,
        host: None,
        zone: None,
        definition: waiting.definition,
        last_status: TaskStatus::Provisioning,
        desired_status: DesiredStatus::Running,
        health: Health::None,
        protected: false,
        fargate: false,
        spot: false,
        cpu: 0,
        memory: 0,
        created_ms: waiting.since_ms as i64,
        started_ms: None,
    };
    tile(board, &task, ROOM, (false, false))
}
