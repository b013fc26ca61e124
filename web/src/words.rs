//! How the page writes numbers, times and names.

/// `00:04:12` for a time in ms.
#[must_use]
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `00:04:12.500`.
#[must_use]
pub fn clock_ms(ms: u64) -> String {
    format!("{}.{:03}", clock(ms), ms % 1000)
}

/// How long something has lasted: `4 s`, `1 m 09 s`, `2 h 05 m`, `1 d 0 h`.
#[must_use]
pub fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02} m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// `3,840`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 task`, `2 tasks`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// `part` of `whole` in percent, rounded half up; 0 of nothing.
#[must_use]
pub fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 { 0 } else { (part * 200 + whole) / (whole * 2) }
}

/// `10%`, of thousandths of a percent.
#[must_use]
pub fn share_word(share: u32) -> String {
    let (whole, rest) = (share / 1000, share % 1000);
    if rest == 0 {
        return format!("{whole}%");
    }
    format!("{whole}.{}%", format!("{rest:03}").trim_end_matches('0'))
}

/// A text as JSON writes it.
#[must_use]
pub fn json_text(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
    out
}

/// A length in tenths of a px, without the machinery that prints any number exactly.
#[must_use]
pub fn px(length: f64) -> Px {
    Px((length * 10.0).round() as i64)
}

/// See [`px`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Px(i64);

impl std::fmt::Display for Px {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, tenths) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        match tenths % 10 {
            0 => write!(to, "{sign}{}", tenths / 10),
            rest => write!(to, "{sign}{}.{rest}", tenths / 10),
        }
    }
}

/// About how wide a text of the charts is, px: capitals are wider than the rest, and a wide face is
/// allowed for.
#[must_use]
pub fn text_width(text: &str) -> f64 {
    let letter = |letter: char| match letter {
        ' ' | '.' | ',' | ':' | 'I' | 'i' | 'l' | '!' => 3.4,
        'M' | 'W' | '%' | 'm' => 9.6,
        'A'..='Z' | 'w' => 7.4,
        _ => 6.2,
    };
    text.chars().map(letter).sum()
}

/// The first characters of a task's id: enough to tell tasks apart in a sentence.
#[must_use]
pub fn short_id(id: &str) -> &str {
    let hexadecimal = id.len() >= 32 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if !hexadecimal {
        return id;
    }
    // Generated ids count up from 1, so what tells them apart stands at the end.
    if id.starts_with("000000") { &id[id.len() - 4..] } else { &id[..6] }
}

/// Digest in groups of four: `9f3c 71d0 44e1 0b2a`.
#[must_use]
pub fn grouped(digest: &str) -> String {
    let digits: Vec<char> = digest.chars().collect();
    digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A strategy or constraint in few words: `spread zone`, `binpack memory`, `type =~ m5.*`.
#[must_use]
pub fn rule(kind: &str, field: &str) -> String {
    let field = match field {
        "attribute:ecs.availability-zone" => "zone",
        "instanceId" | "host" => "instance",
        "CPU" => "cpu",
        "MEMORY" => "memory",
        other => other,
    };
    match kind {
        "memberOf" => {
            field.replace("attribute:ecs.instance-type", "type").replace("attribute:", "")
        }
        "distinctInstance" => "distinct instance".to_owned(),
        _ if field.is_empty() => kind.to_owned(),
        _ => format!("{kind} {}", field.trim_start_matches("attribute:")),
    }
}

/// `1a` of `us-east-1a`.
#[must_use]
pub fn short_zone(name: &str) -> &str {
    name.rsplit('-').next().unwrap_or(name)
}

/// A code of two letters for each name, no two alike as long as there are letters left.
#[must_use]
pub fn codes<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for name in names {
        let code = candidates(name).find(|code| !taken.contains(code));
        let code = code.or_else(|| candidates(name).next()).unwrap_or_else(|| "--".to_owned());
        taken.push(code);
    }
    taken
}

/// The first letter with each later one in turn, then with digits.
fn candidates(name: &str) -> impl Iterator<Item = String> + '_ {
    let letters: Vec<char> =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let first = letters.first().copied().unwrap_or('t');
    let rest: Vec<char> = letters.into_iter().skip(1).collect();
    rest.into_iter().chain('1'..='9').map(move |second| format!("{first}{second}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_a_clock() {
        assert_eq!(clock_ms(252_500), "00:04:12.500");
        assert_eq!(clock(90_061_000), "25:01:01");
    }

    #[test]
    fn spans_grow_coarser_with_length() {
        let spans: Vec<String> = [4_000, 69_000, 7_500_000, 86_400_000].map(span).into();
        assert_eq!(spans, ["4 s", "1 m 09 s", "2 h 05 m", "1 d 0 h"]);
    }

    #[test]
    fn numbers_carry_commas_and_percents_are_rounded() {
        assert_eq!(thousands(3_840), "3,840");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(percent(1, 8), 13);
        assert_eq!(percent(5, 0), 0);
    }

    #[test]
    fn shares_are_written_without_idle_zeros() {
        assert_eq!(
            [10_000, 33_300, 100_000, 50].map(share_word),
            ["10%", "33.3%", "100%", "0.05%"]
        );
    }

    #[test]
    fn texts_are_escaped_as_json_asks() {
        assert_eq!(json_text("a \"b\"\\\n"), r#""a \"b\"\\\u000a""#);
    }

    #[test]
    fn lengths_have_at_most_one_decimal() {
        let lengths = [0.0, 12.04, 12.25, -0.5, -7.0].map(|length| px(length).to_string());
        assert_eq!(lengths, ["0", "12", "12.3", "-0.5", "-7"]);
    }

    #[test]
    fn capitals_take_more_room() {
        assert!(text_width("BAKE_TIME") > text_width("bake time"));
        assert!((text_width("r2 10%") - 33.0).abs() < 5.0);
    }

    #[test]
    fn no_two_services_share_a_code() {
        assert_eq!(codes(["web", "worker", "weather", "w"]), ["we", "wo", "wa", "w1"]);
    }

    #[test]
    fn rules_are_said_in_few_words() {
        assert_eq!(rule("spread", "attribute:ecs.availability-zone"), "spread zone");
        assert_eq!(rule("binpack", "MEMORY"), "binpack memory");
        assert_eq!(rule("memberOf", "attribute:ecs.instance-type =~ m5.*"), "type =~ m5.*");
        assert_eq!(rule("distinctInstance", ""), "distinct instance");
    }

    #[test]
    fn generated_ids_are_told_apart_by_their_end() {
        assert_eq!(short_id("0000000000000000000000000000001f"), "001f");
        assert_eq!(short_id("T1"), "T1");
    }
}
