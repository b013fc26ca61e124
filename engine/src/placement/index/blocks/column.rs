//! Numbers that are looked at four at a time: of each instance of a block, and of each block.

use wide::i32x4;

use crate::memory;
use crate::placement::index::blocks::block::LONGEST;

const FOURS: usize = LONGEST / 4;

/// A number as it is kept: less by 2^31. Processors compare signed numbers four at a time, and
/// only newer ones do so with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shifted(i32);

impl Shifted {
    pub(super) const fn new(value: u32) -> Self {
        Self((value ^ 1 << 31) as i32)
    }

    pub(super) const fn get(self) -> u32 {
        self.0 as u32 ^ 1 << 31
    }
}

/// A number of each instance of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column([Shifted; LONGEST]);

impl Column {
    pub(super) const fn filled(value: u32) -> Self {
        Self([Shifted::new(value); LONGEST])
    }

    pub(super) fn get(&self, at: usize) -> u32 {
        self.0[at].get()
    }

    pub(super) fn set(&mut self, at: usize, value: u32) {
        self.0[at] = Shifted::new(value);
    }

    /// Somebody will look at it soon.
    pub(super) fn ask_for(&self) {
        memory::ask_for(&self.0[0]);
        memory::ask_for(&self.0[LONGEST / 2]);
    }

    /// Somebody will put something at a position soon.
    pub(super) fn ask_for_place(&self, at: usize) {
        memory::ask_for(&self.0[at.min(LONGEST - 1)]);
    }

    /// A bit for each position that has the value.
    pub(super) fn equal(&self, value: u32) -> u32 {
        let value = splat(value);
        bits(|at| self.four(at).simd_eq(value))
    }

    /// A bit for each position at which one column or the other has less than it should.
    pub(super) fn either_less(columns: [&Self; 2], than: [u32; 2]) -> u32 {
        let than = than.map(splat);
        bits(|at| is_either_less(columns.map(|column| column.four(at)), than))
    }

    /// The most of all.
    pub(super) fn most(&self) -> Shifted {
        let most = (1..FOURS).fold(self.four(0), |most, at| most.max(self.four(at)));
        Shifted(most.reduce_max())
    }

    fn four(&self, at: usize) -> i32x4 {
        let (fours, _) = self.0.as_chunks::<4>();
        four(&fours[at])
    }
}

/// The first position at which neither column has less than it should; they are equally long.
pub(super) fn first_enough(columns: [&[Shifted]; 2], need: [u32; 2]) -> Option<usize> {
    let than = need.map(splat);
    let ((ones, ones_left), (others, others_left)) =
        (columns[0].as_chunks::<4>(), columns[1].as_chunks::<4>());
    for (at, (one, other)) in ones.iter().zip(others).enumerate() {
        let less = is_either_less([four(one), four(other)], than).to_bitmask();
        if less != 0b1111 {
            return Some(4 * at + less.trailing_ones() as usize);
        }
    }
    let need = need.map(Shifted::new);
    let mut left = ones_left.iter().zip(others_left);
    let at = left.position(|(&one, &other)| one >= need[0] && other >= need[1])?;
    Some(4 * ones.len() + at)
}

fn four(of: &[Shifted; 4]) -> i32x4 {
    i32x4::new(of.map(|it| it.0))
}

fn splat(value: u32) -> i32x4 {
    i32x4::splat(Shifted::new(value).0)
}

fn is_either_less(values: [i32x4; 2], than: [i32x4; 2]) -> i32x4 {
    than[0].simd_gt(values[0]) | than[1].simd_gt(values[1])
}

/// A bit for each number of a column, the first the lowest.
fn bits(four: impl Fn(usize) -> i32x4) -> u32 {
    (0..FOURS).fold(0, |bits, at| bits | four(at).to_bitmask() << (4 * at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![0_u32..4, any::<u32>(), Just(u32::MAX), Just(1 << 31), Just((1 << 31) - 1)]
    }

    fn column(numbers: &[u32; LONGEST]) -> Column {
        let mut column = Column::filled(0);
        for (at, &number) in numbers.iter().enumerate() {
            column.set(at, number);
        }
        column
    }

    fn positions(test: impl Fn(usize) -> bool) -> u32 {
        (0..LONGEST).map(|at| u32::from(test(at)) << at).sum()
    }

    proptest! {
        #[test]
        fn four_at_a_time_is_as_one_at_a_time(
            left in prop::array::uniform32(number()),
            right in prop::array::uniform32(number()),
            (one, other, length) in (number(), number(), 0..=LONGEST),
        ) {
            let columns = (column(&left), column(&right));
            prop_assert_eq!(columns.0.equal(one), positions(|at| left[at] == one));
            let less = Column::either_less([&columns.0, &columns.1], [one, other]);
            prop_assert_eq!(less, positions(|at| left[at] < one || right[at] < other));
            prop_assert_eq!(columns.0.most().get(), left.into_iter().max().expect("32"));
            prop_assert!((0..LONGEST).all(|at| columns.1.get(at) == right[at]));
            let (left, right) = (&left[..length], &right[..length]);
            let enough = (0..length).find(|&at| left[at] >= one && right[at] >= other);
            let shifted = [left, right].map(|it| it.iter().copied().map(Shifted::new).collect());
            let [left, right]: [Vec<Shifted>; 2] = shifted;
            prop_assert_eq!(first_enough([&left, &right], [one, other]), enough);
        }
    }
}
