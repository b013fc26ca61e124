//! One placement, stage by stage: the gates and strategies of [`crate::placement`], watched.

use std::sync::Arc;

use crate::api::TieBreak;
use crate::api::event::{FailedCheck, Rejection};
use crate::explain::{
    Candidate, Change, FargateField, Field, Outcome, PlacementReport, Refusal, Split, Suggestion,
    Tie, Verdict, changes, fargate, never,
};
use crate::launch::{self, LaunchTarget, TaskOrder};
use crate::model::{InstanceId, InstanceStatus, LaunchType, PlacementStrategy, ProviderKind};
use crate::placement::{self, PlacementRequest, binpack, closest, feasible, spread};
use crate::rng::Rng;
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// Explains where the task of an order goes, or would go, with the generator as it stands. `split`
/// is how its provider was chosen, if that is known.
pub(crate) fn of_order(
    store: &Store,
    rng: &Rng,
    order: &TaskOrder,
    split: Option<&Split>,
) -> PlacementReport {
    let provider = order.provider();
    let mut field = match on_fargate(store, order) {
        Some(spot) => Field::Fargate(fargate::field(store, order, spot)),
        None => instances(store, rng, order, &launch::request(order, provider)),
    };
    let (Field::Instances { changes, .. } | Field::Fargate(FargateField { changes, .. })) =
        &mut field;
    changes.extend(split.iter().flat_map(|split| of_split(store, rng, order, split)));
    PlacementReport {
        cluster: order.cluster,
        group: store.group_name(order.group).into(),
        definition: order.definition,
        provider,
        split: split.cloned(),
        demand: Arc::clone(&order.demand),
        constraints: Arc::clone(&order.constraints),
        strategy: Arc::clone(&order.strategy),
        has_proxy: order.agent.service_connect,
        field,
    }
}

/// Whether an order is for Fargate Spot or On-Demand; `None` when it is for an instance.
pub(super) fn on_fargate(store: &Store, order: &TaskOrder) -> Option<bool> {
    match order.target {
        LaunchTarget::Type(launch_type) => (launch_type == LaunchType::Fargate).then_some(false),
        LaunchTarget::Provider(provider) => match store.provider(provider).kind {
            ProviderKind::Fargate => Some(false),
            ProviderKind::FargateSpot => Some(true),
            ProviderKind::AutoScalingGroup { .. } => None,
        },
    }
}

/// Other weights and another base: another provider, and where the task goes by it.
fn of_split(store: &Store, rng: &Rng, order: &TaskOrder, split: &Split) -> Vec<Suggestion> {
    let suggest = |change: Change| {
        let provider = split.with(&change)?.provider();
        let order = TaskOrder { target: LaunchTarget::Provider(provider), ..order.clone() };
        let then = outcome(store, rng, &order);
        Some(Suggestion { change, then, provider: Some(provider) })
    };
    split.changes().into_iter().filter_map(suggest).collect()
}

fn outcome(store: &Store, rng: &Rng, order: &TaskOrder) -> Outcome {
    if let Some(spot) = on_fargate(store, order) {
        return fargate::zone_of(store, order, spot).map_or(Outcome::Nowhere, Outcome::In);
    }
    let request = launch::request(order, order.provider());
    let checked = checked(store, &request);
    let takers = checked.into_iter().filter(|(_, checks)| checks.is_empty()).map(|(i, _)| i);
    answer(store, rng, &request, takers).map_or(Outcome::Nowhere, Outcome::On)
}

/// A candidate and every check it fails.
pub(super) type Checked = (InstanceId, Box<[FailedCheck]>);

/// Candidates in id order with the checks they fail.
pub(super) fn checked(store: &Store, request: &PlacementRequest<'_>) -> Vec<Checked> {
    let mut order: Vec<InstanceId> = placement::candidates(store, request).iter().collect();
    order.sort_unstable_by_key(|&instance| store.instances.rank(instance));
    let check = |instance| (instance, feasible::failures(store, request, instance).collect());
    order.into_iter().map(check).collect()
}

/// The choice among those that take the task.
pub(super) fn answer(
    store: &Store,
    rng: &Rng,
    request: &PlacementRequest<'_>,
    takers: impl Iterator<Item = InstanceId>,
) -> Option<InstanceId> {
    let mut set = InstanceSet::new();
    takers.for_each(|instance| set.insert(instance));
    let draw = &mut rng.clone();
    (!set.is_empty()).then(|| placement::prefer(store, request, set, draw, |_| ()))
}

