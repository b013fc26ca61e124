//! Cluster auto scaling: a data point, its alarms and what follows, once a minute (04 section 4).
//! Steps 4 and 6 of an instant (00 section 3): a launch is seen from the next instant on.

use std::collections::BTreeMap;

use crate::api::event::{EventKind, ScalingBlock};
use crate::capacity::reservation::{self, Need};
use crate::capacity::rules::ScalingRules;
use crate::capacity::victims::{self, Member};
use crate::command::has_trunking;
use crate::control::Control;
use crate::groups;
use crate::launch::LaunchTarget;
use crate::model::{
    ClusterId, InstanceId, InstanceStatus, PlacementConstraint, ProviderId, ProviderKind,
    ProviderStatus, Reservation, ScalingGroup, ScalingGroupId, Time,
};
use crate::store::Store;

/// A provider with managed scaling, and its group.
struct Managed {
    cluster: ClusterId,
    provider: ProviderId,
    group: ScalingGroupId,
    rules: ScalingRules,
}

/// When there is a data point next, from the last instant on.
pub(super) fn next(control: &Control) -> Option<Time> {
    let period = control.store.config.scaling_period;
    let now = control.now;
    let any = control.store.clusters.iter().any(|cluster| {
        cluster.providers.iter().any(|&provider| managed(&control.store, provider).is_some())
    });
    let open = now > Time::ZERO && now.is_multiple_of(period) && control.last_wake != Some(now);
    any.then(|| if open { now } else { now.next_multiple(period) })
}

/// Does what is due at this instant, if it is on the grid.
pub(super) fn run(control: &mut Control) {
    let now = control.now;
    let on_grid = now > Time::ZERO && now.is_multiple_of(control.store.config.scaling_period);
    if !on_grid || control.last_wake == Some(now) {
        return;
    }
    for index in 0..control.store.clusters.len() {
        for provider in control.store.clusters[index].providers.clone() {
            if let Some(managed) = managed(&control.store, provider)
                && managed.cluster.index() == index
            {
                evaluate(control, &managed);
            }
        }
    }
}

fn managed(store: &Store, provider: ProviderId) -> Option<Managed> {
    let row = store.provider(provider);
    let ProviderKind::AutoScalingGroup { group, managed_scaling: true } = &row.kind else {
        return None;
    };
    let input = row.input.as_ref()?.auto_scaling_group_provider.as_ref()?;
    let name = |known: &ScalingGroup| known.name == *group;
    let group = ScalingGroupId::from_index(store.scaling_groups.iter().position(name)?);
    let cluster = store.scaling_groups[group.index()].cluster;
    let rules = ScalingRules::of(input);
    (row.status == ProviderStatus::Active).then_some(Managed { cluster, provider, group, rules })
}

fn evaluate(control: &mut Control, managed: &Managed) {
    let point = measure(&control.store, control, managed);
    let state = control.store.managed.entry((managed.cluster, managed.provider)).or_default();
    let changed = state.newest != Some(point);
    state.take(point, managed.rules.target);
    let may_scale_in = state.may_scale_in(control.now);
    if changed {
        control.out.event(EventKind::Reservation(managed.provider, Box::new(point)));
    }
    if point.cmp_percent(managed.rules.target).is_gt() {
        scale_out(control, managed, &point);
    } else if may_scale_in {
        scale_in(control, managed, &point);
    }
}

fn measure(store: &Store, control: &Control, managed: &Managed) -> Reservation {
    let group = &store.scaling_groups[managed.group.index()];
    let active = |(_, row): &(InstanceId, &crate::model::ContainerInstance)| {
        row.cluster == managed.cluster
            && row.status == InstanceStatus::Active
            && row.auto_scaling_group.as_ref() == Some(&group.name)
    };
    let (mut instances, mut busy) = (0, 0);
    for (instance, _) in store.instances.iter().filter(active) {
        instances += 1;
        busy += u32::from(groups::is_busy(store, instance));
    }
    let mut waiting: BTreeMap<Need, u32> = BTreeMap::new();
    for task in &store.waiting {
        let Some(order) = control.orders.get(task) else { continue };
        let of_provider = order.target == LaunchTarget::Provider(managed.provider);
        if order.cluster == managed.cluster && of_provider {
            let demand = &order.demand;
            let distinct = order.constraints.contains(&PlacementConstraint::DistinctInstance);
            let need = Need {
                cpu: demand.cpu,
                memory: demand.memory,
                gpus: demand.gpu,
                eni: demand.eni,
                alone: distinct || !demand.ports.is_empty(),
            };
            *waiting.entry(need).or_default() += 1;
        }
    }
    let missing = reservation::missing(&group.capacities, has_trunking(store), &waiting);
    reservation::measure(instances, busy, missing, &managed.rules)
}

fn scale_out(control: &mut Control, managed: &Managed, point: &Reservation) {
    let now = control.now;
    let group = &control.store.scaling_groups[managed.group.index()];
    if group.is_warming_up(now, managed.rules.warmup) {
        let event = EventKind::ScalingBlocked(managed.provider, ScalingBlock::Warmup);
        return control.out.event(event);
    }
    let most = group.max.min(control.store.config.quotas.instances_per_cluster);
    let wanted = managed.rules.scale_out(point);
    if wanted.min(most) <= group.desired {
        if wanted > most {
            let event = EventKind::ScalingBlocked(managed.provider, ScalingBlock::AtMax);
            control.out.event(event);
        }
        return;
    }
    let blocked_until = Some(now + control.store.config.scale_in_block);
    let state = control.store.managed.entry((managed.cluster, managed.provider)).or_default();
    (state.low, state.blocked_until) = (0, blocked_until);
    set_desired(control, managed.group, wanted.min(most));
    groups::launch_missing(control, managed.group);
}

fn scale_in(control: &mut Control, managed: &Managed, point: &Reservation) {
    let now = control.now;
    let rules = &managed.rules;
    let store = &control.store;
    let group = &store.scaling_groups[managed.group.index()];
    let step = rules.scale_in(point, group.desired, group.min);
    if step == 0 || group.is_warming_up(now, rules.warmup) {
        return;
    }
    let protected = |instance: InstanceId| {
        if rules.protects { groups::is_busy(store, instance) } else { group.protects_new }
    };
    let member = |(&instance, &launched_at): (&InstanceId, &Time)| {
        let row = store.instances.get(instance);
        let (name, zone) = (&*row.name, store.zone_name(row.zone));
        Member { instance, name, zone, launched_at, protected: protected(instance) }
    };
    let members = group.members.iter().map(member).collect();
    let chosen = victims::choose(members, &group.policies, now, step);
    if chosen.is_empty() {
        return;
    }
    let removed = u32::try_from(chosen.len()).unwrap_or(u32::MAX);
    let desired = group.desired.saturating_sub(removed);
    set_desired(control, managed.group, desired);
    for instance in chosen {
        groups::let_go(control, managed.group, instance, rules.drains);
    }
}

fn set_desired(control: &mut Control, group: ScalingGroupId, desired: u32) {
    control.store.scaling_groups[group.index()].spec.desired = desired;
    control.out.event(EventKind::DesiredCapacity(group, desired));
}
