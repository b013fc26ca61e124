//! `bench/REPORT.md`, from what the suites found.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use super::chart::Chart;
use super::found::Found;
use super::{limits, machine, suites};
use crate::shell;

const FULL: &str = "min100_max200_targets/100_000x10_000";
const WAYS: [&str; 3] = ["binpack", "chain", "member_of"];

/// Writes the report, its charts, and the measured part of the page of limits.
pub(crate) fn write() -> Result<()> {
    let found = Found::read()?;
    let taken_on = taken_on(&found)?;
    let mut text = String::from("# What the engine costs\n\n");
    writeln!(
        text,
        "Made by `cargo xtask bench` on {taken_on}. What each bench is, and how far to trust it, \
         stands in [README.md](README.md); a figure that was not taken is a dash.\n"
    )?;
    aims(&mut text, &found)?;
    text += &draw(&found)?;
    packing(&mut text, &found)?;
    instructions(&mut text, &found)?;
    memory(&mut text, &found)?;
    times(&mut text, &found)?;
    let file = shell::root().join("bench/REPORT.md");
    fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    limits::write(&found, &taken_on)?;
    println!("bench/REPORT.md and docs/limits.md are written");
    Ok(())
}

/// Draws a chart; a link to it through a folder, unless there is nothing to show.
pub(super) fn link(chart: &Chart<'_>, name: &str, through: &str) -> Result<String> {
    let folder = shell::root().join("bench/charts");
    fs::create_dir_all(&folder)?;
    let is_drawn = chart.write(&folder.join(name).with_extension("svg"))?;
    let link = format!("![{}]({through}/{name}.svg)\n\n", chart.title);
    Ok(if is_drawn { link } else { String::new() })
}

/// Draws the charts; links to them.
fn draw(found: &Found) -> Result<String> {
    let mut links = String::from("\n");
    let names = ["floor", "binpack", "chain", "member_of"];
    let curves = |group: &str| {
        let curve = |name| (name, found.curve(&format!("{group}/{name}/")));
        names.into_iter().map(curve).filter(|(_, points)| !points.is_empty()).collect()
    };
    for (group, title) in [
        ("sustained", "A placement while as many tasks stop"),
        ("fill", "A placement into an empty cluster"),
    ] {
        let (x, y) = ("instances", "ns a placement");
        let chart = Chart { title, x, y, powers: true, curves: curves(group) };
        links += &link(&chart, group, "charts")?;
    }
    Ok(links)
}

/// Machine, commit, and how busy the machine was.
fn taken_on(found: &Found) -> Result<String> {
    let load = |name| found.value("load", name).unwrap_or("?").to_owned();
    let (before, after) = (load("before"), load("after"));
    let trust = match is_quiet(&before) && is_quiet(&after) {
        true => "it was quiet",
        false => "other programs kept it busy, so times and their ratios say little",
    };
    let (name, value) = suites::LARGE_PAGES;
    Ok(format!(
        "{}, commit {} (load average {before} before the criterion suites and {after} after them: \
         {trust}; {name}={value} for them, memory was measured without)",
        machine::describe()?,
        machine::commit()?,
    ))
}

/// Whether nothing ran beside the benches, which use one core but for the sweep's two.
fn is_quiet(load: &str) -> bool {
    load.parse::<f64>().is_ok_and(|load| load < 2.5)
}

