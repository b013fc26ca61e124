//! The numbered worked examples of the specification, by chapter.

use std::fmt;

/// One worked example, such as `01-PLC-3` or `03-W45a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Example {
    pub(super) chapter: &'static Chapter,
    pub(super) number: u32,
    /// A letter for an example that stands between two numbers.
    pub(super) letter: Option<char>,
}

/// A run of examples with one prefix.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Chapter {
    pub(super) document: &'static str,
    pub(super) prefix: &'static str,
    pub(super) title: &'static str,
    last: u32,
    /// Numbers that were never given.
    absent: &'static [u32],
    /// Numbers that have a sibling with the letter `a`.
    lettered: &'static [u32],
}

const fn chapter(
    document: &'static str,
    prefix: &'static str,
    last: u32,
    title: &'static str,
) -> Chapter {
    Chapter { document, prefix, title, last, absent: &[], lettered: &[] }
}

pub(super) static CHAPTERS: [Chapter; 30] = [
    chapter("01", "RES", 27, "Resource model"),
    chapter("01", "TDF", 31, "Task definitions"),
    chapter("01", "RUN", 27, "RunTask and StartTask"),
    chapter("01", "PLC", 38, "Placement strategies and constraints"),
    chapter("01", "CQL", 32, "Cluster query language"),
    chapter("01", "CIN", 17, "Instances, draining, daemons"),
    chapter("01", "SCI", 10, "Scale-in and protection"),
    chapter("01", "AZR", 12, "Availability zone rebalancing"),
    chapter("01", "LIF", 24, "Task lifecycle"),
    chapter("01", "HLC", 18, "Container health"),
    chapter("02", "ENI", 19, "Network interfaces"),
    chapter("02", "PRT", 14, "Host ports"),
    chapter("02", "DNS", 13, "Service discovery"),
    chapter("02", "LBH", 23, "Load balancer health"),
    chapter("02", "NET", 7, "Network modes"),
    Chapter {
        document: "03",
        prefix: "W",
        title: "Services and deployments",
        last: 139,
        absent: &[],
        lettered: &[45],
    },
    chapter("04", "CP", 34, "Capacity provider strategies"),
    chapter("04", "SP", 7, "Spot interruptions"),
    Chapter {
        document: "04",
        prefix: "CAS",
        title: "Managed scaling",
        last: 34,
        absent: &[18, 19],
        lettered: &[],
    },
    chapter("04", "TT", 28, "Target tracking"),
    chapter("04", "SS", 9, "Step scaling"),
    chapter("04", "SCH", 3, "Scheduled actions"),
    chapter("04", "PR", 2, "Predictive scaling"),
    chapter("05", "CO", 10, "Cost"),
    chapter("05", "BE", 6, "Break-even"),
    chapter("05", "FIT", 4, "Fitting task sizes"),
    chapter("05", "ID", 13, "Identity"),
    chapter("05", "SE", 6, "Secrets"),
    chapter("05", "MR", 6, "Several regions"),
    chapter("05", "DE", 4, "Choosing a service"),
];

impl Chapter {
    /// The chapter with a prefix, written in any case.
    pub(super) fn with_prefix(prefix: &str) -> Option<&'static Self> {
        CHAPTERS.iter().find(|it| it.prefix.eq_ignore_ascii_case(prefix))
    }

    /// Every example of the chapter, in order.
    pub(super) fn examples(&'static self) -> impl Iterator<Item = Example> {
        (1..=self.last).flat_map(move |number| {
            [None, Some('a')].into_iter().filter_map(move |letter| self.example(number, letter))
        })
    }

    /// The example of that number, if there is one.
    pub(super) fn example(&'static self, number: u32, letter: Option<char>) -> Option<Example> {
        let is_there = match letter {
            None => (1..=self.last).contains(&number) && !self.absent.contains(&number),
            Some(letter) => letter == 'a' && self.lettered.contains(&number),
        };
        is_there.then_some(Example { chapter: self, number, letter })
    }
}

impl fmt::Display for Example {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Chapter { document, prefix, .. } = self.chapter;
        let dash = if *prefix == "W" { "" } else { "-" };
        write!(out, "{document}-{prefix}{dash}{}", self.number)?;
        self.letter.map_or(Ok(()), |letter| write!(out, "{letter}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_as_many_examples_as_the_specification() {
        let count = |document: &str| -> usize {
            CHAPTERS
                .iter()
                .filter(|it| it.document == document)
                .map(|it| it.examples().count())
                .sum()
        };
        let counts = ["01", "02", "03", "04", "05"].map(count);
        assert_eq!(counts, [236, 76, 140, 115, 49]);
    }

    #[test]
    fn an_example_is_written_with_its_document() {
        let services = Chapter::with_prefix("w").expect("there is such a chapter");
        let between = services.example(45, Some('a')).expect("there is such an example");
        assert_eq!(between.to_string(), "03-W45a");
        let placement = Chapter::with_prefix("PLC").expect("there is such a chapter");
        assert_eq!(placement.examples().last().expect("it is not empty").to_string(), "01-PLC-38");
    }
}
