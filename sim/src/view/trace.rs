//! The history of a service in the notation of 03 section 26.

use std::fmt;

use stowplan_engine::View;
use stowplan_engine::model::{TaskDefinitionId, Time};

use super::chunked::Chunked;

/// One run of equal decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceEntry {
    /// When.
    pub at: Time,
    /// What.
    pub action: TraceAction,
    /// Of what.
    pub definition: TaskDefinitionId,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TraceAction {
    /// So many tasks were started.
    Start(u32),
    /// So many tasks were told to stop by the scheduler.
    Stop(u32),
    /// The deployment completed.
    Completed,
    /// The deployment failed.
    Failed,
}

/// The history of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    entries: Chunked<TraceEntry>,
}

impl Trace {
    /// Adds a decision; one that repeats the last joins it.
    pub(crate) fn push(&mut self, next: TraceEntry) {
        if let Some(last) = self.entries.last_mut()
            && last.at == next.at
            && last.definition == next.definition
        {
            match (&mut last.action, next.action) {
                (TraceAction::Start(count), TraceAction::Start(more))
                | (TraceAction::Stop(count), TraceAction::Stop(more)) => {
                    *count += more;
                    return;
                }
                _ => {}
            }
        }
        self.entries.push(next);
    }

    /// The entries, as `trace('web')` yields them.
    pub(crate) fn texts(&self, engine: View<'_>) -> Vec<String> {
        self.entries.iter().map(|entry| entry.text(engine)).collect()
    }
}

impl TraceEntry {
    /// `0 start 4 web:2`
    fn text(&self, engine: View<'_>) -> String {
        let label = engine.definition(self.definition).label();
        let at = Seconds(self.at);
        match self.action {
            TraceAction::Start(count) => format!("{at} start {count} {label}"),
            TraceAction::Stop(count) => format!("{at} stop {count} {label}"),
            TraceAction::Completed => format!("{at} completed {label}"),
            TraceAction::Failed => format!("{at} failed {label}"),
        }
    }
}

/// An instant in seconds, with as many decimals as it needs.
pub(crate) struct Seconds(pub(crate) Time);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, ms) = (if self.0.0 < 0 { "-" } else { "" }, self.0.0.unsigned_abs());
        write!(f, "{sign}{}", ms / 1000)?;
        match ms % 1000 {
            0 => Ok(()),
            fraction => write!(f, "{}", format!(".{fraction:03}").trim_end_matches('0')),
        }
    }
}
