//! What has come from the engine, put together: the newest board, the log and the series.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::Board;
use crate::worker::protocol::{Frame, LogLine, Milestone, SeriesPoint, Summary};

/// A list that only grows, shared without copying: each clone sees it at the length it had.
#[derive(Debug, Clone)]
pub struct Shelf<T> {
    items: Rc<RefCell<Vec<T>>>,
    length: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { items: Rc::default(), length: 0 }
    }
}

impl<T> PartialEq for Shelf<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.items, &other.items) && self.length == other.length
    }
}

impl<T> Shelf<T> {
    fn extend(&mut self, more: Vec<T>) {
        let mut items = self.items.borrow_mut();
        items.extend(more);
        self.length = items.len();
    }

    /// The items of this length of the list.
    #[must_use]
    pub fn items(&self) -> Ref<'_, [T]> {
        Ref::map(self.items.borrow(), |items| &items[..self.length])
    }
}

/// Everything the page shows of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Feed {
    pub board: Board,
    pub log: Shelf<LogLine>,
    /// The counts of each service over time, by its index.
    pub series: BTreeMap<u16, Shelf<SeriesPoint>>,
    /// What happened to deployments that shift traffic.
    pub milestones: Shelf<Milestone>,
    /// Counted up with each scenario or edit: what was kept from before no longer holds.
    pub run: u32,
}

impl Feed {
    /// A scenario was taken.
    pub fn load(&mut self, summary: Summary) {
        *self = Self { board: Board::new(summary), run: self.run + 1, ..Self::default() };
    }

    /// The next frame.
    pub fn take(&mut self, mut frame: Frame) {
        if frame.fresh {
            self.log = Shelf::default();
            (self.series, self.milestones) = (BTreeMap::new(), Shelf::default());
            self.run += 1;
        }
        self.log.extend(std::mem::take(&mut frame.log));
        for point in std::mem::take(&mut frame.series) {
            self.series.entry(point.service).or_default().extend(vec![point]);
        }
        self.milestones.extend(std::mem::take(&mut frame.milestones));
        self.board = self.board.with(frame);
    }

    /// What happened to the deployments of one service.
    #[must_use]
    pub fn milestones_of(&self, service: u16) -> Vec<Milestone> {
        let all = self.milestones.items();
        all.iter().filter(|milestone| milestone.service == service).cloned().collect()
    }

    /// Lines of the log up to the instant on the screen: `(index, line)`, newest first.
    #[must_use]
    pub fn lines_until_now(&self) -> usize {
        let now = self.board.frame.now_ms;
        self.log.items().partition_point(|line| line.at_ms <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at_ms: u64) -> LogLine {
        LogLine { at_ms, message: format!("at {at_ms}"), ..LogLine::default() }
    }

    fn frame(now_ms: u64, log: Vec<LogLine>) -> Frame {
        Frame { now_ms, log, ..Frame::default() }
    }

    #[test]
    fn the_log_grows_and_older_views_keep_their_length() {
        let mut feed = Feed::default();
        feed.take(frame(10, vec![line(1), line(5)]));
        let earlier = feed.log.clone();
        feed.take(frame(20, vec![line(15)]));
        assert_eq!(earlier.items().len(), 2);
        assert_eq!(feed.log.items().len(), 3);
        assert!(earlier != feed.log);
    }

    #[test]
    fn going_back_hides_later_lines_without_forgetting_them() {
        let mut feed = Feed::default();
        feed.take(frame(20, vec![line(1), line(15)]));
        feed.take(frame(10, vec![]));
        assert_eq!(feed.lines_until_now(), 1);
        assert_eq!(feed.log.items().len(), 2);
    }

    #[test]
    fn a_fresh_frame_starts_anew() {
        let mut feed = Feed::default();
        feed.take(frame(20, vec![line(1), line(15)]));
        let point = SeriesPoint { service: 2, at_ms: 0, ..SeriesPoint::default() };
        let again = Frame { fresh: true, series: vec![point], ..frame(20, vec![line(2)]) };
        feed.take(again);
        assert_eq!(feed.log.items().len(), 1);
        assert_eq!(feed.series[&2].items().len(), 1);
        assert_eq!(feed.run, 1);
    }
}
