//! Where zones, instances and strips stand.
//!
//! The height of a frame is its registered memory and all frames are equally wide, so areas are
//! honest across the whole picture; sizes start at zero.

use std::collections::BTreeMap;

use super::geometry::Rect;
use super::slots::{CellId, Piece, ROW};
use crate::model::Board;
use crate::small;
use crate::worker::protocol::{Host, Task};

/// Height of a label line above a frame.
pub const HEAD: f64 = 18.0;
/// Width of the gutters inside a frame.
pub const GUTTER: f64 = 5.0;
/// Height of a zone's header, which is no part of the canvas.
pub const ZONE_HEAD: f64 = 31.0;
const GAP: f64 = 9.0;
const ZONE_GAP: f64 = 16.0;
const COLUMN_GAP: f64 = 12.0;
/// A row is never higher: large tiles say no more than these.
const ROW_MAX: f64 = 72.0;
const ROW_COMFORT: f64 = 26.0;
const ROW_MIN: f64 = 7.0;
/// Under this width a column has no label lines.
const LABEL_MIN: f64 = 44.0;
const COLUMNS_MAX: usize = 24;

/// The room for the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub width: f64,
    /// What is seen without scrolling; ignored when zones are stacked.
    pub height: f64,
    /// Zones one under the other, as on a phone.
    pub stacked: bool,
}

/// Where everything is, in CSS px from the top left of the picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    pub zones: Vec<Rect>,
    pub cells: BTreeMap<CellId, Place>,
    pub height: f64,
    pub row_height: f64,
    /// MiB in one row of any frame.
    pub row_memory: u32,
    pub labels: bool,
}

/// A frame (or the ground of a strip) and its label line.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Place {
    pub frame: Rect,
    /// Rows of tiles in it.
    pub rows: u32,
}

/// How much a row holds and who is shown: what the racks must know before tiles are placed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub row_memory: u32,
    /// Cells by zone, in order of display.
    pub zones: Vec<Vec<CellId>>,
    memory: BTreeMap<CellId, u32>,
}

impl Plan {
    /// Reads the plan off the board. `also` are instances that are gone but still shown.
    #[must_use]
    pub fn of(board: &Board, also: &[u32]) -> Self {
        let mut plan = Self {
            row_memory: row_memory(board),
            zones: vec![Vec::new(); board.summary.zones.len().max(1)],
            memory: BTreeMap::new(),
        };
        let lingering = also.iter().filter_map(|i| Some((*i, board.hosts.get(*i as usize)?)));
        let mut shown: Vec<(u32, &Host)> =
            board.live_hosts().map(|(index, host, _)| (index, host)).chain(lingering).collect();
        small::sort_by(&mut shown, |one, other| one.0 < other.0);
        shown.dedup_by_key(|(index, _)| *index);
        for (index, host) in shown {
            plan.add(CellId::Host(index), host.zone, host.memory);
        }
        for cell in board.frame.tasks.iter().filter_map(|task| strip_of(board, task)) {
            let CellId::Strip { zone, .. } = cell else { continue };
            if !plan.memory.contains_key(&cell) {
                plan.add(cell, zone, plan.row_memory);
            }
        }
        plan
    }

    fn add(&mut self, cell: CellId, zone: u16, memory: u32) {
        let last = self.zones.len() - 1;
        self.zones[usize::from(zone).min(last)].push(cell);
        self.memory.insert(cell, memory);
    }

    /// Rows in a cell: its memory in rows, rounded to whole ones, at least one.
    #[must_use]
    pub fn rows(&self, cell: CellId) -> u32 {
        let memory = self.memory.get(&cell).copied().unwrap_or(self.row_memory);
        ((memory + self.row_memory / 2) / self.row_memory.max(1)).max(1)
    }

    /// A tile for every task that stands somewhere; its length is the task's larger share of cpu
    /// or memory on that instance.
    #[must_use]
    pub fn pieces(&self, board: &Board) -> Vec<Piece> {
        let piece = |task: &Task| {
            let known = |cell: &CellId| self.memory.contains_key(cell);
            if let Some(index) = task.host {
                let cell = Some(CellId::Host(index)).filter(known)?;
                let host = board.hosts.get(index as usize)?;
                let whole = self.rows(cell) * ROW;
                return Some(Piece {
                    key: task.key,
                    cell,
                    length: larger_share(task, host, whole),
                });
            }
            let cell = strip_of(board, task).filter(known)?;
            let length = u64::from(task.memory) * u64::from(ROW) / u64::from(self.row_memory);
            Some(Piece { key: task.key, cell, length: (length as u32).clamp(ROW / 8, 4 * ROW) })
        };
        board.frame.tasks.iter().filter_map(piece).collect()
    }
}

/// Where a task on Fargate is drawn; `None` for tasks on instances and tasks that wait.
fn strip_of(board: &Board, task: &Task) -> Option<CellId> {
    let zone = board.zone_of(task)?;
    (task.host.is_none() && task.fargate).then_some(CellId::Strip { zone, spot: task.spot })
}

