//! Deployments that shift traffic: who has how much of it, and the stages under that.

use yew::prelude::*;

use super::timeline_chart::View;
use super::timeline_svg::{Shape, block, filled, label};
use crate::chart::{
    Axes, GAP, SHARES, STAGE, Segment, Shares, Stretch, TESTS, extra_height, has_tests, named,
    segments, stepped_area, stretches, third_row,
};
use crate::words::{clock, px, share_word, span, text_width};
use crate::worker::protocol::{Happening, Rollout, SeriesPoint};

/// All of it, in thousandths of a percent.
const WHOLE: u32 = 100_000;

/// A band of who has how much of something.
struct Lane {
    testid: &'static str,
    name: &'static str,
    top: f64,
    height: f64,
    dashes: &'static str,
    of: Shares,
}

impl View<'_> {
    /// Whether the service ever shifts traffic or scales task sets.
    pub(super) fn shifts(&self) -> bool {
        let other = self.service.is_some_and(|service| service.rollout != Rollout::Rolling);
        other || !self.milestones.is_empty()
    }

    /// How much lower than in the plainest chart stands what comes under these rows.
    pub(super) fn lower(&self) -> f64 {
        extra_height(self.points, self.band_rows(), self.shifts(), self.small)
    }

    fn share_row(&self) -> f64 {
        if self.small { 66.0 } else { 133.0 + third_row(self.band_rows()) }
    }

    fn test_row(&self) -> f64 {
        self.share_row() + SHARES + GAP
    }

    pub(super) fn stage_row(&self) -> f64 {
        let tests = if has_tests(self.points) { TESTS + GAP } else { 0.0 };
        self.test_row() + tests
    }

    /// The shares at the cursor and the stage, in words.
    pub(super) fn stages_read(&self) -> String {
        if !self.shifts() {
            return String::new();
        }
        let now = self.feed.board.frame.now_ms;
        let here = self.points.iter().rfind(|point| point.at_ms <= now);
        let shares = here.map_or_else(String::new, |point| self.share_words(&point.shares));
        let tests = here.filter(|point| !point.tests.is_empty());
        let tests = tests.map_or_else(String::new, |point| {
            format!(" test traffic: {}.", self.share_words(&point.tests))
        });
        let stage = self.service.and_then(|service| service.stage.as_ref());
        let stage = stage.map_or_else(String::new, |stage| format!(" Stage {stage}."));
        format!(" {}: {shares}.{tests}{stage}", self.share_name())
    }

    fn share_name(&self) -> &'static str {
        match self.service.map(|service| service.rollout) {
            Some(Rollout::External) => "scale",
            _ => "traffic",
        }
    }

    /// `r1 90%, r2 10%`.
    fn share_words(&self, shares: &[(u16, u32)]) -> String {
        if shares.is_empty() {
            return "nobody has any".to_owned();
        }
        let word = |(definition, share): &(u16, u32)| {
            format!("r{} {}", self.feed.board.revision(*definition), share_word(*share))
        };
        shares.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    /// A band as high as all of the traffic, and under it one of the test traffic.
    pub(super) fn shares(&self) -> Html {
        let production = Lane {
            testid: "shares",
            name: self.share_name(),
            top: self.share_row(),
            height: SHARES,
            dashes: "",
            of: |point| &point.shares,
        };
        let tests = Lane {
            testid: "tests",
            name: "test",
            top: self.test_row(),
            height: TESTS,
            dashes: "3 2",
            of: |point| &point.tests,
        };
        html! {
            <>
                { self.lane(&production) }
                if has_tests(self.points) { { self.lane(&tests) } }
            </>
        }
    }

    /// The newest revision's part stands at the foot.
    fn lane(&self, lane: &Lane) -> Html {
        let &Lane { testid, name, top, height, dashes, of } = lane;
        let known = self.feed.board.frame.known_ms;
        let sum = |point: &SeriesPoint| of(point).iter().map(|(_, share)| share).sum::<u32>();
        let most = self.points.iter().map(sum).max().unwrap_or(0).max(WHOLE);
        let axes = Axes { top, bottom: top + height, most, ..self.axes };
        let all = named(self.points, of);
        let layer = |from: &u16| {
            let share = |point: &SeriesPoint| {
                let own = of(point).iter().filter(|(definition, _)| definition >= from);
                own.map(|(_, share)| share).sum()
            };
            Shape {
                way: stepped_area(self.points, &axes, known, share),
                fill: &self.fill(*from),
                stroke: "var(--tile-line)",
                width: ".75",
                dashes,
                ..Shape::default()
            }
            .draw()
        };
        let words = stretches(self.points, of, known);
        html! {
            <g data-testid={testid}>
                { self.row_name(top + height - 4.0, name) }
                { for all.iter().map(layer) }
                { for words.iter().map(|stretch| self.share_text(stretch, top + height)) }
            </g>
        }
    }

    fn row_name(&self, y: f64, name: &'static str) -> Html {
        label(if self.small { 8.0 } else { 16.0 }, y, "l", name.to_owned())
    }

    fn share_text(&self, stretch: &Stretch, bottom: f64) -> Html {
        let (x0, x1) = (self.axes.x(stretch.from_ms), self.axes.x(stretch.to_ms));
        let full = self.share_words(&stretch.shares);
        let newest = stretch.shares.last().map(std::slice::from_ref).unwrap_or_default();
        let short = self.share_words(newest);
        let fits = |words: &String| text_width(words) + 12.0 <= x1 - x0;
        let Some(words) = [&full, &short].into_iter().find(|words| fits(words)) else {
            return Html::default();
        };
        let width = text_width(words) + 6.0;
        html! {
            <>
                { filled(block(x0 + 3.0, bottom - 14.0, width, 12.5), "var(--picture)") }
                { label(x0 + 6.0, bottom - 4.0, "b", words.clone()) }
            </>
        }
    }

    /// A box for each stage that took time, with its word where there is room, and its hooks.
    pub(super) fn stages(&self) -> Html {
        if self.milestones.is_empty() {
            return html! { { self.row_name(self.stage_row() + 12.0, "stage") } };
        }
        let listed = segments(self.milestones);
        html! {
            <g data-testid="stages">
                { self.row_name(self.stage_row() + 12.0, "stage") }
                { for listed.iter().map(|segment| self.stage(segment)) }
                { for self.milestones.iter().map(|it| self.mark(it.at_ms, &it.what)) }
            </g>
        }
    }

    fn stage(&self, segment: &Segment) -> Html {
        let known = self.feed.board.frame.known_ms;
        let end = segment.to_ms.unwrap_or(known).max(segment.from_ms);
        if end < self.axes.from_ms || segment.from_ms > self.axes.to_ms {
            return Html::default();
        }
        let (x0, x1, y) = (self.axes.x(segment.from_ms), self.axes.x(end), self.stage_row());
        let width = (x1 - x0).max(1.5);
        let way = if segment.back { "back: " } else { "" };
        let lasted = span(end - segment.from_ms);
        let share = segment.share.map_or_else(String::new, |it| format!(" {}", share_word(it)));
        let words = format!("{way}{}{share}", segment.name);
        let short = format!("{way}{}{share}", short_stage(&segment.name));
        let timed = format!("{words} {lasted}");
        let fits = |words: &String| text_width(words) + 10.0 <= width;
        let shown = [timed.clone(), words, short].into_iter().find(fits);
        let (fill, stroke) = match segment.back {
            true => ("var(--fail-wash)", "var(--fail)"),
            false => ("var(--sunken)", "var(--line)"),
        };
        let class = if segment.back { "f" } else { "" };
        let way = block(x0 + 0.5, y + 0.5, width, STAGE - 1.0);
        let title = format!("{timed}, from {}", clock(segment.from_ms));
        let shape = Shape { way, fill, stroke, title, ..Shape::default() };
        html! {
            <>
                { shape.draw() }
                if let Some(words) = shown { { label(x0 + 6.0, y + 12.0, class, words) } }
            </>
        }
    }

    /// A hook that ended: a filled diamond, crossed out when it speaks against going on.
    fn mark(&self, at_ms: u64, what: &Happening) -> Html {
        let Happening::Hook { name, stage, status } = what else { return Html::default() };
        if at_ms < self.axes.from_ms || at_ms > self.axes.to_ms {
            return Html::default();
        }
        let (x, y) = (self.axes.x(at_ms), self.stage_row() + STAGE / 2.0);
        let (fill, stroke) = match status.as_str() {
            "SUCCEEDED" => ("var(--ink)", "var(--picture)"),
            "FAILED" => ("var(--fail)", "var(--tile-line)"),
            "TIMED_OUT" => ("var(--ink-3)", "var(--picture)"),
            _ => ("var(--picture)", "var(--ink)"),
        };
        let title = format!("hook {name} at {stage}: {status}, at {}", clock(at_ms));
        let way = format!("M{},{}l5,5l-5,5l-5,-5Z", px(x), px(y - 5.0));
        let shape = Shape { way, fill, stroke, title, ..Shape::default() };
        let (left, down, up) = (px(x - 6.0), px(y + 6.0), px(y - 6.0));
        let way = format!("M{left},{down}l12,-12M{left},{up}l12,12");
        let (stroke, width) = ("var(--tile-line)", "1.5");
        let crossed = Shape { way, stroke, width, ..Shape::default() };
        html! {
            <>
                { shape.draw() }
                if status == "FAILED" {
                    { crossed.draw() }
                }
            </>
        }
    }
}

/// The telling part of a stage's name, where there is no room for all of it.
fn short_stage(name: &str) -> &str {
    let ends = ["_TRAFFIC_SHIFT", "_TIME", "_SERVICE", "_WAIT", "Traffic"];
    ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}
