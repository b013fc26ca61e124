//! `CapacityProviderReservation`: how many instances the tasks of a provider need (04 sections 4.1
//! and 4.2).

use std::collections::BTreeMap;

use super::rules::ScalingRules;
use crate::model::{Capacity, Reservation};

/// What tasks that wait in PROVISIONING have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) gpus: u32,
    pub(crate) eni: bool,
    /// With `distinctInstance` or a fixed host port only one fits an instance.
    pub(crate) alone: bool,
}

/// NI, the lower bound on additional instances; none when no waiting task is compatible.
///
/// `trunking` is what holds for the account now: new instances get a trunk or not by it.
pub(crate) fn missing(
    types: &[Capacity],
    trunking: bool,
    waiting: &BTreeMap<Need, u32>,
) -> Option<u32> {
    let bound = |of: &dyn Fn(&Capacity) -> u32| {
        let all = || types.iter().map(of);
        (all().min().unwrap_or(0), all().max().unwrap_or(0))
    };
    let cpu = bound(&|capacity| capacity.cpu);
    let memory = bound(&|capacity| capacity.memory);
    let gpus = bound(&|capacity| capacity.gpus);
    let enis = bound(&|capacity| capacity.enis_with(trunking).unwrap_or(u32::MAX));
    let of_group = |need: &Need, count: u32| {
        let wanted = [
            (need.cpu, cpu),
            (need.memory, memory),
            (need.gpus, gpus),
            (u32::from(need.eni), enis),
        ];
        if wanted.iter().any(|(wanted, (least, _))| wanted > least) {
            return None;
        }
        let fitting = wanted.iter().filter(|(wanted, _)| *wanted > 0);
        let most = fitting.map(|(wanted, (_, most))| most / wanted).min().unwrap_or(u32::MAX);
        Some(count.div_ceil(if need.alone { 1 } else { most }))
    };
    waiting.iter().filter_map(|(need, count)| of_group(need, *count)).max()
}

/// A data point: N instances of which `busy` hold a task that is no daemon's.
pub(crate) fn measure(
    instances: u32,
    busy: u32,
    missing: Option<u32>,
    rules: &ScalingRules,
) -> Reservation {
    let target = u64::from(rules.target);
    if instances == 0 {
        let (needed, percent) = if missing.is_some() { (2, 200) } else { (0, target) };
        return Reservation { instances, needed, numerator: percent, denominator: 1 };
    }
    let needed = match missing {
        Some(missing) => instances.saturating_add(missing.clamp(rules.least_step, rules.most_step)),
        None => busy,
    };
    let (numerator, denominator) = (100 * u64::from(needed), u64::from(instances));
    Reservation { instances, needed, numerator, denominator }
}