fn larger_share(task: &Task, host: &Host, whole: u32) -> u32 {
    let share = |part: u32, of: u32| {
        let scaled = u64::from(part) * u64::from(whole) / u64::from(of.max(1));
        u32::try_from(scaled).unwrap_or(whole).min(whole)
    };
    share(task.memory, host.memory).max(share(task.cpu, host.cpu)).max(1)
}

/// A fixed amount of memory for the whole picture, such that the usual task is about a third of a
/// row long and the largest no longer than one, on the smallest instance.
fn row_memory(board: &Board) -> u32 {
    let smallest = board.live_hosts().map(|(_, host, _)| host).min_by_key(|host| host.memory);
    let Some(smallest) = smallest else {
        let largest = board.definitions.iter().map(|d| d.memory).max().unwrap_or(0);
        return largest.max(256) * 4;
    };
    let mut shares: Vec<u32> = board
        .definitions
        .iter()
        .map(|d| {
            let share =
                |part: u32, of: u32| u64::from(part) * u64::from(ROW) / u64::from(of.max(1));
            share(d.memory, smallest.memory).max(share(d.cpu, smallest.cpu)) as u32
        })
        .filter(|share| (1..=ROW).contains(share))
        .collect();
    small::sort(&mut shares);
    let (Some(largest), Some(usual)) = (shares.last(), shares.get(shares.len() / 2)) else {
        return smallest.memory.max(1);
    };
    let most = (ROW / largest).clamp(1, 4);
    let wanted = (330 / usual).clamp(1, most);
    (smallest.memory / wanted).max(1)
}

/// Lays the picture out. `strip_rows` tells how many rows a strip's tiles need.
#[must_use]
pub fn layout(plan: &Plan, area: Area, strip_rows: impl Fn(CellId) -> u32) -> Layout {
    let zone_count = plan.zones.len() as f64;
    let zone_width = if area.stacked {
        area.width
    } else {
        (area.width - ZONE_GAP * (zone_count - 1.0)) / zone_count
    };
    let rows = |cell: CellId| match cell {
        CellId::Host(_) => plan.rows(cell),
        CellId::Strip { .. } => strip_rows(cell),
    };
    let room = area.height - ZONE_HEAD;
    let grid = choose_grid(plan, zone_width.max(40.0), room, area.stacked, &rows);
    let mut out = Layout {
        row_height: grid.row_height,
        row_memory: plan.row_memory,
        labels: grid.labels,
        ..Layout::default()
    };
    let mut top = 0.0;
    for (index, cells) in plan.zones.iter().enumerate() {
        let left = if area.stacked { 0.0 } else { index as f64 * (zone_width + ZONE_GAP) };
        let body = grid.place(cells, plan, left, top + ZONE_HEAD, &rows, &mut out.cells);
        let height = ZONE_HEAD + body;
        out.zones.push(Rect::new(left, top, zone_width, height));
        out.height = out.height.max(top + height);
        if area.stacked {
            top += height + 4.0;
        }
    }
    if !area.stacked {
        out.height = out.height.max(area.height);
        out.zones.iter_mut().for_each(|zone| zone.h = out.height);
    }
    out
}

/// Columns inside a zone, and how high a row is.
struct Grid {
    columns: usize,
    column_width: f64,
    row_height: f64,
    labels: bool,
}

fn choose_grid(
    plan: &Plan,
    width: f64,
    room: f64,
    stacked: bool,
    rows: &impl Fn(CellId) -> u32,
) -> Grid {
    let grid = |columns: usize, row_height: f64| {
        let column_width = (width - COLUMN_GAP * (columns as f64 - 1.0)) / columns as f64;
        Grid { columns, column_width, row_height, labels: column_width >= LABEL_MIN }
    };
    if stacked {
        let busiest = plan.zones.iter().map(Vec::len).max().unwrap_or(0);
        return grid(if busiest > 12 { 2 + busiest / 24 } else { 1 }, 32.0);
    }
    let mut best = grid(1, f64::NEG_INFINITY);
    for columns in 1..=COLUMNS_MAX {
        let mut candidate = grid(columns, 1.0);
        if candidate.column_width < 16.0 && columns > 1 {
            break;
        }
        candidate.row_height = highest_row(&candidate, plan, room, rows).min(ROW_MAX);
        let comfortable = candidate.row_height >= ROW_COMFORT;
        if comfortable || candidate.worth() > best.worth() * 1.1 {
            best = candidate;
        }
        if comfortable {
            break;
        }
    }
    best.row_height = best.row_height.max(ROW_MIN);
    best
}

/// The row height with which the fullest column ends at the bottom of the room.
fn highest_row(grid: &Grid, plan: &Plan, room: f64, rows: &impl Fn(CellId) -> u32) -> f64 {
    let worst = |cells: &Vec<CellId>| {
        let mut columns = vec![(0.0, 0.0); grid.columns];
        for cell in cells {
            let shortest = shortest_column(&columns, |(units, _)| *units);
            let (units, fixed) = &mut columns[shortest];
            *units += f64::from(cell_memory(plan, *cell, rows)) / f64::from(plan.row_memory);
            *fixed += grid.head() + grid.gap();
        }
        let fits = |(units, fixed): &(f64, f64)| {
            if *units == 0.0 { ROW_MAX } else { (room - fixed - 12.0) / units }
        };
        columns.iter().map(fits).fold(ROW_MAX, f64::min)
    };
    plan.zones.iter().map(worst).fold(ROW_MAX, f64::min)
}

