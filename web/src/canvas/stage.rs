//! The picture as it stands in the page: two stacked canvases and what is on them.
//!
//! The ground holds frames and tiles, of which only changed cells are repainted; the overlay holds
//! motion and selection and is cleared each time. A quiet picture asks for no frame.

use std::collections::BTreeMap;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::geometry::Rect;
use super::layout::{Area, Layout, Plan, layout};
use super::motion::{Liveliness, Motion, MotionKind, between, lost};
use super::paint::Painter;
use super::scene::{Mode, Scene, Target, scene};
use super::slots::Slots;
use super::theme::Theme;
use crate::model::Board;
use crate::words::px;

/// The most device pixels a canvas may have.
const PIXELS: f64 = 4_000_000.0;
/// How long a lost instance's crossed frame stays, wall-clock ms.
const GONE_MS: f64 = 1000.0;

/// A canvas with its context.
struct Sheet {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Sheet {
    fn new(canvas: HtmlCanvasElement, opaque: bool) -> Option<Self> {
        let options = js_sys::Object::new();
        js_sys::Reflect::set(&options, &"alpha".into(), &(!opaque).into()).ok()?;
        let context = canvas.get_context_with_context_options("2d", &options).ok()??;
        Some(Self { canvas, context: context.dyn_into().ok()? })
    }

    fn fit(&self, width: f64, height: f64, ratio: f64) {
        self.canvas.set_width((width * ratio).round() as u32);
        self.canvas.set_height((height * ratio).round() as u32);
        let style = self.canvas.style();
        // The margin lets rings and striped frames reach over the edge.
        let _ = style.set_property("width", &format!("{}px", px(width)));
        let _ = style.set_property("height", &format!("{}px", px(height)));
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, MARGIN * ratio, 0.0);
    }
}

/// Room left and right of the picture for rings and striped frames.
pub const MARGIN: f64 = 5.0;

/// The picture.
pub struct Stage {
    ground: Sheet,
    overlay: Sheet,
    theme: Theme,
    slots: Slots,
    layout: Layout,
    scene: Scene,
    motions: Vec<Motion>,
    /// Lost instances still shown, with the wall-clock ms at which they go.
    gone: BTreeMap<u32, f64>,
    board: Board,
    area: Area,
    mode: Mode,
    ratio: f64,
    pub selected: Option<Target>,
    pub hovered: Option<Target>,
    marks: (Option<Target>, Option<Target>),
    stale: bool,
}

impl Stage {
    /// A stage over two canvases; `None` when the browser gives no context.
    #[must_use]
    pub fn new(ground: HtmlCanvasElement, overlay: HtmlCanvasElement) -> Option<Self> {
        Some(Self {
            ground: Sheet::new(ground, true)?,
            overlay: Sheet::new(overlay, false)?,
            theme: Theme::resolve(),
            slots: Slots::default(),
            layout: Layout::default(),
            scene: Scene::default(),
            motions: Vec::new(),
            gone: BTreeMap::new(),
            board: Board::default(),
            area: Area { width: 0.0, height: 0.0, stacked: false },
            mode: Mode::Slots,
            ratio: 1.0,
            selected: None,
            hovered: None,
            marks: (None, None),
            stale: true,
        })
    }

    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The room changed.
    pub fn resize(&mut self, area: Area) {
        self.stale |= self.area != area;
        self.area = area;
    }

    pub fn set_mode(&mut self, mode: Mode) {
        self.stale |= self.mode != mode;
        self.mode = mode;
    }

    /// The page's colours changed.
    pub fn retheme(&mut self) {
        self.theme = Theme::resolve();
        self.stale = true;
    }

    /// Takes a board and repaints what it changed. Returns true when the layout changed.
    pub fn show(&mut self, board: &Board, liveliness: Liveliness, now: f64) -> bool {
        let fresh = !std::rc::Rc::ptr_eq(&self.board.summary, &board.summary);
        if fresh {
            self.slots = Slots::default();
            self.motions.clear();
            self.gone.clear();
        }
        self.board = board.clone();
        self.rebuild((!fresh).then_some(liveliness), now)
    }

