//! The timeline with its names looked up, as far as they are known beforehand.

use std::collections::BTreeSet;

use stowplan_engine::model::ClusterId;

use super::plan::{Action, AddedInstance, TimelineEntry, WorldAction};
use super::{Resolved, clusters, held, instances, references};
use crate::document::DocumentError;
use crate::scenario::{
    actions::WorldKeys,
    at::Origin,
    instance::InstanceKeys,
    names::{nothing_called, short},
    timeline::{GivenAction, GivenEntry},
};

pub(super) fn resolve(resolved: &Resolved<'_>) -> Result<Vec<TimelineEntry>, DocumentError> {
    let mut known = Known::of(resolved);
    let mut entries = Vec::new();
    for given in &resolved.scenario.timeline {
        let action = action_of(resolved, &mut known, given)?;
        entries.push(TimelineEntry {
            at: given.at,
            keep_as: given.keep_as.clone(),
            must_fail: given.must_fail.clone(),
            may_fail: given.may_fail,
            action,
            source: given.origin.source(resolved.document()),
        });
    }
    Ok(entries)
}

/// Names that world actions can use.
struct Known {
    instances: BTreeSet<(ClusterId, String)>,
    subjects: BTreeSet<String>,
}

impl Known {
    fn of(resolved: &Resolved<'_>) -> Self {
        let instances = resolved.instances.iter();
        Self {
            instances: instances.map(|i| (i.cluster, i.name().to_owned())).collect(),
            subjects: references::subjects(resolved),
        }
    }
}

fn action_of(
    resolved: &Resolved<'_>,
    known: &mut Known,
    given: &GivenEntry,
) -> Result<Action, DocumentError> {
    let keys = match &given.action {
        GivenAction::Api(name, raw) => return Ok(Action::Api(name, raw.clone())),
        GivenAction::Query(name, raw) => return Ok(Action::Query(name, raw.clone())),
        GivenAction::World(keys) => keys,
    };
    let action = match keys {
        WorldKeys::AddInstances(instances, cluster) => {
            let origin = given.origin.key("addInstances");
            let cluster = clusters::find(resolved, cluster.as_deref(), &origin)?;
            WorldAction::AddInstances {
                cluster,
                instances: added(resolved, known, cluster, instances, &origin)?,
            }
        }
        WorldKeys::Instance(action, name) => {
            let action = WorldAction::Instance(*action, name.clone());
            let origin = given.origin.key(Action::World(action.clone()).name());
            check_instance(resolved, known, &name.instance, name.cluster.as_deref(), &origin)?;
            action
        }
        WorldKeys::InterruptSpot(spot) => {
            let origin = given.origin.key("interruptSpot");
            if let Some(name) = &spot.instance {
                check_instance(resolved, known, name, spot.cluster.as_deref(), &origin)?;
            }
            if let Some(task) = &spot.task {
                check_task(resolved, known, task, &origin)?;
            }
            WorldAction::InterruptSpot(spot.clone())
        }
        WorldKeys::SetCapacity(set) => {
            let origin = given.origin.key("setCapacity");
            let cluster = set.cluster.as_deref();
            let cluster = cluster.map(|name| clusters::find(resolved, Some(name), &origin));
            let cluster = cluster.transpose()?.unwrap_or(ClusterId::new(0));
            let mut set = set.clone();
            if let Some(zone) = &mut set.availability_zone {
                *zone = resolved.clusters[cluster.index()]
                    .zone(zone)
                    .map_err(|e| resolved.at(&origin.key("availabilityZone"), e))?;
            }
            WorldAction::SetCapacity(set)
        }
        WorldKeys::SetBehavior(set) => {
            let subject = &*set.of;
            if !subject.contains("${") && !references::is_subject(&known.subjects, subject) {
                let names = known.subjects.iter().map(String::as_str);
                let error = nothing_called("task, family or revision", subject, names);
                return Err(resolved.at(&given.origin.key("setBehavior").key("of"), error));
            }
            WorldAction::SetBehavior(set.clone())
        }
        WorldKeys::FailTask(fail) => {
            check_task(resolved, known, &fail.task, &given.origin.key("failTask"))?;
            WorldAction::FailTask(fail.clone())
        }
        WorldKeys::PushImage(image) => WorldAction::PushImage(image.clone()),
        WorldKeys::SetAlarm(set) => {
            let origin = given.origin.key("setAlarm").key("alarmName");
            if !set.alarm_name.contains("${") {
                references::check_alarm(resolved, &set.alarm_name, &origin)?;
            }
            WorldAction::SetAlarm(set.clone())
        }
    };
    Ok(Action::World(action))
}

fn added(
    resolved: &Resolved<'_>,
    known: &mut Known,
    cluster: ClusterId,
    keys: &InstanceKeys,
    origin: &Origin,
) -> Result<Vec<AddedInstance>, DocumentError> {
    let mut all = Vec::new();
    for mut machine in instances::machines(resolved, cluster, keys, origin)? {
        held::settle_new(resolved, &mut machine, origin)?;
        let name = machine.registration.name.to_string();
        if !known.instances.insert((cluster, name.clone())) {
            let message = format!("the instance id `{name}` is used twice");
            let error = resolved.error(&origin.key("id"), message);
            return Err(error.with_remedy("Give it another name"));
        }
        let (registration, agent) = (machine.registration, machine.agent);
        all.push(AddedInstance { registration, agent });
    }
    Ok(all)
}

fn check_instance(
    resolved: &Resolved<'_>,
    known: &Known,
    name: &str,
    cluster: Option<&str>,
    origin: &Origin,
) -> Result<(), DocumentError> {
    if name.contains("${") {
        return Ok(());
    }
    let cluster = cluster.map(|name| clusters::find(resolved, Some(name), origin)).transpose()?;
    let (cluster, wanted) = match (cluster, name.rsplit_once('/')) {
        (None, Some((of, wanted))) if !name.starts_with("arn:") => {
            (Some(clusters::find(resolved, Some(of), origin)?), wanted)
        }
        _ => (cluster, short(name)),
    };
    let own = || known.instances.iter().filter(|(of, _)| cluster.is_none_or(|id| *of == id));
    match own().filter(|(_, known)| known == wanted).count() {
        1 => Ok(()),
        0 => {
            let names = own().map(|(_, name)| &**name);
            let error = nothing_called("instance", wanted, names);
            Err(resolved.at(&origin.key("instance"), error))
        }
        _ => {
            let message = format!("several clusters have an instance `{wanted}`");
            let error = resolved.error(&origin.key("instance"), message);
            Err(error.with_remedy("Write `cluster/instance`"))
        }
    }
}

fn check_task(
    resolved: &Resolved<'_>,
    known: &Known,
    name: &str,
    origin: &Origin,
) -> Result<(), DocumentError> {
    let wanted = short(name);
    let given =
        |name: &str| resolved.tasks.iter().any(|task| task.given.name.as_deref() == Some(name));
    if name.contains("${") || references::is_generated_id(wanted) || given(wanted) {
        return Ok(());
    }
    let _ = known;
    let names = resolved.tasks.iter().filter_map(|task| task.given.name.as_deref());
    Err(resolved.at(&origin.key("task"), nothing_called("task", wanted, names)))
}
