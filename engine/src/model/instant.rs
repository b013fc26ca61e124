//! Instants of the calendar: RFC 3339 text to and from milliseconds since 1970-01-01T00:00:00Z.
//!
//! The engine's own time counts from the start of a run; the calendar only appears in
//! `registeredAt`, in schedules and in what is shown to people.

const MS_PER_SECOND: i64 = 1000;
const MS_PER_MINUTE: i64 = 60 * MS_PER_SECOND;
const MS_PER_DAY: i64 = 24 * 60 * MS_PER_MINUTE;

/// Milliseconds since the epoch of an RFC 3339 time. A time without zone is UTC, a date alone is
/// its midnight UTC (01 section 5.3); what is finer than a millisecond is cut off.
///
/// `None` for anything else, leap seconds among it.
pub fn parse_rfc3339_ms(text: &str) -> Option<i64> {
    let mut rest = Digits(text);
    let year = rest.number(4)?;
    rest.symbol("-")?;
    let month = rest.number(2)?;
    rest.symbol("-")?;
    let day = rest.number(2)?;
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * MS_PER_DAY;
    if rest.0.is_empty() {
        return Some(midnight);
    }
    rest.symbol("Tt")?;
    let time = rest.time_of_day()?;
    let offset = rest.zone()?;
    rest.0.is_empty().then_some(midnight + time - offset)
}

