//! Percentages of a desired count as whole tasks, while a slider is dragged; what is in force comes
//! from the engine.

use crate::worker::protocol::Service;

/// `3 x 50% = 1.5, rounded up: 2.`, for the limit that is in force.
#[must_use]
pub fn rounding(service: &Service, maximum: bool) -> String {
    match maximum {
        true => rounded(service.desired, service.maximum_percent, service.ceiling, true),
        false => rounded(service.desired, service.minimum_percent, service.floor, false),
    }
}

/// `3 x 50% = 1.5, rounded up: 2.`
#[must_use]
pub fn rounded(desired: u32, percent: u32, count: u32, maximum: bool) -> String {
    let hundredths = u64::from(desired) * u64::from(percent);
    if hundredths.is_multiple_of(100) {
        return format!("{desired} x {percent}% = {count}.");
    }
    let exact = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let way = if maximum { "down" } else { "up" };
    format!("{desired} x {percent}% = {}, rounded {way}: {count}.", exact.trim_end_matches('0'))
}

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
