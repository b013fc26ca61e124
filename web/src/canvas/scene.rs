//! The board as plain shapes: what the painter draws and what a click can hit.

use std::rc::Rc;

use super::geometry::Rect;
use super::layout::{GUTTER, HEAD, Layout, Place};
use super::slots::{CellId, ROW, Slots, Stretch};
use crate::model::Board;
use crate::small;
use crate::words;
use crate::worker::protocol::{Health, Host, HostState, HostStatus, Task, TaskStatus};

/// How tiles are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// A tile for each task.
    #[default]
    Slots,
    /// A bar for each service of an instance.
    Bars,
}

/// What can be pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Zone(u16),
    Host(u32),
    /// A task by its key.
    Task(u32),
}

/// Everything on the canvas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    pub cells: Vec<Cell>,
    pub height: f64,
}

/// An instance or a strip, with all that is drawn in it: repainted as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub id: CellId,
    pub zone: u16,
    pub frame: Rect,
    pub look: FrameLook,
    /// `None` where frames are too narrow for words.
    pub label: Option<Label>,
    /// Reserved share of cpu and memory.
    pub reserved: (f64, f64),
    pub tiles: Vec<Tile>,
    pub bars: Vec<Bar>,
}

impl Cell {
    /// All that the cell's painting may touch.
    #[must_use]
    pub fn extent(&self) -> Rect {
        let head = if self.label.is_some() { HEAD } else { 4.0 };
        let frame = self.frame;
        Rect::new(frame.x - 4.5, frame.y - head, frame.w + 9.0, frame.h + head + 4.5)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameLook {
    pub kind: FrameKind,
    /// Spot: round corners.
    pub round: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    Plain,
    /// Dotted, empty.
    Coming,
    /// Striped.
    Draining,
    /// Dashed.
    AgentLost,
    /// Crossed, greyed.
    Gone,
    /// No box: the ground of tasks on Fargate.
    Strip,
}

/// The line above a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub name: Rc<str>,
    pub kind: Rc<str>,
    pub state: LabelState,
    /// Reserved cpu and memory in percent.
    pub numbers: Option<(u64, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LabelState {
    None,
    Spot,
    /// A noticed Spot instance: seconds left of 120.
    SpotLeft(u64),
    Draining,
    Registering,
    AgentLost,
    Gone,
    Idle,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    pub key: u32,
    pub rect: Rect,
    pub hue: u8,
    /// A second outline, from the seventh service on.
    pub again: bool,
    /// 0 newest revision, 1 the one before, 2 older.
    pub age: u8,
    pub look: Look,
    pub unhealthy: bool,
    pub unknown: bool,
    pub protected: bool,
    /// The tile goes on in another row, so this end of it has no edge.
    pub open: (bool, bool),
    pub code: Rc<str>,
    pub revision: u32,
    /// State and how long it has lasted, where there is room for words.
    pub foot: Option<(Rc<str>, Rc<str>)>,
}

/// A task's state, as far as it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    Provisioning,
    Pending,
    Activating,
    Running,
    Going,
    Out,
}

impl Look {
    #[must_use]
    pub fn of(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Provisioning => Self::Provisioning,
            TaskStatus::Pending => Self::Pending,
            TaskStatus::Activating => Self::Activating,
            TaskStatus::Running => Self::Running,
            TaskStatus::Deactivating | TaskStatus::Stopping => Self::Going,
            TaskStatus::Deprovisioning | TaskStatus::Stopped => Self::Out,
        }
    }
}

/// All of one service in an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub rect: Rect,
    pub hue: u8,
}

/// Makes the scene of a board.
#[must_use]
pub fn scene(board: &Board, layout: &Layout, slots: &Slots, mode: Mode) -> Scene {
    let cell = |(id, place): (&CellId, &Place)| cell(board, layout, slots, mode, *id, place);
    Scene { cells: layout.cells.iter().filter_map(cell).collect(), height: layout.height }
}

