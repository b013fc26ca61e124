//! The same step under Kubernetes' arithmetic (03 section 24), for comparison.

use std::fmt;

use super::Forecast;
use super::moment::{self, Moment};
use super::rolling::{Course, End};

/// `maxUnavailable` or `maxSurge`: a number of replicas, or percent of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Count(u32),
    /// So many percent.
    Percent(u32),
}

impl Amount {
    fn of(self, replicas: u32, round_up: bool) -> u32 {
        let percent = match self {
            Self::Count(count) => return count,
            Self::Percent(percent) => u64::from(percent) * u64::from(replicas),
        };
        let whole = if round_up { percent.div_ceil(100) } else { percent / 100 };
        u32::try_from(whole).unwrap_or(u32::MAX)
    }
}

impl std::str::FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, make): (&str, fn(u32) -> Self) = match text.strip_suffix('%') {
            Some(digits) => (digits, Self::Percent),
            None => (text, Self::Count),
        };
        let number = digits.parse().map_err(|_| "write a number such as 2, or 25%".to_owned())?;
        Ok(make(number))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// A Deployment with the strategy `RollingUpdate`, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollingUpdate {
    /// `replicas`.
    pub replicas: u32,
    /// `maxUnavailable`, rounded down.
    pub max_unavailable: Amount,
    /// `maxSurge`, rounded up.
    pub max_surge: Amount,
    /// From its creation until a pod is available, ms.
    pub to_available: u64,
    /// From the decision to delete a pod until it is gone, ms.
    pub to_gone: u64,
}

impl RollingUpdate {
    /// The same workload as a Deployment: as many replicas, as fast to start and to go.
    #[must_use]
    pub fn beside(forecast: &Forecast, max_surge: Amount, max_unavailable: Amount) -> Self {
        Self {
            replicas: forecast.desired,
            max_unavailable,
            max_surge,
            to_available: forecast.pace.to_healthy.unwrap_or(0),
            to_gone: forecast.pace.to_stop.unwrap_or(0),
        }
    }

    /// How many replicas may be unavailable, and how many may be there beyond `replicas`. When
    /// both come to 0, one may be unavailable.
    pub fn bounds(&self) -> (u32, u32) {
        let surge = self.max_surge.of(self.replicas, true);
        let dip = self.max_unavailable.of(self.replicas, false).min(self.replicas);
        if surge == 0 && dip == 0 { (self.replicas.min(1), 0) } else { (dip, surge) }
    }

    /// What stays available at least.
    pub fn floor(&self) -> u32 {
        self.replicas - self.bounds().0
    }

    /// Most pods that do not terminate.
    pub fn ceiling(&self) -> u32 {
        self.replicas.saturating_add(self.bounds().1)
    }

    /// What comes of it. Terminating pods count for no limit, but for the peak.
    pub fn course(&self) -> Course {
        self.walk(&mut |_| {})
    }

    /// What happens when.
    pub fn moments(&self) -> Vec<Moment> {
        let mut moments = Vec::new();
        self.walk(&mut |next| moment::add(&mut moments, next));
        moments
    }

    fn walk(&self, see: &mut dyn FnMut(Moment)) -> Course {
        let (floor, ceiling) = (self.floor(), self.ceiling());
        let (mut old, mut available) = (self.replicas, 0);
        let mut starting: Vec<(u64, u32)> = Vec::new();
        let mut terminating: Vec<(u64, u32)> = Vec::new();
        let (mut waves, mut peak, mut lowest, mut now) = (0, old, old, 0);
        loop {
            available += due(&mut starting, now);
            due(&mut terminating, now);
            let up = ceiling
                .saturating_sub(old + available + count(&starting))
                .min(self.replicas - available - count(&starting));
            if up > 0 {
                starting.push((now + self.to_available, up));
                waves += 1;
            }
            let down = (old + available).saturating_sub(floor).min(old);
            let (stopped, left) = (down, old - down);
            see(Moment { after: now, started: up, stopped, old: left, new: available });
            if down > 0 {
                old = left;
                terminating.push((now + self.to_gone, down));
                // The room that a terminating pod leaves is used by the next pass, at once.
                peak = peak.max(old + available + count(&starting) + count(&terminating));
                lowest = lowest.min(old + available);
                continue;
            }
            peak = peak.max(old + available + count(&starting) + count(&terminating));
            let next = starting.iter().chain(&terminating).map(|&(at, _)| at).min();
            let Some(next) = next else {
                return Course { waves, peak, lowest, end: End::Completed(now) };
            };
            now = next;
        }
    }
}

