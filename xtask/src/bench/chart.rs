//! Curves as SVG. The ground is left clear and the ink is of middling lightness, so that a chart
//! can be read on a light page and on a dark one.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const SIZE: (u32, u32) = (760, 400);
const INK: RGBColor = RGBColor(118, 118, 118);
const FAINT: f64 = 0.25;
const COLOURS: [RGBColor; 5] = [
    RGBColor(58, 128, 201),
    RGBColor(214, 111, 30),
    RGBColor(34, 145, 96),
    RGBColor(176, 92, 196),
    RGBColor(190, 80, 80),
];
/// Room for the names of the curves beside their last points, as a part of the axis.
const ROOM_FOR_NAMES: f64 = 0.35;

/// A chart of curves over sizes in powers of ten.
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    /// The vertical axis goes in powers of ten, too; it begins at 0 otherwise.
    pub(super) powers: bool,
    pub(super) curves: Vec<(&'a str, Vec<(f64, f64)>)>,
}

impl Chart<'_> {
    /// Writes the chart; nothing when no curve has a point.
    pub(super) fn write(&self, file: &Path) -> Result<bool> {
        let points = || self.curves.iter().flat_map(|(_, points)| points);
        if points().next().is_none() {
            return Ok(false);
        }
        let least = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(0.0, f64::max);
        let (left, right) = (least(|it| it.0).max(1.0), most(|it| it.0));
        let span = (right / left).max(10.0);
        let x = (left..right * span.powf(ROOM_FOR_NAMES)).log_scale();
        let (low, high) = (least(|it| it.1), most(|it| it.1));
        let drawn = if self.powers {
            self.draw(file, x, (low / 2.0..high * 2.0).log_scale())
        } else {
            self.draw(file, x, 0.0..high * 1.15)
        };
        drawn.map_err(|error| anyhow!("{}: {error}", file.display()))?;
        Ok(true)
    }

    fn draw<X, Y>(&self, file: &Path, x: X, y: Y) -> Result<(), Box<dyn std::error::Error>>
    where
        X: AsRangedCoord<Value = f64>,
        Y: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64>,
        Y::CoordDescType: ValueFormatter<f64>,
    {
        let root = SVGBackend::new(file, SIZE).into_drawing_area();
        let text = |size: i32| ("sans-serif", size).into_font().color(&INK);
        let mut chart = ChartBuilder::on(&root)
            .caption(self.title, text(17))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(INK.mix(FAINT))
            .light_line_style(TRANSPARENT)
            .label_style(text(13))
            .axis_desc_style(text(13))
            .x_desc(self.x)
            .y_desc(self.y)
            .x_label_formatter(&|value| short(*value))
            .y_label_formatter(&|value| short(*value))
            .draw()?;
        for (number, (name, points)) in self.curves.iter().enumerate() {
            let colour = COLOURS[number % COLOURS.len()];
            chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?;
            let dots = points.iter().map(|&point| Circle::new(point, 3, colour.filled()));
            chart.draw_series(dots)?;
            let name_style = ("sans-serif", 13).into_font().color(&colour);
            let name_style = name_style.pos(Pos::new(HPos::Left, VPos::Center));
            let end = points.last().map(|&point| {
                EmptyElement::at(point) + Text::new((*name).to_owned(), (9, 0), name_style)
            });
            chart.draw_series(end)?;
        }
        root.present()?;
        Ok(())
    }
}

/// `10k` for ten thousand.
fn short(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("{}M", v / 1e6),
        v if v >= 1e3 => format!("{}k", v / 1e3),
        v => format!("{v}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_names_its_curves_and_leaves_its_ground_clear() {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let file = folder.path().join("chart.svg");
        let curves =
            vec![("ours", vec![(1e3, 800.0), (1e4, 900.0)]), ("floor", vec![(1e3, 100.0)])];
        let chart = Chart { title: "Cost", x: "instances", y: "ns", powers: true, curves };
        assert!(chart.write(&file).expect("it can be drawn"));
        let text = std::fs::read_to_string(&file).expect("it was written");
        for name in ["Cost", "ours", "floor", "10k"] {
            assert!(text.contains(name), "{name}: {text}");
        }
        assert!(!text.contains("fill=\"#FFFFFF\""), "{text}");
    }

    #[test]
    fn without_points_there_is_no_chart() {
        let chart = Chart { title: "", x: "", y: "", powers: false, curves: vec![("a", vec![])] };
        assert!(!chart.write(Path::new("nowhere.svg")).expect("nothing is written"));
    }
}
