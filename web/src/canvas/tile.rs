//! One tile on a canvas: the visual encoding of a task, the same in the picture, the key and the
//! waiting room.

use std::f64::consts::{PI, TAU};

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::CanvasRenderingContext2d;

use super::geometry::{Rect, Slant, stripes};
use super::scene::{Look, Tile};
use super::theme::Theme;

/// Below this side a tile is a plain shape without outline or words.
const FAR: f64 = 8.0;

/// Draws the tile where its rectangle says.
pub fn draw(context: &CanvasRenderingContext2d, theme: &Theme, tile: &Tile) {
    if tile.rect.size() < FAR {
        far(context, theme, tile);
        return;
    }
    let tile = Drawing { context, theme, tile, rect: tile.rect };
    tile.ground();
    tile.outline();
    tile.words();
    tile.signs();
}

/// Sets the dashes of the next strokes; none for a full line.
pub(super) fn dash(context: &CanvasRenderingContext2d, pattern: &[f64]) {
    let list: Array = pattern.iter().map(|length| JsValue::from_f64(*length)).collect();
    // Only a list of something else than numbers could be refused.
    let _ = context.set_line_dash(&list);
}

/// Fills a rectangle with the pattern of an older revision.
pub(super) fn hatch(
    context: &CanvasRenderingContext2d,
    rect: Rect,
    gap: f64,
    width: f64,
    crossed: bool,
) {
    context.begin_path();
    let mut add = |polygon: &[(f64, f64)]| {
        for (index, (x, y)) in polygon.iter().enumerate() {
            if index == 0 { context.move_to(*x, *y) } else { context.line_to(*x, *y) }
        }
        context.close_path();
    };
    stripes(rect, gap, width, Slant::Rising, &mut add);
    if crossed {
        stripes(rect, gap, width, Slant::Falling, &mut add);
    }
    context.fill();
}

/// Far out: full square, cut corner, small square.
fn far(context: &CanvasRenderingContext2d, theme: &Theme, tile: &Tile) {
    let Rect { x, y, w, h } = tile.rect;
    let side = tile.rect.size();
    context.set_global_alpha(if tile.look >= Look::Going { 0.4 } else { 1.0 });
    context.set_fill_style_str(theme.service(tile.hue));
    match (tile.age, tile.look < Look::Activating) {
        (_, true) => {
            context.set_stroke_style_str(theme.service(tile.hue));
            context.set_line_width(1.0);
            context.stroke_rect(x + 0.5, y + 0.5, (w - 1.0).max(0.5), (h - 1.0).max(0.5));
        }
        (0, false) => context.fill_rect(x, y, w, h),
        (1, false) => {
            context.begin_path();
            context.move_to(x, y);
            context.line_to(x + w - side * 0.6, y);
            context.line_to(x + w, y + side * 0.6);
            context.line_to(x + w, y + h);
            context.line_to(x, y + h);
            context.fill();
        }
        _ => context.fill_rect(x + side / 4.0, y + side / 4.0, w - side / 2.0, h - side / 2.0),
    }
    context.set_global_alpha(1.0);
}

struct Drawing<'a> {
    context: &'a CanvasRenderingContext2d,
    theme: &'a Theme,
    tile: &'a Tile,
    rect: Rect,
}

