//! A suggested change, tried: the question is asked again with it, and answered in full. What is
//! asked about stays as it is.

use std::sync::Arc;

use crate::explain::{Change, Outcome, PlacementReport, Split, fargate, pipeline};
use crate::launch::{LaunchTarget, TaskOrder};
use crate::model::{Demand, InstanceId, PlacementStrategy};
use crate::placement::default_service_strategy;
use crate::rng::Rng;
use crate::store::Store;
use crate::view::View;

/// The answer with one change. It may name an instance that is not there outside of it, so it is
/// read with [`Self::view`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The placement, stage by stage.
    pub report: PlacementReport,
    store: Box<Store>,
    /// Instances from this one on are only there in the trial.
    first_new: InstanceId,
}

impl Tried {
    /// The state with the change, to look at.
    pub fn view(&self) -> View<'_> {
        View::new(&self.store)
    }

    /// Where the task goes then.
    pub fn outcome(&self) -> Outcome {
        match self.report.outcome() {
            Outcome::On(instance) if instance >= self.first_new => Outcome::OnTheNewOne,
            other => other,
        }
    }
}

/// Asks again with a change; `None` when there is nothing of the kind to change. `split` is how
/// the provider was chosen, if that is known.
pub(crate) fn of_change(
    store: &Store,
    rng: &Rng,
    order: &TaskOrder,
    split: Option<&Split>,
    change: &Change,
) -> Option<Tried> {
    let first_new = InstanceId::from_index(store.instances.len());
    let mut store = Box::new(store.clone());
    let mut order = order.clone();
    let mut split = split.cloned();
    match *change {
        Change::Memory(memory) => resize(&mut order, |demand| demand.memory = memory),
        Change::Cpu(cpu) => resize(&mut order, |demand| demand.cpu = cpu),
        Change::WithoutConstraint(at) => {
            order.constraints = without(&order.constraints, at)?.into();
        }
        Change::WithoutStrategy(at) => order.strategy = without_strategy(&order, at)?.into(),
        Change::OneMoreLike(model) => {
            if model >= first_new {
                return None;
            }
            add_one_more(&mut store, model);
        }
        Change::CapacityIn(zone) | Change::TasksIn(zone, _) | Change::WithoutZone(zone) => {
            let spot = pipeline::on_fargate(&store, &order)?;
            if !order.subnets.iter().any(|&subnet| store.subnet(subnet).zone == zone) {
                return None;
            }
            match *change {
                Change::CapacityIn(_) => {
                    fargate::restore_capacity(&mut store, &order, spot, zone);
                }
                Change::TasksIn(_, tasks) => {
                    fargate::set_tasks(&mut store, order.group, spot, zone, tasks);
                }
                _ => order = fargate::without_zone(&store, &order, zone),
            }
        }
        Change::Weight(..) | Change::Base(..) => {
            let with = split?.with(change)?;
            order.target = LaunchTarget::Provider(with.provider());
            split = Some(with);
        }
    }
    let report = pipeline::of_order(&store, rng, &order, split.as_ref());
    Some(Tried { report, store, first_new })
}

fn resize(order: &mut TaskOrder, set: impl FnOnce(&mut Demand)) {
    set(Arc::make_mut(&mut order.demand));
}

/// The strategies but one; without any the default one is in force.
pub(super) fn without_strategy(
    order: &TaskOrder,
    position: usize,
) -> Option<Vec<PlacementStrategy>> {
    let left = without(&order.strategy, position)?;
    Some(match order.owner {
        _ if !left.is_empty() => left,
        Some(_) => default_service_strategy().to_vec(),
        None => vec![PlacementStrategy::Random],
    })
}

/// An empty instance like another. It comes behind its model in the order of ids.
pub(super) fn add_one_more(store: &mut Store, model: InstanceId) -> InstanceId {
    let like = store.instances.get(model);
    let row = like.emptied(format!("{}+", like.name).into());
    store.add_instance(row)
}

pub(super) fn without<T: Clone>(items: &[T], position: usize) -> Option<Vec<T>> {
    let mut left = items.to_vec();
    (position < left.len()).then(|| {
        left.remove(position);
        left
    })
}
