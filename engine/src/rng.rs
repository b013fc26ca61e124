//! Seeded randomness: SplitMix64, in streams by purpose (01 section 4.6, 00 section 4).
//!
//! Each purpose draws from a stream of its own, so a further draw for one never shifts what
//! another sees. Numbers are drawn as `u64` only: a draw of `usize` would differ between 32-bit
//! and 64-bit targets.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// What a stream of random numbers is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Stream {
    /// The strategy `random`, seeded ties, and which task goes at scale-in. Its state starts as
    /// the seed itself.
    Placement,
    /// How long things take when a scenario gives a smallest and a largest duration.
    Durations,
    /// Whether something that has a probability happens.
    Chances,
    /// Spot interruptions.
    Spot,
    /// Variation of the load.
    Load,
    /// Which instances an answer of Cloud Map names when there are too many.
    Answers,
}

impl Stream {
    /// A number of its own for each purpose; a change of one changes every recorded run.
    const fn tag(self) -> u64 {
        match self {
            Self::Placement => 1,
            Self::Durations => 2,
            Self::Chances => 3,
            Self::Spot => 4,
            Self::Load => 5,
            Self::Answers => 6,
        }
    }
}

/// A SplitMix64 generator. Two that are equal yield the same numbers for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Rng {
    /// Kept here, for `SplitMix64` does not show its own.
    state: u64,
}

impl Rng {
    /// The stream of one purpose in the run with this seed.
    pub fn for_stream(seed: u64, stream: Stream) -> Self {
        match stream {
            Stream::Placement => Self { state: seed },
            _ => Self { state: mixed(seed, stream) },
        }
    }

    /// A stream for one thing alone, such as a task's id or an instance and an hour: what it
    /// yields depends on nothing else that happens in the run.
    pub fn for_key(seed: u64, stream: Stream, key: &str) -> Self {
        Self { state: first_draw(mixed(seed, stream) ^ fnv_1a(key.as_bytes())) }
    }

    /// Goes on from a state that [`state`](Self::state) told.
    pub const fn from_state(state: u64) -> Self {
        Self { state }
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        let drawn = first_draw(self.state);
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        drawn
    }

    /// Picks one of `len` things, by index. Of a single one nothing is drawn.
    ///
    /// # Panics
    ///
    /// When there is nothing to pick from.
    pub fn pick(&mut self, len: usize) -> usize {
        assert!(len > 0, "there must be something to pick from");
        if len == 1 {
            return 0;
        }
        let len = u64::try_from(len).expect("no target has more than 64 address bits");
        usize::try_from(self.below(len)).expect("below a length that is itself a usize")
    }

    /// A number from `min` to `max`, each as likely as the others. When both are the same
    /// nothing is drawn.
    ///
    /// # Panics
    ///
    /// When `min` is above `max`.
    pub fn uniform(&mut self, min: u64, max: u64) -> u64 {
        assert!(min <= max, "the smallest value {min} is above the largest, {max}");
        if min == max {
            return min;
        }
        match (max - min).checked_add(1) {
            Some(values) => min + self.below(values),
            None => self.next_u64(),
        }
    }

    /// Where the generator stands; enough to go on from.
    pub const fn state(&self) -> u64 {
        self.state
    }

    fn below(&mut self, bound: u64) -> u64 {
        let scaled = (u128::from(self.next_u64()) * u128::from(bound)) >> 64;
        u64::try_from(scaled).expect("the product of two u64, shifted by 64, is a u64")
    }
}

/// A start for a stream, far from the seed and from the starts of other streams.
fn mixed(seed: u64, stream: Stream) -> u64 {
    first_draw(first_draw(stream.tag()) ^ seed)
}

fn first_draw(state: u64) -> u64 {
    SplitMix64::seed_from_u64(state).next_u64()
}

fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::{Rng, Stream};
    use proptest::{prop_assert, prop_assert_eq, proptest};
    use rand_xoshiro::SplitMix64;
    use rand_xoshiro::rand_core::{RngCore, SeedableRng};
    use std::collections::BTreeSet;

    const STREAMS: [Stream; 5] =
        [Stream::Placement, Stream::Durations, Stream::Chances, Stream::Spot, Stream::Load];

    fn placement(seed: u64) -> Rng {
        Rng::for_stream(seed, Stream::Placement)
    }

    #[test]
    fn first_outputs_of_the_placement_stream() {
        for (seed, outputs) in [
            (0, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]),
            (1, [0x910a_2dec_8902_5cc1, 0xbeeb_8da1_658e_ec67, 0xf893_a2ee_fb32_555e]),
            (7, [0x63cb_e1e4_5932_0dd7, 0x044c_3cd7_f43c_661c, 0xe698_4080_bab1_2a02]),
            (42, [0xbdd7_3226_2feb_6e95, 0x28ef_e333_b266_f103, 0x4752_6757_130f_9f52]),
        ] {
            let mut rng = placement(seed);
            assert_eq!([(); 3].map(|()| rng.next_u64()), outputs, "seed {seed}");
        }
    }

    #[test]
    fn first_picks_of_the_placement_stream() {
        for (seed, len, picks) in [
            (42, 3, [2, 0, 0, 1, 0, 2, 0, 2, 1, 1]),
            (7, 4, [1, 0, 3, 2, 1, 0, 1, 1, 0, 1]),
            (1, 5, [2, 3, 4, 2, 2, 3, 4, 2, 1, 3]),
            (0, 4, [3, 1, 0, 3, 0, 1, 0, 3, 0, 3]),
        ] {
            let mut rng = placement(seed);
            assert_eq!([(); 10].map(|()| rng.pick(len)), picks, "seed {seed}, {len} candidates");
        }
    }

    #[test]
    fn plc_29_ten_picks_of_two() {
        let mut rng = placement(42);
        assert_eq!([(); 10].map(|()| rng.pick(2)), [1, 0, 0, 0, 0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn plc_30_of_a_single_candidate_nothing_is_drawn() {
        let mut rng = placement(42);
        assert_eq!(rng.pick(1), 0);
        assert_eq!(rng.uniform(5, 5), 5);
        assert_eq!(rng, placement(42));
    }

    #[test]
    fn a_generator_goes_on_from_its_state() {
        let mut rng = placement(7);
        rng.next_u64();
        let mut resumed = Rng::from_state(rng.state());
        assert_eq!(resumed, rng);
        assert_eq!(resumed.next_u64(), 0x044c_3cd7_f43c_661c);
    }

    #[test]
    fn own_bookkeeping_of_the_state_agrees_with_the_library() {
        let mut library = SplitMix64::seed_from_u64(123);
        let mut rng = placement(123);
        for _ in 0..1000 {
            assert_eq!(rng.next_u64(), library.next_u64());
        }
    }

    #[test]
    fn streams_and_keys_start_apart() {
        let mut starts = BTreeSet::new();
        for seed in [0, 1, 2, 42, u64::MAX] {
            for stream in STREAMS {
                assert!(starts.insert(Rng::for_stream(seed, stream).state()));
                for key in ["", "web-1/0", "web-1/1", "web-2/0"] {
                    assert!(starts.insert(Rng::for_key(seed, stream, key).state()));
                }
            }
        }
    }

    #[test]
    fn recorded_runs_keep_their_luck() {
        let starts = STREAMS.map(|stream| Rng::for_stream(42, stream).state());
        expect_test::expect![[r#"
            [
                "000000000000002a",
                "1db2233eb3bcaeb3",
                "43aa8652ad94b3a2",
                "8e34a8db17849847",
                "c8f919625e8e61a2",
            ]
        "#]]
        .assert_debug_eq(&starts.map(|start| format!("{start:016x}")));
        let keyed = Rng::for_key(42, Stream::Spot, "web-1/7").state();
        expect_test::expect!["7765931a93457b7e"].assert_eq(&format!("{keyed:016x}"));
    }

    proptest! {
        #[test]
        fn uniform_stays_within_its_bounds(seed: u64, a: u64, b: u64) {
            let (min, max) = (a.min(b), a.max(b));
            let mut rng = placement(seed);
            for _ in 0..10 {
                prop_assert!((min..=max).contains(&rng.uniform(min, max)));
            }
        }

        #[test]
        fn uniform_reaches_every_value(seed: u64) {
            let mut rng = placement(seed);
            let seen: BTreeSet<_> = (0..200).map(|_| rng.uniform(10, 13)).collect();
            prop_assert_eq!(seen, BTreeSet::from([10, 11, 12, 13]));
        }
    }
}
