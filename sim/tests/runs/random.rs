//! Seeded random runs, looked at from outside after each instant: no instance is over any of its
//! resources or ports, `distinctInstance` is never broken, a task's status only moves forward, what
//! is reserved is what tasks reserve and no more, and every wait has a reason.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use stowplan_sim::document::Limits;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

use crate::{invariants, waits};

/// So many seconds after the last thing that happens a run ends.
const REST: u32 = 400;

fn container(name: &str, more: Value) -> Value {
    let mut container = json!({ "name": name, "image": "i", "cpu": 100, "memory": 100 });
    let fields = more.as_object().expect("fields").clone();
    container.as_object_mut().expect("an object").extend(fields);
    container
}

/// What can run: alone, behind targets, with a port of its host or an interface of its own, in
/// order, or on Fargate.
fn definitions() -> Value {
    let check = json!({ "command": ["CMD", "check"], "interval": 5, "timeout": 2, "retries": 2 });
    let port = json!([{ "containerPort": 80, "hostPort": 0 }]);
    let first = json!([{ "containerName": "first", "condition": "HEALTHY" }]);
    let once = json!([{ "containerName": "once", "condition": "SUCCESS" }]);
    json!([
        { "family": "plain", "containerDefinitions": [container("app", json!({}))] },
        { "family": "web",
          "containerDefinitions": [container("app", json!({ "portMappings": port }))] },
        { "family": "port", "containerDefinitions": [container("app",
            json!({ "portMappings": [{ "containerPort": 80, "hostPort": 8080 }] }))] },
        { "family": "net", "networkMode": "awsvpc",
          "containerDefinitions": [container("app", json!({ "healthCheck": check }))] },
        { "family": "chain", "containerDefinitions": [
            container("first", json!({ "healthCheck": check, "startTimeout": 20 })),
            container("once", json!({ "essential": false, "startTimeout": 20 })),
            container("app", json!({ "dependsOn": first })),
            container("last", json!({ "dependsOn": once, "essential": false })),
        ] },
        { "family": "far", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
          "requiresCompatibilities": ["FARGATE"],
          "containerDefinitions": [container("app", json!({}))] },
    ])
}

fn network() -> Value {
    json!({ "awsvpcConfiguration": { "subnets": ["subnet-a", "subnet-b"] } })
}

/// One thing that happens, at any time.
fn happening() -> impl Strategy<Value = Value> {
    let service = || prop::sample::select(vec!["web", "port", "chain", "net", "group", "far"]);
    let family = || prop::sample::select(vec!["plain", "port", "chain", "web"]);
    let host = || prop::sample::select(vec!["A", "B", "C"]);
    let world = prop::sample::select(vec![
        "terminateInstance",
        "stopInstance",
        "disconnectAgent",
        "reconnectAgent",
        "reconnectAgent",
    ]);
    let fault = prop::sample::select(vec![
        json!({ "health": "fail" }),
        json!({ "health": "pass" }),
        json!({ "stop": "never" }),
        json!({ "pull": "20s" }),
        json!({ "startFails": true }),
        json!({ "startFails": false }),
        json!({ "exit": { "after": "30s", "code": 1 } }),
    ]);
    prop_oneof![
        4 => (service(), 0_u32..6).prop_map(|(service, desired)| json!({
            "updateService": { "service": service, "desiredCount": desired } })),
        2 => service().prop_map(|service| json!({
            "updateService": { "service": service, "forceNewDeployment": true } })),
        2 => (family(), 1_u32..4).prop_map(|(family, count)| json!({
            "runTask": { "taskDefinition": family, "count": count } })),
        1 => (family(), 1_u32..4).prop_map(|(family, count)| json!({
            "runTask": { "taskDefinition": family, "count": count, "group": "alone",
                         "placementConstraints": [{ "type": "distinctInstance" }] } })),
        1 => (1_u32..8).prop_map(|count| json!({
            "runTask": { "taskDefinition": "plain", "count": count,
                "capacityProviderStrategy": [{ "capacityProvider": "grown", "weight": 1 }] } })),
        3 => (host(), prop::sample::select(vec!["DRAINING", "ACTIVE"])).prop_map(|(host, status)|
            json!({ "updateContainerInstancesState": {
                "containerInstances": [host], "status": status } })),
        2 => (world, host()).prop_map(|(action, host)| json!({ action: { "instance": host } })),
        1 => host().prop_map(|host| json!({ "deregisterContainerInstance": {
            "containerInstance": host, "force": true } })),
        1 => Just(json!({ "addInstances": { "cpu": 600, "memory": 600,
            "availabilityZone": "b", "id": "D" } })),
        2 => (service(), fault).prop_map(|(of, fault)| {
            let mut fault = fault;
            let of = if of == "group" { "plain" } else { of };
            fault["of"] = of.into();
            json!({ "setBehavior": fault })
        }),
    ]
}

