//! How far simulated time should have come, by the clock on the wall.

use super::protocol::Speed;

/// A pause of the wall clock longer than this was a sleeping page, and is not made up for.
const LONGEST_STEP_MS: f64 = 250.0;

/// Turns wall-clock ms into simulated ms, keeping the fractions.
#[derive(Debug, Clone)]
pub struct Pacer {
    speed: Speed,
    last_wall_ms: Option<f64>,
    fraction: f64,
}

/// Where to go in one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// This instant.
    Until(u64),
    /// As far as the time for this turn goes.
    AsFarAsPossible,
}

impl Default for Pacer {
    fn default() -> Self {
        Self { speed: Speed::Times(1.0), last_wall_ms: None, fraction: 0.0 }
    }
}

impl Pacer {
    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
        self.fraction = 0.0;
    }

    /// Time begins to run, or runs on after a jump.
    pub fn start(&mut self, wall_ms: f64) {
        self.last_wall_ms = Some(wall_ms);
        self.fraction = 0.0;
    }

    /// Where to stand at this moment of the wall clock.
    pub fn goal(&mut self, now_ms: u64, wall_ms: f64) -> Goal {
        let elapsed = wall_ms - self.last_wall_ms.unwrap_or(wall_ms);
        self.last_wall_ms = Some(wall_ms);
        match self.speed {
            Speed::Max => Goal::AsFarAsPossible,
            Speed::Times(times) => {
                let due = elapsed.clamp(0.0, LONGEST_STEP_MS) * times + self.fraction;
                self.fraction = due.fract();
                Goal::Until(now_ms + due as u64)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_motion_loses_no_fractions() {
        let mut pacer = Pacer::default();
        pacer.set_speed(Speed::Times(0.25));
        pacer.start(0.0);
        let mut now = 0;
        for wall in 1..=400 {
            let Goal::Until(next) = pacer.goal(now, f64::from(wall)) else { panic!("has a goal") };
            now = next;
        }
        assert_eq!(now, 100);
    }

    #[test]
    fn thirty_times_is_thirty_times() {
        let mut pacer = Pacer::default();
        pacer.set_speed(Speed::Times(30.0));
        pacer.start(1000.0);
        assert_eq!(pacer.goal(0, 1100.0), Goal::Until(3000));
    }

    #[test]
    fn a_page_that_slept_does_not_jump() {
        let mut pacer = Pacer::default();
        pacer.start(0.0);
        assert_eq!(pacer.goal(500, 60_000.0), Goal::Until(750));
    }

    #[test]
    fn as_fast_as_it_goes_has_no_goal() {
        let mut pacer = Pacer::default();
        pacer.set_speed(Speed::Max);
        assert_eq!(pacer.goal(0, 10.0), Goal::AsFarAsPossible);
    }
}
