//! Percentages whose rounding is visible where they are used (03 section 2.1).

/// A whole percentage. `maximumPercent` has no small bound, so it may exceed 100.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Percent(pub u32);

impl Percent {
    /// `ceil(count * p / 100)`: how `minimumHealthyPercent` rounds.
    pub fn of_ceil(self, count: u32) -> u32 {
        Self::narrow((u64::from(count) * u64::from(self.0)).div_ceil(100))
    }

    /// `floor(count * p / 100)`: how `maximumPercent` rounds.
    pub fn of_floor(self, count: u32) -> u32 {
        Self::narrow(u64::from(count) * u64::from(self.0) / 100)
    }

    fn narrow(value: u64) -> u32 {
        u32::try_from(value).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of 03 section 2.1, whole.
    #[test]
    fn both_limits_round_toward_the_desired_count() {
        let minimum = [50, 66, 75, 90, 100];
        let maximum = [100, 110, 125, 133, 150, 200];
        let table: [(u32, [u32; 5], [u32; 6]); 9] = [
            (0, [0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]),
            (1, [1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 2]),
            (2, [1, 2, 2, 2, 2], [2, 2, 2, 2, 3, 4]),
            (3, [2, 2, 3, 3, 3], [3, 3, 3, 3, 4, 6]),
            (4, [2, 3, 3, 4, 4], [4, 4, 5, 5, 6, 8]),
            (5, [3, 4, 4, 5, 5], [5, 5, 6, 6, 7, 10]),
            (7, [4, 5, 6, 7, 7], [7, 7, 8, 9, 10, 14]),
            (10, [5, 7, 8, 9, 10], [10, 11, 12, 13, 15, 20]),
            (100, [50, 66, 75, 90, 100], [100, 110, 125, 133, 150, 200]),
        ];
        for (desired, floors, ceilings) in table {
            assert_eq!(minimum.map(|p| Percent(p).of_ceil(desired)), floors, "D={desired}");
            assert_eq!(maximum.map(|p| Percent(p).of_floor(desired)), ceilings, "D={desired}");
        }
    }

    #[test]
    fn w5_large_services_do_not_overflow() {
        assert_eq!(Percent(100).of_ceil(5000), 5000);
        assert_eq!(Percent(200).of_floor(5000), 10_000);
        assert_eq!(Percent(100_000).of_floor(u32::MAX), u32::MAX);
    }
}
