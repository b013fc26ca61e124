//! The chart of the timeline: counts between their limits, the axis and the cursor.

use yew::prelude::*;

use super::timeline_svg::{Shape, block, filled, label, label_at, line};
use crate::chart::{
    Axes, STAGE, Shortfall, area, definitions, line as stepped, missing_area, shortfalls, ticks,
    total,
};
use crate::feed::Feed;
use crate::limits::rounding;
use crate::words::{clock, px, span, text_width};
use crate::worker::protocol::{Milestone, SeriesPoint, Service};

/// All that one drawing needs.
pub(super) struct View<'a> {
    pub(super) feed: &'a Feed,
    pub(super) index: u16,
    pub(super) service: Option<&'a Service>,
    pub(super) points: &'a [SeriesPoint],
    pub(super) milestones: &'a [Milestone],
    pub(super) axes: Axes,
    pub(super) height: f64,
    pub(super) small: bool,
}

impl View<'_> {
    pub(super) fn draw(&self, width: f64) -> Html {
        let reading = self.reading();
        html! {
            <svg viewBox={format!("0 0 {} {}", px(width), px(self.height))} role="img"
                aria-label={reading}>
                { self.patterns() }
                { self.grid() }
                { self.counts() }
                if !self.small { { self.revisions() } { self.marks() } }
                if self.shifts() { { self.shares() } { self.stages() } }
                { self.unknown() }
                { self.cursor() }
            </svg>
        }
    }

    /// The chart in one sentence.
    fn reading(&self) -> String {
        let Some(service) = self.service else { return "Timeline".to_owned() };
        let now = self.feed.board.frame.now_ms;
        let until_now = self.points.partition_point(|point| point.at_ms <= now);
        let counts = self.points[..until_now].iter().map(total);
        let (low, high) = counts.fold((u32::MAX, 0), |(l, h), c| (l.min(c), h.max(c)));
        format!(
            "Timeline of {}: between {} and {high} tasks ran until {}; floor {}, ceiling {}.",
            service.name,
            low.min(high),
            clock(now),
            service.floor,
            service.ceiling
        ) + &self.bands_read(service)
            + &self.stages_read()
    }

    /// The service in two letters: all there is room for on a phone.
    fn code(&self) -> String {
        self.feed.board.badge(Some(self.index)).code.to_string()
    }

    pub(super) fn hue(&self) -> u8 {
        self.feed.board.badge(Some(self.index)).hue
    }

    fn patterns(&self) -> Html {
        let colour = format!("var(--svc-{})", self.hue().max(1));
        let striped = |id: &'static str, width: &'static str, crossed: bool| {
            html! {
                <pattern {id} width="6" height="6" patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)">
                    <rect width="6" height="6" fill="var(--picture)" />
                    <rect {width} height="6" fill={colour.clone()} />
                    if crossed { <rect width="6" height={width} fill={colour.clone()} /> }
                </pattern>
            }
        };
        html! {
            <defs>
                { striped("tl-age-1", "2.4", false) }
                { striped("tl-age-2", "1.4", true) }
                <pattern id="tl-unknown" width="6" height="6" patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)">
                    <rect width="1" height="6" fill="var(--line)" />
                </pattern>
            </defs>
        }
    }

    /// The fill of a definition of the service: solid, lines, crossed.
    pub(super) fn fill(&self, definition: u16) -> String {
        match self.age(definition) {
            0 => format!("var(--svc-{})", self.hue().max(1)),
            1 => "url(#tl-age-1)".to_owned(),
            _ => "url(#tl-age-2)".to_owned(),
        }
    }

    /// Rank among all that the run has had: the picture's is among those of the moment.
    pub(super) fn age(&self, definition: u16) -> usize {
        let all = definitions(self.points);
        all.iter().position(|known| *known == definition).unwrap_or(0)
    }

    fn foot(&self) -> f64 {
        match (self.small, self.shifts()) {
            (false, _) => self.height - 24.0,
            (true, false) => self.axes.bottom,
            (true, true) => self.stage_row() + STAGE,
        }
    }

    fn grid(&self) -> Html {
        let Axes { left, right, top, bottom, .. } = self.axes;
        let wanted = ((right - left) / if self.small { 140.0 } else { 64.0 }) as u64;
        let now_x = self.axes.x(self.feed.board.frame.now_ms);
        let label_y = self.height - 8.0;
        let tick = |ms: u64| {
            let x = self.axes.x(ms);
            let anchor = if x - left < 4.0 {
                "start"
            } else if right - x < 4.0 {
                "end"
            } else {
                "middle"
            };
            let clear = self.small || (x - now_x).abs() > 56.0;
            let way = format!("M{},{}V{}", px(x), px(top - 6.0), px(self.foot()));
            let words = axis_time(ms, self.axes.to_ms);
            html! {
                <>
                    { line(way, "var(--hairline)") }
                    if clear { { label_at(anchor, x, label_y, "l", words) } }
                </>
            }
        };
        html! {
            <>
                { for ticks(&self.axes, wanted).into_iter().map(tick) }
                { line(format!("M{},{}H{}", px(left), px(bottom), px(right)), "var(--line)") }
            </>
        }
    }

    /// Running tasks stacked by revision, the line on top, the limits, and what is missing.
    fn counts(&self) -> Html {
        let Some(service) = self.service else { return Html::default() };
        let known = self.feed.board.frame.known_ms;
        let all = definitions(self.points);
        let layer = |upto: usize| {
            let way = area(self.points, &self.axes, known, &all[..=upto]);
            filled(way, &self.fill(all[upto]))
        };
        let limit = |value: fn(&SeriesPoint) -> u32, maximum: bool| {
            Shape {
                way: stepped(self.points, &self.axes, self.axes.to_ms, value),
                stroke: "var(--ink)",
                width: "1.25",
                dashes: "5 3",
                title: rounding(service, maximum),
                ..Shape::default()
            }
            .draw()
        };
        let top = Shape {
            way: stepped(self.points, &self.axes, known, total),
            stroke: "var(--ink)",
            width: "1.75",
            ..Shape::default()
        };
        html! {
            <>
                { for (0..all.len()).rev().map(layer) }
                { for shortfalls(self.points, known).iter().map(|gap| self.missing(gap)) }
                { top.draw() }
                { limit(|point| point.floor, false) }
                { limit(|point| point.ceiling, true) }
                { self.scale(service) }
            </>
        }
    }

    /// What is missing under the floor, with its size and length in words where there is room.
    fn missing(&self, gap: &Shortfall) -> Html {
        let shape = Shape {
            way: missing_area(self.points, &self.axes, gap),
            fill: "var(--fail-wash)",
            stroke: "var(--fail)",
            width: "1.25",
            ..Shape::default()
        };
        let lasted = span(gap.to_ms.saturating_sub(gap.from_ms));
        let words = format!("! {} under the floor for {lasted}", gap.missing);
        let x = self.axes.x(gap.from_ms);
        let from = x.min(self.axes.right - text_width(&words));
        let room = gap.to_ms > self.axes.from_ms && gap.from_ms < self.axes.to_ms && !self.small;
        let floor = self.points.iter().rfind(|p| p.at_ms <= gap.from_ms).map_or(0, |p| p.floor);
        html! {
            <>
                { shape.draw() }
                if room { { label(from, self.axes.y(floor) - 5.0, "f", words) } }
            </>
        }
    }

    fn scale(&self, service: &Service) -> Html {
        let axes = &self.axes;
        let x = axes.left - 8.0;
        let text = |y: f64, class: &'static str, before: String, words: String| {
            html! {
                <text x={px(x).to_string()} y={px(y + 4.0).to_string()} {class} text-anchor="end">
                    <tspan class="l">{ before }</tspan>{ words }
                </text>
            }
        };
        let exact = |maximum: bool| match self.small {
            true => String::new(),
            false => inexact(service, maximum),
        };
        let (floor, ceiling) = (axes.y(service.floor), axes.y(service.ceiling));
        let above_zero = service.floor > 0 && axes.y(0) - floor >= 10.0;
        let apart = (floor - ceiling).abs() >= 12.0;
        let (floor_word, ceiling_word) = if self.small {
            (service.floor.to_string(), service.ceiling.to_string())
        } else {
            (format!("floor {}", service.floor), format!("ceiling {}", service.ceiling))
        };
        html! {
            <>
                if self.small {
                    { label(16.0, self.height - 8.0, "b", self.code()) }
                } else {
                    { label(16.0, 22.0, "b", service.name.clone()) }
                    { label(16.0, 37.0, "l", "running tasks".to_owned()) }
                    { text(axes.y(0), "l", String::new(), "0".to_owned()) }
                }
                if above_zero { { text(floor, "b", exact(false), floor_word) } }
                if apart { { text(ceiling, "b", exact(true), ceiling_word) } }
            </>
        }
    }

    /// Hatched: not run yet.
    fn unknown(&self) -> Html {
        let known = self.feed.board.frame.known_ms;
        let Axes { right, top, bottom, .. } = self.axes;
        let x = self.axes.x(known);
        if known >= self.axes.to_ms || self.feed.board.frame.finished {
            return Html::default();
        }
        let area = block(x, top - 4.0, right - x, bottom - top + 4.0);
        html! {
            <>
                <g opacity=".4">{ filled(area, "url(#tl-unknown)") }</g>
                { line(format!("M{},{}V{}", px(x), px(top - 6.0), px(self.foot())), "var(--line)") }
            </>
        }
    }

    fn cursor(&self) -> Html {
        let now = self.feed.board.frame.now_ms;
        let x = self.axes.x(now);
        let y = self.height - 8.0;
        let low = if self.small { self.foot() } else { self.height - 20.0 };
        let box_x = (x - 32.0).min(self.axes.right - 52.0).max(self.axes.left - 24.0);
        let way = format!("M{},4V{}", px(x), px(low));
        let stem = Shape { way, stroke: "var(--accent)", width: "2", ..Shape::default() };
        html! {
            <>
                { stem.draw() }
                { filled(format!("M{},2h12v6l-6,6l-6,-6Z", px(x - 6.0)), "var(--accent)") }
                if !self.small {
                    { filled(block(box_x, y - 12.0, 64.0, 16.0), "var(--accent)") }
                    { label_at("middle", box_x + 32.0, y, "a", clock(now)) }
                }
            </>
        }
    }
}

/// `50% of 3 is 1.5, rounded up: `; nothing where nothing is rounded.
fn inexact(service: &Service, maximum: bool) -> String {
    let (percent, way) = match maximum {
        true => (service.maximum_percent, "down"),
        false => (service.minimum_percent, "up"),
    };
    let hundredths = u64::from(service.desired) * u64::from(percent);
    if hundredths.is_multiple_of(100) {
        return String::new();
    }
    let exact = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let exact = exact.trim_end_matches('0');
    format!("{percent}% of {} is {exact}, rounded {way}: ", service.desired)
}

/// `04:00`, or `1:04:00` in a run of more than an hour.
fn axis_time(ms: u64, to_ms: u64) -> String {
    let full = clock(ms);
    if to_ms > 3_600_000 { full.trim_start_matches('0').to_owned() } else { full[3..].to_owned() }
}
