//! Which task leaves, and which strategy keeps the others.

use crate::explain::{Leaving, ScaleInReport};
use crate::model::{ServiceId, TaskId};
use crate::placement::{default_service_strategy, scale_in};
use crate::rng::Rng;
use crate::store::Store;

/// Explains the choice among tasks that may leave, with the generator as it was.
pub(crate) fn of_choice(
    store: &Store,
    rng: &Rng,
    service: ServiceId,
    candidates: &[TaskId],
) -> ScaleInReport {
    let mut left: Vec<Vec<TaskId>> = Vec::new();
    let draw = &mut rng.clone();
    let seen = |tasks: &[TaskId]| left.push(tasks.to_vec());
    let chosen = scale_in::pick(store, service, candidates, draw, seen);
    let explain = |&task: &TaskId| Leaving {
        task,
        kept_by: left.iter().position(|tasks| !tasks.contains(&task)),
    };
    let row = store.service(service);
    let strategy = if row.strategy.is_empty() {
        default_service_strategy().into()
    } else {
        row.strategy.clone()
    };
    let mut candidates: Vec<Leaving> = candidates.iter().map(explain).collect();
    candidates.sort_unstable_by_key(|leaving| leaving.task);
    ScaleInReport { service, strategy, candidates, chosen }
}