fn cell(
    board: &Board,
    layout: &Layout,
    slots: &Slots,
    mode: Mode,
    id: CellId,
    place: &Place,
) -> Option<Cell> {
    let inner = inner(place.frame);
    let stretches = slots.in_cell(id);
    let bars = mode == Mode::Bars || place.frame.h / f64::from(place.rows) < 6.0;
    let (tiles, bars) = if bars {
        (Vec::new(), stack(board, inner, place.rows, stretches))
    } else {
        (tiles(board, inner, place.rows, stretches), Vec::new())
    };
    let empty = Cell {
        id,
        zone: 0,
        frame: place.frame,
        look: FrameLook { kind: FrameKind::Strip, round: false },
        label: None,
        reserved: (0.0, 0.0),
        tiles,
        bars,
    };
    match id {
        CellId::Host(index) => {
            let host = board.hosts.get(index as usize)?;
            let state = board.frame.host_states.get(index as usize)?;
            let label = layout.labels.then(|| host_label(host, state, board.frame.now_ms));
            let look = FrameLook { kind: frame_kind(state), round: host.spot };
            let reserved = (share(host.cpu, state.cpu_left), share(host.memory, state.memory_left));
            Some(Cell { zone: host.zone, look, label, reserved, ..empty })
        }
        CellId::Strip { zone, spot } => {
            let name = if spot { "Fargate Spot" } else { "Fargate" };
            let label = layout.labels.then(|| Label {
                name: name.into(),
                kind: "".into(),
                state: LabelState::None,
                numbers: None,
            });
            Some(Cell {
                zone,
                label,
                look: FrameLook { kind: FrameKind::Strip, round: spot },
                ..empty
            })
        }
    }
}

fn share(total: u32, left: u32) -> f64 {
    if total == 0 { 0.0 } else { f64::from(total.saturating_sub(left)) / f64::from(total) }
}

fn frame_kind(state: &HostState) -> FrameKind {
    match state.status {
        HostStatus::Gone => FrameKind::Gone,
        HostStatus::Registering => FrameKind::Coming,
        HostStatus::Draining => FrameKind::Draining,
        _ if state.gone_at_ms.is_some() => FrameKind::Draining,
        _ if !state.agent_connected => FrameKind::AgentLost,
        HostStatus::Active | HostStatus::Deregistering => FrameKind::Plain,
    }
}

fn host_label(host: &Host, state: &HostState, now_ms: u64) -> Label {
    let reserved = |total: u32, left: u32| {
        words::percent(u64::from(total.saturating_sub(left)), u64::from(total))
    };
    let numbers = (reserved(host.cpu, state.cpu_left), reserved(host.memory, state.memory_left));
    let shown = !matches!(state.status, HostStatus::Gone | HostStatus::Registering);
    Label {
        name: host.id.as_str().into(),
        kind: host.instance_type.as_str().into(),
        state: label_state(host, state, now_ms, numbers),
        numbers: shown.then_some(numbers),
    }
}

fn label_state(host: &Host, state: &HostState, now_ms: u64, numbers: (u64, u64)) -> LabelState {
    if let (Some(at), HostStatus::Active | HostStatus::Draining) = (state.gone_at_ms, state.status)
    {
        return LabelState::SpotLeft(at.saturating_sub(now_ms).div_ceil(1000));
    }
    match state.status {
        HostStatus::Gone => LabelState::Gone,
        HostStatus::Draining => LabelState::Draining,
        HostStatus::Registering => LabelState::Registering,
        _ if !state.agent_connected => LabelState::AgentLost,
        _ if host.spot => LabelState::Spot,
        _ if numbers == (0, 0) => LabelState::Idle,
        HostStatus::Active | HostStatus::Deregistering => LabelState::None,
    }
}

/// The part of a frame between the gutters.
fn inner(frame: Rect) -> Rect {
    let side = if frame.w < 60.0 { 2.0 } else { GUTTER + 3.0 };
    Rect::new(frame.x + side, frame.y, frame.w - 2.0 * side, frame.h)
}

