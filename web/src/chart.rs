//! A service's counts over time as paths: stacked by revision, with floor and ceiling.

use std::fmt::Write as _;

use crate::small;
use crate::words::px;
use crate::worker::protocol::{Happening, Milestone, SeriesPoint};

/// The ground of a chart in CSS px, and the time and counts it spans.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axes {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    pub from_ms: u64,
    pub to_ms: u64,
    /// The count at the top; at least 1.
    pub most: u32,
}

impl Axes {
    #[must_use]
    pub fn x(&self, ms: u64) -> f64 {
        let span = (self.to_ms - self.from_ms).max(1) as f64;
        let part = (ms as f64 - self.from_ms as f64) / span;
        self.left + part.clamp(0.0, 1.0) * (self.right - self.left)
    }

    #[must_use]
    pub fn y(&self, count: u32) -> f64 {
        let part = f64::from(count) / f64::from(self.most.max(1));
        self.bottom - part.min(1.0) * (self.bottom - self.top)
    }

    /// The time at a point of the axis.
    #[must_use]
    pub fn time_at(&self, x: f64) -> u64 {
        let part = ((x - self.left) / (self.right - self.left).max(1.0)).clamp(0.0, 1.0);
        self.from_ms + (part * (self.to_ms - self.from_ms) as f64).round() as u64
    }
}

/// One revision's part of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    pub definition: u16,
    pub from_ms: u64,
    /// `None`: some still run at the end of what is known.
    pub to_ms: Option<u64>,
}

/// A stretch of time under the floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    pub from_ms: u64,
    pub to_ms: u64,
    /// The most that were missing at once.
    pub missing: u32,
    pub ended: bool,
}

/// The definitions of a series, newest first.
#[must_use]
pub fn definitions(points: &[SeriesPoint]) -> Vec<u16> {
    let mut seen = named(points, |point| &point.running);
    seen.reverse();
    seen
}

/// The definitions that have some of something at any point, oldest first.
#[must_use]
pub fn named(points: &[SeriesPoint], of: Shares) -> Vec<u16> {
    let mut seen = Vec::new();
    for (definition, count) in points.iter().flat_map(of) {
        if *count > 0 && !seen.contains(definition) {
            seen.push(*definition);
        }
    }
    small::sort(&mut seen);
    seen
}

/// The highest count that floor, ceiling or tasks reach.
#[must_use]
pub fn most(points: &[SeriesPoint]) -> u32 {
    points.iter().map(|point| total(point).max(point.ceiling)).max().unwrap_or(0).max(1)
}

#[must_use]
pub fn total(point: &SeriesPoint) -> u32 {
    point.running.iter().map(|(_, running)| running).sum()
}

/// The count of a point's tasks of one of these definitions.
fn of(point: &SeriesPoint, definitions: &[u16]) -> u32 {
    let counted = point.running.iter().filter(|(definition, _)| definitions.contains(definition));
    counted.map(|(_, running)| running).sum()
}

/// A stepped line of a value over the known part of the chart, without `Z`.
#[must_use]
pub fn line(
    points: &[SeriesPoint],
    axes: &Axes,
    known_ms: u64,
    value: impl Fn(&SeriesPoint) -> u32,
) -> String {
    let end = known_ms.min(axes.to_ms);
    let first = points.partition_point(|point| point.at_ms <= axes.from_ms).saturating_sub(1);
    let mut path = String::new();
    let mut last: Option<(i64, u32)> = None;
    for point in points.iter().skip(first).take_while(|point| point.at_ms <= end) {
        let count = value(point);
        let x = axes.x(point.at_ms.max(axes.from_ms));
        match last {
            None => {
                let _ = write!(path, "M{},{}", px(x), px(axes.y(count)));
            }
            Some((_, before)) if before == count => continue,
            Some(_) => {
                let _ = write!(path, "H{}V{}", px(x), px(axes.y(count)));
            }
        }
        last = Some((x as i64, count));
    }
    if last.is_some() {
        let _ = write!(path, "H{}", px(axes.x(end)));
    }
    path
}

