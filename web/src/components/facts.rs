//! The facts of a task, an instance, a zone.

use yew::prelude::*;

use super::says::{cap, cell, heads, says};
use super::swatch::swatch;
use crate::canvas::scene::Target;
use crate::deck::Deck;
use crate::model::Board;
use crate::state::Action;
use crate::words::{clock_ms, count, percent, span, thousands};
use crate::worker::protocol::{Host, HostState, Task};

pub(super) fn task_facts(board: &Board, key: u32) -> Html {
    let Some(task) = board.task(key) else { return Html::default() };
    let id = board.names.id(task.key);
    let sentence = format!(" on {}, {}.", board.place_name(task), health(task));
    let now = board.frame.now_ms;
    let started = task.started_ms.map_or_else(|| "not yet".to_owned(), |ms| moment(ms, now));
    html! {
        <>
            <p class="read"><b>{ task.last_status.word() }</b>{ sentence }</p>
            <dl class="facts" data-testid="facts">
                { fact("task", &id) }
                { fact("definition", &board.definition_name(task.definition)) }
                { fact("lastStatus", task.last_status.word()) }
                { fact("desiredStatus", task.desired_status.word()) }
                { fact("healthStatus", task.health.word()) }
                { fact("instance", &board.place_name(task)) }
                { fact("availabilityZone", board.zone_name(board.zone_of(task))) }
                { fact("cpu", &format!("{} units", thousands(u64::from(task.cpu)))) }
                { fact("memory", &format!("{} MiB", thousands(u64::from(task.memory)))) }
                { fact("createdAt", &moment(task.created_ms, now)) }
                { fact("startedAt", &started) }
                { fact("scale-in protection", if task.protected { "on" } else { "off" }) }
            </dl>
        </>
    }
}

fn health(task: &Task) -> String {
    let word = task.health.word();
    if word == "no health check" { "without a health check".to_owned() } else { word.to_owned() }
}

fn fact(name: &'static str, value: &str) -> Html {
    html! { <><dt>{ name }</dt><dd>{ value.to_owned() }</dd></> }
}

/// When, and how long ago.
fn moment(at_ms: i64, now_ms: u64) -> String {
    match u64::try_from(at_ms) {
        Ok(ms) => format!("{}, {} ago", clock_ms(ms), span(now_ms.saturating_sub(ms))),
        Err(_) => format!("{} before the start", span(at_ms.unsigned_abs())),
    }
}

pub(super) fn host_facts(deck: &Deck, board: &Board, index: u32) -> Html {
    let found = board.live_hosts().find(|(live, _, _)| *live == index);
    let Some((index, host, state)) = found else { return Html::default() };
    let tasks: Vec<Task> =
        board.frame.tasks.iter().filter(|task| task.host == Some(index)).copied().collect();
    let kind = if host.instance_type.is_empty() { "instance" } else { host.instance_type.as_str() };
    html! {
        <>
            <p class="read">
                <b>{ state.status.word() }</b>
                { format!(", {kind}, {}{}, {}.", market(host), group(host), agent(state)) }
            </p>
            { levels(host, state) }
            { cap(&count(tasks.len() as u64, "task")) }
            { task_table(deck, board, &tasks) }
        </>
    }
}

fn market(host: &Host) -> &'static str {
    if host.spot { "Spot" } else { "on-demand" }
}

fn group(host: &Host) -> String {
    if host.group.is_empty() { String::new() } else { format!(", group {}", host.group) }
}

fn agent(state: &HostState) -> &'static str {
    if state.agent_connected { "agent connected" } else { "agent lost" }
}

/// Reserved of registered, for each resource.
fn levels(host: &Host, state: &HostState) -> Html {
    let level = |name: &'static str, used: u32, whole: u32, unit: &str| {
        let share = percent(u64::from(used), u64::from(whole));
        let left = thousands(u64::from(whole.saturating_sub(used)));
        html! {
            <>
                <span>{ name }</span>
                <span class="meter" style={format!("--v:{}%", share.min(100))}><i></i></span>
                <span>{ format!("{left} of {}{unit} left", thousands(u64::from(whole))) }</span>
            </>
        }
    };
    html! {
        <div class="levels" data-testid="levels">
            { level("cpu", host.cpu.saturating_sub(state.cpu_left), host.cpu, "") }
            { level("memory", host.memory.saturating_sub(state.memory_left), host.memory, " MiB") }
            if let Some(limit) = host.eni_limit {
                { level("eni", state.eni_used, limit, "") }
            }
        </div>
    }
}

fn task_table(deck: &Deck, board: &Board, tasks: &[Task]) -> Html {
    let row = |task: &Task| {
        let deck = deck.clone();
        let key = task.key;
        let name = board.task_name(task);
        let onclick = Callback::from(move |_: MouseEvent| {
            deck.act(Action::Select(Some(Target::Task(key))));
        });
        html! {
            <tr key={key} onclick={onclick.clone()}>
                <td>{ swatch(&board.badge(task.service)) }</td>
                <td><button {onclick}>{ name }</button></td>
                { cell("dim", &format!("r{}", board.revision(task.definition))) }
                { cell("mid", task.last_status.word()) }
                { cell("num", &thousands(u64::from(task.cpu))) }
                { cell("num", &thousands(u64::from(task.memory))) }
            </tr>
        }
    };
    if tasks.is_empty() {
        return says("hint", "No task stands here.");
    }
    html! {
        <table class="tasks">
            <thead><tr>
                { heads(&["", "task", "", "state", "#cpu", "#MiB"]) }
            </tr></thead>
            <tbody>{ for tasks.iter().take(200).map(row) }</tbody>
        </table>
    }
}

pub(super) fn zone_facts(deck: &Deck, board: &Board, zone: u16) -> Html {
    let hosts: Vec<(u32, &Host, &HostState)> =
        board.live_hosts().filter(|(_, host, _)| host.zone == zone).collect();
    let here = |task: &&Task| board.zone_of(task) == Some(zone);
    let tasks = board.frame.tasks.iter().filter(here).count() as u64;
    let row = |(index, host, state): &(u32, &Host, &HostState)| {
        let (deck, target) = (deck.clone(), Target::Host(*index));
        let onclick = Callback::from(move |_: MouseEvent| deck.act(Action::Select(Some(target))));
        html! {
            <tr key={*index} onclick={onclick.clone()}>
                <td style="width:auto"><button {onclick}>{ &host.id }</button></td>
                { cell("dim", &host.instance_type) }
                { cell("mid", state.status.word()) }
                { cell("num", &thousands(u64::from(state.cpu_left))) }
                { cell("num", &thousands(u64::from(state.memory_left))) }
            </tr>
        }
    };
    let instances = count(hosts.len() as u64, "instance");
    let (tasks, name) = (count(tasks, "task"), board.zone_name(Some(zone)));
    html! {
        <>
            { says("read", &format!("{instances} and {tasks} in {name}.")) }
            if !hosts.is_empty() {
                <table class="tasks">
                    <thead><tr>
                        { heads(&["instance", "type", "status", "#cpu left", "#MiB left"]) }
                    </tr></thead>
                    <tbody>{ for hosts.iter().take(200).map(row) }</tbody>
                </table>
            }
        </>
    }
}