fn tiles(board: &Board, inner: Rect, rows: u32, stretches: &[(Stretch, u32)]) -> Vec<Tile> {
    let mut tiles = Vec::with_capacity(stretches.len());
    for (index, (stretch, key)) in stretches.iter().enumerate() {
        let Some(task) = board.task(*key) else { continue };
        let same = |other: Option<&(Stretch, u32)>| other.is_some_and(|(_, owner)| owner == key);
        let before = index.checked_sub(1).and_then(|at| stretches.get(at));
        let open = (same(before), same(stretches.get(index + 1)));
        let whole_rows = |s: &Stretch| s.length == ROW;
        if open.0 && whole_rows(stretch) && before.is_some_and(|(s, _)| whole_rows(s)) {
            // Whole rows of one task are one tile.
            let rect = tile_rect(inner, rows, stretch);
            if let Some(last) = tiles.last_mut().map(|tile: &mut Tile| tile) {
                last.rect.h = rect.bottom() - last.rect.y;
                last.open.1 = open.1;
            }
            continue;
        }
        tiles.push(tile(board, task, tile_rect(inner, rows, stretch), open));
    }
    for tile in &mut tiles {
        if let Some(task) = board.task(tile.key) {
            tile.foot = foot(board, task, tile.rect);
        }
    }
    tiles
}

fn tile_rect(inner: Rect, rows: u32, stretch: &Stretch) -> Rect {
    let row_height = inner.h / f64::from(rows);
    let row = f64::from(stretch.row());
    let along = |thousandths: u32| inner.w * f64::from(thousandths) / f64::from(ROW);
    let left = (inner.x + along(stretch.offset())).round();
    let right = (inner.x + along(stretch.offset() + stretch.length)).round();
    let top = (inner.y + row * row_height).round();
    let bottom = (inner.y + (row + 1.0) * row_height).round();
    let (mx, my) = if right - left > 9.0 { (1.5, 2.5) } else { (0.5, 2.5) };
    let my = if bottom - top > 12.0 { my } else { 1.0 };
    Rect::new(
        left + mx,
        top + my,
        (right - left - 2.0 * mx).max(1.0),
        (bottom - top - 2.0 * my).max(1.0),
    )
}

/// A tile of a task, wherever it is drawn.
#[must_use]
pub fn tile(board: &Board, task: &Task, rect: Rect, open: (bool, bool)) -> Tile {
    let badge = board.badge(task.service);
    let running = task.last_status == TaskStatus::Running;
    Tile {
        key: task.key,
        rect,
        hue: badge.hue,
        again: badge.again,
        age: board.age(task.service, task.definition),
        look: Look::of(task.last_status),
        unhealthy: running && task.health == Health::Unhealthy,
        unknown: running && task.health == Health::Unknown,
        protected: task.protected,
        open,
        code: badge.code,
        revision: board.revision(task.definition),
        foot: foot(board, task, rect),
    }
}

/// State and time in it, for tiles with room for both. The time is given in steps that grow, so
/// that a tile is not painted anew each second.
fn foot(board: &Board, task: &Task, rect: Rect) -> Option<(Rc<str>, Rc<str>)> {
    if rect.size() < 44.0 || rect.w < 78.0 {
        return None;
    }
    let since = task.started_ms.filter(|_| task.last_status >= TaskStatus::Running);
    let lasted = board.frame.now_ms as i64 - since.unwrap_or(task.created_ms);
    let lasted = u64::try_from(lasted).unwrap_or(0);
    let lasted = match lasted {
        0..60_000 => words::span(lasted),
        60_000..3_600_000 => format!("{} m", lasted / 60_000),
        3_600_000..86_400_000 => format!("{} h", lasted / 3_600_000),
        _ => format!("{} d", lasted / 86_400_000),
    };
    Some((task.last_status.word().into(), lasted.into()))
}

