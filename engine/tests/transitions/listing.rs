//! The tables that stand beside the transitions, read back: what is listed must be reached.

use std::collections::BTreeSet;

/// `from signal -> to`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub(crate) from: String,
    pub(crate) signal: String,
    pub(crate) to: String,
}

/// The transitions of a table, without those that stay where they are. Where it depends, each way
/// is one: `Passed    TerminationWait; blue is kept: Succeeded`.
pub(crate) fn moves(table: &str) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut from = String::new();
    for line in table.lines() {
        let Some(line) = line.strip_prefix("    ") else {
            from = line.split(" [").next().unwrap_or(line).to_owned();
            continue;
        };
        let (signal, ways) = line.split_once(' ').expect("a signal and where it leads");
        for way in ways.trim().split("; ").filter(|way| *way != "stays") {
            let (signal, to) = match way.split_once(": ") {
                Some((when, to)) => (format!("{signal}, {when}"), to),
                None => (signal.to_owned(), way),
            };
            listed.push(Listed { from: from.clone(), signal, to: to.to_owned() });
        }
    }
    listed
}

/// Fails with the name of the first transition that is listed and not reached, or reached and not
/// listed. `never` are those that nothing can bring about, with the reason.
pub(crate) fn compare(table: &str, reached: &BTreeSet<Listed>, never: &[(&str, &str, &str)]) {
    let listed = moves(table);
    let is_never =
        |it: &Listed| never.iter().any(|(from, on, _)| (*from, *on) == (&it.from, &it.signal));
    for transition in &listed {
        let Listed { from, signal, to } = transition;
        let name = format!("{from}, {signal}: {to}");
        match is_never(transition) {
            false => assert!(reached.contains(transition), "never reached: {name}"),
            true => assert!(!reached.contains(transition), "reached after all: {name}"),
        }
    }
    for transition in reached {
        let Listed { from, signal, to } = transition;
        assert!(listed.contains(transition), "not in the table: {from}, {signal}: {to}");
    }
    for (from, signal, why) in never {
        let is_listed = listed.iter().any(|it| (&*it.from, &*it.signal) == (*from, *signal));
        assert!(is_listed && !why.is_empty(), "nothing lists {from}, {signal}");
    }
}