/// RFC 3339 text in UTC: `2026-03-01T10:00:00Z`, with three decimals when the instant does not
/// fall on a whole second.
pub fn format_rfc3339_ms(unix_ms: i64) -> String {
    let (year, month, day) = civil_from_days(unix_ms.div_euclid(MS_PER_DAY));
    let of_day = unix_ms.rem_euclid(MS_PER_DAY);
    let minutes = of_day / MS_PER_MINUTE;
    let (hour, minute) = (minutes / 60, minutes % 60);
    let (second, ms) = (of_day / MS_PER_SECOND % 60, of_day % MS_PER_SECOND);
    let fraction = if ms == 0 { String::new() } else { format!(".{ms:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// What is left of a text that is read from the front.
struct Digits<'t>(&'t str);

impl Digits<'_> {
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (head, tail) = self.0.split_at_checked(digits)?;
        if !head.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        self.0 = tail;
        head.parse().ok()
    }

    /// Takes one character, which must be among `choices`.
    fn symbol(&mut self, choices: &str) -> Option<char> {
        let first = self.0.chars().next().filter(|c| choices.contains(*c))?;
        self.0 = &self.0[first.len_utf8()..];
        Some(first)
    }

    fn time_of_day(&mut self) -> Option<i64> {
        let (hour, minute) = self.hour_and_minute()?;
        self.symbol(":")?;
        let second = self.number(2).filter(|second| *second < 60)?;
        Some(((hour * 60 + minute) * 60 + second) * MS_PER_SECOND + self.fraction_ms()?)
    }

    fn hour_and_minute(&mut self) -> Option<(i64, i64)> {
        let hour = self.number(2).filter(|hour| *hour < 24)?;
        self.symbol(":")?;
        let minute = self.number(2).filter(|minute| *minute < 60)?;
        Some((hour, minute))
    }

    fn fraction_ms(&mut self) -> Option<i64> {
        if self.symbol(".").is_none() {
            return Some(0);
        }
        let mut ms = 0;
        let mut digits = 0;
        while let Some(digit) = self.number(1) {
            if digits < 3 {
                ms = ms * 10 + digit;
            }
            digits += 1;
        }
        match digits {
            0 => None,
            1 => Some(ms * 100),
            2 => Some(ms * 10),
            _ => Some(ms),
        }
    }

    /// Milliseconds that the written time is ahead of UTC.
    fn zone(&mut self) -> Option<i64> {
        match self.symbol("Zz+-") {
            None | Some('Z' | 'z') => Some(0),
            Some(sign) => {
                let (hour, minute) = self.hour_and_minute()?;
                let ahead = (hour * 60 + minute) * MS_PER_MINUTE;
                Some(if sign == '-' { -ahead } else { ahead })
            }
        }
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

// Both conversions count from 1 March of year 0, so that a leap day is the last of its year and
// an era of 400 years has a fixed length.
const DAYS_PER_ERA: i64 = 146_097;
const EPOCH_FROM_MARCH_0: i64 = 719_468;

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let march_year = if month <= 2 { year - 1 } else { year };
    let era = march_year.div_euclid(400);
    let of_era = march_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - EPOCH_FROM_MARCH_0
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + EPOCH_FROM_MARCH_0;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    let year = era * 400 + of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_of_the_guide() {
        let expected = Some(1_529_360_908_000);
        for text in [
            "2018-06-18T22:28:28+00:00",
            "2018-06-18T22:28:28Z",
            "2018-06-18T22:28:28",
            "2018-06-18t22:28:28z",
            "2018-06-18T22:28:28.000Z",
            "2018-06-19T00:28:28+02:00",
            "2018-06-18T16:58:28-05:30",
        ] {
            assert_eq!(parse_rfc3339_ms(text), expected, "{text}");
        }
        assert_eq!(parse_rfc3339_ms("2018-06-18"), Some(1_529_280_000_000));
    }

    #[test]
    fn fractions_are_cut_to_milliseconds() {
        let whole = parse_rfc3339_ms("2026-01-01T00:00:00Z").expect("a time");
        for (fraction, ms) in [(".5", 500), (".25", 250), (".123", 123), (".1239999999", 123)] {
            let text = format!("2026-01-01T00:00:00{fraction}Z");
            assert_eq!(parse_rfc3339_ms(&text), Some(whole + ms), "{text}");
        }
    }

    #[test]
    fn leap_years_and_the_epoch() {
        assert_eq!(parse_rfc3339_ms("1970-01-01"), Some(0));
        assert_eq!(parse_rfc3339_ms("1969-12-31T23:59:59.999Z"), Some(-1));
        assert_eq!(parse_rfc3339_ms("2000-02-29"), Some(951_782_400_000));
        assert_eq!(parse_rfc3339_ms("1900-02-29"), None);
        assert_eq!(parse_rfc3339_ms("2024-02-29"), Some(1_709_164_800_000));
        assert_eq!(parse_rfc3339_ms("2026-02-29"), None);
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "now",
            "2026",
            "2026-1-1",
            "2026-13-01",
            "2026-00-10",
            "2026-01-32",
            "2026-01-00",
            "2026-01-01T",
            "2026-01-01T10",
            "2026-01-01T10:00",
            "2026-01-01T24:00:00",
            "2026-01-01T10:60:00",
            "2026-01-01T10:00:60",
            "2026-01-01T10:00:00.",
            "20260101",
            "2026-01-01T10:00:00+0100",
            "2026-01-01T10:00:00+24:00",
            "2026-01-01T10:00:00ZZ",
            "2026-01-01 ",
            "2026-01-01Z",
            "+026-01-01",
            "2026-01-01T10:00:00é",
            "２026-01-01",
        ] {
            assert_eq!(parse_rfc3339_ms(text), None, "{text:?}");
        }
    }

    #[test]
    fn printed_without_needless_decimals() {
        assert_eq!(format_rfc3339_ms(0), "1970-01-01T00:00:00Z");
        assert_eq!(format_rfc3339_ms(1_529_360_908_000), "2018-06-18T22:28:28Z");
        assert_eq!(format_rfc3339_ms(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(format_rfc3339_ms(1_709_208_000_050), "2024-02-29T12:00:00.050Z");
    }

    proptest! {
        #[test]
        fn printed_times_read_back(unix_ms in -62_135_596_800_000_i64..253_402_300_800_000) {
            prop_assert_eq!(parse_rfc3339_ms(&format_rfc3339_ms(unix_ms)), Some(unix_ms));
        }

        #[test]
        fn any_number_can_be_printed(unix_ms in any::<i64>()) {
            prop_assert!(format_rfc3339_ms(unix_ms).ends_with('Z'));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,40}") {
            let _ = parse_rfc3339_ms(&text);
        }

        #[test]
        fn almost_times_never_panic(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}T?[0-9:.Z+é-]{0,20}") {
            let _ = parse_rfc3339_ms(&text);
        }
    }
}
