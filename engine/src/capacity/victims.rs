//! Which instances of an Auto Scaling group go (04 section 1.5).

use std::collections::BTreeMap;

use crate::model::{InstanceId, TerminationPolicy, Time};

/// An instance of a group, as scale-in looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    pub(crate) instance: InstanceId,
    pub(crate) name: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) launched_at: Time,
    pub(crate) protected: bool,
}

const HOUR: i64 = 3_600_000;

/// Up to `count` instances, in the order in which they go.
pub(crate) fn choose(
    mut members: Vec<Member<'_>>,
    policies: &[TerminationPolicy],
    now: Time,
    count: u32,
) -> Vec<InstanceId> {
    let mut chosen = Vec::new();
    while chosen.len() < count as usize {
        let Some(position) = next(&members, policies, now) else { break };
        chosen.push(members.remove(position).instance);
    }
    chosen
}

/// The zone with most instances among those that hold an unprotected one, then the policies, then
/// the lowest id.
fn next(members: &[Member<'_>], policies: &[TerminationPolicy], now: Time) -> Option<usize> {
    let mut by_zone: BTreeMap<&str, u32> = BTreeMap::new();
    for member in members {
        *by_zone.entry(member.zone).or_default() += 1;
    }
    let open = || members.iter().enumerate().filter(|(_, member)| !member.protected);
    let most = open().map(|(_, member)| by_zone[member.zone]).max()?;
    let rank = |member: &Member<'_>| -> Vec<i64> {
        let of = |policy: &TerminationPolicy| match policy {
            TerminationPolicy::OldestInstance => member.launched_at.0,
            TerminationPolicy::NewestInstance => -member.launched_at.0,
            TerminationPolicy::OldestLaunchTemplate => 0,
            TerminationPolicy::Default | TerminationPolicy::ClosestToNextInstanceHour => {
                -(now.0 - member.launched_at.0).rem_euclid(HOUR)
            }
        };
        policies.iter().chain([&TerminationPolicy::Default]).map(of).collect()
    };
    open()
        .filter(|(_, member)| by_zone[member.zone] == most)
        .min_by_key(|(_, member)| (rank(member), member.name))
        .map(|(position, _)| position)
}
