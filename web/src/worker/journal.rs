//! The log and the series of a run as far as it was computed: each instant is written down once,
//! however often it is seen again.

use stowplan_engine::View;
use stowplan_engine::api::{Event, EventKind};
use stowplan_engine::model::{ServiceId, TaskId, TaskStatus, Time};
use stowplan_sim::run::Simulation;
use stowplan_sim::story::{Line, service_of};

use super::protocol::{LogLine, Milestone, SeriesPoint, Tone};
use super::{deed, shortage, stages};
use crate::words::short_id;

/// What was written down and not yet sent.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) lines: Vec<LogLine>,
    pub(super) points: Vec<SeriesPoint>,
    pub(super) milestones: Vec<Milestone>,
    newest: Vec<SeriesPoint>,
    /// The last instant that is written down.
    known: Option<Time>,
}

/// How far the record went before an instant.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    events: usize,
    calls: usize,
}

impl Mark {
    pub(super) fn of(simulation: &Simulation) -> Self {
        let record = simulation.record();
        Self { events: record.log().len(), calls: record.calls().len() }
    }
}

impl Journal {
    /// Writes down the instant that was just done, unless it was seen before.
    pub(super) fn note(&mut self, simulation: &Simulation, before: Mark, now: Time) {
        if self.known.is_some_and(|known| now <= known) {
            return;
        }
        self.known = Some(now);
        let (record, view) = (simulation.record(), simulation.engine());
        // Entries are done in order, one call each.
        let entries = simulation.timeline().iter().skip(before.calls);
        for (call, entry) in record.calls().iter_from(before.calls).zip(entries) {
            let deed = deed::words(entry);
            let message = match &call.error {
                None => deed,
                Some(error) => format!("{deed} refused: {}", error.message),
            };
            let tone = if call.error.is_some() { Tone::Bad } else { Tone::Edit };
            self.push(now, None, message, tone);
        }
        let events = record.log().iter_from(before.events);
        let mut touched: Vec<ServiceId> = Vec::new();
        for event in events {
            self.event(view, event);
            self.milestones.extend(stages::milestone(view, event));
            touched.extend(service_of(view, &event.kind));
        }
        touched.sort_unstable();
        touched.dedup();
        if self.newest.is_empty() {
            touched = view.services().map(|(id, _)| id).collect();
        }
        for service in touched {
            self.point(view, service, now);
        }
    }

    fn push(&mut self, at: Time, service: Option<ServiceId>, message: String, tone: Tone) {
        self.lines.push(LogLine {
            at_ms: u64::try_from(at.0).unwrap_or(0),
            service: service.map(|id| id.index() as u16),
            message,
            tone,
        });
    }

    fn event(&mut self, view: View<'_>, event: &Event) {
        let kind = &event.kind;
        let tone = match kind {
            EventKind::PlacementFailed(_) => Tone::Bad,
            EventKind::DefinitionRegistered(_)
            | EventKind::TaskCreated(_)
            | EventKind::ServiceDeployment(..)
            | EventKind::Bus(_) => return,
            _ => Tone::Plain,
        };
        let service = service_of(view, kind);
        let message = words(view, event, service.is_some());
        self.push(event.at, service, message, tone);
    }

    fn point(&mut self, view: View<'_>, id: ServiceId, now: Time) {
        let row = view.service(id);
        let mut running: Vec<(u16, u32)> = Vec::new();
        let live = row.tasks.iter().map(|task| view.task(*task)).filter(|task| task.is_running());
        for task in live {
            let definition = task.definition.index() as u16;
            match running.iter_mut().find(|(known, _)| *known == definition) {
                Some((_, count)) => *count += 1,
                None => running.push((definition, 1)),
            }
        }
        running.sort_unstable();
        let point = SeriesPoint {
            service: id.index() as u16,
            at_ms: u64::try_from(now.0).unwrap_or(0),
            running,
            floor: row.lower_limit(),
            ceiling: row.upper_limit(),
            shares: stages::shares(view, id),
            tests: stages::tests(view, id),
        };
        match self.newest.iter_mut().find(|known| known.service == point.service) {
            Some(known) => {
                let same = SeriesPoint { at_ms: known.at_ms, ..point.clone() } == *known;
                if same {
                    return;
                }
                known.clone_from(&point);
            }
            None => self.newest.push(point.clone()),
        }
        self.points.push(point);
    }
}

/// What happened, in the words of the story; what stands beside the line is not said again.
fn words(view: View<'_>, event: &Event, beside_its_service: bool) -> String {
    let Line { subject, text, .. } = Line::of_event(view, event);
    match &event.kind {
        EventKind::TaskStatus(task, TaskStatus::Stopped) => {
            format!("{} STOPPED{}", task_word(view, *task), reason(view, *task))
        }
        EventKind::TaskStopDecided(task) => {
            format!("{} told to stop{}", task_word(view, *task), reason(view, *task))
        }
        EventKind::TaskStatus(task, status) => {
            let place = view.task(*task).instance.map(|at| view.instance(at).name.clone());
            let place = place.map_or_else(String::new, |name| format!(" on {name}"));
            format!("{} {status}{place}", task_word(view, *task))
        }
        EventKind::PlacementFailed(failure) => {
            let definition = view.definition(failure.definition).label();
            format!("no place for {definition}: {}", shortage::brief(failure))
        }
        EventKind::Message(..) => text,
        kind => match task_of(kind) {
            Some(task) => format!("{} {text}", task_word(view, task)),
            None if beside_its_service => text,
            None => format!("{} {text}", subject.trim_start_matches("instance ")),
        },
    }
}

fn reason(view: View<'_>, task: TaskId) -> String {
    let stop = view.task(task).stop();
    stop.map_or_else(String::new, |stop| format!(": {}", view.stopped_reason(stop)))
}

fn task_word(view: View<'_>, task: TaskId) -> String {
    short_id(&view.task_name(task)).to_owned()
}

/// Whether something was decided about a task: placed, refused a place, or told to stop.
pub(super) fn is_decision(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::TaskPlaced(_) | EventKind::PlacementFailed(_) | EventKind::TaskStopDecided(_)
    )
}

fn task_of(kind: &EventKind) -> Option<TaskId> {
    match kind {
        EventKind::TaskCreated(task)
        | EventKind::TaskPlaced(task)
        | EventKind::TaskStopDecided(task)
        | EventKind::TaskStatus(task, _)
        | EventKind::TaskHealth(task, _)
        | EventKind::TargetState(task, _, _) => Some(*task),
        _ => None,
    }
}