/// The area under the tasks of these definitions, closed; empty when there are no points.
#[must_use]
pub fn area(points: &[SeriesPoint], axes: &Axes, known_ms: u64, definitions: &[u16]) -> String {
    stepped_area(points, axes, known_ms, |point| of(point, definitions))
}

/// The area under a value, closed; empty when there are no points.
#[must_use]
pub fn stepped_area(
    points: &[SeriesPoint],
    axes: &Axes,
    known_ms: u64,
    value: impl Fn(&SeriesPoint) -> u32,
) -> String {
    let top = line(points, axes, known_ms, value);
    if top.is_empty() {
        return top;
    }
    let from = points.first().map_or(axes.from_ms, |point| point.at_ms.max(axes.from_ms));
    format!("{top}V{}H{}Z", px(axes.y(0)), px(axes.x(from)))
}

/// How much higher than with two revisions and no more the chart must be, px: a third row of
/// revisions, and what belongs to shifted traffic. On a small screen there are no such rows.
#[must_use]
pub fn extra_height(points: &[SeriesPoint], rows: usize, shifts: bool, small: bool) -> f64 {
    let third = if small { 0.0 } else { third_row(rows) };
    third + shift_rows(points, shifts)
}

/// Height of a row of revisions with its gap, px.
pub const REVISION: f64 = 20.0;
/// Height of the band of shares, of the one of test traffic and of the row of stages, px.
pub const SHARES: f64 = 18.0;
pub const TESTS: f64 = 15.0;
pub const STAGE: f64 = 16.0;
/// Between two of them, px.
pub const GAP: f64 = 3.0;

/// What the rows of revisions beyond the second take, px.
#[must_use]
pub fn third_row(rows: usize) -> f64 {
    REVISION * rows.saturating_sub(2) as f64
}

/// What the rows of shifted traffic take, px.
#[must_use]
pub fn shift_rows(points: &[SeriesPoint], shifts: bool) -> f64 {
    let tests = if has_tests(points) { TESTS + GAP } else { 0.0 };
    if shifts { SHARES + GAP + tests + STAGE + 7.0 } else { 0.0 }
}

/// Whether any test traffic is ever known of.
#[must_use]
pub fn has_tests(points: &[SeriesPoint]) -> bool {
    points.iter().any(|point| !point.tests.is_empty())
}

/// When tasks of each definition ran, newest definition first.
#[must_use]
pub fn bands(points: &[SeriesPoint]) -> Vec<Band> {
    let band = |definition: u16| {
        let runs = |point: &&SeriesPoint| of(point, &[definition]) > 0;
        let from_ms = points.iter().find(runs)?.at_ms;
        let last = points.iter().rposition(|point| runs(&point))?;
        Some(Band { definition, from_ms, to_ms: points.get(last + 1).map(|point| point.at_ms) })
    };
    definitions(points).into_iter().filter_map(band).collect()
}

/// The stretches under the floor, after the floor was first reached.
#[must_use]
pub fn shortfalls(points: &[SeriesPoint], known_ms: u64) -> Vec<Shortfall> {
    let reached = points.iter().position(|point| total(point) >= point.floor && point.floor > 0);
    let Some(reached) = reached else { return Vec::new() };
    let mut found: Vec<Shortfall> = Vec::new();
    let mut open = false;
    for point in &points[reached..] {
        let missing = point.floor.saturating_sub(total(point));
        match (open, missing) {
            (false, 0) => {}
            (false, missing) => {
                let (from_ms, to_ms) = (point.at_ms, known_ms);
                found.push(Shortfall { from_ms, to_ms, missing, ended: false });
                open = true;
            }
            (true, missing) => {
                let Some(last) = found.last_mut() else { continue };
                last.missing = last.missing.max(missing);
                if missing == 0 {
                    (last.to_ms, last.ended, open) = (point.at_ms, true, false);
                }
            }
        }
    }
    found
}

