//! Scenes on a canvas: the one step that touches the browser.

use std::f64::consts::{FRAC_PI_2, TAU};

use web_sys::CanvasRenderingContext2d;

use super::geometry::Rect;
use super::layout::{GUTTER, HEAD};
use super::motion::{Motion, MotionKind, ease_in, ease_out};
use super::scene::{Cell, FrameKind, Label, LabelState, Tile};
use super::slots::CellId;
use super::theme::{Theme, measure};
use super::tile::{dash, draw, hatch};

/// Under this width the label line gives up the type, then the numbers.
const TYPE_MIN: f64 = 190.0;

/// A context with the colours to use on it.
pub struct Painter<'a> {
    pub context: &'a CanvasRenderingContext2d,
    pub theme: &'a Theme,
}

impl Painter<'_> {
    /// Paints a cell over whatever was there.
    pub fn cell(&self, cell: &Cell) {
        let extent = cell.extent();
        self.context.set_fill_style_str(&self.theme.picture);
        self.context.fill_rect(extent.x, extent.y, extent.w, extent.h);
        if let Some(label) = &cell.label {
            self.label(cell, label);
        }
        self.frame(cell);
        for bar in &cell.bars {
            self.bar(bar.rect, bar.hue);
        }
        for tile in &cell.tiles {
            draw(self.context, self.theme, tile);
        }
    }

    /// Clears what a cell covered.
    pub fn erase(&self, extent: Rect) {
        self.context.set_fill_style_str(&self.theme.picture);
        self.context.fill_rect(extent.x, extent.y, extent.w, extent.h);
    }

    fn bar(&self, rect: Rect, hue: u8) {
        self.context.set_fill_style_str(self.theme.service(hue));
        self.context.fill_rect(rect.x, rect.y, rect.w, rect.h);
        if rect.h >= 6.0 {
            self.context.set_stroke_style_str(&self.theme.tile_line);
            self.context.set_line_width(self.theme.tile_line_width);
            self.context.stroke_rect(rect.x + 0.5, rect.y + 0.5, rect.w, rect.h - 1.0);
        }
    }

    fn outline(&self, cell: &Cell, by: f64) {
        let rect = Rect::new(
            cell.frame.x + 0.5 - by,
            cell.frame.y + 0.5 - by,
            cell.frame.w - 1.0 + 2.0 * by,
            cell.frame.h - 1.0 + 2.0 * by,
        );
        self.context.begin_path();
        let radius = if cell.look.round { (9.0 + by).min(rect.size() / 2.0).max(0.0) } else { 0.0 };
        // Only a negative radius could be refused.
        let _ = self.context.round_rect_with_f64(rect.x, rect.y, rect.w, rect.h, radius);
    }

    fn frame(&self, cell: &Cell) {
        let (context, theme) = (self.context, self.theme);
        if cell.look.kind == FrameKind::Strip {
            return self.strip(cell);
        }
        if cell.look.kind == FrameKind::Draining {
            context.save();
            self.outline(cell, 3.5);
            context.clip();
            context.set_fill_style_str(&theme.frame);
            hatch(context, cell.frame.grown(4.0), 3.0, 1.6, false);
            context.restore();
        }
        self.outline(cell, 0.0);
        let gone = cell.look.kind == FrameKind::Gone;
        context.set_fill_style_str(if gone { &theme.sunken } else { &theme.picture });
        context.fill();
        if gone {
            self.cross(cell.frame);
        }
        match cell.look.kind {
            FrameKind::Coming => dash(context, &[1.5, 2.5]),
            FrameKind::AgentLost => dash(context, &[7.0, 3.0]),
            FrameKind::Plain | FrameKind::Draining | FrameKind::Gone | FrameKind::Strip => {}
        }
        let lost = cell.look.kind == FrameKind::AgentLost;
        context.set_stroke_style_str(if lost { &theme.ink } else { &theme.frame });
        context.set_line_width(theme.frame_line_width);
        self.outline(cell, 0.0);
        context.stroke();
        dash(context, &[]);
        if !gone && cell.look.kind != FrameKind::Coming && cell.frame.w >= 60.0 {
            self.gutters(cell);
        }
    }

    fn cross(&self, frame: Rect) {
        self.context.set_stroke_style_str(&self.theme.frame);
        self.context.set_line_width(1.0);
        self.context.begin_path();
        self.context.move_to(frame.x, frame.y);
        self.context.line_to(frame.right(), frame.bottom());
        self.context.move_to(frame.right(), frame.y);
        self.context.line_to(frame.x, frame.bottom());
        self.context.stroke();
    }

    /// Reserved cpu at the left edge, reserved memory at the right, from zero.
    fn gutters(&self, cell: &Cell) {
        let context = self.context;
        let frame = cell.frame;
        context.save();
        self.outline(cell, -0.8);
        context.clip();
        let sides =
            [(frame.x + 1.0, cell.reserved.0), (frame.right() - 1.0 - GUTTER, cell.reserved.1)];
        for (x, share) in sides {
            context.set_fill_style_str(&self.theme.sunken);
            context.fill_rect(x, frame.y + 1.0, GUTTER, frame.h - 2.0);
            let level = ((frame.h - 2.0) * share).round();
            context.set_fill_style_str(&self.theme.ink_2);
            context.fill_rect(x, frame.bottom() - 1.0 - level, GUTTER, level);
        }
        context.restore();
    }

    /// The ground of tasks without an instance: no box, a line under them.
    fn strip(&self, cell: &Cell) {
        let frame = cell.frame;
        self.context.set_fill_style_str(&self.theme.sunken);
        self.context.begin_path();
        let radius = if cell.look.round { 9.0 } else { 2.0 };
        let _ = self.context.round_rect_with_f64(frame.x, frame.y, frame.w, frame.h, radius);
        self.context.fill();
    }

    fn label(&self, cell: &Cell, label: &Label) {
        let (context, theme) = (self.context, self.theme);
        let width = cell.frame.w;
        let line = cell.frame.y - HEAD + 12.5;
        let right = cell.frame.right();
        context.set_text_baseline("alphabetic");
        context.set_text_align("left");
        let mut x = cell.frame.x;
        if matches!(cell.id, CellId::Strip { .. }) {
            self.cloud(x, line - 4.0);
            x += 19.0;
        }
        let mut word = |weight: u16, px: u8, ink: &str, text: &str, gap: f64| {
            theme.set_font(context, weight, px);
            let needs = measure(context, text);
            // Words never end in dots: what does not fit is left out.
            if x + needs <= right + 1.0 {
                context.set_fill_style_str(ink);
                let _ = context.fill_text(text, x, line);
                x += needs + gap;
            }
        };
        word(600, 12, &theme.ink, &label.name, 6.0);
        if width >= TYPE_MIN && !label.kind.is_empty() {
            word(400, 11, &theme.ink_3, &label.kind, 7.0);
        }
        let end = self.state(label.state, x, line, right);
        if let Some((cpu, memory)) = label.numbers.filter(|_| end < right - 54.0) {
            context.set_text_align("right");
            theme.set_font(context, 400, 11);
            context.set_fill_style_str(&theme.ink_2);
            let _ = context.fill_text(&memory.to_string(), right, line);
            let _ = context.fill_text(&cpu.to_string(), right - 34.0, line);
            context.set_text_align("left");
        }
    }

    /// Writes the state word; yields where it ends.
    fn state(&self, state: LabelState, x: f64, line: f64, right: f64) -> f64 {
        let theme = self.theme;
        let (text, ink, weight, sign): (String, &str, u16, f64) = match state {
            LabelState::None => return x,
            LabelState::Spot => ("Spot".to_owned(), &theme.ink_2, 600, 0.0),
            LabelState::SpotLeft(left) => {
                (format!("Spot {}:{:02}", left / 60, left % 60), &theme.fail_ink, 600, 16.0)
            }
            LabelState::Draining => ("DRAINING".to_owned(), &theme.ink, 600, 0.0),
            LabelState::Registering => ("REGISTERING".to_owned(), &theme.ink_2, 600, 0.0),
            LabelState::AgentLost => ("agent lost".to_owned(), &theme.ink, 600, 17.0),
            LabelState::Gone => ("gone".to_owned(), &theme.ink_2, 600, 0.0),
            LabelState::Idle => ("idle".to_owned(), &theme.ink_2, 400, 0.0),
        };
        theme.set_font(self.context, weight, 11);
        let width = measure(self.context, &text);
        if x + sign + width > right + 1.0 {
            return x;
        }
        match state {
            LabelState::SpotLeft(left) => self.ring(x + 6.0, line - 4.0, left),
            LabelState::AgentLost => self.plug(x + 1.0, line - 4.0),
            _ => {}
        }
        self.context.set_fill_style_str(ink);
        let _ = self.context.fill_text(&text, x + sign, line);
        x + sign + width + 5.0
    }

    /// What is left of two minutes.
    fn ring(&self, x: f64, y: f64, left: u64) {
        let context = self.context;
        context.set_line_width(2.5);
        context.set_stroke_style_str(&self.theme.hairline);
        context.begin_path();
        let _ = context.arc(x, y, 5.5, 0.0, TAU);
        context.stroke();
        let part = left.min(120) as f64 / 120.0;
        context.set_stroke_style_str(&self.theme.fail);
        context.begin_path();
        let _ = context.arc(x, y, 5.5, -FRAC_PI_2, TAU * part - FRAC_PI_2);
        context.stroke();
    }

    fn plug(&self, x: f64, y: f64) {
        let context = self.context;
        context.set_stroke_style_str(&self.theme.ink);
        context.set_line_width(1.4);
        context.begin_path();
        context.move_to(x, y);
        context.line_to(x + 3.0, y);
        context.rect(x + 3.0, y - 3.0, 4.0, 6.0);
        context.move_to(x + 9.0, y - 1.5);
        context.line_to(x + 12.0, y - 1.5);
        context.move_to(x + 9.0, y + 1.5);
        context.line_to(x + 12.0, y + 1.5);
        context.stroke();
    }

    fn cloud(&self, x: f64, y: f64) {
        let context = self.context;
        context.set_stroke_style_str(&self.theme.ink_2);
        context.set_line_width(1.4);
        context.begin_path();
        let _ = context.arc(x + 4.0, y + 1.0, 3.0, FRAC_PI_2, FRAC_PI_2 * 3.0);
        let _ = context.arc(x + 7.5, y - 2.0, 3.6, FRAC_PI_2 * 2.2, FRAC_PI_2 * 3.9);
        let _ = context.arc(x + 11.5, y + 1.2, 2.8, -FRAC_PI_2, FRAC_PI_2);
        context.close_path();
        context.stroke();
    }

    /// The ring around what is selected, or the thinner one around what is pointed at.
    pub fn mark(&self, rect: Rect, selected: bool) {
        self.context.set_stroke_style_str(&self.theme.accent);
        self.context.set_line_width(if selected { 2.0 } else { 1.0 });
        let by = if selected { 2.5 } else { 1.5 };
        let ring = rect.grown(by);
        self.context.stroke_rect(ring.x, ring.y, ring.w, ring.h);
    }

    /// One motion at its place in time. The ground below already shows the truth.
    pub fn motion(&self, motion: &Motion, now: f64) {
        let Some(part) = motion.progress(now) else { return };
        match motion.kind {
            MotionKind::Arrive => self.arrive(&motion.tile, ease_out(part)),
            MotionKind::Stop => self.stop(motion, part, now),
            MotionKind::Outline => self.ghost(&motion.tile, 1.0 - part, false),
            MotionKind::Pulse => {
                let grown = motion.tile.rect.grown(4.0 * ease_out(part));
                self.context.set_global_alpha(1.0 - part);
                self.context.set_stroke_style_str(&self.theme.ink);
                self.context.set_line_width(1.5);
                self.context.stroke_rect(grown.x, grown.y, grown.w, grown.h);
                self.context.set_global_alpha(1.0);
            }
        }
    }

    /// Covers the slot and draws the tile on its way up into it.
    fn arrive(&self, tile: &Tile, part: f64) {
        let rect = tile.rect;
        self.context.save();
        self.context.set_fill_style_str(&self.theme.picture);
        let cover = rect.grown(1.0);
        self.context.fill_rect(cover.x, cover.y, cover.w, cover.h);
        self.context.set_global_alpha(part);
        let (cx, cy) = rect.centre();
        let scale = 0.8 + 0.2 * part;
        let _ = self.context.translate(cx, cy + 14.0 * (1.0 - part));
        let _ = self.context.scale(scale, scale);
        let _ = self.context.translate(-cx, -cy);
        draw(self.context, self.theme, tile);
        self.context.restore();
    }

    fn stop(&self, motion: &Motion, part: f64, now: f64) {
        if let Some(sinking) = motion.sinking(now) {
            let down = ease_in(sinking);
            self.context.save();
            self.context.set_global_alpha((1.0 - down) * 0.4);
            let rect = motion.tile.rect;
            self.context.set_fill_style_str(self.theme.service(motion.tile.hue));
            self.context.fill_rect(rect.x, rect.y + 8.0 * down, rect.w, rect.h);
            self.context.restore();
        }
        self.ghost(&motion.tile, 1.0 - part, true);
    }

    fn ghost(&self, tile: &Tile, alpha: f64, dotted: bool) {
        let rect = tile.rect;
        self.context.set_global_alpha(alpha);
        self.context.set_stroke_style_str(&self.theme.ink_2);
        self.context.set_line_width(if dotted { 1.0 } else { 2.0 });
        if dotted {
            dash(self.context, &[1.5, 2.0]);
        }
        self.context.stroke_rect(rect.x, rect.y, rect.w, rect.h);
        dash(self.context, &[]);
        self.context.set_global_alpha(1.0);
    }
}