/// What is aimed at, and what was measured.
fn aims(text: &mut String, found: &Found) -> Result<()> {
    writeln!(text, "| aim | measured |\n|---|---|")?;
    for (size, name, aim) in
        [("10_000", "10,000", "2,000,000"), ("100_000", "100,000", "1,000,000")]
    {
        let rate = |way: &str| found.each(&format!("sustained/{way}/{size}")).map(|ns| 1e9 / ns);
        let rates = each_way(|way| rate(way).map(|it| grouped(it.round())));
        writeln!(text, "| {aim} placements a second on {name} instances | {rates} |")?;
    }
    let growth = |way: &str| {
        let at = |size: &str| found.each(&format!("sustained/{way}/{size}"));
        Some(format!("{:.2}", at("100_000")? / at("1_000")?))
    };
    let line = "cost of a placement grows at most 2.5 times from 1,000 to 100,000 instances";
    writeln!(text, "| {line} | {} |", each_way(growth))?;
    for (floor, line) in [
        ("floor_steps", "at most 5 times the floor, where one task goes and one comes"),
        ("floor", "the same, where tasks go and come in rounds as for the engine"),
    ] {
        for (size, name) in [("1_000", "1,000"), ("10_000", "10,000"), ("100_000", "100,000")] {
            let floor = found.each(&format!("sustained/{floor}/{size}"));
            let ratio = |way: &str| {
                Some(format!("{:.1}", found.each(&format!("sustained/{way}/{size}"))? / floor?))
            };
            writeln!(text, "| {line}, {name} instances | {} |", each_way(ratio))?;
        }
    }
    for size in ["1_000", "10_000", "100_000"] {
        let at = |name: &str| found.each(&format!("fill/{name}/{size}"));
        let ratio = at("binpack").zip(at("floor")).map(|(ours, floor)| ours / floor);
        let ratio = or_dash(ratio.map(|it| format!("{it:.1}")));
        let size = grouped(size.replace('_', "").parse()?);
        writeln!(text, "| the same while filling, {size} instances | binpack {ratio} |")?;
    }
    aims_of_runs(text, found)
}

fn aims_of_runs(text: &mut String, found: &Found) -> Result<()> {
    let megabytes = |id: &str| {
        let value = |name| or_dash(found.value(id, name).map(str::to_owned));
        format!("{} MB of heap, {} MB resident", value("peak_heap_mb"), value("resident_mb"))
    };
    let fill = megabytes("fill/100_000/1_300_000");
    writeln!(text, "| 1,300,000 tasks on 100,000 instances: at most 128 MB | {fill} |")?;
    let ms = |id: &str| or_dash(found.times.get(id).map(|it| time(it.median)));
    let seconds = ms(&format!("rollout/{FULL}"));
    let what = "rolling deployment of 100,000 tasks on 10,000 instances";
    writeln!(text, "| {what}: under 2 s | {seconds} |")?;
    let wasm = format!("wasm/rollout/{FULL}");
    let value = |name| or_dash(found.value(&wasm, name).map(str::to_owned));
    let (ratio, native, wasm) = (value("ratio"), value("native_ms"), value("wasm_ms"));
    writeln!(
        text,
        "| the same in WASM: at most 2.5 times | {ratio} ({native} ms, {wasm} ms in {}) |",
        value("browser").replace('_', " ")
    )?;
    let memory = megabytes(&format!("rollout_memory/{FULL}"));
    writeln!(text, "| the same: under 400 MB, all events kept | {memory} |")?;
    let (replay, models) = (ms("replay/openb/default"), ms("replay/openb/models"));
    let trace = found.value("trace/default", "source").unwrap_or("unknown").replace('+', " ");
    let replay = format!("{replay}; with kinds of GPU {models} ({trace})");
    writeln!(text, "| a full replay of `openb` in under 50 ms | {replay} |")?;
    let threads = found.each("sweep/threads/1").zip(found.each("sweep/threads/2"));
    let sweep = or_dash(threads.map(|(one, two)| format!("{:.2} times", one / two)));
    writeln!(text, "| 10,000 small scenarios, two threads: at least 1.8 times faster | {sweep} |")?;
    Ok(())
}

fn packing(text: &mut String, found: &Found) -> Result<()> {
    text.push_str(
        "## How well tasks are packed\n\n\
         `binpack` by memory, tasks one after the other, 20 cases of 200 to 500 tasks in each row. \
         The bound is that of the pattern programme: no packing needs fewer instances.\n\n\
         | tasks, instances | instances used | bound | by sums alone | gap on average | at worst \
         | at the bound | unplaced |\n|---|---|---|---|---|---|---|---|\n",
    );
    for id in found.ids("quality/") {
        let value = |name| or_dash(found.value(id, name).map(str::to_owned));
        writeln!(
            text,
            "| {} | {} | {} | {} | {} % | {} % | {} of {} | {} |",
            id.trim_start_matches("quality/").replace('/', ", "),
            value("used"),
            value("pattern_bound"),
            value("sum_bound"),
            value("mean_gap_percent"),
            value("worst_gap_percent"),
            value("at_bound"),
            value("cases"),
            value("unplaced"),
        )?;
    }
    for id in found.ids("trace/") {
        let value = |name| or_dash(found.value(id, name).map(str::to_owned));
        writeln!(
            text,
            "\n`openb`, {}: {} of {} pods placed, {} instances used at some time; where each went \
             is equal to the twin's.",
            id.trim_start_matches("trace/"),
            value("placed"),
            value("pods"),
            value("used"),
        )?;
    }
    Ok(())
}

