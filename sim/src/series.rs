//! Numbers of the read model over time, by their path: `services.web.healthyCount`. A number is
//! kept as the points at which it changed.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use stowplan_engine::model::{InstanceStatus, ProviderKind, ServiceStatus, Time};

use crate::view::{Moment, sample};

/// The columns of [`Series::write_csv`].
pub const CSV_HEADER: &str = "scenario,seconds,path,value";

/// Which numbers are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// None.
    #[default]
    Nothing,
    /// Those whose path begins with one of these, up to a dot or the end.
    Paths(Vec<String>),
    /// All.
    Everything,
}

/// Numbers over time.
#[derive(Clone, Debug, Default)]
pub struct Series {
    wanted: Wanted,
    numbers: BTreeMap<String, Vec<Point>>,
    /// Versions of the instances when they were last looked at.
    seen: Vec<u32>,
    looked_at: Option<Time>,
}

/// A number that took a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When.
    pub at: Time,
    /// The value; NaN stands for "has no value any more".
    pub value: f64,
}

/// Why a question about a number over time has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesError {
    /// Nothing of that path was ever seen.
    Unknown(String),
    /// The instant has not come yet.
    Future(Time),
    /// The number had no value then.
    Absent(String, Time),
    /// The span ends before it begins.
    Backwards,
}

impl fmt::Display for SeriesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = crate::view::seconds;
        match self {
            Self::Unknown(path) => write!(
                f,
                "no number has the path '{path}': it begins with services, instances, \
                 capacityProviders or targetGroups, then the key, then the field, with dots \
                 between"
            ),
            Self::Future(at) => write!(f, "{} s has not come yet", seconds(*at)),
            Self::Absent(path, at) => write!(f, "'{path}' had no value at {} s", seconds(*at)),
            Self::Backwards => f.write_str("the span ends before it begins"),
        }
    }
}

impl std::error::Error for SeriesError {}

impl Series {
    /// A store for the numbers that are wanted.
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Keeps these numbers, too, from now on.
    pub fn want(&mut self, more: Wanted) {
        self.wanted = match (std::mem::take(&mut self.wanted), more) {
            (Wanted::Everything, _) | (_, Wanted::Everything) => Wanted::Everything,
            (Wanted::Nothing, more) => more,
            (before, Wanted::Nothing) => before,
            (Wanted::Paths(mut before), Wanted::Paths(more)) => {
                before.extend(more);
                Wanted::Paths(before)
            }
        };
    }

    /// Takes the numbers of a settled instant.
    pub fn look(&mut self, moment: &Moment<'_>) {
        self.looked_at = Some(moment.now);
        if self.wanted == Wanted::Nothing {
            return;
        }
        self.look_at_services(moment);
        self.look_at_instances(moment);
        self.look_at_providers(moment);
        self.look_at_target_groups(moment);
    }

    fn look_at_services(&mut self, moment: &Moment<'_>) {
        for (id, row) in moment.engine.services() {
            let prefix = format!("services.{}", moment.key(row.cluster, &row.name));
            let is_newest = moment.engine.find_service(row.cluster, &row.name) == Some(id);
            if !self.wants(&prefix) || !is_newest {
                continue;
            }
            if row.status == ServiceStatus::Inactive && row.tasks.is_empty() {
                self.clear_counts(&prefix, moment.now);
            }
            sample::service(moment, id, &mut |field, value| {
                self.push(&format!("{prefix}.{field}"), moment.now, value);
            });
            for group in ["tasksByZone", "tasksByProvider"] {
                let counts = sample::live_by(moment, id, group);
                self.push_counts(&format!("{prefix}.{group}."), moment.now, &counts);
            }
        }
    }

    fn look_at_instances(&mut self, moment: &Moment<'_>) {
        for (id, row) in moment.engine.instances() {
            let known = self.seen.get(id.index()).copied();
            if known == Some(row.version) {
                continue;
            }
            if self.seen.len() <= id.index() {
                self.seen.resize(id.index() + 1, 0);
            }
            self.seen[id.index()] = row.version;
            let prefix = format!("instances.{}", moment.key(row.cluster, &row.name));
            if !self.wants(&prefix) {
                continue;
            }
            let is_gone = row.status == InstanceStatus::Inactive;
            sample::instance(moment, id, &mut |field, value| {
                let value = if is_gone { f64::NAN } else { value };
                self.push(&format!("{prefix}.{field}"), moment.now, value);
            });
        }
    }

    fn look_at_providers(&mut self, moment: &Moment<'_>) {
        for (cluster, row) in moment.engine.clusters() {
            for &provider in &row.providers {
                let provider_row = moment.engine.provider(provider);
                let prefix =
                    format!("capacityProviders.{}", moment.key(cluster, &provider_row.name));
                if !self.wants(&prefix) {
                    continue;
                }
                let has_group = matches!(provider_row.kind, ProviderKind::AutoScalingGroup { .. });
                sample::provider(moment, (cluster, provider), has_group, &mut |field, value| {
                    self.push(&format!("{prefix}.{field}"), moment.now, value);
                });
            }
        }
    }

