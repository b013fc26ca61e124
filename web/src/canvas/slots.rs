//! Which slot each tile has: first fit, and a tile keeps its slot until it stops.
//!
//! A cell is a rack of rows of one length each. Lengths are counted in thousandths of a row, so
//! that a rack never fills up by rounding.

use std::collections::BTreeMap;

/// Thousandths: the length of a row.
pub const ROW: u32 = 1000;

/// What tiles stand in: an instance, or the strip of a zone for tasks on Fargate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellId {
    Host(u32),
    Strip { zone: u16, spot: bool },
}

/// A tile that wants a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// The task's key.
    pub key: u32,
    pub cell: CellId,
    /// In thousandths of a row.
    pub length: u32,
}

/// A stretch of a rack, from `start` (row times [`ROW`] plus offset); never over a row's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub start: u32,
    pub length: u32,
}

impl Stretch {
    #[must_use]
    pub fn row(&self) -> u32 {
        self.start / ROW
    }

    #[must_use]
    pub fn offset(&self) -> u32 {
        self.start % ROW
    }
}

/// All racks, kept from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    racks: BTreeMap<CellId, Rack>,
    cell_of: BTreeMap<u32, (CellId, u32)>,
}

#[derive(Debug, Clone, Default)]
struct Rack {
    rows: u32,
    /// By start, none overlapping.
    taken: Vec<(Stretch, u32)>,
    /// Lengths are divided by this once larger shares together came to more than the rack.
    squeeze: u32,
}

impl Slots {
    /// Takes out what is gone and gives what is new a slot, in the order given.
    /// `rows` tells the height of a cell; a strip grows as it must.
    pub fn update(&mut self, pieces: &[Piece], rows: impl Fn(CellId) -> u32) {
        let wanted: BTreeMap<u32, &Piece> = pieces.iter().map(|p| (p.key, p)).collect();
        let stays = |key: &u32, at: &(CellId, u32)| {
            wanted.get(key).is_some_and(|p| p.cell == at.0 && p.length == at.1)
        };
        let gone: Vec<(u32, CellId)> = self
            .cell_of
            .iter()
            .filter(|(key, at)| !stays(key, at))
            .map(|(key, at)| (*key, at.0))
            .collect();
        for (key, cell) in gone {
            self.cell_of.remove(&key);
            if let Some(rack) = self.racks.get_mut(&cell) {
                rack.remove(key);
            }
        }
        for piece in pieces {
            if self.cell_of.contains_key(&piece.key) {
                continue;
            }
            let rack = self.racks.entry(piece.cell).or_default();
            rack.rows = rows(piece.cell).max(rack.rows_used());
            rack.insert(piece, matches!(piece.cell, CellId::Strip { .. }));
            self.cell_of.insert(piece.key, (piece.cell, piece.length));
        }
        self.racks.retain(|_, rack| !rack.taken.is_empty());
    }

    /// The stretches in a cell with the key of the task in each, by position.
    #[must_use]
    pub fn in_cell(&self, cell: CellId) -> &[(Stretch, u32)] {
        self.racks.get(&cell).map_or(&[], |rack| &rack.taken)
    }

    /// Rows in use, at least one.
    #[must_use]
    pub fn rows_used(&self, cell: CellId) -> u32 {
        self.racks.get(&cell).map_or(1, Rack::rows_used)
    }
}

impl Rack {
    fn insert(&mut self, piece: &Piece, grows: bool) {
        let length = (piece.length / self.squeeze.max(1)).max(1);
        if let Some(start) = self.first_fit(length.min(ROW)).filter(|_| length <= ROW) {
            self.take(Stretch { start, length }, piece.key);
            return;
        }
        let from = if grows && !self.taken.is_empty() { self.rows_used() } else { 0 };
        if grows {
            self.rows = from + length.div_ceil(ROW);
        }
        self.spill(length, piece, from * ROW);
    }

    fn rows_used(&self) -> u32 {
        self.taken.last().map_or(1, |(stretch, _)| stretch.row() + 1)
    }

    /// The first start of a gap that long within a row.
    fn first_fit(&self, length: u32) -> Option<u32> {
        self.gaps().into_iter().find(|gap| gap.length >= length).map(|gap| gap.start)
    }

    /// What fits in no row goes on in the next: free stretches from there on.
    fn spill(&mut self, length: u32, piece: &Piece, from: u32) {
        let gaps: Vec<Stretch> = self.gaps().into_iter().filter(|g| g.start >= from).collect();
        let free: u32 = gaps.iter().map(|gap| gap.length).sum();
        if free < length {
            self.tighten(piece);
            return;
        }
        // A piece of a row or more looks best from a row's start, if there are free rows enough.
        let whole = length.div_ceil(ROW);
        let clear = |row: u32| {
            let mut rows = row..row + whole;
            rows.all(|r| gaps.contains(&Stretch { start: r * ROW, length: ROW }))
        };
        let first_row =
            (0..self.rows.saturating_sub(whole - 1)).find(|row| length >= ROW && clear(*row));
        let from = first_row.map_or(0, |row| row * ROW);
        let mut left = length;
        for gap in gaps.into_iter().filter(|gap| gap.start >= from) {
            let part = gap.length.min(left);
            if part > 0 {
                self.take(Stretch { start: gap.start, length: part }, piece.key);
                left -= part;
            }
        }
    }

