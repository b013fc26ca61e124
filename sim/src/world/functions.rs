//! Functions behind lifecycle hooks: who is asked answers, sooner or later.

use std::collections::BTreeMap;

use serde::Deserialize;
use stowplan_engine::api::Report;
use stowplan_engine::model::{HookAnswer, Span, Time};

use crate::document::Duration;

/// One answer of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FunctionAnswer {
    /// `SUCCEEDED`, `FAILED` or `IN_PROGRESS`; anything else cannot be read.
    pub hook_status: Option<Box<str>>,
    /// From the call to the answer.
    pub after: Option<Duration>,
    /// With IN_PROGRESS: from the answer to the next call; 30 s when absent.
    pub call_back_delay: Option<Duration>,
}

/// What functions answer, by name: the n-th call gets the n-th answer, later ones the last.
pub type Functions = BTreeMap<Box<str>, Vec<FunctionAnswer>>;

const CALL_BACK_DELAY: Span = Span::from_secs(30);

/// Functions, and calls that are not answered yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Switchboard {
    functions: Functions,
    /// How often each was asked.
    asked: BTreeMap<Box<str>, usize>,
    due: BTreeMap<(Time, u64), Report>,
    calls: u64,
}

impl Switchboard {
    pub(super) fn new(functions: Functions) -> Self {
        Self { functions, ..Self::default() }
    }

    /// Who answers for a name or an ARN.
    fn key<'k>(&self, arn: &'k str) -> &'k str {
        let name = arn.rsplit(':').next().unwrap_or(arn);
        if self.functions.contains_key(arn) { arn } else { name }
    }

    /// What a function answers from now on; later calls get the last. Nothing: it succeeds at once.
    pub(super) fn answers_of(&self, arn: &str) -> &[FunctionAnswer] {
        let key = self.key(arn);
        let answers = self.functions.get(key).map_or(&[][..], Vec::as_slice);
        let asked = self.asked.get(key).copied().unwrap_or(0);
        &answers[asked.min(answers.len().saturating_sub(1))..]
    }

    /// Asks a function by name or ARN; what it answers becomes a report.
    pub(super) fn ask(&mut self, now: Time, arn: &str, report: impl FnOnce(HookAnswer) -> Report) {
        let key = self.key(arn);
        let asked = self.asked.entry(key.into()).or_default();
        let answers = self.functions.get(key).map_or(&[][..], Vec::as_slice);
        let answer = answers.get(*asked).or_else(|| answers.last());
        *asked += 1;
        self.calls += 1;
        let after = answer.and_then(|answer| answer.after).map_or(Span::ZERO, span);
        let said = answer.map_or(HookAnswer::Succeeded, FunctionAnswer::said);
        self.due.insert((now + after, self.calls), report(said));
    }

    /// Answers that are on their way, in the order in which they come.
    pub(super) fn on_their_way(&self) -> impl Iterator<Item = (Time, &Report)> {
        self.due.iter().map(|(&(at, _), report)| (at, report))
    }

    pub(super) fn next_due(&self) -> Option<Time> {
        self.due.first_key_value().map(|(key, _)| key.0)
    }

    pub(super) fn take_due(&mut self, now: Time) -> Option<Report> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }
}

impl FunctionAnswer {
    /// What it says.
    pub fn said(&self) -> HookAnswer {
        match self.hook_status.as_deref() {
            Some("SUCCEEDED") => HookAnswer::Succeeded,
            Some("FAILED") => HookAnswer::Failed,
            Some("IN_PROGRESS") => HookAnswer::InProgress {
                again_after: self.call_back_delay.map_or(CALL_BACK_DELAY, span),
            },
            Some(_) | None => HookAnswer::Unreadable,
        }
    }
}

fn span(duration: Duration) -> Span {
    Span(duration.millis())
}
