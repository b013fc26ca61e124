//! Versions and decimal numbers, compared exactly on their text: neither size nor precision is
//! bounded, and no float is involved.

use std::cmp::Ordering;

/// Whether the text is dotted numbers such as `1.73.0`.
pub(super) fn is_version(text: &str) -> bool {
    text.split('.').all(is_digits)
}

/// Compares dotted numbers part by part; missing parts are 0, so 1.9.1 < 1.73 = 1.73.0. `None`
/// when one of them is no version.
pub(super) fn compare_versions(left: &str, right: &str) -> Option<Ordering> {
    if !is_version(left) || !is_version(right) {
        return None;
    }
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let (left_part, right_part) = (left.next(), right.next());
        if left_part.is_none() && right_part.is_none() {
            return Some(Ordering::Equal);
        }
        let part = compare_digits(left_part.unwrap_or_default(), right_part.unwrap_or_default());
        if part.is_ne() {
            return Some(part);
        }
    }
}

/// Whether the text is a number such as `-2`, `7` or `0.5`.
pub(super) fn is_decimal(text: &str) -> bool {
    Decimal::parse(text).is_some()
}

/// Compares two decimal numbers. `None` when one of them is none.
pub(super) fn compare_decimals(left: &str, right: &str) -> Option<Ordering> {
    Some(Decimal::parse(left)?.compare(&Decimal::parse(right)?))
}

struct Decimal<'t> {
    negative: bool,
    /// Without leading zeros.
    integer: &'t str,
    /// Without trailing zeros.
    fraction: &'t str,
}

impl<'t> Decimal<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (minus, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (integer, fraction) = match digits.split_once('.') {
            Some((integer, fraction)) if is_digits(fraction) => (integer, fraction),
            Some(_) => return None,
            None => (digits, ""),
        };
        if !is_digits(integer) {
            return None;
        }
        let integer = integer.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let negative = minus && !(integer.is_empty() && fraction.is_empty());
        Some(Self { negative, integer, fraction })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let size = || {
            compare_digits(self.integer, other.integer)
                .then_with(|| self.fraction.cmp(other.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => size(),
            (true, true) => size().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Compares whole numbers of any length; no digits mean 0.
fn compare_digits(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_compare_number_by_number() {
        for ascending in [["1.9.1", "1.73.0"], ["1.73.0", "1.100.0"], ["0.9", "1"], ["1", "1.0.1"]]
        {
            let [low, high] = ascending;
            assert_eq!(compare_versions(low, high), Some(Ordering::Less), "{ascending:?}");
            assert_eq!(compare_versions(high, low), Some(Ordering::Greater), "{ascending:?}");
        }
        assert_eq!(compare_versions("1.73", "1.73.0"), Some(Ordering::Equal));
        assert_eq!(compare_versions("1.073", "1.73"), Some(Ordering::Equal));
        for none in ["", "v1", "1.", ".1", "1..2", "1.73.0-dev"] {
            assert_eq!(compare_versions(none, "1.0"), None, "{none:?}");
        }
    }

    #[test]
    fn decimals_compare_by_value() {
        let ascending = ["-10", "-9.5", "-0.1", "0", "0.05", "0.5", "9", "10", "10.01"];
        for (left_place, left) in ascending.iter().enumerate() {
            for (right_place, right) in ascending.iter().enumerate() {
                let expected = Some(left_place.cmp(&right_place));
                assert_eq!(compare_decimals(left, right), expected, "{left} {right}");
            }
        }
        assert_eq!(compare_decimals("-0", "0.00"), Some(Ordering::Equal));
        for none in ["", "-", "1.", ".5", "1e3", "+1", "1.2.3", "many"] {
            assert!(!is_decimal(none), "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn integers_of_any_length_compare_as_integers(left: i128, right: i128) {
            let compared = compare_decimals(&left.to_string(), &right.to_string());
            prop_assert_eq!(compared, Some(left.cmp(&right)));
        }
    }
}