    /// Larger shares of cpu here and of memory there can come to more than the whole: then every
    /// piece of the rack is drawn at half its length, and all are placed anew.
    fn tighten(&mut self, piece: &Piece) {
        let halved = self.squeeze.max(1) * 2;
        if halved > 1 << 10 {
            // Thousands of tasks that reserve nothing: they share the last thousandth.
            let last = (self.rows * ROW).saturating_sub(1);
            self.taken.push((Stretch { start: last, length: 1 }, piece.key));
            return;
        }
        let mut lengths: BTreeMap<u32, u32> = BTreeMap::new();
        for (stretch, key) in &self.taken {
            *lengths.entry(*key).or_default() += stretch.length * self.squeeze.max(1);
        }
        lengths.insert(piece.key, piece.length);
        self.taken.clear();
        self.squeeze = halved;
        for (key, length) in lengths {
            self.insert(&Piece { key, cell: piece.cell, length }, false);
        }
    }

    fn take(&mut self, stretch: Stretch, key: u32) {
        let at = self.taken.partition_point(|(other, _)| other.start < stretch.start);
        self.taken.insert(at, (stretch, key));
    }

    fn remove(&mut self, key: u32) {
        self.taken.retain(|(_, owner)| *owner != key);
        if self.taken.is_empty() {
            self.squeeze = 0;
        }
    }

    /// Free stretches, none over a row's end, by start.
    fn gaps(&self) -> Vec<Stretch> {
        let mut gaps = Vec::new();
        let mut taken = self.taken.iter().map(|(stretch, _)| *stretch).peekable();
        for row in 0..self.rows {
            let mut at = row * ROW;
            let end = at + ROW;
            while let Some(next) = taken.next_if(|next| next.start < end) {
                if next.start > at {
                    gaps.push(Stretch { start: at, length: next.start - at });
                }
                at = at.max(next.start + next.length);
            }
            if at < end {
                gaps.push(Stretch { start: at, length: end - at });
            }
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: CellId = CellId::Host(0);

    fn piece(key: u32, length: u32) -> Piece {
        Piece { key, cell: HOST, length }
    }

    fn placed(slots: &Slots) -> Vec<(u32, u32, u32)> {
        let all = slots.in_cell(HOST).iter();
        all.map(|(stretch, key)| (*key, stretch.start, stretch.length)).collect()
    }

    #[test]
    fn tiles_stand_first_fit_row_by_row() {
        let mut slots = Slots::default();
        slots.update(&[piece(1, 600), piece(2, 600), piece(3, 400)], |_| 2);
        assert_eq!(placed(&slots), [(1, 0, 600), (3, 600, 400), (2, 1000, 600)]);
    }

    #[test]
    fn a_tile_keeps_its_slot_and_holes_stay() {
        let mut slots = Slots::default();
        slots.update(&[piece(1, 300), piece(2, 300), piece(3, 300)], |_| 1);
        slots.update(&[piece(1, 300), piece(3, 300)], |_| 1);
        assert_eq!(placed(&slots), [(1, 0, 300), (3, 600, 300)]);
        slots.update(&[piece(1, 300), piece(3, 300), piece(4, 250)], |_| 1);
        assert_eq!(placed(&slots), [(1, 0, 300), (4, 300, 250), (3, 600, 300)]);
    }

    #[test]
    fn what_fits_in_no_row_goes_on_in_the_next() {
        let mut slots = Slots::default();
        slots.update(&[piece(1, 700), piece(2, 700), piece(3, 600)], |_| 2);
        assert_eq!(placed(&slots), [(1, 0, 700), (3, 700, 300), (2, 1000, 700), (3, 1700, 300)]);
    }

    #[test]
    fn a_large_tile_takes_whole_rows_where_they_are_free() {
        let mut slots = Slots::default();
        slots.update(&[piece(1, 200), piece(2, 2000)], |_| 4);
        assert_eq!(placed(&slots), [(1, 0, 200), (2, 1000, 1000), (2, 2000, 1000)]);
    }

    #[test]
    fn larger_shares_that_come_to_more_than_the_whole_are_drawn_at_half_length() {
        let mut slots = Slots::default();
        slots.update(&[piece(1, 900), piece(2, 900)], |_| 1);
        assert_eq!(placed(&slots), [(1, 0, 450), (2, 450, 450)]);
    }

    #[test]
    fn a_strip_grows_by_rows() {
        let strip = CellId::Strip { zone: 0, spot: false };
        let pieces: Vec<Piece> =
            (1..=7).map(|key| Piece { key, cell: strip, length: 400 }).collect();
        let mut slots = Slots::default();
        slots.update(&pieces, |_| 1);
        assert_eq!(slots.rows_used(strip), 4);
        assert_eq!(slots.in_cell(strip).len(), 7);
    }

    #[test]
    fn no_task_is_ever_lost_from_the_picture() {
        let pieces: Vec<Piece> = (0..500).map(|key| piece(key, 333)).collect();
        let mut slots = Slots::default();
        slots.update(&pieces, |_| 2);
        let mut keys: Vec<u32> = slots.in_cell(HOST).iter().map(|(_, key)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 500);
    }
}
