//! A placement on Fargate, zone by zone: no instances, so that capacity, the tasks of the group and
//! the subnets decide (01 section 4.5).

use std::cmp::Reverse;
use std::ops::Deref;

use crate::explain::{Change, Outcome, Suggestion};
use crate::launch::TaskOrder;
use crate::model::{GroupId, SubnetId, ZoneId};
use crate::placement::fargate;
use crate::store::Store;

/// What there was to choose from on Fargate: zones, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FargateField {
    /// Every zone of the subnets.
    pub zones: Vec<FargateZone>,
    /// What Fargate was asked for: it was checked when the definition was registered and when the
    /// call was made.
    pub platform: Platform,
    /// The smallest single changes with another answer.
    pub changes: Vec<Suggestion>,
}

/// A platform of Fargate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Spot, or On-Demand.
    pub spot: bool,
    /// CPU units of the task: a size that Fargate offers.
    pub cpu: u32,
    /// MiB of the task: what that size may have.
    pub memory: u32,
    /// `operatingSystemFamily`, LINUX if none was given.
    pub os_family: Box<str>,
    /// `cpuArchitecture`, X86_64 if none was given.
    pub cpu_architecture: Box<str>,
}

/// A zone that a Fargate task could go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FargateZone {
    /// Which.
    pub zone: ZoneId,
    /// Whether Fargate, or Fargate Spot, has capacity there.
    pub capacity: bool,
    /// Live tasks of the group there, On-Demand and Spot apart: the fewest win.
    pub tasks: u32,
    /// The subnet, if this zone is the choice.
    pub chosen: Option<SubnetId>,
    /// The subnets there with their free addresses: the most win.
    pub subnets: Vec<(SubnetId, u32)>,
    /// What became of it.
    pub verdict: FargateVerdict,
}

/// What became of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FargateVerdict {
    /// The task goes there.
    Chosen,
    /// Rebalancing asks for another zone.
    OtherZone,
    /// Fargate has no capacity there.
    NoCapacity,
    /// Another zone has so many fewer tasks of the group.
    MoreTasks(u32),
    /// The chosen zone has as many tasks and comes first by name.
    LaterName,
}

impl Deref for FargateField {
    type Target = [FargateZone];

    fn deref(&self) -> &[FargateZone] {
        &self.zones
    }
}

/// The zones of an order's subnets, and what became of each.
pub(super) fn field(store: &Store, order: &TaskOrder, spot: bool) -> FargateField {
    let place = fargate::place(store, order.cluster, order.group, spot, &usable(store, order));
    let mut zones: Vec<ZoneId> = order.subnets.iter().map(|&s| store.subnet(s).zone).collect();
    zones.sort_unstable_by_key(|&zone| store.zone_name(zone));
    zones.dedup();
    let fewest = place.map_or(0, |place| tasks(store, order, spot, place.zone));
    let explain = |zone| {
        let here = place.filter(|place| place.zone == zone);
        let tasks = tasks(store, order, spot, zone);
        let capacity = fargate::has_capacity(store, order.cluster, spot, zone);
        let inside = order.subnets.iter().filter(|&&subnet| store.subnet(subnet).zone == zone);
        FargateZone {
            zone,
            capacity,
            tasks,
            chosen: here.and_then(|place| place.subnet),
            subnets: inside.map(|&subnet| (subnet, store.subnet(subnet).free())).collect(),
            verdict: match here {
                Some(_) => FargateVerdict::Chosen,
                None if order.zone.is_some_and(|wanted| wanted != zone) => {
                    FargateVerdict::OtherZone
                }
                None if !capacity => FargateVerdict::NoCapacity,
                None if tasks > fewest => FargateVerdict::MoreTasks(tasks - fewest),
                None => FargateVerdict::LaterName,
            },
        }
    };
    let zones: Vec<FargateZone> = zones.into_iter().map(explain).collect();
    let changes = changes(store, order, spot, &zones);
    FargateField { zones, platform: platform(store, order, spot), changes }
}

/// Where the task of an order goes on Fargate.
pub(super) fn zone_of(store: &Store, order: &TaskOrder, spot: bool) -> Option<ZoneId> {
    let subnets = usable(store, order);
    fargate::place(store, order.cluster, order.group, spot, &subnets).map(|place| place.zone)
}

