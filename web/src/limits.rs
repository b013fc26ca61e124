//! Percentages of a desired count as whole tasks, while a slider is dragged; what is in force comes
//! from the engine.

/// The fewest that stay healthy: rounded up.
#[must_use]
pub fn floor(desired: u32, percent: u32) -> u32 {
    (u64::from(desired) * u64::from(percent)).div_ceil(100) as u32
}

/// The most that may be there: rounded down.
#[must_use]
pub fn ceiling(desired: u32, percent: u32) -> u32 {
    (u64::from(desired) * u64::from(percent) / 100) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_rounded_up_and_the_ceiling_down() {
        let limits: Vec<(u32, u32)> =
            (1..=10).map(|desired| (floor(desired, 50), ceiling(desired, 150))).collect();
        let wanted =
            [(1, 1), (1, 3), (2, 4), (2, 6), (3, 7), (3, 9), (4, 10), (4, 12), (5, 13), (5, 15)];
        assert_eq!(limits, wanted);
    }
}
