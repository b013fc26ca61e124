//! What is too large or too deep is refused at once, and within 256 MB: in a process of its own,
//! so that its peak is that of reading documents alone.

use std::time::Instant;

use stowplan_sim::document::{DocumentError, Limits, parse};

fn refusal(bytes: &[u8]) -> DocumentError {
    let start = Instant::now();
    let error = parse(bytes, &Limits::default()).expect_err("must be refused");
    assert!(start.elapsed().as_secs() < 60, "{error}");
    assert!(error.remedy.is_some(), "{error}");
    error
}

#[test]
fn what_is_over_a_limit_is_refused_within_bounds() {
    let depth = "nested deeper than 128 levels";
    for text in [
        "[".repeat(10_000),
        "{\"a\":".repeat(10_000),
        format!("x: {}", "[".repeat(10_000)),
        format!("x: {}", "{a: ".repeat(10_000)),
        "- ".repeat(10_000),
        stairs(10_000),
        ladder_of_aliases(10_000),
    ] {
        let error = refusal(text.as_bytes());
        let expected = [depth, "brackets nested too deeply"];
        assert!(expected.contains(&&*error.message), "{error}");
        assert!(error.line > 0);
    }
    let error = refusal("? ".repeat(10_000).as_bytes());
    assert_eq!(error.message, "a key must be a text");

    assert_eq!(refusal(bomb().as_bytes()).message, "more than 1000000 values, aliases included");
    let texts = format!("a: &a {}\nb: [ {} ]\n", "x".repeat(1 << 20), "*a, ".repeat(200));
    assert!(refusal(texts.as_bytes()).message.starts_with("more than 67108864 bytes of text"));

    refuse_what_is_too_large();
    check_peak("the rest");
}

fn refuse_what_is_too_large() {
    for (open, item, close, message) in [
        ("[", "1,", "1]", "more than 1000000 values"),
        ("[", "{\"k\":0},", "1]", "more than 1000000 values"),
        ("", "- 1\n", "", "more than 1000000 values"),
        ("a: [", "1,", "1]", "more than 1000000 values"),
        ("- [", "1,", "1]", "one `[...]`, `{...}` or text with more than"),
        ("- [", "\"\",", "]", "one `[...]`, `{...}` or text with more than"),
        ("- '", "x, ", "'", "one `[...]`, `{...}` or text with more than"),
        ("a: ", "x", "", "one `[...]`, `{...}` or text with more than"),
        ("[\"", "x", "\"]", "a text of more than 1048576 bytes"),
        ("[\"", "\\n", "\"]", "a text of more than 1048576 bytes"),
        ("[", "1", "]", "neither a number nor true, false or null"),
    ] {
        let size = if open == "[" { 60 << 20 } else { 16 << 20 };
        let mut text = String::with_capacity(size + 16);
        text.push_str(open);
        while text.len() < size {
            text.push_str(item);
        }
        text.push_str(close);
        assert!(refusal(text.as_bytes()).message.starts_with(message), "{open}{item}");
        check_peak(item);
    }
    let too_long = "a: ".to_owned() + &"x".repeat(2 << 20);
    assert_eq!(refusal(too_long.as_bytes()).message, "a text of more than 1048576 bytes");
    let too_large = refusal(&vec![b' '; 100 << 20]);
    assert_eq!(too_large.message, "104857600 bytes are over the maximum 67108864");
}

/// Each key one column further to the right.
fn stairs(depth: usize) -> String {
    (0..depth / 4).map(|indent| format!("{}a:\n", " ".repeat(indent))).collect()
}

/// Flat text, deep tree.
fn ladder_of_aliases(depth: usize) -> String {
    let step = |level: usize| format!("a{}: &a{} [ *a{level} ]\n", level + 1, level + 1);
    "a0: &a0 x\n".to_owned() + &(0..depth).map(step).collect::<String>()
}

fn bomb() -> String {
    let copies = |name: &str| format!("[{}]", vec![format!("*{name}"); 10].join(", "));
    let lines: Vec<_> = "abcdefghijklm"
        .as_bytes()
        .windows(2)
        .map(|pair| {
            let [from, to] = [pair[0], pair[1]].map(|byte| char::from(byte).to_string());
            format!("{to}: &{to} {}\n", copies(&from))
        })
        .collect();
    format!("a: &a lol\n{}", lines.concat())
}

#[cfg(target_os = "linux")]
fn check_peak(reading: &str) {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("so has this");
    let kibibytes: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kibibytes < 256 * 1000, "{kibibytes} KiB at the peak of reading {reading}");
}

#[cfg(not(target_os = "linux"))]
fn check_peak(_reading: &str) {}
