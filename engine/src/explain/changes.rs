//! The smallest single changes with another answer.
//!
//! The answer is a step function of each task size: it can change only where an instance begins or
//! ceases to fit, so those sizes are tried, the nearest first.

use std::cmp::Reverse;

use crate::api::event::FailedCheck;
use crate::explain::pipeline::{self, Checked};
use crate::explain::{Change, Outcome, Suggestion, tried};
use crate::launch::TaskOrder;
use crate::model::{BinpackField, InstanceId, PlacementConstraint, SchedulingStrategy, ZoneId};
use crate::placement::{PlacementRequest, binpack};
use crate::rng::Rng;
use crate::store::Store;

/// One suggestion of each kind at most, but two for a size: smaller and larger.
pub(super) fn smallest(
    store: &Store,
    rng: &Rng,
    order: &TaskOrder,
    request: &PlacementRequest<'_>,
    checked: &[Checked],
    chosen: Option<InstanceId>,
) -> Vec<Suggestion> {
    let asker = Asker { store, rng, order, request, checked, chosen };
    let mut found = Vec::new();
    found.extend(asker.size(BinpackField::Memory, request.demand.memory, Change::Memory));
    found.extend(asker.size(BinpackField::Cpu, request.demand.cpu, Change::Cpu));
    found.extend(asker.without_constraint());
    found.extend(asker.without_strategy());
    found.extend(asker.one_more());
    found
}

struct Asker<'a> {
    store: &'a Store,
    rng: &'a Rng,
    order: &'a TaskOrder,
    request: &'a PlacementRequest<'a>,
    checked: &'a [Checked],
    chosen: Option<InstanceId>,
}

impl Asker<'_> {
    /// The nearest smaller size and the nearest larger size that have another answer.
    fn size(&self, field: BinpackField, need: u32, change: fn(u32) -> Change) -> Vec<Suggestion> {
        let is_about = |check: &FailedCheck| match field {
            BinpackField::Cpu => matches!(check, FailedCheck::Cpu { .. }),
            BinpackField::Memory => matches!(check, FailedCheck::Memory { .. }),
        };
        let left = binpack::left(self.store, field);
        let otherwise_fit = self.checked.iter().filter(|(_, checks)| checks.iter().all(is_about));
        let free: Vec<(InstanceId, u32)> =
            otherwise_fit.map(|&(instance, _)| (instance, left[instance.index()])).collect();
        let least = match field {
            BinpackField::Cpu => 0,
            BinpackField::Memory => 1,
        };
        let mut smaller: Vec<u32> =
            free.iter().map(|&(_, free)| free).filter(|&f| f >= least && f < need).collect();
        smaller.sort_unstable_by_key(|&size| Reverse(size));
        smaller.dedup();
        let fits = |free: &u32| *free >= need && *free < u32::MAX;
        let mut larger: Vec<u32> =
            free.iter().map(|&(_, free)| free).filter(fits).map(|free| free + 1).collect();
        larger.sort_unstable();
        larger.dedup();
        let flips = |size: u32| {
            let takers = free.iter().filter(|(_, free)| *free >= size).map(|&(i, _)| i);
            let then = pipeline::answer(self.store, self.rng, self.request, takers);
            self.suggest(change(size), then)
        };
        let smaller = smaller.into_iter().find_map(flips);
        let larger = larger.into_iter().find_map(flips);
        smaller.into_iter().chain(larger).collect()
    }

    fn without_constraint(&self) -> Option<Suggestion> {
        let is_daemon = self.order.owner.is_some_and(|owner| {
            self.store.service(owner.service).scheduling == SchedulingStrategy::Daemon
        });
        // That an instance has one daemon of a service is no constraint that could be left out.
        let is_own = |position: &usize| {
            !is_daemon
                || self.request.constraints[*position] != PlacementConstraint::DistinctInstance
        };
        (0..self.request.constraints.len()).filter(is_own).find_map(|position| {
            let constraints = tried::without(self.request.constraints, position)?.into();
            let request = PlacementRequest { constraints: &constraints, ..*self.request };
            self.suggest(Change::WithoutConstraint(position), self.ask(&request))
        })
    }

    fn without_strategy(&self) -> Option<Suggestion> {
        (0..self.request.strategy.len()).rev().find_map(|position| {
            let strategy = tried::without_strategy(self.order, position)?.into();
            let request = PlacementRequest { strategy: &strategy, ..*self.request };
            self.suggest(Change::WithoutStrategy(position), self.ask(&request))
        })
    }

    /// One instance of each zone is tried, the lowest id first.
    fn one_more(&self) -> Option<Suggestion> {
        let mut zones: Vec<ZoneId> = Vec::new();
        self.checked.iter().find_map(|&(model, _)| {
            let zone = self.store.instances.get(model).zone;
            if zones.contains(&zone) {
                return None;
            }
            zones.push(zone);
            let mut store = self.store.clone();
            let new = tried::add_one_more(&mut store, model);
            let takers = pipeline::checked(&store, self.request);
            let takers = takers.into_iter().filter(|(_, c)| c.is_empty()).map(|(i, _)| i);
            let then = pipeline::answer(&store, self.rng, self.request, takers);
            (then != self.chosen).then(|| Suggestion {
                change: Change::OneMoreLike(model),
                provider: self.order.provider(),
                then: match then {
                    Some(instance) if instance == new => Outcome::OnTheNewOne,
                    Some(instance) => Outcome::On(instance),
                    None => Outcome::Nowhere,
                },
            })
        })
    }

    fn ask(&self, request: &PlacementRequest<'_>) -> Option<InstanceId> {
        let checked = pipeline::checked(self.store, request);
        let takers = checked.into_iter().filter(|(_, checks)| checks.is_empty()).map(|(i, _)| i);
        pipeline::answer(self.store, self.rng, request, takers)
    }

    fn suggest(&self, change: Change, then: Option<InstanceId>) -> Option<Suggestion> {
        let outcome = then.map_or(Outcome::Nowhere, Outcome::On);
        let provider = self.order.provider();
        (then != self.chosen).then_some(Suggestion { change, then: outcome, provider })
    }
}
