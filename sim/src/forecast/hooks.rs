//! The lifecycle hooks of one stage, in small numbers: asked, answered, timed out (03 section
//! 21.2). No cluster, no functions: only what each answers and when.

use stowplan_engine::model::{HookAction, LifecycleStage};

use super::grid::Grid;
use super::rolling::HookProblem;

/// A hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its function, or `pause`: for sentences.
    pub name: String,
    /// Stages at which it runs.
    pub stages: Vec<LifecycleStage>,
    /// What it waits for.
    pub waits: Waits,
}

/// What a hook waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// For a function, by its position in [`Functions`].
    Function(usize),
    /// For somebody who never comes: it times out after so many ms.
    Pause(u64, HookAction),
}

/// What functions answer from now on: the n-th call gets the n-th answer, later ones the last.
pub type Functions = Vec<Vec<Answer>>;

/// One answer of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// From the call to the answer, ms.
    pub after: u64,
    /// What it says.
    pub said: Said,
}

/// What a function says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`, or nothing that can be read.
    Failed,
    /// `IN_PROGRESS`: it is to be asked again so long after the answer, ms.
    InProgress(u64),
}

impl Answer {
    /// What a function answers that nothing is known of.
    pub const SUCCEEDS: Self = Self { after: 0, said: Said::Succeeded };
}

/// The hooks of one visit to a stage, under way.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    grid: Grid,
    limit: u64,
    runs: Vec<Run>,
    /// When the stage was entered, or the last pause ended.
    since: u64,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    hook: usize,
    waits: Waits,
    state: State,
}

/// How a hook of a visit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its function was asked then, and will answer so.
    Asked {
        /// When it was asked.
        at: u64,
        /// What it answers.
        answer: Answer,
    },
    /// Its function wants to be asked again.
    AskAgain {
        /// From then on.
        at: u64,
    },
    /// Nobody says that it goes on.
    Paused {
        /// When that times out.
        until: u64,
    },
    /// It lets the stage go on.
    Succeeded,
    /// It speaks against going on.
    Failed(HookProblem),
}

/// How often each function was asked, and what it answers.
#[derive(Clone, Debug)]
pub(super) struct Desk<'a> {
    functions: &'a Functions,
    asked: Vec<usize>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(functions: &'a Functions) -> Self {
        Self { functions, asked: vec![0; functions.len()] }
    }

    fn ask(&mut self, function: usize) -> Answer {
        let answers = &self.functions[function];
        let answer = answers.get(self.asked[function]).or_else(|| answers.last());
        self.asked[function] += 1;
        answer.copied().unwrap_or(Answer::SUCCEEDS)
    }
}

impl Visit {
    /// Every hook of the stage begins; a function has up to `limit` ms to answer.
    pub(super) fn begin(
        hooks: &[Hook],
        stage: LifecycleStage,
        now: u64,
        grid: Grid,
        limit: u64,
        desk: &mut Desk<'_>,
    ) -> Self {
        let own = hooks.iter().enumerate().filter(|(_, hook)| hook.stages.contains(&stage));
        let run = |(hook, it): (usize, &Hook)| {
            let state = match it.waits {
                Waits::Function(function) => State::Asked { at: now, answer: desk.ask(function) },
                Waits::Pause(timeout, _) => State::Paused { until: now + timeout },
            };
            Run { hook, waits: it.waits, state }
        };
        Self { grid, limit, runs: own.map(run).collect(), since: now }
    }

    /// Hooks that were begun before, by their positions; `since` is when the stage was entered, or
    /// the last pause ended.
    pub(super) fn resume(
        hooks: &[Hook],
        states: &[(usize, State)],
        since: u64,
        grid: Grid,
        limit: u64,
    ) -> Self {
        let run = |&(hook, state): &(usize, State)| {
            hooks.get(hook).map(|it| Run { hook, waits: it.waits, state })
        };
        Self { grid, limit, runs: states.iter().filter_map(run).collect(), since }
    }

    /// What has been answered, and what the pass of this instant makes of it.
    pub(super) fn look(&mut self, now: u64, desk: &mut Desk<'_>) {
        for run in &mut self.runs {
            if let State::Asked { at, answer } = run.state
                && at + answer.after <= now
            {
                run.state = match answer.said {
                    Said::Succeeded => State::Succeeded,
                    Said::Failed => State::Failed(HookProblem::Fails),
                    Said::InProgress(again) => State::AskAgain { at: at + answer.after + again },
                };
            }
        }
        for run in &mut self.runs {
            run.state = match (run.state, run.waits) {
                (State::AskAgain { at }, Waits::Function(function)) if at <= now => {
                    State::Asked { at: now, answer: desk.ask(function) }
                }
                (State::Asked { at, .. }, _) if at + self.limit <= now => {
                    State::Failed(HookProblem::NoAnswer)
                }
                (State::Paused { until }, Waits::Pause(_, action)) if until <= now => {
                    self.since = now;
                    match action {
                        HookAction::Continue => State::Succeeded,
                        HookAction::Rollback => State::Failed(HookProblem::TimesOut),
                    }
                }
                (state, _) => state,
            };
        }
    }

    /// The hook that speaks against going on.
    pub(super) fn problem(&self) -> Option<(usize, HookProblem)> {
        self.runs.iter().find_map(|run| match run.state {
            State::Failed(problem) => Some((run.hook, problem)),
            _ => None,
        })
    }

    pub(super) fn is_over(&self) -> bool {
        self.runs.iter().all(|run| run.state == State::Succeeded)
    }

    pub(super) fn pauses(&self) -> bool {
        self.runs.iter().any(|run| matches!(run.state, State::Paused { .. }))
    }

    /// Since when the limit of the stage counts: what a pause takes is not the stage's.
    pub(super) fn since(&self) -> u64 {
        self.since
    }

    /// When the next pass is that something about a hook asks for; an answer without delay asks
    /// for one of the same instant.
    pub(super) fn next(&self, now: u64) -> Option<u64> {
        let next = self.runs.iter().filter_map(|run| match run.state {
            State::Asked { at, answer } if answer.after == 0 => Some(at),
            State::Asked { at, answer } => {
                let answered = self.grid.seen(at + answer.after);
                Some(answered.min(self.grid.seen(at + self.limit)))
            }
            State::AskAgain { at } => Some(self.grid.seen(at)),
            State::Paused { until } => Some(self.grid.seen(until)),
            State::Succeeded | State::Failed(_) => None,
        });
        next.min().map(|next| next.max(now))
    }
}
