//! What the suites left behind, read again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{counts, folder};
use crate::shell;

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Criterion's estimates by id.
    pub(super) times: BTreeMap<String, Estimate>,
    /// Figures of the other suites by id.
    figures: BTreeMap<String, BTreeMap<String, String>>,
    /// Path, unit, instructions.
    pub(super) counts: Vec<(String, String, f64)>,
}

/// A bench's time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    /// Nanoseconds of an iteration: the median, and where it lies with 95 % confidence.
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// What an iteration does so many of; bytes are not counted.
    pub(super) elements: f64,
}

impl Estimate {
    /// Nanoseconds of one element.
    pub(super) fn each(&self) -> f64 {
        self.median / self.elements
    }
}

/// A file as old as the last whole run.
pub(super) fn beginning() -> Result<PathBuf> {
    Ok(folder()?.join("beginning"))
}

impl Found {
    pub(super) fn read() -> Result<Self> {
        let mut found = Self::default();
        let since = fs::metadata(beginning()?).and_then(|it| it.modified());
        let since = since.unwrap_or(SystemTime::UNIX_EPOCH);
        let criterion = shell::target_dir().join("criterion");
        if criterion.is_dir() {
            found.add_times(&criterion, since)?;
        }
        for suite in ["load", "memory", "quality", "wasm"] {
            let file = folder()?.join(suite).with_extension("txt");
            // A suite that was never run has no figures.
            let text = fs::read_to_string(file).unwrap_or_default();
            text.lines().filter_map(figure).for_each(|(id, values)| {
                found.figures.insert(id, values);
            });
        }
        let counted = fs::read_to_string(counts::file()).unwrap_or_default();
        found.counts = counted.lines().skip(1).filter_map(count).collect();
        Ok(found)
    }

    fn add_times(&mut self, folder: &Path, since: SystemTime) -> Result<()> {
        let file = folder.join("new/estimates.json");
        if file.is_file() {
            if fs::metadata(&file)?.modified()? >= since {
                let told = read(&folder.join("new/benchmark.json"))?;
                let id = told["full_id"].as_str().context("a bench without an id")?;
                self.times.insert(id.to_owned(), estimate(&read(&file)?, &told)?);
            }
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.add_times(&path, since)?;
            }
        }
        Ok(())
    }

    /// Nanoseconds of an element of a bench.
    pub(super) fn each(&self, id: &str) -> Option<f64> {
        self.times.get(id).map(Estimate::each)
    }

    /// Benches whose ids begin so, by what follows, as a number: `1_000` is 1,000.
    pub(super) fn curve(&self, prefix: &str) -> Vec<(f64, f64)> {
        let points = self.times.iter().filter_map(|(id, estimate)| {
            let size = id.strip_prefix(prefix)?.replace('_', "").parse().ok()?;
            Some((size, estimate.each()))
        });
        sorted(points.collect())
    }

    /// A value of a figure.
    pub(super) fn value(&self, id: &str, name: &str) -> Option<&str> {
        self.figures.get(id)?.get(name).map(String::as_str)
    }

    pub(super) fn number(&self, id: &str, name: &str) -> Option<f64> {
        self.value(id, name)?.parse().ok()
    }

    /// Ids of the figures that begin so.
    pub(super) fn ids<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.figures.keys().map(String::as_str).filter(move |id| id.starts_with(prefix))
    }

    /// Figures whose ids begin so: one value against another.
    pub(super) fn figure_curve(&self, prefix: &str, x: &str, y: &str) -> Vec<(f64, f64)> {
        let point = |id| Some((self.number(id, x)?, self.number(id, y)?));
        sorted(self.ids(prefix).filter_map(point).collect())
    }
}

fn sorted(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

fn read(file: &Path) -> Result<Value> {
    let text = fs::read(file).with_context(|| format!("{} is not there", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", file.display()))
}

fn estimate(estimates: &Value, told: &Value) -> Result<Estimate> {
    let median = &estimates["median"];
    let interval = &median["confidence_interval"];
    let number = |value: &Value| value.as_f64().context("an estimate is not a number");
    Ok(Estimate {
        median: number(&median["point_estimate"])?,
        low: number(&interval["lower_bound"])?,
        high: number(&interval["upper_bound"])?,
        elements: told["throughput"]["Elements"].as_f64().unwrap_or(1.0),
    })
}

/// A line `figure ID NAME=VALUE ...`.
fn figure(line: &str) -> Option<(String, BTreeMap<String, String>)> {
    let mut words = line.strip_prefix("figure ")?.split_whitespace();
    let id = words.next()?.to_owned();
    let pairs = words.filter_map(|word| word.split_once('='));
    Some((id, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
}

fn count(line: &str) -> Option<(String, String, f64)> {
    let mut cells = line.split('\t');
    let (path, unit) = (cells.next()?.to_owned(), cells.next()?.to_owned());
    Some((path, unit, cells.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found() -> Found {
        let mut found = Found::default();
        for (id, median, elements) in [("a/10_000", 50.0, 1.0), ("a/1_000", 40.0, 10.0)] {
            let estimate = Estimate { median, low: 1.0, high: 99.0, elements };
            found.times.insert(id.to_owned(), estimate);
        }
        found
    }

    #[test]
    fn a_curve_is_in_the_order_of_its_sizes_and_for_one_element() {
        assert_eq!(found().curve("a/"), [(1_000.0, 4.0), (10_000.0, 50.0)]);
    }

    #[test]
    fn a_line_is_a_figure_with_its_values() {
        let (id, values) = figure("figure fill/1 tasks=7 heap_mb=1.5").expect("it is a figure");
        assert_eq!((id.as_str(), values["heap_mb"].as_str()), ("fill/1", "1.5"));
        assert!(figure("replay/default: 3 pods").is_none());
    }

    #[test]
    fn an_estimate_is_the_median_with_its_interval() {
        let estimates = json!({ "median": { "point_estimate": 30.0, "confidence_interval": {
            "lower_bound": 20.0, "upper_bound": 40.0 } } });
        let told = json!({ "throughput": { "Elements": 3 } });
        let estimate = estimate(&estimates, &told).expect("it is complete");
        assert_eq!((estimate.low, estimate.high, estimate.each()), (20.0, 40.0, 10.0));
    }
}