/// One bar for each service: its share of the rack, largest first by hue order.
fn stack(board: &Board, inner: Rect, rows: u32, stretches: &[(Stretch, u32)]) -> Vec<Bar> {
    let mut lengths: Vec<(Option<u16>, u64)> = Vec::new();
    for (stretch, key) in stretches {
        let Some(task) = board.task(*key) else { continue };
        match lengths.iter_mut().find(|(service, _)| *service == task.service) {
            Some((_, length)) => *length += u64::from(stretch.length),
            None => lengths.push((task.service, u64::from(stretch.length))),
        }
    }
    small::sort(&mut lengths);
    let whole = f64::from(rows * ROW);
    let mut left = inner.x;
    let bar = |(service, length): (Option<u16>, u64)| {
        let width = inner.w * length as f64 / whole;
        let (from, to) = (left.round(), (left + width).round());
        left += width;
        let rect = Rect::new(from, inner.y + 2.5, (to - from).max(1.0), inner.h - 5.0);
        Bar { rect, hue: board.badge(service).hue }
    };
    lengths.into_iter().map(bar).collect()
}

impl Scene {
    /// Where a target stands, in px of the picture.
    #[must_use]
    pub fn locate(&self, target: Target) -> Option<Rect> {
        match target {
            Target::Zone(_) => None,
            Target::Host(index) => self.cell(CellId::Host(index)).map(|cell| cell.frame),
            Target::Task(key) => {
                let mut tiles = self.cells.iter().flat_map(|cell| &cell.tiles);
                tiles.find(|tile| tile.key == key).map(|tile| tile.rect)
            }
        }
    }

    #[must_use]
    pub fn cell(&self, id: CellId) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&id, |cell| cell.id).ok()?;
        self.cells.get(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::layout::{Area, Plan, layout};
    use crate::fixture;

    fn scene_of(board: &Board, mode: Mode) -> Scene {
        let plan = Plan::of(board, &[]);
        let mut slots = Slots::default();
        slots.update(&plan.pieces(board), |cell| plan.rows(cell));
        let area = Area { width: 720.0, height: 470.0, stacked: false };
        let layout = layout(&plan, area, |cell| slots.rows_used(cell));
        scene(board, &layout, &slots, mode)
    }

    #[test]
    fn every_task_on_an_instance_has_a_tile_inside_its_frame() {
        let board = fixture::six_services();
        let scene = scene_of(&board, Mode::Slots);
        for task in &board.frame.tasks {
            let tile = scene.locate(Target::Task(task.key)).expect("the task has a tile");
            let host = task.host.expect("all are on instances");
            let frame = scene.locate(Target::Host(host)).expect("the instance has a frame");
            assert!(frame.contains(tile.x, tile.y), "{tile:?} in {frame:?}");
            assert!(frame.grown(0.5).contains(tile.right(), tile.bottom()), "{tile:?} {frame:?}");
        }
    }

    #[test]
    fn states_show_as_the_encoding_says() {
        let board = fixture::six_services();
        let scene = scene_of(&board, Mode::Slots);
        let tiles: Vec<&Tile> = scene.cells.iter().flat_map(|cell| &cell.tiles).collect();
        assert_eq!(tiles.iter().filter(|tile| tile.unhealthy).count(), 1);
        assert_eq!(tiles.iter().filter(|tile| tile.protected).count(), 1);
        assert_eq!(tiles.iter().filter(|tile| tile.look == Look::Activating).count(), 1);
        let draining = scene.cells.iter().filter(|cell| cell.look.kind == FrameKind::Draining);
        assert_eq!(draining.count(), 1);
    }

    #[test]
    fn a_tile_is_as_wide_as_its_larger_share() {
        let board = fixture::six_services();
        let scene = scene_of(&board, Mode::Slots);
        let width = |key: u32| scene.locate(Target::Task(key)).expect("has a tile").w + 3.0;
        assert!((width(2) / width(1) - 2.0).abs() < 0.05, "1,920 MiB is twice 960 MiB");
    }

    #[test]
    fn bars_stand_for_services_and_leave_what_is_free_empty() {
        let scene = scene_of(&fixture::six_services(), Mode::Bars);
        let first = scene.cell(CellId::Host(0)).expect("the first instance is shown");
        assert_eq!(first.bars.len(), 2);
        assert!(first.bars[1].rect.right() < first.frame.right() - 50.0);
    }
}
