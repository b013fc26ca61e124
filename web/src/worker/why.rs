//! Why a task stands where it stands: the decision is made once more, and what it saw is told.

use stowplan_engine::View;
use stowplan_engine::api::EventKind;
use stowplan_engine::explain::{
    Candidate, FargateVerdict, Field, PlacementReport, Question, Tie, Verdict, Witnessed,
};
use stowplan_engine::model::{PlacementStrategy, TaskId, Time};
use stowplan_sim::run::Replay;
use stowplan_sim::world::{TaskWait, task_wait_text};

use super::amend::{Amendment, Decision, amend};
use super::protocol::{Why, WhyRow, WhyStage};
use super::survey::strategy;
use crate::words;

/// The placement of a task, explained as it was made; of one that waits, as it would be made now.
pub(super) fn why(replay: &Replay, task: TaskId) -> Why {
    let view = replay.head().engine();
    let (placed, report) = decision(replay, task);
    let mut told = Why { key: task.number(), at_ms: placed.map(ms), ..Why::default() };
    match &report {
        Some(report) => tell(&mut told, view, report),
        None if view.task(task).created_at < Time::ZERO => {
            told.sentence = "It was there before the run, so nothing was decided.".to_owned();
        }
        None => told.sentence = "It was told its instance, so nothing was decided.".to_owned(),
    }
    stand(&mut told, replay, task);
    told
}

/// The same at another instant of the same run: what was decided then need not be decided again.
pub(super) fn renewed(replay: &Replay, last: &Why) -> Why {
    let task = TaskId::new(last.key);
    if last.at_ms.is_none() || placed_at(replay, task).map(ms) != last.at_ms {
        return why(replay, task);
    }
    let mut told = last.clone();
    stand(&mut told, replay, task);
    told
}

/// How it stands with the task at this instant.
fn stand(told: &mut Why, replay: &Replay, task: TaskId) {
    let head = replay.head();
    let view = head.engine();
    let stopped = view.why_stopped(task).map(|why| view.stop_text(task, &why));
    let wait = head.why_task_waits(task);
    let waits = wait.as_ref().map(|wait| task_wait_text(view, task, wait));
    // The panel names the task.
    let named = format!("task {} ", view.task_name(task));
    let about_it = |text: String| match text.strip_prefix(&named) {
        Some(rest) => format!("It {rest}"),
        None => text,
    };
    told.stopped = stopped.map_or_else(String::new, about_it);
    told.waits = waits.map_or_else(String::new, about_it);
    if let Some(TaskWait::Instance(..)) = wait {
        // Why it is nowhere is said by what it waits for.
        told.sentence.clear();
    }
}

/// When it was placed, if it was.
fn placed_at(replay: &Replay, task: TaskId) -> Option<Time> {
    replay.head().record().log().iter().rev().find_map(|event| {
        let here = matches!(event.kind, EventKind::TaskPlaced(placed) if placed == task);
        here.then_some(event.at)
    })
}

/// When it was placed, if it was, and what the decision saw.
fn decision(replay: &Replay, task: TaskId) -> (Option<Time>, Option<PlacementReport>) {
    let head = replay.head();
    let placed = placed_at(replay, task);
    let report = match placed {
        Some(at) => match replay.witnessed(task, at) {
            Some(Witnessed::Placement(report)) => Some(*report),
            _ => None,
        },
        None => head.explain(&Question::Waiting(task)).ok().flatten(),
    };
    (placed, report)
}

/// The same decision with one of the suggested changes; `None` when that was never suggested. The
/// run stays as it is.
pub(super) fn tried(asked: &Asked<'_>) -> Option<Why> {
    let Asked { replay, task, .. } = *asked;
    let head = replay.head();
    let (placed, report) = decision(replay, task);
    let report = report?;
    let change = &report.changes().get(asked.change)?.change;
    let tried = match placed {
        Some(at) => replay.try_change(task, at, change)?,
        None => head.try_change(&Question::Waiting(task), change).ok().flatten()?,
    };
    let edit = amend(&asked.decision(&report, asked.at(placed)), change);
    let mut told = Why { key: task.number(), at_ms: placed.map(ms), ..Why::default() };
    tell(&mut told, tried.view(), &tried.report);
    told.sentence = arrowed(&head.engine().tried_text(&report, change, &tried));
    told.applies = edit.is_ok();
    told.edit = edit.map_or_else(|problem| problem, |edit| edit.words);
    Some(told)
}