    fn look_at_target_groups(&mut self, moment: &Moment<'_>) {
        if !self.wants("targetGroups") {
            return;
        }
        for name in sample::target_groups(moment) {
            let prefix = format!("targetGroups.{name}");
            if self.wants(&prefix) {
                sample::target_group(moment, &name, &mut |field, value| {
                    self.push(&format!("{prefix}.{field}"), moment.now, value);
                });
            }
        }
    }

    /// The number in force at an instant.
    pub fn value_at(&self, path: &str, at: Time) -> Result<f64, SeriesError> {
        let points = self.points(path, at)?;
        let absent = || SeriesError::Absent(path.to_owned(), at);
        let index = points.partition_point(|point| point.at <= at).checked_sub(1);
        let value = points[index.ok_or_else(absent)?].value;
        if value.is_nan() { Err(absent()) } else { Ok(value) }
    }

    /// The largest value in a span, both ends included.
    pub fn max(&self, path: &str, from: Time, to: Time) -> Result<f64, SeriesError> {
        self.fold(path, from, to, f64::max)
    }

    /// The smallest value in a span, both ends included.
    pub fn min(&self, path: &str, from: Time, to: Time) -> Result<f64, SeriesError> {
        self.fold(path, from, to, f64::min)
    }

    /// The integral over a span, in units times seconds. Where there is no value it adds nothing.
    pub fn integral(&self, path: &str, from: Time, to: Time) -> Result<f64, SeriesError> {
        let points = self.span(path, from, to)?;
        let mut total = 0.0;
        for (index, point) in points.iter().enumerate() {
            let begins = point.at.max(from);
            let ends = points.get(index + 1).map_or(to, |next| next.at.min(to));
            if !point.value.is_nan() {
                // Whole counts times whole milliseconds stay exact far beyond any run.
                total += point.value * (ends.since(begins).0 as f64);
            }
        }
        Ok(total / 1000.0)
    }

    fn fold(
        &self,
        path: &str,
        from: Time,
        to: Time,
        choose: impl Fn(f64, f64) -> f64,
    ) -> Result<f64, SeriesError> {
        let points = self.span(path, from, to)?;
        let values = points.iter().map(|point| point.value).filter(|value| !value.is_nan());
        values.reduce(choose).ok_or_else(|| SeriesError::Absent(path.to_owned(), from))
    }

    /// The points in force in a span: the one before it, too.
    fn span(&self, path: &str, from: Time, to: Time) -> Result<&[Point], SeriesError> {
        if to < from {
            return Err(SeriesError::Backwards);
        }
        let points = self.points(path, to)?;
        let start = points.partition_point(|point| point.at <= from).saturating_sub(1);
        let end = points.partition_point(|point| point.at <= to);
        Ok(&points[start..end.max(start)])
    }

    fn points(&self, path: &str, until: Time) -> Result<&[Point], SeriesError> {
        if self.looked_at.is_none_or(|looked_at| until > looked_at) {
            return Err(SeriesError::Future(until));
        }
        let found = self.numbers.get(path).map(Vec::as_slice);
        found.ok_or_else(|| SeriesError::Unknown(path.to_owned()))
    }

    /// The latest instant that was looked at.
    pub fn looked_at(&self) -> Option<Time> {
        self.looked_at
    }

    /// Every number with its points, by path.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, &[Point])> {
        self.numbers.iter().map(|(path, points)| (path.as_str(), points.as_slice()))
    }

    /// Writes every change as a row of [`CSV_HEADER`]; the value of a number that is no more is
    /// left empty.
    pub fn write_csv(&self, scenario: &str, out: &mut impl io::Write) -> io::Result<()> {
        for (path, points) in self.numbers() {
            for point in points {
                let seconds = crate::view::seconds(point.at);
                write!(out, "{},{seconds},{},", Quoted(scenario), Quoted(path))?;
                if !point.value.is_nan() {
                    write!(out, "{}", point.value)?;
                }
                writeln!(out)?;
            }
        }
        Ok(())
    }

    fn wants(&self, prefix: &str) -> bool {
        match &self.wanted {
            Wanted::Nothing => false,
            Wanted::Everything => true,
            Wanted::Paths(paths) => paths.iter().any(|path| {
                let (short, long) = if path.len() < prefix.len() {
                    (path.as_str(), prefix)
                } else {
                    (prefix, path.as_str())
                };
                long.strip_prefix(short)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }),
        }
    }

    fn push(&mut self, path: &str, at: Time, value: f64) {
        let Some(points) = self.numbers.get_mut(path) else {
            if !value.is_nan() {
                self.numbers.insert(path.to_owned(), vec![Point { at, value }]);
            }
            return;
        };
        match points.last_mut() {
            Some(last) if same(last.value, value) => {}
            Some(last) if last.at == at => last.value = value,
            _ => points.push(Point { at, value }),
        }
    }

    /// Counts by name: what has none any more is 0.
    fn push_counts(&mut self, prefix: &str, at: Time, counts: &BTreeMap<String, u32>) {
        let known: Vec<String> = self
            .numbers
            .range(prefix.to_owned()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(prefix))
            .filter(|path| !counts.contains_key(&path[prefix.len()..]))
            .cloned()
            .collect();
        for path in known {
            self.push(&path, at, 0.0);
        }
        for (name, &count) in counts {
            self.push(&format!("{prefix}{name}"), at, f64::from(count));
        }
    }

    fn clear_counts(&mut self, prefix: &str, at: Time) {
        for group in [".tasksByZone.", ".tasksByProvider."] {
            self.push_counts(&format!("{prefix}{group}"), at, &BTreeMap::new());
        }
    }
}

