//! The picture's twin: the same objects as a table, with the same selection.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::says::{cell, heads};
use crate::canvas::scene::Target;
use crate::deck::use_deck;
use crate::model::Board;
use crate::state::Action;
use crate::words::{percent, thousands};
use crate::worker::protocol::Task;

const ROW: usize = 24;
/// Rows in the document, whatever the number of objects.
const ROWS: usize = 60;

#[derive(Properties, PartialEq)]
pub struct ClusterTableProps {
    pub board: Board,
    pub selected: Option<Target>,
}

#[component]
pub fn ClusterTable(props: &ClusterTableProps) -> Html {
    let deck = use_deck();
    let skipped = use_state(|| 0usize);
    let board = &props.board;
    let all = rows(board);
    let first = (*skipped).min(all.len().saturating_sub(ROWS));
    let onscroll = Callback::from(move |event: Event| {
        if let Some(list) = event.target_dyn_into::<HtmlElement>() {
            let row = usize::try_from(list.scroll_top()).unwrap_or(0) / ROW;
            skipped.set(row.saturating_sub(ROWS / 4));
        }
    });
    let row = |target: &Target| {
        let (deck, target) = (deck.clone(), *target);
        let onclick = Callback::from(move |_| deck.act(Action::Select(Some(target))));
        let chosen = (props.selected == Some(target)).then_some("chosen");
        html! { <tr class={classes!(chosen)}>{ cells(board, target, onclick) }</tr> }
    };
    let after = all.len().saturating_sub(first + ROWS);
    html! {
        <div class="twin" {onscroll} tabindex="0" role="region"
            aria-label="Zones, instances and tasks" data-testid="twin">
            <table>
                <thead><tr>
                    { heads(&["object", "of", "state", "health", "revision", "#cpu", "#MiB"]) }
                </tr></thead>
                <tbody>
                    { pad(first) }
                    { for all.iter().skip(first).take(ROWS).map(row) }
                    { pad(after) }
                </tbody>
            </table>
        </div>
    }
}

fn pad(rows: usize) -> Html {
    if rows == 0 {
        return Html::default();
    }
    html! {
        <tr class="pad" aria-hidden="true" style={format!("--pad:{}px", rows * ROW)}><td
            colspan="7" /></tr>
    }
}

/// Zones, in each its instances, in each its tasks; then tasks without an instance.
fn rows(board: &Board) -> Vec<Target> {
    let mut rows = Vec::new();
    let homeless = |zone: Option<u16>| {
        let here = move |task: &&Task| task.host.is_none() && task.zone == zone;
        board.frame.tasks.iter().filter(here).map(|task| Target::Task(task.key))
    };
    for zone in 0..board.summary.zones.len() as u16 {
        rows.push(Target::Zone(zone));
        for (index, _, _) in board.live_hosts().filter(|(_, host, _)| host.zone == zone) {
            rows.push(Target::Host(index));
            let on = board.frame.tasks.iter().filter(|task| task.host == Some(index));
            rows.extend(on.map(|task| Target::Task(task.key)));
        }
        rows.extend(homeless(Some(zone)));
    }
    rows.extend(homeless(None));
    rows
}

fn cells(board: &Board, target: Target, onclick: Callback<MouseEvent>) -> Html {
    let name = |indent: u8, text: String| {
        html! {
            <td style={format!("padding-left:{}px", indent * 16)}>
                <button {onclick}>{ text }</button>
            </td>
        }
    };
    match target {
        Target::Zone(zone) => html! {
            <>
                { name(0, board.zone_name(Some(zone)).to_owned()) }
                { cell("mid", "zone") }<td /><td /><td /><td /><td />
            </>
        },
        Target::Host(index) => {
            let found = board.live_hosts().find(|(live, _, _)| *live == index);
            let Some((_, host, state)) = found else { return Html::default() };
            let agent = if state.agent_connected { "agent connected" } else { "agent lost" };
            let share = |left: u32, whole: u32| {
                let used = percent(u64::from(whole.saturating_sub(left)), u64::from(whole));
                format!("{used}% of {}", thousands(u64::from(whole)))
            };
            html! {
                <>
                    { name(1, host.id.clone()) }
                    { cell("mid", &host.instance_type) }
                    { cell("", state.status.word()) }
                    { cell("", agent) }
                    <td />
                    { cell("num", &share(state.cpu_left, host.cpu)) }
                    { cell("num", &share(state.memory_left, host.memory)) }
                </>
            }
        }
        Target::Task(key) => {
            let Some(task) = board.task(key) else { return Html::default() };
            html! {
                <>
                    { name(2, board.task_name(task)) }
                    { cell("mid", &board.place_name(task)) }
                    { cell("", task.last_status.word()) }
                    { cell("", task.health.word()) }
                    { cell("", &format!("r{}", board.revision(task.definition))) }
                    { cell("num", &thousands(u64::from(task.cpu))) }
                    { cell("num", &thousands(u64::from(task.memory))) }
                </>
            }
        }
    }
}