impl fmt::Display for RollingUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { replicas, max_unavailable, max_surge, .. } = self;
        let Course { waves, peak, lowest, end } = self.course();
        write!(f, "{replicas} replicas, maxSurge {max_surge}, maxUnavailable {max_unavailable}: ")?;
        write!(f, "never fewer than {} available and never more than ", self.floor())?;
        write!(f, "{} that do not terminate. ", self.ceiling())?;
        if let End::Completed(after) = end {
            let waves = if waves == 1 { "1 wave".to_owned() } else { format!("{waves} waves") };
            write!(f, "Done after {} s in {waves}", after as f64 / 1000.0)?;
        }
        write!(f, "; at most {peak} pods with those that terminate, at least {lowest} available.")
    }
}

fn count(batches: &[(u64, u32)]) -> u32 {
    batches.iter().map(|&(_, pods)| pods).sum()
}

/// Takes out what is due.
fn due(batches: &mut Vec<(u64, u32)>, now: u64) -> u32 {
    let over = batches.iter().filter(|&&(at, _)| at <= now).map(|&(_, pods)| pods).sum();
    batches.retain(|&(at, _)| at > now);
    over
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::forecast::grid::Grid;
    use crate::forecast::rolling::Rolling;

    fn quarter(replicas: u32) -> RollingUpdate {
        let (max_unavailable, max_surge) = (Amount::Percent(25), Amount::Percent(25));
        RollingUpdate { replicas, max_unavailable, max_surge, to_available: 40, to_gone: 30 }
    }

    #[test]
    fn the_table_of_section_24_holds() {
        let table = [(1, 1, 2), (2, 2, 3), (3, 3, 4), (4, 3, 5), (5, 4, 7), (7, 6, 9), (10, 8, 13)];
        for (replicas, floor, ceiling) in table {
            let update = quarter(replicas);
            assert_eq!((update.floor(), update.ceiling()), (floor, ceiling), "{replicas}");
        }
    }

    #[test]
    fn what_blocks_ecs_for_ever_moves_here() {
        let update = quarter(2);
        let Course { end, lowest, .. } = update.course();
        // One at a time, each waits for the one before: two times available, then gone.
        assert_eq!((end, lowest), (End::Completed(2 * 40 + 30), 2));
        let ecs = Rolling {
            probe: None,
            desired: 2,
            floor: 2,
            ceiling: 2,
            to_healthy: 40,
            to_stop: 30,
            grid: Grid::aligned(1),
            room: None,
            bake: 0,
            early: None,
        };
        assert!(matches!(ecs.course().end, End::Stuck(_)));
    }

    #[test]
    fn a_deployment_is_told_moment_by_moment() {
        let told = |moment: &Moment| {
            let Moment { after, started, stopped, old, new } = *moment;
            (after, started, stopped, old, new)
        };
        let moments: Vec<_> = quarter(4).moments().iter().map(told).collect();
        // One beyond, one short: two of four at once, then as each becomes available.
        assert_eq!(moments, [(0, 2, 1, 3, 0), (40, 2, 2, 1, 2), (80, 0, 1, 0, 4)]);
    }

    #[test]
    fn with_both_at_zero_one_may_be_unavailable() {
        let update = RollingUpdate {
            max_unavailable: Amount::Percent(10),
            max_surge: Amount::Count(0),
            ..quarter(5)
        };
        assert_eq!((update.floor(), update.ceiling()), (4, 5));
    }

    #[test]
    fn amounts_are_numbers_or_percent() {
        assert_eq!("25%".parse(), Ok(Amount::Percent(25)));
        assert_eq!("3".parse(), Ok(Amount::Count(3)));
        assert!("a quarter".parse::<Amount>().is_err());
    }

    proptest! {
        /// With nothing unavailable, a wave lasts until its pods are available: terminating pods
        /// hold nobody up (03 section 24).
        #[test]
        fn waves_overlap_termination(replicas in 1..30_u32, surge in 1..30_u32) {
            let update = RollingUpdate {
                max_unavailable: Amount::Count(0),
                max_surge: Amount::Count(surge),
                ..quarter(replicas)
            };
            let waves = u64::from(replicas.div_ceil(surge));
            prop_assert_eq!(update.course().end, End::Completed(waves * 40 + 30));
        }

        /// It always ends, and keeps its limits on the way.
        #[test]
        fn it_ends_within_its_limits(
            replicas in 0..30_u32,
            dip in 0..150_u32,
            surge in 0..150_u32,
        ) {
            let update = RollingUpdate {
                max_unavailable: Amount::Percent(dip.min(100)),
                max_surge: Amount::Percent(surge),
                ..quarter(replicas)
            };
            let course = update.course();
            prop_assert!(course.lowest >= update.floor());
            prop_assert!(matches!(course.end, End::Completed(_)));
        }
    }
}