/// A scenario of one cluster with a service of each kind.
pub(super) fn scenario() -> impl Strategy<Value = Value> {
    let happenings = prop::collection::vec((1_u32..40, happening()), 1..16);
    (0_u64..1000, 0_u32..4, any::<bool>(), happenings).prop_map(
        |(seed, desired, distinct, happenings)| {
            let (mut timeline, mut now) = (services(desired, distinct), 0);
            let mut added = false;
            for (after, mut entry) in happenings {
                // An instance is added once: its name is not used twice.
                if entry.get("addInstances").is_some() && std::mem::replace(&mut added, true) {
                    continue;
                }
                now += after;
                entry["at"] = format!("{now}s").into();
                if entry.get("addInstances").is_none() && entry.get("setBehavior").is_none() {
                    entry["mayFail"] = true.into();
                }
                timeline.push(entry);
            }
            json!({
                "version": 1, "name": "random", "seed": seed, "until": format!("{}s", now + REST),
                "cluster": cluster(), "taskDefinitions": definitions(), "timeline": timeline,
                "targetGroups": [{ "name": "tg", "deregistrationDelay": "15s" }],
                "behavior": { "default": { "pull": "3s" } },
                "tunables": { "provisioningTimeoutSeconds": 600 },
            })
        },
    )
}

fn cluster() -> Value {
    let instance = |id: &str, zone: &str| {
        json!({ "id": id, "cpu": 700, "memory": 900, "availabilityZone": zone,
                "taskEniLimit": 2, "agentConfig": {} })
    };
    let mut used = instance("C", "a");
    used["remaining"] = json!({ "cpu": 500, "memory": 600, "eni": 1 });
    let provider = json!({ "autoScalingGroupArn": "asg",
        "managedScaling": { "status": "ENABLED", "targetCapacity": 100 } });
    json!({
        "instances": [instance("A", "a"), instance("B", "b"), used],
        "autoScalingGroups": [{ "name": "asg", "instanceTypes": ["t3.micro"], "minSize": 0,
            "maxSize": 2, "desiredCapacity": 0, "availabilityZones": ["a", "b"] }],
        "capacityProviders": ["FARGATE",
            { "name": "grown", "autoScalingGroupProvider": provider }],
    })
}

fn services(desired: u32, distinct: bool) -> Vec<Value> {
    let balancer = json!([{ "targetGroupArn": "tg", "containerName": "app", "containerPort": 80 }]);
    let more = [
        ("web", "web", json!({ "loadBalancers": balancer })),
        ("port", "port", json!({})),
        ("chain", "chain", json!({})),
        ("net", "net", json!({ "networkConfiguration": network() })),
        (
            "group",
            "plain",
            json!({ "capacityProviderStrategy": [
            { "capacityProvider": "grown", "weight": 1 }] }),
        ),
        ("far", "far", json!({ "networkConfiguration": network(), "launchType": "FARGATE" })),
    ];
    let create = |(name, family, more): (&str, &str, Value)| {
        let mut input = json!({ "serviceName": name, "taskDefinition": family,
            "desiredCount": desired });
        input.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        if distinct && name != "far" {
            input["placementConstraints"] = json!([{ "type": "distinctInstance" }]);
        }
        json!({ "at": "0s", "createService": input })
    };
    more.into_iter().map(create).collect()
}

pub(super) fn config() -> ProptestConfig {
    let cases = if cfg!(debug_assertions) { 60 } else { 600 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn what_holds_in_every_run() {
    let met = std::cell::RefCell::new(BTreeSet::new());
    let mut runner = TestRunner::new(config());
    let held = runner.run(&scenario(), |document| {
        let text = document.to_string();
        let scenario = Scenario::read(text.as_bytes(), &Limits::default());
        let scenario = scenario.unwrap_or_else(|error| panic!("{error}: {text}"));
        let plan = scenario.plan().expect("its parts fit together");
        let mut simulation = Simulation::new(&plan).expect("time 0 can be set up");
        let mut before = simulation.clone();
        while simulation.advance().is_some() {
            invariants::look(before.engine(), simulation.engine());
            waits::look(&simulation, "random", &mut met.borrow_mut());
            before.clone_from(&simulation);
        }
        Ok(())
    });
    if let Err(failure) = held {
        panic!("{failure}");
    }
    let met = met.into_inner();
    println!("waits that were met: {met:?}");
    for kind in ["instance", "agent", "interface", "room", "image", "dependency", "targets", "exit"]
    {
        assert!(met.contains(kind), "nobody waits for {kind}: {met:?}");
    }
}
