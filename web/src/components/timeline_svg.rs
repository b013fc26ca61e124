//! The two things a chart is made of: shapes and words. Each is written once, since what draws an
//! element weighs more than what says where it goes.

use yew::prelude::*;

use crate::words::px;

/// A shape with its outline; what it has none of is empty.
#[derive(Default)]
pub(super) struct Shape<'a> {
    /// Its way, as a path has it.
    pub(super) way: String,
    pub(super) fill: &'a str,
    pub(super) stroke: &'static str,
    pub(super) width: &'static str,
    pub(super) dashes: &'static str,
    /// What it says to who points at it.
    pub(super) title: String,
}

impl Shape<'_> {
    pub(super) fn draw(self) -> Html {
        let Self { way, fill, stroke, width, dashes, title } = self;
        let fill = if fill.is_empty() { "none" } else { fill }.to_owned();
        let given = |text: &'static str| (!text.is_empty()).then_some(text);
        html! {
            <path d={way} {fill} stroke={given(stroke)} stroke-width={given(width)}
                stroke-dasharray={given(dashes)}>
                if !title.is_empty() { <title>{ title }</title> }
            </path>
        }
    }
}

/// A rectangle's way.
pub(super) fn block(x: f64, y: f64, width: f64, height: f64) -> String {
    format!("M{},{}h{}v{}h{}Z", px(x), px(y), px(width), px(height), px(-width))
}

/// A filled shape without an outline.
pub(super) fn filled(way: String, fill: &str) -> Html {
    Shape { way, fill, ..Shape::default() }.draw()
}

/// A line of the usual width.
pub(super) fn line(way: String, stroke: &'static str) -> Html {
    Shape { way, stroke, ..Shape::default() }.draw()
}

/// Words that begin at a point.
pub(super) fn label(x: f64, y: f64, class: &str, words: String) -> Html {
    label_at("start", x, y, class, words)
}

/// Words that begin, end, or have their middle at a point.
pub(super) fn label_at(anchor: &'static str, x: f64, y: f64, class: &str, words: String) -> Html {
    html! {
        <text x={px(x).to_string()} y={px(y).to_string()} class={class.to_owned()}
            text-anchor={anchor}>{ words }</text>
    }
}
