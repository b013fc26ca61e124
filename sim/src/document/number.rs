//! Numbers as they are written, and exact decimals made of them.

use std::{borrow::Cow, fmt};

/// A number, kept as the text it was written with, so that no digit is ever lost.
///
/// Two numbers are equal when they are written alike but for signs, leading zeros and the base:
/// `010`, `+10` and `0xa` are equal, `1.0` and `1` are not.
#[derive(Clone, Debug)]
pub struct Number {
    literal: Box<str>,
}

impl Number {
    /// Reads a number of JSON or of YAML's core schema (`010` is ten, `0o10` is eight).
    ///
    /// `None` if it is none, or one beyond what a double can hold.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !Self::is_shaped(text) {
            return None;
        }
        let number = Self { literal: text.into() };
        let is_small = text.len() <= 300 && !text.contains(['e', 'E']);
        (is_small || number.as_f64().is_finite()).then_some(number)
    }

    /// Whether a text has the shape of a number, in range or not.
    pub(super) fn is_shaped(text: &str) -> bool {
        text.starts_with(|first: char| matches!(first, '0'..='9' | '+' | '-' | '.'))
            && (unsigned_based(text).is_some() || is_decimal(text))
    }

    /// As it stands in the document.
    #[must_use]
    pub fn literal(&self) -> &str {
        &self.literal
    }

    /// Whether it is written as a whole number: no fraction, no exponent.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        unsigned_based(&self.literal).is_some() || !self.literal.contains(['.', 'e', 'E'])
    }

    /// The whole number, if it is written as one and has at most 38 digits or so.
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        if self.is_integer() { self.canonical().parse().ok() } else { None }
    }

    /// The nearest double; always finite.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.canonical().parse().unwrap_or(f64::NAN)
    }

    /// The number as JSON writes it.
    #[must_use]
    pub fn canonical(&self) -> Cow<'_, str> {
        if let Some((digits, base)) = unsigned_based(&self.literal) {
            return u128::from_str_radix(digits, base)
                .map_or_else(|_| Cow::Borrowed(&*self.literal), |value| value.to_string().into());
        }
        let unsigned = self.literal.trim_start_matches(['+', '-']);
        let end = unsigned.find(['.', 'e', 'E']).unwrap_or(unsigned.len());
        let (whole, rest) = unsigned.split_at(end);
        let trimmed = whole.trim_start_matches('0');
        let whole = if trimmed.is_empty() { "0" } else { trimmed };
        let (fraction, exponent) = rest.split_at(rest.find(['e', 'E']).unwrap_or(rest.len()));
        let fraction = if fraction == "." { "" } else { fraction };
        let is_zero = whole == "0" && rest.is_empty();
        let sign = if self.literal.starts_with('-') && !is_zero { "-" } else { "" };
        Cow::Owned(format!("{sign}{whole}{fraction}{exponent}"))
    }
}

/// The digits and the base of `0x1f` and `0o17`.
fn unsigned_based(text: &str) -> Option<(&str, u32)> {
    let (digits, base) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text.strip_prefix("0o")?, 8),
    };
    (!digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base)))
        .then_some((digits, base))
}

/// Whether a text is `[-+] ( . digits | digits [. [digits]] ) [e [-+] digits]`.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_holds = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent_holds
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.literal == other.literal || self.canonical() == other.canonical()
    }
}

impl Eq for Number {}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self { literal: number.to_string().into() }
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self { literal: number.to_string().into() }
    }
}

/// An exact decimal number: `mantissa` divided by ten to the power of `scale`.
///
/// Always in lowest terms, so equal numbers are equal values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// Digits that a decimal may have, leading and trailing zeros apart.
const DECIMAL_DIGITS: usize = 36;

impl Decimal {
    /// Reads `12`, `-0.5`, `1e3`; `None` if it is no number or has more than 36 digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = Number::parse(text)?;
        let canonical = number.canonical();
        let negative = canonical.starts_with('-');
        let unsigned = canonical.trim_start_matches('-');
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0').trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self::default());
        }
        let dropped = digits.len() - digits.trim_end_matches('0').len();
        let power = i64::from(exponent) - i64::try_from(fraction.len()).ok()?
            + i64::try_from(dropped).ok()?;
        let zeros = usize::try_from(power.max(0)).ok()?;
        if significant.len() + zeros > DECIMAL_DIGITS || power < -36 {
            return None;
        }
        let magnitude: i128 = format!("{significant}{:0<zeros$}", "").parse().ok()?;
        let scale = u32::try_from((-power).max(0)).ok()?;
        Some(Self { mantissa: if negative { -magnitude } else { magnitude }, scale })
    }

    /// This number times ten to the power of `digits`, if that is whole and below 10^38 or so.
    #[must_use]
    pub fn scaled(self, digits: u32) -> Option<i128> {
        if self.scale > digits {
            return None;
        }
        self.mantissa.checked_mul(10_i128.checked_pow(digits - self.scale)?)
    }

    /// This number times ten to the power of `digits`, rounded down.
    #[must_use]
    pub fn scaled_down(self, digits: u32) -> Option<i128> {
        match self.scale.checked_sub(digits) {
            None | Some(0) => self.scaled(digits),
            Some(excess) => Some(self.mantissa.div_euclid(10_i128.checked_pow(excess)?)),
        }
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The nearest double.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        format!("{}e-{}", self.mantissa, self.scale).parse().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let width = self.scale as usize + 1;
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(text: &str) -> Option<i128> {
        Number::parse(text).and_then(|number| number.as_integer())
    }

    #[test]
    fn a_whole_number_is_read_in_each_of_its_notations() {
        assert_eq!(integer("010"), Some(10));
        assert_eq!(integer("0o17"), Some(15));
        assert_eq!(integer("0x1F"), Some(31));
        assert_eq!(integer("+5"), Some(5));
        assert_eq!(integer("-0"), Some(0));
        assert_eq!(integer("18446744073709551615"), Some(18_446_744_073_709_551_615));
        assert_eq!(integer("1.0"), None);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", "-", ".", "1e", "0x", "0o8", "1_000", "1.2.3", "e5", "--1", "1e999", ".inf"]
        {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_canonical_form_is_that_of_json() {
        for (text, canonical) in
            [("007", "7"), ("+.5", "0.5"), ("5.", "5"), ("-0.50", "-0.50"), ("1E+3", "1E+3")]
        {
            assert_eq!(Number::parse(text).expect("a number").to_string(), canonical);
        }
    }

    #[test]
    fn a_decimal_is_exact() {
        let decimal = |text: &str| Decimal::parse(text).expect("a decimal");
        assert_eq!(decimal("0.1").scaled(3), Some(100));
        assert_eq!(decimal("0.0005").scaled(3), None);
        assert_eq!(decimal("-0.0005").scaled_down(3), Some(-1));
        assert_eq!(decimal("1.50e2"), decimal("150"));
        assert_eq!(decimal("1e3").scaled(3), Some(1_000_000));
        assert_eq!(decimal("-12.340").to_string(), "-12.34");
        assert_eq!(decimal("0.05").to_string(), "0.05");
        assert_eq!(decimal("0x10"), decimal("16"));
        assert_eq!(Decimal::parse("1e40"), None);
        assert_eq!(Decimal::parse("abc"), None);
    }
}
