//! What placement has worked out before and keeps while it holds. Nothing in it is state: every
//! part follows from the rows, is mended from the journals of changes and checked against a
//! recomputation after each step of a debug build.

mod blocks;
mod buckets;
mod cell;
mod hosts;
mod order;
mod question;

use std::collections::BTreeMap;

use crate::api::TieBreak;
use crate::model::{
    ClusterId, GroupId, InstanceId, PlacementStrategy, ProviderId, TaskDefinitionId, ZoneId,
};
use crate::placement::PlacementRequest;
use crate::placement::index::blocks::Size;
use crate::placement::index::hosts::Hosts;
use crate::placement::index::order::Order;
use crate::placement::index::question::Question;
use crate::rng::Rng;
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// More questions than these are not kept: the index starts anew.
const MOST_QUESTIONS: usize = 4096;
/// Orders together have no more than so many instances: some 40 bytes each.
const MOST_IN_ORDERS: usize = 1 << 21;

/// Questions asked before, and what was worked out to answer them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    questions: BTreeMap<Subject, Vec<Known>>,
    /// The last of them: tasks of one call ask the same.
    last: Option<Known>,
    kept: usize,
    hosts: Vec<Hosts>,
    orders: Vec<Ranked>,
    /// How often something was asked.
    asked: u64,
}

/// What questions are found by.
type Subject = (TaskDefinitionId, GroupId, ClusterId, Option<ProviderId>, Option<ZoneId>);

/// A question asked before.
#[derive(Debug)]
struct Known {
    question: Question,
    answer: Answer,
}

/// Where the answer to a question is found.
#[derive(Clone, Copy, Debug)]
struct Answer {
    /// Position of the hosts.
    hosts: usize,
    /// Position of the order, if the strategy has one.
    order: Option<usize>,
    /// The strategy leaves the choice to chance in the end.
    is_random: bool,
}

/// An order, of which hosts it is, and when it was asked last.
#[derive(Debug)]
struct Ranked {
    order: Order,
    hosts: usize,
    asked: u64,
}

/// The answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The instance.
    Best(InstanceId),
    /// No instance fits.
    None,
    /// There is no order for it: look at each of [`Index::hosts`].
    Unordered,
}

impl Index {
    /// The place of one task.
    pub(super) fn best(
        &mut self,
        store: &Store,
        request: &PlacementRequest<'_>,
        rng: &mut Rng,
    ) -> Found {
        let Answer { hosts, order: Some(position), is_random } = self.known(store, request) else {
            return Found::Unordered;
        };
        self.asked += 1;
        let hosts = self.hosts[hosts].current(store);
        let ranked = &mut self.orders[position];
        let is_new = ranked.asked == 0;
        ranked.asked = self.asked;
        if is_new {
            return Found::Unordered;
        }
        let is_built = ranked.order.catch_up(store, hosts);
        let by_lot = is_random || store.config.tie_break == TieBreak::Seeded;
        let need = Size { cpu: request.demand.cpu, memory: request.demand.memory };
        let best = ranked.order.best(store, need, by_lot, rng);
        if is_built {
            self.keep_small(position);
        }
        best.map_or(Found::None, Found::Best)
    }

    /// Instances that suit a request whatever they carry.
    pub(super) fn hosts(&mut self, store: &Store, request: &PlacementRequest<'_>) -> &InstanceSet {
        let position = self.known(store, request).hosts;
        self.hosts[position].current(store)
    }

    fn known(&mut self, store: &Store, request: &PlacementRequest<'_>) -> Answer {
        if let Some(last) = self.last.as_ref().filter(|last| last.question.is_again(request)) {
            return last.answer;
        }
        if self.kept == MOST_QUESTIONS {
            *self = Self::default();
        }
        let answer = self.looked_up(store, request);
        self.last = Some(Known { question: Question::of(request), answer });
        answer
    }

    fn looked_up(&mut self, store: &Store, request: &PlacementRequest<'_>) -> Answer {
        let subject =
            (request.definition, request.group, request.cluster, request.provider, request.zone);
        let asked = self.questions.entry(subject).or_default();
        if let Some(known) = asked.iter().find(|known| known.question.is_asked_by(request)) {
            return known.answer;
        }
        let question = Question::of(request);
        let hosts = hosts_of(&mut self.hosts, store, &question);
        let order = order_of(&mut self.orders, hosts, &question);
        let is_random = question.strategy.contains(&PlacementStrategy::Random);
        let answer = Answer { hosts, order, is_random };
        asked.push(Known { question, answer });
        self.kept += 1;
        answer
    }

    /// Forgets orders that were not asked for longest, but for one.
    fn keep_small(&mut self, but: usize) {
        let weigh = |orders: &[Ranked]| orders.iter().map(|it| it.order.len()).sum::<usize>();
        while weigh(&self.orders) > MOST_IN_ORDERS {
            let others = self.orders.iter_mut().enumerate();
            let others = others.filter(|(position, it)| *position != but && it.order.len() > 0);
            let Some((_, oldest)) = others.min_by_key(|(_, it)| it.asked) else { return };
            oldest.order.forget();
            oldest.asked = 0;
        }
    }

    /// Panics with a sentence when something kept is not what the rows say.
    pub(crate) fn check(&self, store: &Store) {
        for hosts in &self.hosts {
            hosts.check(store);
        }
        for ranked in &self.orders {
            ranked.order.check(store, self.hosts[ranked.hosts].kept());
        }
    }
}

fn hosts_of(hosts: &mut Vec<Hosts>, store: &Store, question: &Question) -> usize {
    let known = hosts.iter().position(|hosts| hosts.answer(question, store));
    known.unwrap_or_else(|| {
        hosts.push(Hosts::new(question.clone()));
        hosts.len() - 1
    })
}

fn order_of(orders: &mut Vec<Ranked>, hosts: usize, question: &Question) -> Option<usize> {
    let known = orders.iter().position(|it| it.hosts == hosts && it.order.answers(question));
    known.or_else(|| {
        let order = Order::new(question.clone())?;
        orders.push(Ranked { order, hosts, asked: 0 });
        Some(orders.len() - 1)
    })
}
