//! A suggested change as an edit of the scenario: the call that somebody would have made at the
//! instant of the decision, or another word where the document speaks of the definition or of the
//! service. Sizes and weights are changed where they stand, since a new revision or a forced
//! deployment would be another story than the one that was tried.

use serde_json::{Map, Value, json};
use stowplan_engine::View;
use stowplan_engine::explain::{Change, PlacementReport};
use stowplan_engine::model::{
    BinpackField, InstanceId, PlacementConstraint, PlacementStrategy, ProviderKind, Service,
    TaskId, Time, ZoneId,
};
use stowplan_sim::document::Limits;
use stowplan_sim::run::{Replay, Simulation};
use stowplan_sim::scenario::{Action, Plan, Scenario, TimelineEntry};

use super::place::{find, found};
use super::resize::{Part, resize};
use super::survey::{constraint, strategy};
use crate::words;

/// A decision, and the document of its run.
pub(super) struct Decision<'a> {
    /// The run, at the decision or later.
    pub(super) head: &'a Simulation,
    pub(super) document: &'a Value,
    pub(super) task: TaskId,
    pub(super) report: &'a PlacementReport,
    /// The instant of the decision, ms.
    pub(super) at_ms: u64,
}

/// An edit of the document.
#[derive(Debug)]
pub(super) struct Amendment {
    /// The document with the edit.
    pub(super) document: Value,
    /// What the edit is, for people: it follows "Apply: ".
    pub(super) words: String,
}

/// What a change is as an edit; why it is none where no word of a scenario would make it.
pub(super) fn amend(decision: &Decision<'_>, change: &Change) -> Result<Amendment, String> {
    let view = decision.head.engine();
    let mut edit = Edit { decision, view, document: decision.document.clone() };
    let words = match *change {
        Change::Memory(to) => edit.resize(Part::Memory, to),
        Change::Cpu(to) => edit.resize(Part::Cpu, to),
        Change::WithoutConstraint(position) => edit.without_constraint(position),
        Change::WithoutStrategy(position) => edit.without_strategy(position),
        Change::OneMoreLike(model) => edit.one_more(model),
        Change::CapacityIn(zone) => Ok(edit.capacity(zone)),
        Change::WithoutZone(zone) => edit.without_zone(zone),
        Change::Weight(position, to) => edit.share(position, "weight", to),
        Change::Base(position, to) => edit.share(position, "base", to),
        Change::TasksIn(..) => Err("That is where other tasks stand: no word of the scenario \
                                    says it, so it can be tried and not applied."
            .to_owned()),
    }?;
    // What is there from the start has to be possible at the start.
    if edit.document["timeline"] == decision.document["timeline"] {
        let possible = replay_of(&edit.document);
        possible.map_err(|problem| format!("No run can begin with {words}: {problem}"))?;
    }
    Ok(Amendment { document: edit.document, words })
}

/// What a document plans, read anew as a whole, so that an edit is checked as a file would be.
pub(super) fn plan_of(document: &Value) -> Result<Plan, String> {
    let scenario = Scenario::read(document.to_string().as_bytes(), &Limits::default());
    scenario.and_then(|scenario| scenario.plan()).map_err(|error| error.to_string())
}

/// Its run, at the beginning.
pub(super) fn replay_of(document: &Value) -> Result<Replay, String> {
    Replay::new(&plan_of(document)?).map_err(|error| error.to_string())
}

struct Edit<'a> {
    decision: &'a Decision<'a>,
    view: View<'a>,
    document: Value,
}

