//! Sorting of short lists. Each kind of list that the standard library sorts adds some 4 KiB to the
//! page's module; for a few hundred items, mostly in order already, this is as quick.

/// Sorts so that no item comes before one that is less.
pub fn sort<T: PartialOrd>(items: &mut [T]) {
    sort_by(items, |one, other| one < other);
}

/// Sorts by what is less; equals keep their order.
pub fn sort_by<T>(items: &mut [T], is_less: impl Fn(&T, &T) -> bool) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && is_less(&items[at], &items[at - 1]) {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_come_first_and_equals_keep_their_order() {
        let mut numbers = [3.5, 1.0, 2.0, 1.0];
        sort(&mut numbers);
        assert_eq!(numbers, [1.0, 1.0, 2.0, 3.5]);
        let mut pairs = [(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')];
        sort_by(&mut pairs, |one, other| one.0 < other.0);
        assert_eq!(pairs, [(1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
        sort::<u8>(&mut []);
    }
}
