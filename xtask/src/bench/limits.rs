//! The measured part of `docs/limits.md`.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use super::chart::Chart;
use super::found::Found;
use super::report::{grouped, link, or_dash};
use crate::shell;

const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->";

/// Writes tables and charts between the marks.
pub(super) fn write(found: &Found, taken_on: &str) -> Result<()> {
    let file = shell::root().join("docs/limits.md");
    let text = fs::read_to_string(&file).context("docs/limits.md is not there")?;
    let (before, rest) = text.split_once(BEGIN).context("docs/limits.md lost its marks")?;
    let (_, after) = rest.split_once(END).context("docs/limits.md lost its marks")?;
    let measured = measured(found, taken_on)? + &draw(found)?;
    fs::write(&file, format!("{before}{BEGIN}{measured}{END}{after}"))
        .context("docs/limits.md cannot be written")
}

/// Draws the charts; links to those that have something to show.
fn draw(found: &Found) -> Result<String> {
    let chart = |title, x, y, curves| Chart { title, x, y, powers: false, curves };
    let fill = |y| found.figure_curve("fill/100_000/", "tasks", y);
    let heap = chart(
        "Memory while 100,000 instances fill",
        "tasks",
        "MB",
        vec![("held", fill("heap_mb")), ("most so far", fill("peak_heap_mb"))],
    );
    let services = chart(
        "One more task for one of many services",
        "services",
        "ns",
        vec![("call and pass", found.curve("growth/services/"))],
    );
    let folder = "../bench/charts";
    Ok(link(&heap, "memory-by-tasks", folder)? + &link(&services, "services", folder)?)
}

fn measured(found: &Found, taken_on: &str) -> Result<String> {
    let mut text = format!("Taken on {taken_on}. The first placements build the index.\n\n");
    writeln!(text, "| tasks on 100,000 instances | ns for one more | MB held | MB at most |")?;
    writeln!(text, "|---|---|---|---|")?;
    let fill = |y| found.figure_curve("fill/100_000/", "tasks", y);
    let (each, heap, peak) = (fill("ns_a_task"), fill("heap_mb"), fill("peak_heap_mb"));
    for ((each, heap), peak) in each.iter().zip(&heap).zip(&peak) {
        writeln!(text, "| {} | {} | {} | {} |", grouped(each.0), each.1, heap.1, peak.1)?;
    }
    table(&mut text, found, "instances", "memory/instances/")?;
    table(&mut text, found, "services", "memory/services/")?;
    writeln!(text, "\n| services in the cluster | µs for one more task of one of them |")?;
    writeln!(text, "|---|---|")?;
    for (services, ns) in found.curve("growth/services/") {
        writeln!(text, "| {} | {:.1} |", grouped(services), ns / 1e3)?;
    }
    writeln!(text, "\n| constraints (memberOf, 10,000 instances) | ns a placement |")?;
    writeln!(text, "|---|---|")?;
    for (constraints, ns) in found.curve("growth/constraints/") {
        writeln!(text, "| {constraints} | {ns:.0} |")?;
    }
    writeln!(text, "\n| instances | ns a placement: binpack | chain | memberOf |")?;
    writeln!(text, "|---|---|---|---|")?;
    for (instances, binpack) in found.curve("sustained/binpack/") {
        let at = |name: &str| {
            let curve = found.curve(&format!("sustained/{name}/"));
            or_dash(curve.iter().find(|it| it.0 == instances).map(|it| format!("{:.0}", it.1)))
        };
        let (chain, member_of) = (at("chain"), at("member_of"));
        writeln!(text, "| {} | {binpack:.0} | {chain} | {member_of} |", grouped(instances))?;
    }
    writeln!(text)?;
    Ok(text)
}

fn table(text: &mut String, found: &Found, what: &str, prefix: &str) -> Result<()> {
    writeln!(text, "\n| {what}, without tasks | MB | bytes each |\n|---|---|---|")?;
    let bytes = found.figure_curve(prefix, what, "bytes_each");
    for ((count, heap), (_, each)) in
        found.figure_curve(prefix, what, "heap_mb").into_iter().zip(bytes)
    {
        writeln!(text, "| {} | {heap} | {} |", grouped(count), grouped(each))?;
    }
    Ok(())
}