/// The outline of what is missing in one stretch.
#[must_use]
pub fn missing_area(points: &[SeriesPoint], axes: &Axes, gap: &Shortfall) -> String {
    if gap.to_ms <= axes.from_ms || gap.from_ms >= axes.to_ms {
        return String::new();
    }
    let first = points.partition_point(|point| point.at_ms < gap.from_ms);
    let inside: Vec<&SeriesPoint> =
        points[first..].iter().take_while(|point| point.at_ms < gap.to_ms).collect();
    let (Some(begin), end) = (inside.first(), axes.x(gap.to_ms)) else { return String::new() };
    let mut path = format!("M{},{}", px(axes.x(begin.at_ms)), px(axes.y(begin.floor)));
    for pair in inside.windows(2) {
        let _ = write!(path, "H{}V{}", px(axes.x(pair[1].at_ms)), px(axes.y(pair[1].floor)));
    }
    let mut right = end;
    let _ = write!(path, "H{}", px(right));
    for point in inside.iter().rev() {
        let _ = write!(path, "H{}V{}", px(right), px(axes.y(total(point))));
        right = axes.x(point.at_ms);
    }
    let _ = write!(path, "H{}Z", px(right));
    path
}

/// A stretch of time in which everybody's share stays the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub from_ms: u64,
    pub to_ms: u64,
    /// By definition, oldest first, in thousandths of a percent.
    pub shares: Vec<(u16, u32)>,
}

/// What each definition has of something at a point.
pub type Shares = fn(&SeriesPoint) -> &[(u16, u32)];

/// Who had how much of it, stretch by stretch.
#[must_use]
pub fn stretches(points: &[SeriesPoint], of: Shares, known_ms: u64) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    for point in points {
        match found.last_mut() {
            Some(last) if last.shares == of(point) => {}
            last => {
                if let Some(last) = last {
                    last.to_ms = point.at_ms;
                }
                let (from_ms, shares) = (point.at_ms, of(point).to_vec());
                found.push(Stretch { from_ms, to_ms: known_ms.max(from_ms), shares });
            }
        }
    }
    found.retain(|stretch| !stretch.shares.is_empty());
    found
}

/// A stage of a deployment that lasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub name: String,
    pub back: bool,
    /// What it gives the new revision of the traffic.
    pub share: Option<u32>,
    pub from_ms: u64,
    /// `None`: it is not over where the run is known.
    pub to_ms: Option<u64>,
}

/// The stages that took time; most are over in the instant in which they begin.
#[must_use]
pub fn segments(milestones: &[Milestone]) -> Vec<Segment> {
    let mut found: Vec<Segment> = Vec::new();
    for milestone in milestones {
        let at = milestone.at_ms;
        if matches!(milestone.what, Happening::Hook { .. }) {
            continue;
        }
        if let Some(last) = found.last_mut().filter(|last| last.to_ms.is_none()) {
            last.to_ms = Some(at);
        }
        if let Happening::Stage { name, back, share } = &milestone.what {
            let (name, back, share) = (name.clone(), *back, *share);
            found.push(Segment { name, back, share, from_ms: at, to_ms: None });
        }
    }
    found.retain(|segment| segment.to_ms != Some(segment.from_ms));
    found
}

