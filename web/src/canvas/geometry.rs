//! Rectangles, and the stripes of a hatched one.

/// A rectangle in CSS px.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl Rect {
    #[must_use]
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    #[must_use]
    pub fn centre(&self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// The smaller side.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.w.min(self.h)
    }

    #[must_use]
    pub fn contains(&self, x: f64, y: f64) -> bool {
        x >= self.x && x < self.right() && y >= self.y && y < self.bottom()
    }

    /// Larger by `by` on every side.
    #[must_use]
    pub fn grown(&self, by: f64) -> Self {
        Self::new(self.x - by, self.y - by, self.w + 2.0 * by, self.h + 2.0 * by)
    }
}

/// Which way the stripes of a pattern run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slant {
    /// From bottom left to top right.
    Rising,
    /// From top left to bottom right.
    Falling,
}

/// The stripes of a pattern inside a rectangle as closed polygons, all wound the same way, so that
/// one path can hold both slants and be filled once. `gap` is the distance between stripes and
/// `width` their thickness, both across the stripe.
pub fn stripes(
    rect: Rect,
    gap: f64,
    width: f64,
    slant: Slant,
    mut each: impl FnMut(&[(f64, f64)]),
) {
    let step = gap * std::f64::consts::SQRT_2;
    let thick = width * std::f64::consts::SQRT_2;
    let span = rect.w + rect.h;
    let mut from = 0.0;
    while from < span {
        let polygon = band(rect, from, (from + thick).min(span));
        match slant {
            Slant::Rising => each(&polygon),
            Slant::Falling => {
                let mirrored: Vec<(f64, f64)> =
                    polygon.iter().rev().map(|(x, y)| (rect.x + rect.right() - x, *y)).collect();
                each(&mirrored);
            }
        }
        from += step;
    }
}

/// The part of a rectangle between two lines that rise at 45 degrees; a line is named by the sum
/// of its distances from the left and the top edge.
fn band(rect: Rect, from: f64, to: f64) -> Vec<(f64, f64)> {
    let on = |sum: f64, along: f64| (rect.x + along, rect.y + sum - along);
    let lower = |sum: f64| on(sum, (sum - rect.h).max(0.0));
    let upper = |sum: f64| on(sum, sum.min(rect.w));
    let mut polygon = vec![lower(from), upper(from)];
    if from < rect.w && rect.w < to {
        polygon.push((rect.right(), rect.y));
    }
    polygon.push(upper(to));
    polygon.push(lower(to));
    if from < rect.h && rect.h < to {
        polygon.push((rect.x, rect.bottom()));
    }
    polygon
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(polygon: &[(f64, f64)]) -> f64 {
        let next = polygon.iter().cycle().skip(1);
        polygon.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>() / 2.0
    }

    #[test]
    fn stripes_stay_inside_their_rectangle() {
        let rect = Rect::new(10.0, 20.0, 37.0, 13.0);
        let fuzzy = rect.grown(1e-9);
        for slant in [Slant::Rising, Slant::Falling] {
            stripes(rect, 5.0, 2.4, slant, |polygon| {
                assert!(polygon.iter().all(|(x, y)| fuzzy.contains(*x, *y)), "{polygon:?}");
            });
        }
    }

    #[test]
    fn stripes_cover_their_share_and_are_wound_alike() {
        let rect = Rect::new(0.0, 0.0, 200.0, 120.0);
        for slant in [Slant::Rising, Slant::Falling] {
            let mut covered = 0.0;
            stripes(rect, 5.0, 2.5, slant, |polygon| {
                assert!(area(polygon) >= 0.0, "{slant:?} {polygon:?}");
                covered += area(polygon);
            });
            let share = covered / (rect.w * rect.h);
            assert!((share - 0.5).abs() < 0.03, "{share}");
        }
    }
}