impl<'a> Edit<'a> {
    fn service(&self) -> Option<&'a Service> {
        let owner = self.view.task(self.decision.task).owner?;
        Some(self.view.service(owner.service))
    }

    /// `at 00:00:10.250`, the instant of the decision.
    fn when(&self) -> String {
        format!("at {}", words::clock_ms(self.decision.at_ms))
    }

    fn resize(&mut self, part: Part, to: u32) -> Result<String, String> {
        let definition = self.view.definition(self.decision.report.definition);
        if *self.decision.report.demand != *definition.demand {
            return Err("Its call overrides the size of the definition: change the overrides \
                        there."
                .to_owned());
        }
        let from = match part {
            Part::Cpu => definition.demand.cpu,
            Part::Memory => definition.demand.memory,
        };
        let place = self.definition_place()?;
        let node = found(&mut self.document, &place)?;
        resize(node, part, from, to)?;
        let (label, part) = (definition.label(), part.word());
        Ok(format!("{place}, {label}: {part} {to} instead of {from}, from the start"))
    }

    /// Where the document has the definition.
    fn definition_place(&self) -> Result<String, String> {
        let id = self.decision.report.definition;
        let definition = self.view.definition(id);
        let given = self.document["taskDefinitions"].as_array().map_or(0, Vec::len);
        let place = if id.index() < given {
            Some(format!("taskDefinitions[{}]", id.index()))
        } else {
            self.call_place(|call, entry| {
                let made = &call["taskDefinition"];
                entry.action.name() == "registerTaskDefinition"
                    && made["family"] == *definition.family
                    && made["revision"] == definition.revision
            })
        };
        let place = place.map(|place| {
            let whole = find(&self.document, &place);
            let wrapped = whole.is_some_and(|node| node.get("taskDefinition").is_some());
            if wrapped { format!("{place}.taskDefinition") } else { place }
        });
        let own = |place: &String| {
            let node = find(&self.document, place);
            node.is_some_and(|node| node["family"] == *definition.family)
        };
        place.filter(own).ok_or_else(|| {
            format!("The document has {} where no edit can follow.", definition.label())
        })
    }

    /// Where the entry stands whose call was answered so.
    fn call_place(&self, wanted: impl Fn(&Value, &TimelineEntry) -> bool) -> Option<String> {
        let calls = self.decision.head.record().calls();
        let entries = self.decision.head.timeline().iter();
        let mut done = calls.iter().zip(entries).filter(|(call, _)| call.error.is_none());
        done.find(|(call, entry)| wanted(&call.answer, entry))
            .map(|(_, entry)| entry.source.path.clone())
    }

    /// Where the call stands that made the task, which no service did.
    fn own_call_place(&self) -> Result<String, String> {
        let name = self.view.task_name(self.decision.task);
        let made_it = |call: &Value, _: &TimelineEntry| {
            let mut tasks = call["tasks"].as_array().into_iter().flatten();
            tasks.any(|task| {
                task["taskArn"].as_str().is_some_and(|arn| arn.ends_with(&format!("/{name}")))
            })
        };
        self.call_place(made_it).ok_or_else(|| format!("No call of the scenario made task {name}."))
    }

    fn without_constraint(&mut self, position: usize) -> Result<String, String> {
        let report = self.decision.report;
        let own = self.view.definition(report.definition).constraints.len();
        let gone = constraint_words(&report.constraints[position]);
        if position < own {
            let place = format!("{}.placementConstraints", self.definition_place()?);
            remove(found(&mut self.document, &place)?, position)?;
            return Ok(format!("{place} without {gone}, from the start"));
        }
        if self.service().is_none() {
            let place = format!("{}.placementConstraints", self.own_call_place()?);
            remove(found(&mut self.document, &place)?, position - own)?;
            return Ok(format!("{place} without {gone}"));
        }
        let of_service = report.constraints.iter().enumerate().skip(own);
        let left = of_service.filter(|(at, _)| *at != position);
        let left: Vec<Value> = left.map(|(_, it)| constraint_json(it)).collect();
        self.update_service("placementConstraints", left.into(), &gone)
    }

    fn without_strategy(&mut self, position: usize) -> Result<String, String> {
        let all = &self.decision.report.strategy;
        let gone = strategy_words(&all[position]);
        if self.service().is_none() {
            let place = format!("{}.placementStrategy", self.own_call_place()?);
            remove(found(&mut self.document, &place)?, position)?;
            return Ok(format!("{place} without {gone}"));
        }
        let left = all.iter().enumerate().filter(|(at, _)| *at != position);
        let left: Vec<Value> = left.map(|(_, it)| strategy_json(it)).collect();
        self.update_service("placementStrategy", left.into(), &gone)
    }

    fn update_service(&mut self, field: &str, to: Value, gone: &str) -> Result<String, String> {
        let service = self.service().ok_or("No service made the task.")?;
        let mut input = json!({ "service": &*service.name, field: to });
        if self.view.clusters().count() > 1 {
            input["cluster"] = (*self.view.cluster(service.cluster).name).into();
        }
        self.add_entry("updateService", input);
        Ok(format!("updateService of {}, {field} without {gone}, {}", service.name, self.when()))
    }

    fn add_entry(&mut self, action: &str, input: Value) {
        let entry = json!({ "at": format!("{}ms", self.decision.at_ms), action: input });
        match self.document["timeline"].as_array_mut() {
            Some(entries) => entries.push(entry),
            None => self.document["timeline"] = vec![entry].into(),
        }
    }

    fn one_more(&mut self, model: InstanceId) -> Result<String, String> {
        let row = self.view.instance(model);
        if let Some(group) = &row.auto_scaling_group {
            return self.grow(group);
        }
        let mut name = format!("{}+", row.name);
        while self.view.find_instance(row.cluster, &name).is_some() {
            name.push('+');
        }
        let mut node = self.instance_node(&row.name).unwrap_or_default();
        for left in ["count", "remaining", "usedPorts", "status", "ec2InstanceId", "privateIp"] {
            node.remove(left);
        }
        node.insert("id".to_owned(), name.clone().into());
        node.insert("availabilityZone".to_owned(), self.view.zone_name(row.zone).into());
        if let Some(kind) = &row.instance_type {
            node.insert("type".to_owned(), (**kind).into());
        }
        // A type that is known says both; what differs from it was given.
        node.insert("cpu".to_owned(), row.registered_cpu.into());
        node.insert("memory".to_owned(), row.registered_memory.into());
        if self.view.clusters().count() > 1 {
            node.insert("cluster".to_owned(), (*self.view.cluster(row.cluster).name).into());
        }
        self.add_entry("addInstances", node.into());
        Ok(format!("addInstances {name}, like {}, {}", row.name, self.when()))
    }

    /// The fields with which the document gives an instance, alone or as one of several.
    fn instance_node(&self, name: &str) -> Option<Map<String, Value>> {
        let listed = self.document["cluster"]["instances"].as_array().into_iter().flatten();
        let added = self.document["timeline"].as_array().into_iter().flatten();
        let added = added.filter_map(|entry| entry.get("addInstances"));
        let is_it = |node: &&Value| {
            let Some(id) = node["id"].as_str() else { return false };
            let number = name.strip_prefix(id).and_then(|rest| rest.strip_prefix('-'));
            match node["count"].as_u64() {
                None => name == id,
                Some(count) => number
                    .and_then(|number| number.parse().ok())
                    .is_some_and(|number: u64| (1..=count).contains(&number)),
            }
        };
        listed.chain(added).find(is_it)?.as_object().cloned()
    }

    /// One more instance of an Auto Scaling group.
    fn grow(&mut self, group: &str) -> Result<String, String> {
        let groups = self.document["cluster"]["autoScalingGroups"].as_array_mut();
        let mut groups = groups.into_iter().flatten().enumerate();
        let found = groups.find(|(_, node)| {
            let name = node.get("name").or_else(|| node.get("autoScalingGroupName"));
            name.is_some_and(|name| *name == *group) && node["desiredCapacity"].is_u64()
        });
        let Some((index, node)) = found else {
            return Err(format!("{group} launches its instances: raise its desiredCapacity."));
        };
        let wanted = node["desiredCapacity"].as_u64().unwrap_or_default() + 1;
        node["desiredCapacity"] = wanted.into();
        if node["maxSize"].as_u64().is_some_and(|most| most < wanted) {
            node["maxSize"] = wanted.into();
        }
        let place = format!("cluster.autoScalingGroups[{index}]");
        Ok(format!("{place}, {group}: desiredCapacity {wanted}, from the start"))
    }

    fn capacity(&mut self, zone: ZoneId) -> String {
        let provider = self.decision.report.provider.map(|id| &self.view.provider(id).kind);
        let name = match provider {
            Some(ProviderKind::FargateSpot) => "FARGATE_SPOT",
            _ => "FARGATE",
        };
        let zone = self.view.zone_name(zone);
        let input =
            json!({ "capacityProvider": name, "availabilityZone": zone, "available": true });
        self.add_entry("setCapacity", input);
        format!("setCapacity: {name} has room in {zone}, {}", self.when())
    }

    /// Where the document last said this of the task's service, or the call said it of the task.
    fn said(&self, field: &str) -> Result<String, String> {
        let silent = || format!("Nothing in the document gives its {field}.");
        let has = |place: &String| find(&self.document, place).is_some();
        let Some(service) = self.service() else {
            let place = format!("{}.{field}", self.own_call_place()?);
            return Some(place).filter(has).ok_or_else(silent);
        };
        let until = Time(i64::try_from(self.decision.at_ms).unwrap_or(i64::MAX));
        let calls = self.decision.head.timeline().iter().rev().filter(|entry| entry.at <= until);
        let calls = calls.filter(|entry| matches!(entry.action, Action::Api(..)));
        let called = calls.filter_map(|entry| {
            let input = find(&self.document, &entry.source.path)?;
            let name = input.get("service").or_else(|| input.get("serviceName"))?;
            (*name == *service.name).then(|| format!("{}.{field}", entry.source.path))
        });
        let services = self.document["services"].as_array().into_iter().flatten().enumerate();
        let given = services.filter(|(_, node)| node["serviceName"] == *service.name);
        let given = given.map(|(index, _)| format!("services[{index}].{field}"));
        called.chain(given).find(has).ok_or_else(silent)
    }

    fn without_zone(&mut self, zone: ZoneId) -> Result<String, String> {
        let place = self.said("networkConfiguration")? + ".awsvpcConfiguration.subnets";
        let cluster = self.view.cluster(self.decision.report.cluster);
        let of_zone = cluster.subnets.iter().map(|id| self.view.subnet(*id));
        let of_zone = of_zone.filter(|subnet| subnet.zone == zone);
        let gone: Vec<&str> = of_zone.map(|subnet| &*subnet.name).collect();
        let list = found(&mut self.document, &place)?;
        let list = list.as_array_mut().ok_or_else(|| format!("{place} is no list."))?;
        list.retain(|name| !name.as_str().is_some_and(|name| gone.contains(&name)));
        Ok(format!("{place} without {}", gone.join(", ")))
    }

    /// Another weight or base of an item of the capacity provider strategy.
    fn share(&mut self, position: usize, field: &str, to: u32) -> Result<String, String> {
        let common = "cluster.defaultCapacityProviderStrategy";
        let place = self.said("capacityProviderStrategy").or_else(|silent| {
            find(&self.document, common).map(|_| common.to_owned()).ok_or(silent)
        })?;
        let place = format!("{place}[{position}]");
        let item = found(&mut self.document, &place)?;
        item[field] = to.into();
        let name = item["capacityProvider"].as_str().unwrap_or_default();
        Ok(format!("{place}, {name}: {field} {to}"))
    }
}

