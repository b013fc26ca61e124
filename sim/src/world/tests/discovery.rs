//! Tasks in Cloud Map: 02 sections 5.2 and 5.3, and what holds in every story. The worked examples
//! of 02 section 9.3 are scenarios.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use proptest::prelude::*;
use stowplan_engine::api::TieBreak;

use super::*;
use crate::world::{DnsQuestion, InstanceHealth, RecordType, Registry, address_at};

const NAME: &str = "web.corp";
const TTL: Span = Span::from_secs(60);
const HEALTH_DELAY: Span = Span::from_secs(30);
const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);

/// A cluster of two instances, and a registry `web` in the namespace `corp`.
fn rig(behavior: Value, policy: &str, tie_break: TieBreak) -> Rig {
    let registry = json!({
        "name": "web", "namespace": "corp", "routingPolicy": policy,
        "dnsRecords": [{ "type": "A", "ttl": 60 }],
    });
    let registry: Registry = read(registry);
    let config = WorldConfig {
        behavior: read(json!({ "default": merged(&json!({ "latency": "none" }), &behavior) })),
        registries: vec![registry.clone()],
        networks: vec![NETWORK, Ipv4Addr::new(10, 1, 0, 0)],
        ..WorldConfig::default()
    };
    let mut rig = Rig::with_ties(config, tie_break);
    let Input::Setup(setup) = registry.setup() else { panic!("a fact of time 0") };
    rig.set_up(setup);
    rig.instance("A", 4096, 8000);
    rig.instance("B", 4096, 8000);
    rig
}

/// A service of awsvpc tasks, with a check or without.
fn serve(rig: &mut Rig, desired: u32, checked: bool) {
    let mut app = json!({ "name": "app" });
    if checked {
        app["healthCheck"] = json!({ "command": ["CMD", "check"], "interval": 5, "retries": 1 });
    }
    rig.define_with("web", json!([app]), json!({ "networkMode": "awsvpc" }));
    rig.call(
        "createService",
        json!({
            "serviceName": "web", "taskDefinition": "web", "desiredCount": desired,
            "serviceRegistries": [{ "registryArn": "web" }],
            "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["subnet-a"] } },
        }),
    );
}

fn scale(rig: &mut Rig, desired: u32) {
    rig.call("updateService", json!({ "service": "web", "desiredCount": desired }));
}

/// What a client has that asked first at an instant.
fn answer(rig: &Rig, asked_at: Time) -> Vec<String> {
    let question = DnsQuestion { name: NAME, kind: RecordType::A, asked_at };
    rig.world.dns(&question, rig.now, rig.view()).expect("the registry has that name")
}

fn address(rig: &Rig, task: TaskId) -> String {
    let position = rig.in_world(task).address().expect("it has an interface");
    address_at(NETWORK, position).expect("it is in the range").to_string()
}

#[test]
fn a_task_is_found_from_activating_to_the_order_to_stop() {
    let mut rig = rig(json!({ "register": "2s", "stop": "20s" }), "MULTIVALUE", TieBreak::LowestId);
    serve(&mut rig, 1, false);
    rig.until(1);
    let task = TaskId::new(0);
    assert_eq!(rig.status(task), "ACTIVATING");
    assert_eq!(answer(&rig, rig.now), [address(&rig, task)]);
    rig.arrive_at(10);
    scale(&mut rig, 0);
    rig.until(10);
    assert_eq!(rig.status(task), "STOPPING");
    assert_eq!(answer(&rig, rig.now), Vec::<String>::new());
    assert_eq!(answer(&rig, Time::from_secs(5)), [address(&rig, task)], "a client remembers");
}

#[test]
fn a_task_is_taken_out_although_its_agent_does_not_hear_of_the_stop() {
    let mut rig = rig(json!({}), "MULTIVALUE", TieBreak::LowestId);
    serve(&mut rig, 1, false);
    rig.until(5);
    let task = TaskId::new(0);
    let host = rig.task(task).instance.expect("it was placed");
    rig.world.disconnect_agent(host, rig.engine.view());
    scale(&mut rig, 0);
    rig.until(10);
    assert_eq!(rig.status(task), "RUNNING", "its agent knows nothing");
    assert_eq!(answer(&rig, rig.now), Vec::<String>::new());
}

#[test]
fn a_task_whose_process_ends_is_taken_out_at_once() {
    let exit = json!({ "exit": { "after": 20, "code": 1 }, "detach": "9s" });
    let mut rig = rig(exit, "MULTIVALUE", TieBreak::LowestId);
    serve(&mut rig, 1, false);
    rig.until(19);
    assert_eq!(answer(&rig, rig.now), [address(&rig, TaskId::new(0))]);
    rig.until(20);
    assert_eq!(rig.status(TaskId::new(0)), "DEPROVISIONING");
    assert!(!answer(&rig, rig.now).contains(&address(&rig, TaskId::new(0))));
}

#[test]
fn tasks_of_a_lost_instance_are_not_found() {
    let mut rig = rig(json!({}), "MULTIVALUE", TieBreak::LowestId);
    serve(&mut rig, 2, false);
    rig.until(5);
    let lost = rig.task(TaskId::new(0)).instance.expect("it was placed");
    rig.world.terminate_instance(rig.now, lost, rig.engine.view());
    rig.finish_instant();
    let left = answer(&rig, rig.now);
    assert!(!left.contains(&address(&rig, TaskId::new(0))), "{left:?}");
    assert!(left.contains(&address(&rig, TaskId::new(1))), "{left:?}");
}