/// Round times for the axis, about `wanted` of them.
#[must_use]
pub fn ticks(axes: &Axes, wanted: u64) -> Vec<u64> {
    const STEPS: [u64; 14] = [
        5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
        3_600_000, 7_200_000, 21_600_000, 86_400_000,
    ];
    let span = axes.to_ms - axes.from_ms;
    let fits = |step: &&u64| span / **step <= wanted.max(1);
    let step = *STEPS.iter().find(fits).unwrap_or(&STEPS[STEPS.len() - 1]);
    let first = axes.from_ms.div_ceil(step) * step;
    (0..).map(|n| first + n * step).take_while(|ms| *ms <= axes.to_ms).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXES: Axes =
        Axes { left: 0.0, right: 100.0, top: 0.0, bottom: 80.0, from_ms: 0, to_ms: 1000, most: 8 };

    fn point(at_ms: u64, running: &[(u16, u32)]) -> SeriesPoint {
        SeriesPoint {
            service: 0,
            at_ms,
            running: running.to_vec(),
            floor: 4,
            ceiling: 8,
            shares: Vec::new(),
            tests: Vec::new(),
        }
    }

    fn rollout() -> Vec<SeriesPoint> {
        vec![
            point(0, &[(0, 4)]),
            point(200, &[(0, 4), (1, 2)]),
            point(400, &[(0, 1), (1, 2)]),
            point(500, &[(0, 0), (1, 4)]),
        ]
    }

    #[test]
    fn a_line_is_stepped_and_ends_where_the_run_is_known() {
        let path = line(&rollout(), &AXES, 600, total);
        assert_eq!(path, "M0,40H20V20H40V50H50V40H60");
    }

    #[test]
    fn a_window_begins_with_the_value_in_force() {
        let axes = Axes { from_ms: 300, to_ms: 500, ..AXES };
        let path = line(&rollout(), &axes, 1000, total);
        assert_eq!(path, "M0,20H50V50H100V40H100");
    }

    #[test]
    fn bands_tell_when_each_revision_ran() {
        let bands = bands(&rollout());
        assert_eq!(bands[0], Band { definition: 1, from_ms: 200, to_ms: None });
        assert_eq!(bands[1], Band { definition: 0, from_ms: 0, to_ms: Some(500) });
    }

    #[test]
    fn what_there_is_more_of_needs_more_room() {
        let mut points = rollout();
        assert_eq!(extra_height(&points, 2, false, false), 0.0);
        assert_eq!(extra_height(&points, 3, false, false), REVISION);
        assert_eq!(extra_height(&points, 3, false, true), 0.0);
        let without = extra_height(&points, 2, true, false);
        points[0].tests = vec![(0, 100_000)];
        assert_eq!(extra_height(&points, 2, true, false) - without, TESTS + GAP);
    }

    #[test]
    fn what_is_missing_under_the_floor_is_measured() {
        let gaps = shortfalls(&rollout(), 1000);
        let gap = Shortfall { from_ms: 400, to_ms: 500, missing: 1, ended: true };
        assert_eq!(gaps, std::slice::from_ref(&gap));
        assert_eq!(missing_area(&rollout(), &AXES, &gap), "M40,40H50H50V50H40Z");
    }

    #[test]
    fn a_service_that_never_reached_its_floor_is_not_under_it() {
        assert_eq!(shortfalls(&[point(0, &[]), point(10, &[(0, 2)])], 1000), []);
    }

    #[test]
    fn only_stages_that_take_time_are_shown() {
        let milestone = |at_ms, what| Milestone { service: 0, at_ms, what };
        let stage = |at_ms, name: &str| {
            milestone(at_ms, Happening::Stage { name: name.to_owned(), back: false, share: None })
        };
        let over = milestone(900, Happening::Over("SUCCESSFUL".to_owned()));
        let told = [
            stage(0, "PRE_SCALE_UP"),
            stage(0, "SCALE_UP"),
            stage(400, "BAKE_TIME"),
            over,
            stage(950, "SCALE_UP"),
        ];
        let seen: Vec<_> =
            segments(&told).into_iter().map(|it| (it.name, it.from_ms, it.to_ms)).collect();
        let wanted = [("SCALE_UP", 0, Some(400)), ("BAKE_TIME", 400, Some(900))];
        let wanted = wanted.into_iter().chain([("SCALE_UP", 950, None)]);
        assert_eq!(seen, wanted.map(|(n, a, b)| (n.to_owned(), a, b)).collect::<Vec<_>>());
    }

    #[test]
    fn shares_hold_until_the_next_change() {
        let shared = |at_ms, shares: &[(u16, u32)]| SeriesPoint {
            shares: shares.to_vec(),
            ..point(at_ms, &[(0, 4)])
        };
        let points = [
            shared(0, &[(0, 100_000)]),
            shared(300, &[(0, 100_000)]),
            shared(500, &[(0, 90_000), (1, 10_000)]),
        ];
        let times: Vec<_> = stretches(&points, |point| &point.shares, 800)
            .iter()
            .map(|it| (it.from_ms, it.to_ms))
            .collect();
        assert_eq!(times, [(0, 500), (500, 800)]);
    }

    #[test]
    fn ticks_are_round_times() {
        let axes = Axes { to_ms: 600_000, ..AXES };
        assert_eq!(ticks(&axes, 10).len(), 11);
        assert_eq!(ticks(&axes, 10)[1], 60_000);
    }
}
