//! The deployment circuit breaker's threshold (03 section 11.1).

use crate::model::{Percent, Threshold};

/// At how many failures it trips, for a desired count.
pub(crate) fn threshold(threshold: Threshold, desired: u32) -> u32 {
    match threshold {
        Threshold::BoundedPercent(percent) => Percent(percent).of_ceil(desired).clamp(3, 200),
        Threshold::UnboundedPercent(percent) => Percent(percent).of_ceil(desired).max(1),
        Threshold::Count(count) => count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of 03 section 11.1, whole.
    #[test]
    fn w72_the_default_is_half_but_at_least_3_and_at_most_200() {
        let desired = [0, 1, 5, 6, 7, 10, 25, 100, 399, 400, 401, 800, 5000];
        let bounded = desired.map(|d| threshold(Threshold::BoundedPercent(50), d));
        assert_eq!(bounded, [3, 3, 3, 3, 4, 5, 13, 50, 200, 200, 200, 200, 200]);
        let unbounded = desired.map(|d| threshold(Threshold::UnboundedPercent(50), d));
        assert_eq!(unbounded, [1, 1, 3, 3, 4, 5, 13, 50, 200, 200, 201, 400, 2500]);
    }

    #[test]
    fn w73_to_w75_other_thresholds() {
        assert_eq!(threshold(Threshold::Count(1), 50), 1);
        assert_eq!(threshold(Threshold::UnboundedPercent(10), 7), 1);
        assert_eq!(threshold(Threshold::BoundedPercent(1), 5000), 50);
    }

    #[test]
    fn w78_a_raised_desired_count_raises_the_threshold() {
        assert_eq!(threshold(Threshold::BoundedPercent(50), 6), 3);
        assert_eq!(threshold(Threshold::BoundedPercent(50), 10), 5);
    }
}
