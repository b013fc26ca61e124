//! The closest instance, which the service event names (01 section 4.7).

use crate::api::event::{FailedCheck, Rejection};

/// Picks the closest of the rejected instances, which come in id order: fewest failing checks,
/// then the class of the reported reason, then the smallest relative shortfall, then lowest id.
pub(crate) fn closest(rejected: &[Rejection]) -> Option<&Rejection> {
    rejected.iter().min_by_key(|rejection| {
        let reported = rejection.checks.first();
        (rejection.checks.len(), reported.map_or(0, class), reported.map_or(0, shortfall))
    })
}

fn class(check: &FailedCheck) -> u32 {
    match check {
        FailedCheck::Cpu { .. }
        | FailedCheck::Memory { .. }
        | FailedCheck::Ports { .. }
        | FailedCheck::Gpu { .. }
        | FailedCheck::Eni { .. } => 0,
        FailedCheck::DistinctInstance => 1,
        FailedCheck::MemberOf(_) => 2,
        FailedCheck::Location => 3,
        FailedCheck::Attribute(_) => 4,
        FailedCheck::Agent => 5,
    }
}

/// `floor(10000 * missing / needed)` of the reported resource.
fn shortfall(check: &FailedCheck) -> u64 {
    let relative = |missing: u32, need: u32| {
        (10_000 * u64::from(missing)).checked_div(u64::from(need)).unwrap_or(0)
    };
    match check {
        FailedCheck::Cpu { need, have }
        | FailedCheck::Memory { need, have }
        | FailedCheck::Gpu { need, have } => relative(need - have, *need),
        FailedCheck::Ports { need, conflicts } => relative(*conflicts, *need),
        FailedCheck::Eni { .. } => relative(1, 1),
        FailedCheck::DistinctInstance
        | FailedCheck::MemberOf(_)
        | FailedCheck::Location
        | FailedCheck::Attribute(_)
        | FailedCheck::Agent => 0,
    }
}