impl Drawing<'_> {
    fn ground(&self) {
        let Rect { x, y, w, h } = self.rect;
        self.context.set_fill_style_str(&self.theme.picture);
        self.context.fill_rect(x, y, w, h);
        match self.tile.look {
            Look::Running => self.fill(self.rect, 1.0),
            Look::Activating => {
                self.fill(Rect::new(x, y + h / 2.0, w, h / 2.0), 1.0);
                self.edge();
            }
            Look::Going => self.fill(self.rect, 0.4),
            Look::Provisioning | Look::Pending | Look::Out => self.edge(),
        }
        if self.notch() > 0.0 {
            self.context.set_fill_style_str(&self.theme.picture);
            self.context.begin_path();
            self.context.move_to(x + w - self.notch(), y - 1.0);
            self.context.line_to(x + w + 1.0, y - 1.0);
            self.context.line_to(x + w + 1.0, y + self.notch());
            self.context.fill();
        }
    }

    /// The service's colour on the left edge of what is not filled.
    fn edge(&self) {
        self.context.set_fill_style_str(self.theme.service(self.tile.hue));
        self.context.fill_rect(self.rect.x, self.rect.y, 3.0, self.rect.h);
    }

    fn fill(&self, rect: Rect, alpha: f64) {
        self.context.set_global_alpha(alpha);
        self.context.set_fill_style_str(self.theme.service(self.tile.hue));
        match self.tile.age {
            0 => self.context.fill_rect(rect.x, rect.y, rect.w, rect.h),
            1 => hatch(self.context, rect, 5.0, 2.4, false),
            _ => hatch(self.context, rect, 7.0, 1.6, true),
        }
        self.context.set_global_alpha(1.0);
    }

    /// How far the corner of an unhealthy task is cut.
    fn notch(&self) -> f64 {
        if self.tile.unhealthy { (self.rect.h / 3.0).min(9.0) } else { 0.0 }
    }

    fn outline(&self) {
        let (context, Rect { x, y, w, h }) = (self.context, self.rect);
        let notch = self.notch();
        context.set_line_width(self.theme.tile_line_width);
        context.set_stroke_style_str(&self.theme.tile_line);
        if self.tile.look == Look::Provisioning {
            dash(context, &[1.5, 2.0]);
        }
        context.begin_path();
        let (open_left, open_right) = self.tile.open;
        context.move_to(x, y + h);
        if open_left {
            context.move_to(x, y)
        } else {
            context.line_to(x, y)
        }
        context.line_to(x + w - notch, y);
        context.line_to(x + w, y + notch);
        if open_right {
            context.move_to(x + w, y + h)
        } else {
            context.line_to(x + w, y + h)
        }
        context.line_to(x, y + h);
        if !open_left {
            context.line_to(x, y);
        }
        context.stroke();
        if self.tile.look == Look::Provisioning {
            dash(context, &[]);
        }
        if self.tile.again && self.rect.size() > 12.0 {
            context.stroke_rect(x + 2.0, y + 2.0, w - 4.0, h - 4.0);
        }
    }

    fn going(&self) -> bool {
        self.tile.look == Look::Going
    }

    fn patterned(&self) -> bool {
        self.tile.age > 0
            && matches!(self.tile.look, Look::Running | Look::Activating | Look::Going)
    }

    /// Ink of the upper and of the lower line.
    fn inks(&self) -> (&str, &str) {
        let on = self.theme.on_service(self.tile.hue);
        match (self.tile.look, self.tile.age) {
            (Look::Running, 0) => (on, on),
            (Look::Activating, 0) => (&self.theme.ink, on),
            _ => (&self.theme.ink, &self.theme.ink),
        }
    }

    /// Code from 18 px, revision from 24 px of the smaller side, state and time from 44 px.
    fn words(&self) {
        let Rect { x, y, w, h } = self.rect;
        let side = self.rect.size();
        let crowded = (self.going() && w < 36.0) || (self.tile.unhealthy && w < 40.0);
        if w < 18.0 || side < 15.0 || crowded || self.tile.code.is_empty() {
            return;
        }
        let context = self.context;
        let px: u8 = if side >= 44.0 { 14 } else { 11 };
        let two_lines = h >= 28.0 && !self.tile.protected;
        self.theme.set_font(context, 600, px);
        context.set_text_baseline("middle");
        context.set_text_align("left");
        let width = self.theme.width(context, px, &self.tile.code);
        let left = if self.tile.protected {
            9.0
        } else if w < 32.0 {
            ((w - width) / 2.0).max(3.0)
        } else {
            6.0
        };
        let small = self.patterned() && side < 24.0;
        let first = if small {
            y + 7.5
        } else if side >= 44.0 {
            y + 13.0
        } else if h >= 44.0 {
            y + 11.0
        } else if two_lines {
            y + h * 0.29
        } else {
            y + h / 2.0
        };
        let revision = format!("r{}", self.tile.revision);
        if self.patterned() {
            let lines = Lines { first, width, two: two_lines, small };
            self.plate(&lines, &revision);
        }
        let (upper, lower) = self.inks();
        context.set_fill_style_str(upper);
        let _ = context.fill_text(&self.tile.code, x + left, first + 0.5);
        if two_lines {
            let second = if side >= 44.0 {
                y + 29.0
            } else if h >= 44.0 {
                y + 25.0
            } else {
                y + h * 0.73
            };
            self.theme.set_font(context, 400, 11);
            context.set_fill_style_str(lower);
            let _ = context.fill_text(&revision, x + left, second + 0.5);
        } else if w >= 44.0 && !self.tile.protected && !self.going() && !self.tile.unhealthy {
            self.revision_at_right(&revision, first, upper);
        }
        self.foot(upper);
    }

    fn revision_at_right(&self, revision: &str, middle: f64, ink: &str) {
        let (context, Rect { x, w, .. }) = (self.context, self.rect);
        self.theme.set_font(context, 400, 11);
        let width = self.theme.width(context, 11, revision);
        if self.patterned() {
            context.set_fill_style_str(&self.theme.picture);
            context.fill_rect(x + w - width - 9.0, middle - 6.5, width + 6.0, 13.0);
        }
        context.set_fill_style_str(ink);
        let _ = context.fill_text(revision, x + w - width - 6.0, middle + 0.5);
    }

    /// A plain ground for words over a pattern.
    fn plate(&self, lines: &Lines, revision: &str) {
        let (context, Rect { x, y, w, h }) = (self.context, self.rect);
        context.set_fill_style_str(&self.theme.picture);
        if lines.two {
            let words = self
                .tile
                .foot
                .as_ref()
                .map_or(0.0, |(state, _)| self.theme.width(context, 11, state));
            let beneath = self.theme.width(context, 11, revision);
            let width = lines.width.max(beneath).max(words) + 6.0;
            context.fill_rect(x + 3.0, y + 2.5, width.min(w - 6.0), h - 5.0);
        } else if lines.small {
            context.fill_rect(x + 1.0, y + 1.0, w - 2.0, 12.0);
        } else {
            context.fill_rect(x + 3.0, lines.first - 6.5, lines.width + 6.0, 13.0);
        }
    }

    /// State and the time in it, at the foot of a large tile.
    fn foot(&self, ink: &str) {
        let Some((state, lasted)) = self.tile.foot.as_ref().filter(|_| !self.going()) else {
            return;
        };
        let (context, Rect { x, y, h, .. }) = (self.context, self.rect);
        let ink = if self.tile.look == Look::Activating { self.inks().1 } else { ink };
        self.theme.set_font(context, 400, 11);
        context.set_fill_style_str(ink);
        if h >= 62.0 {
            let _ = context.fill_text(state, x + 6.0, y + h - 24.0);
            let _ = context.fill_text(lasted, x + 6.0, y + h - 10.0);
        } else if h >= 52.0 {
            let _ = context.fill_text(state, x + 6.0, y + h - 9.0);
        }
    }

    fn signs(&self) {
        let Rect { x, y, w, h } = self.rect;
        let context = self.context;
        if self.going() && w >= 22.0 {
            self.down_mark(if w < 36.0 { x + w / 2.0 } else { x + w - 9.0 });
        }
        if self.tile.look == Look::Out {
            context.set_stroke_style_str(&self.theme.ink);
            context.set_line_width(1.2);
            context.begin_path();
            context.move_to(x, y);
            context.line_to(x + w, y + h);
            context.move_to(x + w, y);
            context.line_to(x, y + h);
            context.stroke();
        }
        if self.tile.unhealthy && self.rect.size() >= 14.0 {
            self.exclamation();
        }
        if self.tile.unknown && w >= 40.0 {
            let on = self.theme.on_service(self.tile.hue);
            context.set_stroke_style_str(if self.tile.age == 0 { on } else { &self.theme.ink });
            context.set_line_width(1.3);
            context.begin_path();
            let _ = context.arc(x + w - 9.0, y + h / 2.0, 2.6, 0.0, TAU);
            context.stroke();
        }
        if self.tile.protected && self.rect.size() >= 14.0 {
            self.padlock();
        }
    }

    fn down_mark(&self, x: f64) {
        let (context, middle) = (self.context, self.rect.y + self.rect.h / 2.0);
        context.set_stroke_style_str(&self.theme.ink);
        context.set_line_width(1.5);
        context.set_line_cap("round");
        context.set_line_join("round");
        context.begin_path();
        context.move_to(x, middle - 5.0);
        context.line_to(x, middle + 5.0);
        context.move_to(x - 3.0, middle + 2.0);
        context.line_to(x, middle + 5.0);
        context.line_to(x + 3.0, middle + 2.0);
        context.stroke();
        context.set_line_cap("butt");
        context.set_line_join("miter");
    }

    fn exclamation(&self) {
        let (context, Rect { x, y, w, h }) = (self.context, self.rect);
        let (cx, cy) =
            if w >= 40.0 { (x + w - 15.0, y + h / 2.0 + 1.0) } else { (x + w / 2.0, y + h - 8.0) };
        context.set_fill_style_str(&self.theme.fail);
        context.set_stroke_style_str(&self.theme.tile_line);
        context.set_line_width(1.0);
        context.begin_path();
        let _ = context.arc(cx, cy, 6.5, 0.0, TAU);
        context.fill();
        context.stroke();
        context.set_fill_style_str(&self.theme.on_fail);
        self.theme.set_font(context, 700, 10);
        context.set_text_align("center");
        context.set_text_baseline("middle");
        let _ = context.fill_text("!", cx, cy + 0.5);
        context.set_text_align("left");
    }

    fn padlock(&self) {
        let (context, Rect { x, y, w, h }) = (self.context, self.rect);
        context.set_stroke_style_str(&self.theme.ink);
        context.set_line_width(2.0);
        context.stroke_rect(x + 2.5, y + 2.5, w - 5.0, h - 5.0);
        if w < 30.0 {
            return;
        }
        let (kx, ky) = (x + w - 12.0, y + h / 2.0);
        context.set_fill_style_str(&self.theme.picture);
        context.fill_rect(kx - 5.0, ky - 7.0, 11.0, 14.0);
        context.set_fill_style_str(&self.theme.ink);
        context.fill_rect(kx - 3.5, ky - 1.0, 8.0, 6.0);
        context.set_line_width(1.4);
        context.begin_path();
        let _ = context.arc(kx + 0.5, ky - 1.0, 2.5, PI, 0.0);
        context.stroke();
    }
}

/// Where the words of a tile stand.
struct Lines {
    first: f64,
    width: f64,
    two: bool,
    small: bool,
}