fn cell_memory(plan: &Plan, cell: CellId, rows: &impl Fn(CellId) -> u32) -> u32 {
    match cell {
        CellId::Host(_) => plan.memory.get(&cell).copied().unwrap_or(plan.row_memory),
        CellId::Strip { .. } => rows(cell) * plan.row_memory,
    }
}

fn shortest_column<T>(columns: &[T], filled: impl Fn(&T) -> f64) -> usize {
    let mut shortest = 0;
    for (index, column) in columns.iter().enumerate() {
        if filled(column) + 1e-9 < filled(&columns[shortest]) {
            shortest = index;
        }
    }
    shortest
}

impl Grid {
    /// Larger tiles are better; where nothing fits, what overflows least.
    fn worth(&self) -> f64 {
        if self.row_height >= ROW_MIN {
            1.0 + self.row_height * self.column_width.min(120.0)
        } else {
            1.0 / (1.0 + ROW_MIN - self.row_height)
        }
    }

    fn head(&self) -> f64 {
        if self.labels { HEAD } else { 0.0 }
    }

    fn gap(&self) -> f64 {
        if self.labels { GAP } else { 5.0 }
    }

    /// Places a zone's cells, the next always in the column that is shortest; yields the height.
    fn place(
        &self,
        cells: &[CellId],
        plan: &Plan,
        left: f64,
        top: f64,
        rows: &impl Fn(CellId) -> u32,
        into: &mut BTreeMap<CellId, Place>,
    ) -> f64 {
        let mut filled = vec![0.0; self.columns];
        for cell in cells {
            let column = shortest_column(&filled, |height| *height);
            let units = f64::from(cell_memory(plan, *cell, rows)) / f64::from(plan.row_memory);
            let height = (units * self.row_height).round().max(4.0);
            let x = (left + column as f64 * (self.column_width + COLUMN_GAP)).round();
            let y = top + filled[column] + self.head();
            let frame = Rect::new(x, y.round(), self.column_width.floor(), height);
            into.insert(*cell, Place { frame, rows: rows(*cell) });
            filled[column] += self.head() + height + self.gap();
        }
        filled.iter().fold(0.0, |most: f64, height| most.max(*height)) + 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    const WIDE: Area = Area { width: 720.0, height: 470.0, stacked: false };

    fn laid_out(board: &Board, area: Area) -> Layout {
        layout(&Plan::of(board, &[]), area, |_| 1)
    }

    #[test]
    fn frames_are_as_high_as_their_memory_from_zero() {
        let layout = laid_out(&fixture::six_services(), WIDE);
        let height = |host: u32| layout.cells[&CellId::Host(host)].frame.h;
        assert!((height(1) / height(0) - 2.0).abs() < 0.05, "an m5.xlarge is twice an m5.large");
        assert!((height(0) / height(2) - 2.0).abs() < 0.05, "a c5.large is half an m5.large");
    }

    #[test]
    fn twelve_instances_fit_the_room_without_scrolling_and_none_overlap() {
        let layout = laid_out(&fixture::six_services(), WIDE);
        assert_eq!(layout.cells.len(), 12);
        assert!(layout.height <= WIDE.height, "{}", layout.height);
        let frames: Vec<Rect> = layout.cells.values().map(|place| place.frame).collect();
        for (index, one) in frames.iter().enumerate() {
            for other in &frames[index + 1..] {
                let apart = one.right() <= other.x
                    || other.right() <= one.x
                    || one.bottom() <= other.y
                    || other.bottom() <= one.y;
                assert!(apart, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn on_a_phone_zones_stand_one_under_the_other() {
        let area = Area { width: 358.0, height: 500.0, stacked: true };
        let layout = laid_out(&fixture::six_services(), area);
        assert!(layout.zones.windows(2).all(|pair| pair[1].y > pair[0].bottom()));
        assert!(layout.zones.iter().all(|zone| zone.w == 358.0));
    }

    #[test]
    fn a_thousand_instances_go_into_columns_without_labels() {
        let layout = laid_out(&fixture::many(1000, 3), WIDE);
        assert!(!layout.labels);
        assert!(layout.cells.values().all(|place| place.frame.right() <= 721.0));
    }

    #[test]
    fn the_largest_task_is_no_longer_than_a_row() {
        let board = fixture::six_services();
        let plan = Plan::of(&board, &[]);
        assert!(plan.pieces(&board).iter().all(|piece| piece.length <= ROW));
    }

    #[test]
    fn tasks_on_fargate_stand_on_a_strip_of_their_zone() {
        let board = fixture::on_fargate(5);
        let plan = Plan::of(&board, &[]);
        let strip = CellId::Strip { zone: 1, spot: false };
        assert!(plan.zones[1].contains(&strip));
        assert!(plan.pieces(&board).iter().any(|piece| piece.cell == strip));
    }
}