fn usable(store: &Store, order: &TaskOrder) -> Vec<SubnetId> {
    let wanted = |subnet: &SubnetId| order.zone.is_none_or(|z| store.subnet(*subnet).zone == z);
    order.subnets.iter().copied().filter(wanted).collect()
}

fn tasks(store: &Store, order: &TaskOrder, spot: bool, zone: ZoneId) -> u32 {
    fargate::tasks_in(store, order.group, spot, zone)
}

fn platform(store: &Store, order: &TaskOrder, spot: bool) -> Platform {
    let row = store.definition(order.definition);
    let or = |given: &Option<Box<str>>, default: &str| match given {
        Some(given) => given.clone(),
        None => default.into(),
    };
    Platform {
        spot,
        cpu: order.demand.cpu,
        memory: order.demand.memory,
        os_family: or(&row.os_family, "LINUX"),
        cpu_architecture: or(&row.cpu_architecture, "X86_64"),
    }
}

/// Capacity that comes back, the chosen zone left out, fewer tasks in another one.
fn changes(store: &Store, order: &TaskOrder, spot: bool, zones: &[FargateZone]) -> Vec<Suggestion> {
    let chosen = zones.iter().find(|zone| zone.verdict == FargateVerdict::Chosen);
    let now = chosen.map(|chosen| chosen.zone);
    let is_wanted = |zone: &&FargateZone| zone.verdict != FargateVerdict::OtherZone;
    let beats = |zone: &FargateZone, tasks: u32| match chosen {
        None => true,
        Some(chosen) => {
            let name = |zone: ZoneId| store.zone_name(zone);
            (tasks, name(zone.zone)) < (chosen.tasks, name(chosen.zone))
        }
    };
    let to = |change: Change, zone: Option<ZoneId>| Suggestion {
        change,
        then: zone.map_or(Outcome::Nowhere, Outcome::In),
        provider: order.provider(),
    };
    let back = zones
        .iter()
        .filter(is_wanted)
        .find(|zone| !zone.capacity && beats(zone, zone.tasks))
        .map(|zone| to(Change::CapacityIn(zone.zone), Some(zone.zone)));
    let without = now.map(|zone| {
        let order = without_zone(store, order, zone);
        to(Change::WithoutZone(zone), zone_of(store, &order, spot))
    });
    let fewer = zones.iter().filter(is_wanted).filter(|zone| zone.capacity && now.is_some());
    let fewer = fewer
        .filter(|zone| Some(zone.zone) != now)
        .filter_map(|zone| {
            let tasks = (0..zone.tasks).rev().find(|&tasks| beats(zone, tasks))?;
            Some((Reverse(tasks), zone.tasks - tasks, zone.zone))
        })
        .min_by_key(|&(_, fewer, zone)| (fewer, store.zone_name(zone)))
        .map(|(Reverse(tasks), _, zone)| to(Change::TasksIn(zone, tasks), Some(zone)));
    back.into_iter().chain(without).chain(fewer).collect()
}

pub(super) fn without_zone(store: &Store, order: &TaskOrder, zone: ZoneId) -> TaskOrder {
    let left = order.subnets.iter().copied().filter(|&s| store.subnet(s).zone != zone);
    TaskOrder { subnets: left.collect(), ..order.clone() }
}

/// Fargate has capacity in a zone again.
pub(super) fn restore_capacity(store: &mut Store, order: &TaskOrder, spot: bool, zone: ZoneId) {
    let cluster = order.cluster;
    store.fargate_gone.remove(&(cluster, spot, Some(zone)));
    // Gone everywhere becomes gone everywhere else.
    if store.fargate_gone.remove(&(cluster, spot, None)) {
        let others = order.subnets.iter().map(|&subnet| store.subnet(subnet).zone);
        let others: Vec<ZoneId> = others.filter(|&other| other != zone).collect();
        store.fargate_gone.extend(others.into_iter().map(|zone| (cluster, spot, Some(zone))));
    }
}

/// The group has another number of tasks in a zone.
pub(super) fn set_tasks(store: &mut Store, group: GroupId, spot: bool, zone: ZoneId, tasks: u32) {
    store.group_mut(group).on_fargate.insert((spot, zone), tasks);
}