/// One of the suggested changes as an edit of the document, and the instant of the decision, ms.
pub(super) fn applied(asked: &Asked<'_>) -> Result<(Amendment, u64), String> {
    const NOBODY: &str = "That change was not suggested for the decision as it stands now.";
    let (placed, report) = decision(asked.replay, asked.task);
    let report = report.ok_or(NOBODY)?;
    let change = &report.changes().get(asked.change).ok_or(NOBODY)?.change;
    let at_ms = asked.at(placed);
    Ok((amend(&asked.decision(&report, at_ms), change)?, at_ms))
}

/// A suggested change of the decision about a task.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) replay: &'a Replay,
    pub(super) document: &'a serde_json::Value,
    pub(super) task: TaskId,
    /// Its position among the suggestions.
    pub(super) change: usize,
    /// When an edit would be made now, ms: a task that waits is decided about again and again.
    pub(super) now_ms: u64,
}

impl<'a> Asked<'a> {
    fn at(&self, placed: Option<Time>) -> u64 {
        placed.map_or(self.now_ms, ms)
    }

    fn decision(&self, report: &'a PlacementReport, at_ms: u64) -> Decision<'a> {
        let (head, document, task) = (self.replay.head(), self.document, self.task);
        Decision { head, document, task, report, at_ms }
    }
}

fn tell(told: &mut Why, view: View<'_>, report: &PlacementReport) {
    told.sentence = view.placement_text(report);
    let changes = report.changes().iter();
    told.changes = changes.map(|it| arrowed(&view.suggestion_text(report, it))).collect();
    match &report.field {
        Field::Instances { candidates, left, tie, notes, .. } => {
            told.columns = report.strategy.iter().map(rule).collect();
            let names = ["instances", "fit"].map(str::to_owned).into_iter();
            let strategies = report.strategy.iter().enumerate();
            let strategies = strategies.map(|(at, it)| format!("{} {}", at + 1, strategy(it).kind));
            let stages = names.chain(strategies).zip(left);
            told.stages = stages.map(|(name, left)| WhyStage { name, left: *left }).collect();
            let tie = match tie {
                Tie::None => None,
                Tie::LowestId => Some("Among equals the lowest id was chosen.".to_owned()),
                Tie::Drawn => Some("Among equals it was drawn.".to_owned()),
            };
            let notes = notes.iter().map(|note| view.note_text(*note));
            told.remarks = tie.into_iter().chain(notes).collect::<Vec<_>>().join(" ");
            let mut listed: Vec<&Candidate> = candidates.iter().collect();
            listed.sort_by_key(|candidate| how_far(&candidate.verdict));
            told.rows = listed.into_iter().map(|it| row(view, report, it)).collect();
        }
        Field::Fargate(zones) => {
            told.columns = vec!["tasks".to_owned()];
            let row = |zone: &stowplan_engine::explain::FargateZone| WhyRow {
                name: "Fargate".to_owned(),
                zone: words::short_zone(view.zone_name(zone.zone)).to_owned(),
                ranks: vec![Some(zone.tasks)],
                verdict: view.zone_text(zone),
                chosen: zone.verdict == FargateVerdict::Chosen,
                refused: !zone.capacity,
            };
            told.rows = zones.iter().map(row).collect();
        }
    }
}

/// An arrow is an arrow where there is room for one.
fn arrowed(text: &str) -> String {
    text.replace(" -> ", " \u{2192} ")
}

fn rule(given: &PlacementStrategy) -> String {
    let rule = strategy(given);
    words::rule(&rule.kind, &rule.field)
}

/// Those that came furthest stand first.
fn how_far(verdict: &Verdict) -> (u8, std::cmp::Reverse<usize>) {
    let (group, stage) = match verdict {
        Verdict::Chosen => (0, 0),
        Verdict::LostTie => (1, 0),
        Verdict::Outranked(position) => (2, *position),
        Verdict::Refused(_) => (3, 0),
        Verdict::OtherZone | Verdict::OtherProvider => (4, 0),
        Verdict::NotActive(_) => (5, 0),
    };
    (group, std::cmp::Reverse(stage))
}

fn row(view: View<'_>, report: &PlacementReport, candidate: &Candidate) -> WhyRow {
    let instance = view.instance(candidate.instance);
    let seen = candidate.ranks.iter().copied().map(Some);
    let ranks = seen.chain(std::iter::repeat(None)).take(report.strategy.len()).collect();
    WhyRow {
        name: instance.name.to_string(),
        zone: words::short_zone(view.zone_name(instance.zone)).to_owned(),
        ranks,
        verdict: view.verdict_text(report, &candidate.verdict),
        chosen: candidate.verdict == Verdict::Chosen,
        refused: matches!(candidate.verdict, Verdict::Refused(_) | Verdict::NotActive(_)),
    }
}

fn ms(time: Time) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}