fn instances(store: &Store, rng: &Rng, order: &TaskOrder, request: &PlacementRequest<'_>) -> Field {
    let checked = checked(store, request);
    let mut feasible = InstanceSet::new();
    for (instance, _) in checked.iter().filter(|(_, checks)| checks.is_empty()) {
        feasible.insert(*instance);
    }
    let mut sets = vec![feasible.clone()];
    let chosen = (!feasible.is_empty()).then(|| {
        let draw = &mut rng.clone();
        placement::prefer(store, request, feasible, draw, |set| sets.push(set.clone()))
    });
    let mut left = vec![count(checked.len())];
    left.extend(sets.iter().map(|set| count(set.iter().count())));
    let scores: Vec<Scores<'_>> =
        request.strategy.iter().take(sets.len()).map(|s| Scores::of(store, request, s)).collect();
    let judge = |(instance, checks): &Checked| {
        let last = sets.iter().rposition(|set| set.contains(*instance));
        let looked_at = last.map_or(0, |last| last + 1);
        let verdict = match last {
            _ if chosen == Some(*instance) => Verdict::Chosen,
            None => Verdict::Refused(Refusal {
                checks: checks.clone(),
                beyond: never::beyond(store.instances.get(*instance), request.demand),
            }),
            Some(last) if last + 1 < sets.len() => Verdict::Outranked(last),
            Some(_) => Verdict::LostTie,
        };
        let ranks = scores.iter().take(looked_at).filter_map(|s| s.of_instance(store, *instance));
        Candidate { instance: *instance, verdict, ranks: ranks.collect() }
    };
    let mut candidates: Vec<Candidate> = checked.iter().map(judge).collect();
    candidates.extend(others(store, request, &checked));
    candidates.sort_unstable_by_key(|candidate| store.instances.rank(candidate.instance));
    let rejections = checked
        .iter()
        .map(|(instance, checks)| Rejection { instance: *instance, checks: checks.clone() });
    let rejections: Vec<Rejection> = rejections.collect();
    let nearest = closest::closest(&rejections).filter(|_| chosen.is_none());
    Field::Instances {
        never: never::nowhere_ever(store, &candidates, request.demand),
        notes: never::notes(store, &candidates, request.demand),
        candidates,
        left,
        tie: tie(store, request, sets.last()),
        closest: nearest.map(|rejection| rejection.instance),
        changes: changes::smallest(store, rng, order, request, &checked, chosen),
    }
}

fn tie(store: &Store, request: &PlacementRequest<'_>, last: Option<&InstanceSet>) -> Tie {
    let draws = request.strategy.contains(&PlacementStrategy::Random)
        || store.config.tie_break == TieBreak::Seeded;
    match last.map_or(0, |set| set.iter().take(2).count()) {
        0 | 1 => Tie::None,
        _ if draws => Tie::Drawn,
        _ => Tie::LowestId,
    }
}

/// Registered instances of the cluster that are no candidates.
fn others(store: &Store, request: &PlacementRequest<'_>, checked: &[Checked]) -> Vec<Candidate> {
    let known = |instance| checked.iter().any(|(candidate, _)| *candidate == instance);
    let mut others = Vec::new();
    for (instance, row) in store.instances.iter() {
        let gone = row.status == InstanceStatus::Inactive;
        if row.cluster != request.cluster || gone || known(instance) {
            continue;
        }
        let verdict = if row.status != InstanceStatus::Active {
            Verdict::NotActive(row.status)
        } else if request.zone.is_some_and(|zone| zone != row.zone) {
            Verdict::OtherZone
        } else {
            Verdict::OtherProvider
        };
        others.push(Candidate { instance, verdict, ranks: Vec::new() });
    }
    others
}

/// What a strategy sees.
enum Scores<'a> {
    Tasks(spread::Buckets<'a>),
    Left(&'a [u32]),
    Nothing,
}

impl<'a> Scores<'a> {
    fn of(
        store: &'a Store,
        request: &PlacementRequest<'a>,
        strategy: &'a PlacementStrategy,
    ) -> Self {
        match strategy {
            PlacementStrategy::Spread(field) => {
                Self::Tasks(spread::Buckets::of(store, request.group, field))
            }
            PlacementStrategy::Binpack(field) => Self::Left(binpack::left(store, *field)),
            PlacementStrategy::Random => Self::Nothing,
        }
    }

    fn of_instance(&self, store: &Store, instance: InstanceId) -> Option<u32> {
        match self {
            Self::Tasks(buckets) => Some(buckets.tasks(store, instance)),
            Self::Left(left) => Some(left[instance.index()]),
            Self::Nothing => None,
        }
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
