//! Tasks that wait for an instance in PROVISIONING (04 section 2.7).

use crate::control::Control;
use crate::launch::{self, LaunchTarget};
use crate::model::{ClusterId, PlacementConstraint, Stop, StopCode, StopReason, TaskId};
use crate::placement::{self, closest};
use crate::reconcile::pass;

/// Places waiting tasks, oldest first.
pub(super) fn place_all(control: &mut Control) {
    control.waiting_seen = control.room.iter().copied().map(Some).collect();
    for task in control.store.waiting.iter().copied().collect::<Vec<_>>() {
        let Some(order) = control.orders.get(&task).cloned() else { continue };
        let LaunchTarget::Provider(provider) = order.target else { continue };
        control.witness_placement(task, &order);
        let Control { store, rng, index, .. } = control;
        let request = launch::request(&order, Some(provider));
        if let Some(place) = placement::find(store, index, &request, rng) {
            control.store.waiting.remove(&task);
            control.orders.remove(&task);
            launch::put_on_instance(control, task, place);
            if let Some(owner) = order.owner {
                pass::place_found(control, owner.service);
            }
        }
    }
}

/// Whether something changed since waiting tasks were last looked at.
pub(super) fn may_place(control: &Control) -> bool {
    let pairs = || control.waiting_seen.iter().zip(&control.room);
    !control.store.waiting.is_empty() && pairs().any(|(seen, room)| *seen != Some(*room))
}

/// Somebody was placed: a waiting task may want to stand beside it (`task:group == service:db`).
pub(crate) fn somebody_came(control: &mut Control, cluster: ClusterId) {
    let reads_tasks = |constraint: &PlacementConstraint| match constraint {
        PlacementConstraint::MemberOf(it) => it.reads_task_groups() || it.reads_running_count(),
        PlacementConstraint::DistinctInstance => false,
    };
    let mut orders = control.orders.values().filter(|order| order.cluster == cluster);
    if orders.any(|order| order.constraints.iter().any(reads_tasks)) {
        control.waiting_seen[cluster.index()] = None;
    }
}

/// A task waited for too long: it is stopped with the reason of the closest instance
/// (01 section 3.4).
pub(super) fn give_up(control: &mut Control, task: TaskId) {
    let Some(order) = control.orders.get(&task).cloned() else { return };
    if !control.store.waiting.contains(&task) {
        return;
    }
    let LaunchTarget::Provider(provider) = order.target else { return };
    let Control { store, rng, index, .. } = control;
    let request = launch::request(&order, Some(provider));
    let reason: Box<str> = match placement::place(store, index, &request, rng) {
        Ok(place) => {
            control.store.waiting.remove(&task);
            control.orders.remove(&task);
            return launch::put_on_instance(control, task, place);
        }
        Err(none) => match closest::closest(&none.rejected) {
            Some(rejection) => rejection.reason().trim_end_matches('.').into(),
            None if control.store.provider_has_instances(order.cluster, provider) => {
                "NO ACTIVE INSTANCES".into()
            }
            None => "EMPTY CAPACITY PROVIDER".into(),
        },
    };
    control.orders.remove(&task);
    let reason = StopReason::NoCapacity(reason);
    let stop = Stop { code: StopCode::TaskFailedToStart, reason };
    crate::reports::note_failure(control, task, &stop);
    control.stop_task(task, stop);
}