fn instructions(text: &mut String, found: &Found) -> Result<()> {
    text.push_str(
        "\n## Instructions\n\n\
         Counted by callgrind on 1,000 instances (`rollout`: 1,000 tasks on 200); also in \
         [counts.tsv](counts.tsv).\n\n| path | instructions | against the floor |\n|---|---|---|\n",
    );
    let floor = found.counts.iter().find(|(path, ..)| path == "floor").map(|it| it.2);
    for (path, unit, each) in &found.counts {
        let ratio = floor.filter(|_| unit.starts_with("placement"));
        let ratio = or_dash(ratio.map(|floor| format!("{:.1}", each / floor)));
        writeln!(text, "| `{path}`, a {unit} | {} | {ratio} |", grouped(*each))?;
    }
    Ok(())
}

fn memory(text: &mut String, found: &Found) -> Result<()> {
    text.push_str(
        "\n## Memory\n\n| workload | tasks | MB held | MB at most | MB resident |\n\
         |---|---|---|---|---|\n",
    );
    for id in found.ids("fill/").chain(found.ids("rollout_memory/")) {
        let value = |name| or_dash(found.value(id, name).map(str::to_owned));
        let tasks = or_dash(found.number(id, "tasks").map(grouped));
        let (held, most, resident) =
            (value("heap_mb"), value("peak_heap_mb"), value("resident_mb"));
        writeln!(text, "| `{id}` | {tasks} | {held} | {most} | {resident} |")?;
    }
    Ok(())
}

fn times(text: &mut String, found: &Found) -> Result<()> {
    text.push_str(
        "\n## Every bench\n\nMedians of an iteration, with 95 % confidence; for one element where \
         an iteration has many.\n\n| id | median | between | one element |\n|---|---|---|---|\n",
    );
    for (id, estimate) in &found.times {
        let each = (estimate.elements > 1.0).then(|| time(estimate.each()));
        writeln!(
            text,
            "| `{id}` | {} | {} to {} | {} |",
            time(estimate.median),
            time(estimate.low),
            time(estimate.high),
            or_dash(each),
        )?;
    }
    Ok(())
}

/// A value of each way to place.
fn each_way(of: impl Fn(&str) -> Option<String>) -> String {
    let told = WAYS.map(|way| format!("{way} {}", or_dash(of(way))));
    told.join("; ")
}

pub(super) fn or_dash(value: Option<String>) -> String {
    value.unwrap_or_else(|| "–".to_owned())
}

/// Nanoseconds for people.
fn time(ns: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let (unit, name) = units.into_iter().find(|(unit, _)| ns >= *unit).unwrap_or((1.0, "ns"));
    format!("{:.3} {name}", ns / unit)
}

/// `10,000`.
pub(super) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let head = (!head.is_empty()).then(|| head.to_owned());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_people_write_them() {
        assert_eq!([0.0, 999.0, 1234567.0].map(grouped), ["0", "999", "1,234,567"]);
        assert_eq!(
            [12.5, 1.26e3, 2.7e6, 1.1e9].map(time),
            ["12.500 ns", "1.260 µs", "2.700 ms", "1.100 s"]
        );
    }

    #[test]
    fn a_machine_with_three_programs_is_not_quiet() {
        assert_eq!(["0.4", "1.9", "3.1", "?"].map(is_quiet), [true, true, false, false]);
    }

    #[test]
    fn what_was_not_measured_is_a_dash() {
        let mut text = String::new();
        aims(&mut text, &Found::default()).expect("text can be written");
        assert!(text.contains("| 2,000,000 placements a second on 10,000 instances | binpack –;"));
    }
}
