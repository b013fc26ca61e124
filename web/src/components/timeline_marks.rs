//! Under the chart: a band for each revision, a mark for each event, a flag for what was done.

use yew::prelude::*;

use super::timeline_chart::View;
use super::timeline_svg::{Shape, block, filled, label, label_at};
use crate::chart::{Band, REVISION, bands};
use crate::model::Board;
use crate::words::{clock, px, text_width};
use crate::worker::protocol::{Rollout, Service, Tone};

impl View<'_> {
    /// A band for each revision, while any of its tasks ran.
    pub(super) fn revisions(&self) -> Html {
        let Some(service) = self.service else { return Html::default() };
        let (bands, most) = (self.bands(), self.band_rows());
        let older = bands.len().saturating_sub(most);
        let row = |(row, band): (usize, &Band)| {
            let older = if row + 1 == most { older } else { 0 };
            self.band(service, band, 93.0 + REVISION * row as f64, older)
        };
        let rows = bands.iter().take(most).enumerate().map(row);
        html! { <g data-testid="revisions">{ for rows }</g> }
    }

    pub(super) fn band_rows(&self) -> usize {
        self.feed.board.revision_rows(self.index)
    }

    /// Those of the time that is shown, newest first.
    fn bands(&self) -> Vec<Band> {
        let mut bands = bands(self.points);
        let ended = |band: &Band| band.to_ms.is_some_and(|to| to < self.axes.from_ms);
        bands.retain(|band| band.from_ms <= self.axes.to_ms && !ended(band));
        bands
    }

    /// The revisions in words, for those who do not see them.
    pub(super) fn bands_read(&self, service: &Service) -> String {
        let mut words = String::new();
        for band in self.bands() {
            let word = band_word(&self.feed.board, service, &band);
            let from = clock(band.from_ms);
            let until = band.to_ms.map_or_else(String::new, |to| format!(" to {}", clock(to)));
            let revision = self.feed.board.revision(band.definition);
            let word = if word.is_empty() { word } else { format!(", {word}") };
            words.push_str(&format!(" r{revision} runs from {from}{until}{word}."));
        }
        words
    }

    fn band(&self, service: &Service, band: &Band, y: f64, older: usize) -> Html {
        let known = self.feed.board.frame.known_ms;
        let end = band.to_ms.unwrap_or(known).max(band.from_ms);
        let (x0, x1) = (self.axes.x(band.from_ms), self.axes.x(end));
        let word = band_word(&self.feed.board, service, band);
        let width = (x1 - x0 - 1.0).max(2.0);
        let plate = text_width(&word) + 9.0;
        let fits = plate + 6.0 <= width;
        let solid = self.age(band.definition) == 0;
        let class = if solid { format!("b on s{}", self.hue().max(1)) } else { "b".to_owned() };
        let older = if older > 0 { format!(", {older} older") } else { String::new() };
        let revision = self.feed.board.revision(band.definition);
        let name = format!("{} r{revision}{older}", service.name);
        let fill = self.fill(band.definition);
        let way = block(x0 + 0.5, y + 0.5, width, 14.0);
        let shape = Shape { way, fill: &fill, stroke: "var(--tile-line)", ..Shape::default() };
        html! {
            <>
                { label(16.0, y + 11.0, "b", name) }
                { shape.draw() }
                if fits && !solid {
                    { filled(block(x0 + 4.0, y + 2.0, plate, 11.0), "var(--picture)") }
                }
                if fits { { label(x0 + 8.0, y + 11.0, &class, word) } }
            </>
        }
    }

    /// A mark for each event, a sign where something could not be placed or failed, a flag for what
    /// the timeline of the scenario or the reader did.
    pub(super) fn marks(&self) -> Html {
        let log = self.feed.log.items();
        let lower = self.lower();
        let mut events = String::new();
        let (mut signs, mut flags) = (Vec::new(), Vec::new());
        let mut last = f64::NEG_INFINITY;
        for entry in log.iter() {
            if entry.at_ms < self.axes.from_ms || entry.at_ms > self.axes.to_ms {
                continue;
            }
            let x = self.axes.x(entry.at_ms);
            if x - last >= 2.0 {
                let (from, to) = (px(139.0 + lower), px(150.0 + lower));
                events.push_str(&format!("M{},{from}V{to}", px(x)));
                last = x;
            }
            match entry.tone {
                Tone::Bad if signs.last().is_none_or(|before| x - before >= 13.0) => signs.push(x),
                Tone::Edit => flags.push((x, entry.message.clone())),
                Tone::Bad | Tone::Plain => {}
            }
        }
        let (stroke, width) = ("var(--ink-2)", "1.25");
        let events = Shape { way: events, stroke, width, ..Shape::default() };
        html! {
            <>
                { label(16.0, 148.0 + lower, "l", "all events".to_owned()) }
                { events.draw() }
                { for signs.into_iter().map(|x| sign(x, 144.5 + lower)) }
                { label(16.0, 171.0 + lower, "l", "what is done".to_owned()) }
                { self.flags(flags) }
            </>
        }
    }

    /// Flags always; their words only where they touch no others.
    fn flags(&self, flags: Vec<(f64, String)>) -> Html {
        let mut taken: Vec<(f64, f64)> = flags.iter().map(|(x, _)| (x - 6.0, x + 6.0)).collect();
        let cursor = self.axes.x(self.feed.board.frame.now_ms);
        let lower = self.lower();
        taken.push((cursor - 4.0, cursor + 4.0));
        let flag = |(x, words): (f64, String)| {
            let width = text_width(&words);
            let sides = [(x + 10.0, x + 10.0 + width), (x - 10.0 - width, x - 10.0)];
            let free = sides.into_iter().find(|(from, to)| {
                let inside = *to < self.axes.right && *from > self.axes.left;
                inside && taken.iter().all(|(left, right)| to < left || from > right)
            });
            taken.extend(free);
            let turned = if free.is_some_and(|(from, _)| from < x) { -6.0 } else { 6.0 };
            let shape = Shape {
                way: format!(
                    "M{},{}v-12l{},3l{},3",
                    px(x),
                    px(174.0 + lower),
                    px(turned),
                    px(-turned)
                ),
                fill: "var(--ink)",
                stroke: "var(--ink)",
                width: "1.25",
                title: words.clone(),
                ..Shape::default()
            };
            html! {
                <>
                    { shape.draw() }
                    if let Some((from, _)) = free {
                        { label(from, 171.0 + lower, "", words) }
                    }
                </>
            }
        };
        flags.into_iter().map(flag).collect()
    }
}

fn sign(x: f64, y: f64) -> Html {
    let shape = Shape {
        way: format!("M{},{}a6,6 0 1 0 12,0a6,6 0 1 0 -12,0Z", px(x - 6.0), px(y)),
        fill: "var(--fail)",
        stroke: "var(--tile-line)",
        ..Shape::default()
    };
    html! {
        <>
            { shape.draw() }
            { label_at("middle", x, y + 4.0, "n", "!".to_owned()) }
        </>
    }
}

/// What a revision is to its service now.
fn band_word(board: &Board, service: &Service, band: &Band) -> String {
    let now = service.deployments.iter().find(|d| d.definition == band.definition);
    match (now, band.to_ms) {
        (Some(deployment), _) if deployment.status == "PRIMARY" => {
            match deployment.rollout_state.as_str() {
                "" | "IN_PROGRESS" => "PRIMARY".to_owned(),
                state => format!("PRIMARY, {state}"),
            }
        }
        (Some(deployment), _) if service.rollout == Rollout::Rolling => {
            format!("{}, draining", deployment.status)
        }
        (Some(deployment), _) => deployment.status.clone(),
        (None, Some(ended)) if ended <= board.frame.now_ms => "replaced".to_owned(),
        (None, _) => String::new(),
    }
}
