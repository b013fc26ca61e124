//! The arithmetic of one pass (03 section 5.4): how many go and how many come. Small numbers in,
//! small numbers out.

/// P3.1: how many unhealthy tasks of a deployment are surplus. A replacement must have settled
/// before an unhealthy task is given up.
pub(crate) fn unhealthy_surplus(healthy: u32, unhealthy: u32, desired: u32) -> u32 {
    unhealthy.min((healthy + unhealthy).saturating_sub(desired))
}

/// What P4 looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RollingCounts {
    /// Healthy tasks of the whole service.
    pub(crate) healthy: u32,
    /// minH.
    pub(crate) lower: u32,
    /// Healthy tasks that are to go.
    pub(crate) outgoing_healthy: u32,
}

/// P4: how many healthy outgoing tasks stop now; `None` when the service is under its floor, and
/// then nothing that is outgoing stops, healthy or not.
pub(crate) fn rolling_stops(counts: &RollingCounts) -> Option<u32> {
    let slack = counts.healthy.checked_sub(counts.lower)?;
    Some(slack.min(counts.outgoing_healthy))
}

/// What P5 looks at, for one deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopFirstCounts {
    /// c of the deployment.
    pub(crate) desired: u32,
    /// Its live tasks that are not unhealthy.
    pub(crate) good: u32,
    /// Of them settling.
    pub(crate) settling: u32,
    /// Its unhealthy tasks.
    pub(crate) unhealthy: u32,
    /// RUNNING tasks of the whole service.
    pub(crate) running: u32,
    /// minH.
    pub(crate) lower: u32,
    /// maxT.
    pub(crate) upper: u32,
}

/// P5: whether one unhealthy task stops before its replacement starts.
pub(crate) fn stops_first(counts: &StopFirstCounts) -> bool {
    counts.desired > counts.good
        && counts.unhealthy > 0
        && counts.settling == 0
        && (counts.running > counts.lower || counts.upper <= counts.lower)
}

/// What P7 looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartCounts {
    /// B: room under the ceiling.
    pub(crate) room: u32,
    /// What the PRIMARY deployment needs.
    pub(crate) need_primary: u32,
    /// What all older deployments need.
    pub(crate) need_sources: u32,
    /// minH.
    pub(crate) lower: u32,
    /// Healthy tasks of the service, and settling ones of older deployments.
    pub(crate) healthy_or_settling_old: u32,
    /// D.
    pub(crate) desired: u32,
    /// Live tasks that are not unhealthy and not on DRAINING instances, of all deployments.
    pub(crate) good: u32,
    /// An old task that is not healthy yet would be stopped by the next pass (P4).
    pub(crate) old_would_stop: bool,
}

/// How many tasks start, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Starts {
    /// Of older deployments: what keeps the floor.
    pub(crate) floor: u32,
    /// Of the PRIMARY deployment.
    pub(crate) primary: u32,
    /// Of older deployments: what is still missing.
    pub(crate) sources: u32,
}

/// P7: keep the floor first, with the old revision; then the new one; then the old one as far as
/// the service is not full, unless the next pass would only stop it again.
pub(crate) fn starts(counts: &StartCounts) -> Starts {
    let below_floor = counts.lower.saturating_sub(counts.healthy_or_settling_old);
    let floor = counts.room.min(counts.need_sources).min(below_floor);
    let primary = (counts.room - floor).min(counts.need_primary);
    let unfilled = match counts.old_would_stop {
        true => 0,
        false => counts.desired.saturating_sub(counts.good + floor + primary),
    };
    let sources = (counts.room - floor - primary).min(counts.need_sources - floor).min(unfilled);
    Starts { floor, primary, sources }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts() -> impl Strategy<Value = StartCounts> {
        (0..20_u32, 0..20_u32, 0..20_u32, 0..10_u32, 0..20_u32, 0..10_u32, 0..20_u32).prop_map(
            |(room, need_primary, need_sources, lower, healthy, desired, good)| StartCounts {
                room,
                need_primary,
                need_sources,
                lower,
                healthy_or_settling_old: healthy,
                desired,
                good,
                old_would_stop: good % 2 == 0,
            },
        )
    }

    proptest! {
        #[test]
        fn starts_never_pass_the_ceiling_nor_the_need(counts in counts()) {
            let starts = starts(&counts);
            prop_assert!(starts.floor + starts.primary + starts.sources <= counts.room);
            prop_assert!(starts.primary <= counts.need_primary);
            prop_assert!(starts.floor + starts.sources <= counts.need_sources);
        }

        #[test]
        fn room_is_used_while_the_new_revision_needs_it(counts in counts()) {
            let starts = starts(&counts);
            let used = starts.floor + starts.primary;
            prop_assert!(used == counts.room || starts.primary == counts.need_primary);
        }

        #[test]
        fn rolling_stops_keep_the_floor(
            healthy in 0..20_u32,
            lower in 0..20_u32,
            out in 0..20_u32,
        ) {
            let counts = RollingCounts { healthy, lower, outgoing_healthy: out.min(healthy) };
            match rolling_stops(&counts) {
                Some(stops) => prop_assert!(healthy - stops >= lower),
                None => prop_assert!(healthy < lower),
            }
        }
    }

    #[test]
    fn a_replacement_settles_before_an_unhealthy_task_is_given_up() {
        assert_eq!(unhealthy_surplus(3, 1, 4), 0);
        assert_eq!(unhealthy_surplus(4, 1, 4), 1);
        assert_eq!(unhealthy_surplus(0, 8, 4), 4);
        assert_eq!(unhealthy_surplus(4, 0, 2), 0);
    }
}