fn remove(list: &mut Value, position: usize) -> Result<(), String> {
    let list = list.as_array_mut().filter(|list| position < list.len());
    list.ok_or("The document says it elsewhere.")?.remove(position);
    Ok(())
}

fn constraint_words(given: &PlacementConstraint) -> String {
    let rule = constraint(given);
    words::rule(&rule.kind, &rule.field)
}

fn strategy_words(given: &PlacementStrategy) -> String {
    let rule = strategy(given);
    words::rule(&rule.kind, &rule.field)
}

fn constraint_json(given: &PlacementConstraint) -> Value {
    let rule = constraint(given);
    match given {
        PlacementConstraint::DistinctInstance => json!({ "type": rule.kind }),
        PlacementConstraint::MemberOf(_) => {
            json!({ "type": rule.kind, "expression": rule.field })
        }
    }
}

fn strategy_json(given: &PlacementStrategy) -> Value {
    let rule = strategy(given);
    match given {
        PlacementStrategy::Random => json!({ "type": rule.kind }),
        PlacementStrategy::Spread(_)
        | PlacementStrategy::Binpack(BinpackField::Cpu)
        | PlacementStrategy::Binpack(BinpackField::Memory) => {
            json!({ "type": rule.kind, "field": rule.field })
        }
    }
}
