//! What is under a point, and what is next in a direction: arithmetic, not pixels.

use super::geometry::Rect;
use super::scene::{Scene, Target};
use super::slots::CellId;

/// The smallest thing at a point: a tile before its instance.
#[must_use]
pub fn hit(scene: &Scene, x: f64, y: f64) -> Option<Target> {
    let cell = scene.cells.iter().find(|cell| cell.extent().contains(x, y))?;
    let tile = cell.tiles.iter().find(|tile| tile.rect.grown(1.0).contains(x, y));
    match (tile, cell.id) {
        (Some(tile), _) => Some(Target::Task(tile.key)),
        (None, CellId::Host(index)) => Some(Target::Host(index)),
        (None, CellId::Strip { .. }) => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

/// The next thing of the same kind in a direction: the nearest, where what lies aside counts
/// double.
#[must_use]
pub fn neighbour(scene: &Scene, from: Target, towards: Direction) -> Option<Target> {
    let here = scene.locate(from)?;
    let peers: Vec<(Target, Rect)> = match from {
        Target::Zone(_) => return None,
        Target::Host(_) => hosts(scene).collect(),
        Target::Task(_) => tasks(scene).collect(),
    };
    let (x, y) = here.centre();
    let cost = |rect: &Rect| {
        let (px, py) = rect.centre();
        let (along, aside) = match towards {
            Direction::Left => (x - px, (y - py).abs()),
            Direction::Right => (px - x, (y - py).abs()),
            Direction::Up => (y - py, (x - px).abs()),
            Direction::Down => (py - y, (x - px).abs()),
        };
        (along > 2.0).then_some(along + 2.0 * aside)
    };
    let costed = peers.into_iter().filter_map(|(target, rect)| Some((cost(&rect)?, target)));
    costed.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, target)| target)
}

/// The first thing to select when nothing is.
#[must_use]
pub fn first(scene: &Scene) -> Option<Target> {
    let by_place = |a: &(Target, Rect), b: &(Target, Rect)| {
        a.1.x.total_cmp(&b.1.x).then(a.1.y.total_cmp(&b.1.y))
    };
    hosts(scene)
        .min_by(by_place)
        .or_else(|| tasks(scene).min_by(by_place))
        .map(|(target, _)| target)
}

/// Going in: from an instance to its first task.
#[must_use]
pub fn inside(scene: &Scene, from: Target) -> Option<Target> {
    let Target::Host(index) = from else { return None };
    let cell = scene.cell(CellId::Host(index))?;
    cell.tiles.first().map(|tile| Target::Task(tile.key))
}

/// Going out: from a task to its instance, from there to its zone.
#[must_use]
pub fn outside(scene: &Scene, from: Target) -> Option<Target> {
    let cell = |found: &dyn Fn(&super::scene::Cell) -> bool| scene.cells.iter().find(|c| found(c));
    match from {
        Target::Zone(_) => None,
        Target::Host(index) => {
            cell(&|c| c.id == CellId::Host(index)).map(|found| Target::Zone(found.zone))
        }
        Target::Task(key) => {
            let found = cell(&|c| c.tiles.iter().any(|tile| tile.key == key))?;
            match found.id {
                CellId::Host(index) => Some(Target::Host(index)),
                CellId::Strip { zone, .. } => Some(Target::Zone(zone)),
            }
        }
    }
}

fn hosts(scene: &Scene) -> impl Iterator<Item = (Target, Rect)> + '_ {
    scene.cells.iter().filter_map(|cell| match cell.id {
        CellId::Host(index) => Some((Target::Host(index), cell.frame)),
        CellId::Strip { .. } => None,
    })
}

fn tasks(scene: &Scene) -> impl Iterator<Item = (Target, Rect)> + '_ {
    let tiles = scene.cells.iter().flat_map(|cell| &cell.tiles);
    tiles.map(|tile| (Target::Task(tile.key), tile.rect))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::layout::{Area, Plan, layout};
    use crate::canvas::scene::{Mode, scene};
    use crate::canvas::slots::Slots;
    use crate::fixture;

    fn six() -> Scene {
        let board = fixture::six_services();
        let plan = Plan::of(&board, &[]);
        let mut slots = Slots::default();
        slots.update(&plan.pieces(&board), |cell| plan.rows(cell));
        let area = Area { width: 720.0, height: 470.0, stacked: false };
        scene(&board, &layout(&plan, area, |_| 1), &slots, Mode::Slots)
    }

    #[test]
    fn the_centre_of_a_tile_hits_its_task() {
        let scene = six();
        for key in 1..=8 {
            let (x, y) = scene.locate(Target::Task(key)).expect("has a tile").centre();
            assert_eq!(hit(&scene, x, y), Some(Target::Task(key)));
        }
    }

    #[test]
    fn beside_the_tiles_is_the_instance_and_beside_that_nothing() {
        let scene = six();
        let frame = scene.locate(Target::Host(0)).expect("is shown");
        assert_eq!(hit(&scene, frame.right() - 20.0, frame.bottom() - 3.0), Some(Target::Host(0)));
        assert_eq!(hit(&scene, frame.right() + 8.0, frame.bottom() - 3.0), None);
    }

    #[test]
    fn arrows_walk_and_enter_and_escape_go_in_and_out() {
        let scene = six();
        let start = first(&scene).expect("there is an instance");
        assert_eq!(start, Target::Host(0));
        assert_eq!(neighbour(&scene, start, Direction::Down), Some(Target::Host(1)));
        assert_eq!(neighbour(&scene, start, Direction::Right), Some(Target::Host(4)));
        assert_eq!(neighbour(&scene, start, Direction::Up), None);
        let task = inside(&scene, start).expect("it has tasks");
        assert_eq!(outside(&scene, task), Some(start));
        assert_eq!(outside(&scene, start), Some(Target::Zone(0)));
    }
}