fn same(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

/// A field of a CSV file.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains([',', '"', '\n', '\r']) {
            write!(f, "\"{}\"", self.0.replace('"', "\"\""))
        } else {
            f.write_str(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bed::Bed;

    /// Two tasks from 0 s, a third from 100 s, one again from 200 s.
    fn scaled() -> Bed {
        let mut bed = Bed::web_service(2);
        for (at, count) in [(100, 3), (200, 1)] {
            bed.run_until(at);
            let input = json!({ "service": "web", "desiredCount": count });
            bed.call("updateService", input).expect("it may be scaled");
        }
        bed.run_until(300);
        bed
    }

    const fn s(seconds: i64) -> Time {
        Time::from_secs(seconds)
    }

    #[test]
    fn a_number_is_the_one_in_force() {
        let series = scaled().series;
        let path = "services.web.desiredCount";
        let at = |seconds| series.value_at(path, s(seconds));
        assert_eq!([at(0), at(99), at(100), at(300)], [Ok(2.0), Ok(2.0), Ok(3.0), Ok(1.0)]);
        assert_eq!(at(301), Err(SeriesError::Future(s(301))));
        assert_eq!(at(-1), Err(SeriesError::Absent(path.to_owned(), s(-1))));
        let unknown = series.value_at("services.web.desired", s(0)).expect_err("no such number");
        assert!(unknown.to_string().contains("'services.web.desired'"), "{unknown}");
    }

    #[test]
    fn extremes_and_integral_are_exact() {
        let series = scaled().series;
        let path = "services.web.desiredCount";
        assert_eq!(series.max(path, s(0), s(300)), Ok(3.0));
        assert_eq!(series.max(path, s(0), s(99)), Ok(2.0));
        assert_eq!(series.min(path, s(150), s(199)), Ok(3.0));
        assert_eq!(series.integral(path, s(0), s(300)), Ok(2.0 * 100.0 + 3.0 * 100.0 + 100.0));
        assert_eq!(series.integral(path, s(99), s(101)), Ok(5.0));
        assert_eq!(series.integral(path, s(10), s(9)), Err(SeriesError::Backwards));
    }

    #[test]
    fn counts_by_zone_fall_to_zero_and_instances_show_what_is_used() {
        let series = scaled().series;
        let total: f64 = ["a", "b", "c"]
            .iter()
            .map(|zone| {
                series.value_at(&format!("services.web.tasksByZone.us-east-1{zone}"), s(300))
            })
            .sum::<Result<f64, SeriesError>>()
            .expect("each zone had a task once");
        assert_eq!(total, 1.0);
        let used = |id: &str| series.value_at(&format!("instances.{id}.used.cpu"), s(150));
        assert_eq!([used("i-1"), used("i-2"), used("i-3")], [Ok(256.0), Ok(256.0), Ok(256.0)]);
    }

    #[test]
    fn a_store_keeps_only_what_is_wanted() {
        let bed = scaled();
        let look = |wanted: Wanted| {
            let mut series = Series::new(wanted);
            bed.look(|moment| series.look(&moment));
            series.numbers().map(|(path, _)| path.to_owned()).collect::<Vec<_>>()
        };
        assert!(look(Wanted::Nothing).is_empty());
        let some = look(Wanted::Paths(vec!["services.web.runningCount".to_owned()]));
        assert!(some.iter().all(|path| path.starts_with("services.web.")), "{some:?}");
        assert!(look(Wanted::Everything).iter().any(|path| path == "instances.i-3.tasks"));
    }

    #[test]
    fn a_csv_file_has_a_row_for_each_change() {
        let mut out = Vec::new();
        scaled().series.write_csv("web, scaled", &mut out).expect("a vector takes everything");
        let text = String::from_utf8(out).expect("it is text");
        let rows: Vec<&str> =
            text.lines().filter(|row| row.contains("services.web.desiredCount")).collect();
        assert_eq!(
            rows,
            [
                "\"web, scaled\",0,services.web.desiredCount,2",
                "\"web, scaled\",100,services.web.desiredCount,3",
                "\"web, scaled\",200,services.web.desiredCount,1",
            ]
        );
        assert_eq!(Quoted("a,\"b\"").to_string(), "\"a,\"\"b\"\"\"");
    }
}