    fn rebuild(&mut self, liveliness: Option<Liveliness>, now: f64) -> bool {
        if self.area.width < 1.0 {
            return false;
        }
        self.gone.retain(|_, until| *until > now);
        let mut made = self.compose();
        let mut motions = Vec::new();
        if let Some(liveliness) = liveliness {
            let crossed: Vec<u32> = lost(&self.scene, &made.1).collect();
            if !crossed.is_empty() && liveliness != Liveliness::Reduced {
                self.gone.extend(crossed.into_iter().map(|index| (index, now + GONE_MS)));
                made = self.compose();
            }
            motions = between(&self.scene, &made.1, liveliness, now);
        }
        let (layout, scene) = made;
        let moved = self.stale || layout != self.layout;
        if moved {
            // What was begun in the old layout is out of place in the new one.
            self.motions.clear();
            motions.retain(|motion| motion.kind != MotionKind::Stop);
        }
        self.motions.extend(motions);
        let old = std::mem::replace(&mut self.scene, scene);
        self.layout = layout;
        self.repaint(&old, moved);
        std::mem::take(&mut self.stale) || moved
    }

    fn compose(&mut self) -> (Layout, Scene) {
        let lingering: Vec<u32> = self.gone.keys().copied().collect();
        let plan = Plan::of(&self.board, &lingering);
        if plan.row_memory != self.layout.row_memory {
            self.slots = Slots::default();
        }
        self.slots.update(&plan.pieces(&self.board), |cell| plan.rows(cell));
        let layout = layout(&plan, self.area, |cell| self.slots.rows_used(cell));
        let scene = scene(&self.board, &layout, &self.slots, self.mode);
        (layout, scene)
    }

    fn repaint(&mut self, old: &Scene, all: bool) {
        let painter = Painter { context: &self.ground.context, theme: &self.theme };
        if all {
            let (width, height) = (self.area.width + 2.0 * MARGIN, self.scene.height.max(1.0));
            let wanted = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
            self.ratio = wanted.min((PIXELS / (width * height)).sqrt()).max(0.5);
            self.ground.fit(width, height, self.ratio);
            self.overlay.fit(width, height, self.ratio);
            painter.erase(Rect::new(-MARGIN, 0.0, width, height));
            self.scene.cells.iter().for_each(|cell| painter.cell(cell));
            return;
        }
        for cell in &self.scene.cells {
            if old.cell(cell.id) != Some(cell) {
                painter.cell(cell);
            }
        }
    }

    /// Draws what moves and what is marked; true while there is more to come.
    pub fn tick(&mut self, now: f64) -> bool {
        if self.gone.values().any(|until| *until <= now) {
            self.rebuild(None, now);
        }
        let marks = (self.selected, self.hovered);
        let busy = !self.motions.is_empty();
        self.motions.retain(|motion| motion.progress(now).is_some());
        let context = &self.overlay.context;
        if busy || marks != self.marks || self.selected.is_some() || self.hovered.is_some() {
            let (width, height) = (self.area.width + 2.0 * MARGIN, self.scene.height);
            context.clear_rect(-MARGIN, 0.0, width, height);
        }
        self.marks = marks;
        let painter = Painter { context, theme: &self.theme };
        for motion in &self.motions {
            painter.motion(motion, now);
        }
        if let Some(rect) = self.hovered.and_then(|target| self.scene.locate(target)) {
            painter.mark(rect, false);
        }
        if let Some(rect) = self.selected.and_then(|target| self.scene.locate(target)) {
            painter.mark(rect, true);
        }
        !self.motions.is_empty() || !self.gone.is_empty()
    }
}

/// Draws one tile on a small canvas of its own: the key, the waiting room.
pub fn draw_alone(canvas: &HtmlCanvasElement, tile: &super::scene::Tile, ground: Ground) {
    let Ok(Some(context)) = canvas.get_context("2d") else { return };
    let Ok(context) = context.dyn_into::<CanvasRenderingContext2d>() else { return };
    let theme = Theme::resolve();
    let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).min(2.5);
    let (width, height) = (tile.rect.right() + tile.rect.x, tile.rect.bottom() + tile.rect.y);
    canvas.set_width((width * ratio).round() as u32);
    canvas.set_height((height * ratio).round() as u32);
    let style = canvas.style();
    let _: Result<(), JsValue> = style.set_property("width", &format!("{}px", px(width)));
    let _: Result<(), JsValue> = style.set_property("height", &format!("{}px", px(height)));
    let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    context.set_fill_style_str(match ground {
        Ground::Picture => &theme.picture,
        Ground::Surface => &theme.surface,
    });
    context.fill_rect(0.0, 0.0, width, height);
    super::tile::draw(&context, &theme, tile);
}

/// What a tile of its own stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    Picture,
    Surface,
}
