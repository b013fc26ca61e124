//! When the scheduler looks: the call itself at once, everything after it at the next tick.

/// The grid of the scheduler's ticks, seen from the instant of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// From one look of the scheduler to the next, ms; at least 1.
    pub tick: u64,
    /// How long before the call the last tick was, ms.
    pub offset: u64,
}

impl Grid {
    /// A grid on which the call lies itself.
    pub fn aligned(tick: u64) -> Self {
        Self { tick, offset: 0 }
    }

    /// When the scheduler sees what happens so long after the call, ms after the call.
    pub(super) fn seen(self, after: u64) -> u64 {
        after.saturating_add(self.offset).next_multiple_of(self.tick) - self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_seen_at_the_next_tick() {
        let aligned = Grid::aligned(10);
        assert_eq!([0, 1, 10, 11].map(|after| aligned.seen(after)), [0, 10, 10, 20]);
        let between = Grid { tick: 10, offset: 3 };
        assert_eq!([1, 7, 8, 17].map(|after| between.seen(after)), [7, 7, 17, 17]);
    }
}