#[test]
fn every_revision_stays_in_its_own_registry() {
    let mut rig = rig(json!({}), "MULTIVALUE", TieBreak::LowestId);
    let Input::Setup(other) =
        read::<Registry>(json!({ "name": "other", "namespace": "corp" })).setup()
    else {
        panic!("a fact of time 0")
    };
    rig.set_up(other);
    serve(&mut rig, 1, false);
    rig.until(5);
    let other = json!([{ "registryArn": "other" }]);
    rig.call("updateService", json!({ "service": "web", "serviceRegistries": other }));
    rig.until(5);
    let old = address(&rig, TaskId::new(0));
    assert_eq!(rig.view().tasks().len(), 2, "the change started a deployment");
    assert_eq!(answer(&rig, rig.now), [old], "the new task is no instance of the old registry");
}

/// Addresses of the instances in a health, as DiscoverInstances has them.
fn in_health(rig: &Rig, health: InstanceHealth) -> BTreeSet<String> {
    let (_, instances) = rig.world.discover("corp", "web", rig.now).expect("it is there");
    let instances = instances.into_iter().filter(|(_, own)| *own == health);
    instances.map(|(one, _)| one.address.expect("awsvpc").to_string()).collect()
}

/// Who has an address; a subnet of 4,091 addresses gives none out twice in a story.
fn owner(rig: &Rig, address: &str) -> TaskId {
    let own = |task: &&Task| {
        let row = rig.world.task(task.id);
        let position = row.and_then(WorldTask::address);
        position.is_some_and(|p| address_at(NETWORK, p).is_some_and(|a| a.to_string() == address))
    };
    rig.view().tasks().iter().find(own).expect("every address is some task's").id
}

/// When ECS last said how a task is, and whether it said HEALTHY.
fn last_told(rig: &Rig, task: TaskId) -> Option<(Time, bool)> {
    rig.events.iter().rev().find_map(|event| match event.kind {
        EventKind::TaskHealth(of, health) if of == task => {
            Some((event.at, health == HealthStatus::Healthy))
        }
        _ => None,
    })
}

/// The rules of answers, looked at after every instant.
fn check_answers(rig: &Rig) {
    let (healthy, unhealthy) =
        (in_health(rig, InstanceHealth::Healthy), in_health(rig, InstanceHealth::Unhealthy));
    let fresh = answer(rig, rig.now);
    let pool = if healthy.is_empty() { &unhealthy } else { &healthy };
    assert!(fresh.iter().all(|one| pool.contains(one)), "no unhealthy one beside healthy ones");
    assert_eq!(fresh.len(), pool.len().min(8), "as many as there are, up to eight");
    assert_eq!(fresh, answer(rig, rig.now), "the same question has the same answer");
    for one in &fresh {
        assert!(rig.task(owner(rig, one)).is_live(), "nobody is sent to a task that stops");
    }
    for asked_at in [Time::ZERO, Time(rig.now.0 / 3), Time(rig.now.0 / 2)] {
        let kept = answer(rig, asked_at);
        assert!(kept.len() <= 8);
        for one in kept {
            let gone_at = rig.task(owner(rig, &one)).stopping_at();
            assert!(gone_at.is_none_or(|at| at + TTL > rig.now), "{one} is remembered too long");
        }
    }
    for (addresses, is_healthy) in [(&healthy, true), (&unhealthy, false)] {
        for one in addresses {
            if let Some((at, told)) = last_told(rig, owner(rig, one)) {
                assert!(told == is_healthy || at + HEALTH_DELAY > rig.now, "half a minute at most");
            }
        }
    }
}

/// Something that happens to the service, and how long afterwards nothing does.
fn happening() -> impl Strategy<Value = (u32, u32, i64)> {
    (0_u32..6, 0_u32..14, 1_i64..50)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn answers_keep_their_rules_in_every_story(
        story in prop::collection::vec(happening(), 1..10),
        checked in any::<bool>(),
        seeded in any::<bool>(),
    ) {
        let tie_break = if seeded { TieBreak::Seeded } else { TieBreak::LowestId };
        let mut rig = rig(json!({ "register": "2s", "stop": "3s" }), "MULTIVALUE", tie_break);
        rig.watch = check_answers;
        serve(&mut rig, 10, checked);
        for (what, number, pause) in story {
            rig.until(rig.now.0 / 1000 + pause);
            let host = InstanceId::new(number % 2);
            match what {
                0 => scale(&mut rig, number),
                1 => rig.behave("web", json!({ "health": "fail" })),
                2 => rig.behave("web", json!({ "health": "pass" })),
                3 => rig.world.disconnect_agent(host, rig.engine.view()),
                4 => rig.world.reconnect_agent(rig.now, host, rig.engine.view()),
                _ => {
                    let live = rig.view().tasks().iter().find(|task| task.is_live());
                    if let Some(task) = live.map(|task| task.id) {
                        rig.order_stop(task);
                    }
                }
            }
        }
        rig.until(rig.now.0 / 1000 + 100);
    }
}
