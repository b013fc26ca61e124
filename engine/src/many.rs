//! Long lists, on all cores where there are several. Every item is looked at for itself and keeps
//! its place, so the answer is the same on one core.

/// So many instances are worth the waking of another core (`cargo xtask bench first`).
#[cfg(feature = "parallel")]
const MANY: usize = 1 << 12;

/// Something for each item, in their order.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, make: impl Fn(T) -> R + Sync) -> Vec<R> {
    use rayon::prelude::*;

    if items.len() < MANY {
        return items.into_iter().map(make).collect();
    }
    items.into_par_iter().with_min_len(MANY / 4).map(&make).collect()
}

/// Something for each item, in their order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<T, R>(items: Vec<T>, make: impl Fn(T) -> R) -> Vec<R> {
    items.into_iter().map(make).collect()
}

/// Shows each word of a set of bits, with its position.
#[cfg(feature = "parallel")]
pub(crate) fn each_word(words: &mut [usize], change: impl Fn(usize, &mut usize) + Sync) {
    use rayon::prelude::*;

    const FEW_WORDS: usize = MANY / usize::BITS as usize;
    if words.len() < FEW_WORDS {
        return words.iter_mut().enumerate().for_each(|(position, word)| change(position, word));
    }
    let words = words.par_iter_mut().enumerate().with_min_len(FEW_WORDS / 4);
    words.for_each(|(position, word)| change(position, word));
}

/// Shows each word of a set of bits, with its position.
#[cfg(not(feature = "parallel"))]
pub(crate) fn each_word(words: &mut [usize], change: impl Fn(usize, &mut usize)) {
    words.iter_mut().enumerate().for_each(|(position, word)| change(position, word));
}

#[cfg(all(test, feature = "parallel"))]
mod tests {
    use super::*;

    #[test]
    fn long_lists_keep_their_order() {
        let numbers: Vec<usize> = (0..5 * MANY).collect();
        assert!(map(numbers, |number| number * 3).into_iter().eq((0..5 * MANY).map(|n| n * 3)));
    }

    #[test]
    fn every_word_is_shown_once() {
        let mut words: Vec<usize> = (0..MANY).collect();
        each_word(&mut words, |position, word| *word += position);
        assert!(words.into_iter().eq((0..MANY).map(|position| 2 * position)));
    }
}
