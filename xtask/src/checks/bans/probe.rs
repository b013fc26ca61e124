use std::collections::{HashMap, HashSet};
use std::time::{Instant, SystemTime};

pub fn iterates_a_hash_map(map: &HashMap<u32, u32>) -> u32 {
    let mut sum = 0;
    for (key, value) in map {
        sum = sum * 31 + key + value;
    }
    sum
}

pub fn collects_a_hash_set(items: &[u32]) -> HashSet<u32> {
    items.iter().copied().collect()
}

pub fn reads_the_clocks() -> (Instant, SystemTime) {
    (Instant::now(), SystemTime::now())
}

pub fn computes_a_float(share: f64) -> f64 {
    share * 2.0
}

pub fn draws_from_a_global_generator() -> u32 {
    rand::random()
}
