//! Whose turn it is: the services that get a pass at an instant, one after the other (00 section
//! 3). A pass may be news to services that come after it: they see it in their turn.

use std::collections::BTreeSet;

use crate::agenda::Called;
use crate::control::Control;
use crate::model::{SchedulingStrategy, ServiceId, Time};
use crate::reconcile::pass;

/// An instant at which services get a pass.
pub(super) struct Turns {
    /// Every service that needs a pass gets it.
    pub(super) tick: bool,
    pub(super) called: Called,
}

/// A service, and before it its place in the order of passes.
type Turn = (u32, ServiceId);

impl Turns {
    /// One pass for each service of a kind that a call concerns and, on the tick or when a call
    /// concerns their cluster, for each that needs one.
    pub(super) fn take(&self, control: &mut Control, kind: SchedulingStrategy) {
        control.agenda.take_newly_dirty();
        let called = self.called.services.iter().copied();
        let mut queue: BTreeSet<Turn> = called.map(|service| turn(control, service)).collect();
        queue.extend(needy(control).filter(|turn| self.concerns(control, *turn)));
        queue.retain(|turn| is_of(control, *turn, kind));
        while let Some(now) = queue.pop_first() {
            let room = control.room.clone();
            pass::run(control, now.1);
            let touched = control.agenda.take_newly_dirty();
            let mut news: Vec<Turn> = touched.map(|service| turn(control, service)).collect();
            if control.room != room {
                news.extend(hopeful(control).map(|service| turn(control, service)));
            }
            let comes_after = |turn: &Turn| {
                *turn > now && is_of(control, *turn, kind) && self.concerns(control, *turn)
            };
            queue.extend(news.into_iter().filter(comes_after));
        }
    }

    fn concerns(&self, control: &Control, (_, service): Turn) -> bool {
        self.tick || self.called.clusters.contains(&control.store.service(service).cluster)
    }
}

/// When the next pass of some service is due, called for or not.
pub(super) fn next(control: &Control, next_tick: impl Fn() -> Time) -> Option<Time> {
    let tick = control.store.config.tick;
    let has_news = control.agenda.dirty().next().is_some() || hopeful(control).next().is_some();
    let woken = control.agenda.next_wake().map(|at| {
        let on_grid = if at.is_multiple_of(tick) { at } else { at.next_multiple(tick) };
        on_grid.max(next_tick())
    });
    has_news.then(&next_tick).into_iter().chain(woken).min()
}

/// Services that need a pass now.
fn needy(control: &Control) -> impl Iterator<Item = Turn> + '_ {
    let agenda = &control.agenda;
    let needy = agenda.dirty().chain(hopeful(control)).chain(agenda.woken(control.now));
    needy.map(|service| turn(control, service))
}

/// Services whose placement back-off something in their cluster has just made pointless.
fn hopeful(control: &Control) -> impl Iterator<Item = ServiceId> + '_ {
    control.agenda.hoping().filter(|&service| {
        let row = control.store.service(service);
        row.memory.room_seen != control.room[row.cluster.index()]
            && pass::hopes_for_room(&control.store, service)
    })
}

fn turn(control: &Control, service: ServiceId) -> Turn {
    (control.store.service_rank(service), service)
}

fn is_of(control: &Control, (_, service): Turn, kind: SchedulingStrategy) -> bool {
    control.store.service(service).scheduling == kind
}
