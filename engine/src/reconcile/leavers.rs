//! Tasks of a deployment that may go, and which of them goes next: the provider furthest over its
//! share first, then the strategy undone (04 section 2.6, 01 section 9.1).

use std::sync::Arc;

use crate::capacity::split::{self, Goal};
use crate::control::Control;
use crate::model::{DeploymentId, Launch, StrategyItem, TaskId};
use crate::placement::leaving::Leaving;
use crate::reconcile::facts::Fact;
use crate::reconcile::pass::Pass;
use crate::store::Store;

/// Candidates of one deployment, until nothing but their own stops changes.
pub(super) struct Leavers {
    deployment: DeploymentId,
    leaving: Leaving,
    items: Arc<[StrategyItem]>,
    goal: Goal,
    /// Active tasks of each provider in the deployment.
    counts: Vec<u32>,
}

impl Leavers {
    /// Those tasks of a deployment that satisfy a question.
    pub(super) fn of(
        pass: &Pass<'_>,
        deployment: DeploymentId,
        question: impl Fn(&Fact) -> bool,
    ) -> Self {
        let facts = pass.facts.iter().enumerate();
        let chosen = facts.filter(|(_, fact)| fact.deployment == deployment && question(fact));
        let positions: Vec<usize> = chosen.map(|(index, _)| index).collect();
        Self::among(pass, deployment, &positions)
    }

    /// Those at some positions, ascending.
    pub(super) fn among(pass: &Pass<'_>, deployment: DeploymentId, positions: &[usize]) -> Self {
        let store = &pass.control.store;
        let items: Arc<[StrategyItem]> = match &store.deployment(deployment).launch {
            Launch::Strategy(items) => items.clone(),
            Launch::Type(_) => Arc::from([]),
        };
        let provider = |task: TaskId| {
            items.iter().position(|item| Some(item.provider) == store.task(task).provider)
        };
        let mut counts = vec![0; items.len()];
        if !items.is_empty() && !positions.is_empty() {
            let active = pass.facts.iter().filter(|fact| fact.is_active());
            for fact in active.filter(|fact| fact.deployment == deployment) {
                if let Some(index) = provider(fact.task) {
                    counts[index] += 1;
                }
            }
        }
        let kind = |task: TaskId| provider(task).unwrap_or(items.len());
        let tasks = positions.iter().map(|&index| pass.facts[index].task);
        let candidates = tasks.map(|task| (task, kind(task))).collect();
        let leaving = Leaving::new(store, pass.service, candidates);
        let goal = Goal::new(items.clone());
        Self { deployment, leaving, items, goal, counts }
    }

    /// The position of the next one to go.
    pub(super) fn next(&mut self, pass: &mut Pass<'_>) -> Option<usize> {
        let Control { store, rng, .. } = &mut *pass.control;
        let desired = store.deployment(self.deployment).desired;
        let left = self.counts.iter().sum::<u32>().min(desired);
        let has: Vec<bool> =
            (0..self.items.len()).map(|index| self.leaving.has(store, index)).collect();
        let provider = split::choose_removal(self.goal.of(left), &self.counts, |index| has[index]);
        let kind = provider.unwrap_or(self.items.len());
        let before = rng.clone();
        let task = self.leaving.next(store, kind, rng)?;
        let candidates = |store: &Store| self.leaving.left(store, kind);
        pass.control.witness_leaving(task, pass.service, &before, candidates);
        pass.facts.position(task)
    }

    /// The task at a position was stopped.
    pub(super) fn note_stop(&mut self, pass: &Pass<'_>, index: usize) {
        let store = &pass.control.store;
        let task = pass.facts[index].task;
        let provider = store.task(task).provider;
        let known = self.items.iter().position(|item| Some(item.provider) == provider);
        if let Some(index) = known {
            self.counts[index] -= 1;
        }
        self.leaving.stopped(store, task);
    }
}
