//! What happened between two scenes, as motions over a picture that is already right: an overlay
//! that can be dropped at any moment.

use std::collections::BTreeMap;

use super::scene::{Cell, FrameKind, Look, Scene, Tile};
use super::slots::CellId;

/// More changes than this in one frame, and no single motion can be followed.
pub const MOST: usize = 60;

const ARRIVE_MS: f64 = 350.0;
const STOP_MS: f64 = 250.0;
const GHOST_MS: f64 = 500.0;
const OUTLINE_MS: f64 = 150.0;

/// How much may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveliness {
    /// As it is meant.
    Full,
    /// Time runs too fast to follow: one pulse.
    Blur,
    /// The reader asked for less: an outline that fades.
    Reduced,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    pub kind: MotionKind,
    pub tile: Tile,
    /// Wall-clock ms.
    pub began: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MotionKind {
    /// A tile comes to its slot.
    Arrive,
    /// A tile sinks and fades where it was, and leaves an outline.
    Stop,
    /// An outline shows and fades.
    Outline,
    /// A new tile's outline grows once.
    Pulse,
}

impl Motion {
    #[must_use]
    pub fn lasts(&self) -> f64 {
        match self.kind {
            MotionKind::Arrive => ARRIVE_MS,
            MotionKind::Stop => GHOST_MS,
            MotionKind::Outline => OUTLINE_MS,
            MotionKind::Pulse => STOP_MS,
        }
    }

    /// How far it is, 0 to 1; `None` when it is over.
    #[must_use]
    pub fn progress(&self, now: f64) -> Option<f64> {
        let part = (now - self.began).max(0.0) / self.lasts();
        (part < 1.0).then_some(part)
    }

    /// The part of a stop in which the tile itself is still seen, 0 to 1.
    #[must_use]
    pub fn sinking(&self, now: f64) -> Option<f64> {
        let part = (now - self.began).max(0.0) / STOP_MS;
        (part < 1.0).then_some(part)
    }
}

/// Fast at first, then ever slower: arrivals.
#[must_use]
pub fn ease_out(part: f64) -> f64 {
    1.0 - (1.0 - part).powi(3)
}

/// Slow at first: departures.
#[must_use]
pub fn ease_in(part: f64) -> f64 {
    part.powi(2)
}

/// The motions from one scene to the next.
#[must_use]
pub fn between(old: &Scene, new: &Scene, liveliness: Liveliness, now: f64) -> Vec<Motion> {
    let before = tiles(old);
    let after = tiles(new);
    let came = after.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, tile)| *tile);
    let went =
        before.iter().filter(|(key, tile)| !after.contains_key(*key) && tile.look >= Look::Running);
    let came: Vec<&Tile> = came.collect();
    let went: Vec<&Tile> = went.map(|(_, tile)| *tile).collect();
    let crowded = came.len() + went.len() > MOST;
    let motion = |kind: MotionKind, tile: &Tile| Motion { kind, tile: tile.clone(), began: now };
    let (arrival, departure) = match liveliness {
        Liveliness::Reduced => (MotionKind::Outline, Some(MotionKind::Outline)),
        Liveliness::Full if !crowded => (MotionKind::Arrive, Some(MotionKind::Stop)),
        Liveliness::Full | Liveliness::Blur => (MotionKind::Pulse, None),
    };
    let arrivals = came.into_iter().map(|tile| motion(arrival, tile));
    let departures = went.into_iter().filter_map(|tile| Some(motion(departure?, tile)));
    arrivals.chain(departures).collect()
}

/// Instances that were there and are there no more.
pub fn lost<'a>(old: &'a Scene, new: &'a Scene) -> impl Iterator<Item = u32> + 'a {
    old.cells.iter().filter_map(|cell: &Cell| match cell.id {
        CellId::Host(index) if cell.look.kind != FrameKind::Gone => {
            new.cell(cell.id).is_none().then_some(index)
        }
        CellId::Host(_) | CellId::Strip { .. } => None,
    })
}

fn tiles(scene: &Scene) -> BTreeMap<u32, &Tile> {
    scene.cells.iter().flat_map(|cell| &cell.tiles).map(|tile| (tile.key, tile)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::layout::{Area, Plan, layout};
    use crate::canvas::scene::{Mode, scene};
    use crate::canvas::slots::Slots;
    use crate::fixture;

    fn with_tasks(tasks_each: u32) -> Scene {
        let board = fixture::many(3, tasks_each);
        let plan = Plan::of(&board, &[]);
        let mut slots = Slots::default();
        slots.update(&plan.pieces(&board), |cell| plan.rows(cell));
        let area = Area { width: 720.0, height: 470.0, stacked: false };
        scene(&board, &layout(&plan, area, |_| 1), &slots, Mode::Slots)
    }

    fn kinds(old: u32, new: u32, liveliness: Liveliness) -> Vec<MotionKind> {
        let motions = between(&with_tasks(old), &with_tasks(new), liveliness, 0.0);
        motions.iter().map(|motion| motion.kind).collect()
    }

    #[test]
    fn new_tiles_arrive_and_old_ones_sink() {
        assert_eq!(kinds(0, 1, Liveliness::Full), [MotionKind::Arrive; 3]);
        assert_eq!(kinds(2, 1, Liveliness::Full), [MotionKind::Stop; 3]);
        assert_eq!(kinds(1, 1, Liveliness::Full), []);
    }

    #[test]
    fn at_high_speed_or_in_a_crowd_there_is_only_a_pulse() {
        assert_eq!(kinds(0, 1, Liveliness::Blur), [MotionKind::Pulse; 3]);
        assert!(kinds(0, 30, Liveliness::Full).iter().all(|kind| *kind == MotionKind::Pulse));
        assert_eq!(kinds(30, 0, Liveliness::Full), []);
    }

    #[test]
    fn reduced_motion_is_an_outline_that_fades() {
        assert_eq!(kinds(1, 2, Liveliness::Reduced), [MotionKind::Outline; 3]);
    }

    #[test]
    fn a_motion_ends() {
        let motions = between(&with_tasks(0), &with_tasks(1), Liveliness::Full, 1000.0);
        assert_eq!(motions[0].progress(1175.0), Some(0.5));
        assert_eq!(motions[0].progress(1400.0), None);
    }
}
