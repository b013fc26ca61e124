//! RunTask, StartTask, StopTask (01 section 13.3).

use serde_json::{Value, json};
use stowplan_engine::api::event::{EventKind, FailedCheck};
use stowplan_engine::api::{Answer, Output, Setup};
use stowplan_engine::model::{Attribute, Capabilities};

use crate::bed::{Bed, both, constraints, merge, registration, strategy, subnets};

fn bed_with(instances: &[(&str, &str, u32, u32)]) -> Bed {
    let mut bed = Bed::instant();
    for &(name, zone, cpu, memory) in instances {
        bed.instance(name, zone, cpu, memory);
    }
    bed
}

fn job(more: Value) -> Value {
    both(json!({ "taskDefinition": "job" }), more)
}

fn awsvpc(bed: &mut Bed, family: &str, cpu: u32, memory: u32) {
    bed.define_task(json!({ "family": family, "networkMode": "awsvpc", "containerDefinitions": [
        { "name": "app", "image": "i", "cpu": cpu, "memory": memory }
    ]}));
}

#[test]
fn run_1_run_2_count_is_1_to_10() {
    let mut bed = bed_with(&[("A", "a", 1024, 1024)]);
    bed.plain("job", 1, 1);
    for count in [0, 11] {
        assert_eq!(
            bed.refused("runTask", job(json!({ "count": count }))),
            "InvalidParameterException: Count must be between 1 and 10."
        );
    }
    assert!(bed.engine.view().tasks().is_empty());
    let answer = bed.must("runTask", job(json!({})));
    assert_eq!(bed.answer(&answer), "A");
}

const NO_INSTANCES: &str =
    "InvalidParameterException: No Container Instances were found in your cluster.";

#[test]
fn run_3_run_4_no_active_instance_is_an_exception() {
    let mut bed = bed_with(&[]);
    bed.plain("job", 1, 1);
    assert_eq!(bed.refused("runTask", job(json!({ "launchType": "EC2" }))), NO_INSTANCES);
    let mut bed = bed_with(&[("A", "a", 1024, 1024)]);
    bed.plain("job", 1, 1);
    bed.drain("A");
    assert_eq!(bed.refused("runTask", job(json!({}))), NO_INSTANCES);
}

#[test]
fn run_5_a_disconnected_agent_is_a_failure() {
    let mut bed = bed_with(&[]);
    bed.instance_with("A", "a", 1024, 1024, |it| it.agent_connected = false);
    bed.plain("job", 1, 1);
    assert_eq!(bed.run("job", 1, json!({})), "| A: AGENT");
}

#[test]
fn run_6_failures_come_once_for_each_instance() {
    let mut bed = bed_with(&[("A", "a", 1024, 2000), ("B", "b", 1024, 900)]);
    bed.plain("job", 512, 512);
    assert_eq!(
        bed.run("job", 5, strategy(&["spread instanceId"])),
        "A, B, A | A: RESOURCE:CPU, B: RESOURCE:MEMORY"
    );
}

#[test]
fn run_7_a_static_port_once_for_each_instance() {
    let mut bed = bed_with(&[("A", "a", 2048, 4000), ("B", "b", 2048, 4000)]);
    let port = json!({ "portMappings": [{ "containerPort": 80, "hostPort": 80 }] });
    bed.define("job", 1, 1, port);
    assert_eq!(
        bed.run("job", 3, strategy(&["spread az"])),
        "A, B | A: RESOURCE:PORTS, B: RESOURCE:PORTS"
    );
}

#[test]
fn run_8_interface_slots() {
    let mut bed = bed_with(&[]);
    bed.instance_with("A", "a", 1024, 1024, |it| it.eni_limit = Some(2));
    awsvpc(&mut bed, "job", 1, 1);
    assert_eq!(bed.run("job", 3, subnets(&["subnet-a"])), "A, A | A: RESOURCE:ENI");
}

#[test]
fn run_9_each_instance_has_its_own_reason() {
    let mut bed = bed_with(&[("B", "b", 2048, 4000), ("C", "c", 256, 4000)]);
    bed.instance_with("A", "a", 2048, 4000, |it| it.agent_connected = false);
    bed.plain("job", 512, 2500);
    assert_eq!(
        bed.run("job", 3, strategy(&["spread az"])),
        "B | A: AGENT, B: RESOURCE:MEMORY, C: RESOURCE:CPU"
    );
}

#[test]
fn run_10_only_zones_of_the_subnets() {
    let mut bed = bed_with(&[("A", "a", 2048, 4000), ("B", "b", 2048, 4000)]);
    awsvpc(&mut bed, "job", 512, 2500);
    assert_eq!(bed.run("job", 2, subnets(&["subnet-a"])), "A | A: RESOURCE:MEMORY, B: LOCATION");
}

#[test]
fn run_11_run_12_network_configuration_where_it_belongs() {
    let mut bed = bed_with(&[("A", "a", 2048, 4000)]);
    awsvpc(&mut bed, "net", 1, 1);
    bed.plain("job", 1, 1);
    assert_eq!(
        bed.refused("runTask", json!({ "taskDefinition": "net" })),
        "InvalidParameterException: Network Configuration must be provided when networkMode \
         'awsvpc' is specified."
    );
    assert_eq!(
        bed.refused("runTask", job(subnets(&["subnet-a"]))),
        "InvalidParameterException: Network Configuration is not valid for the given networkMode \
         of this task definition."
    );
}

#[test]
fn run_13_no_placement_on_fargate() {
    let mut bed = bed_with(&[]);
    bed.define_task(json!({ "family": "job", "networkMode": "awsvpc", "cpu": "256",
        "memory": "512", "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{ "name": "app", "image": "i" }] }));
    let fargate = both(json!({ "launchType": "FARGATE" }), subnets(&["subnet-a"]));
    assert_eq!(
        bed.refused("runTask", job(both(fargate.clone(), strategy(&["spread az"])))),
        "InvalidParameterException: Placement strategies are not supported with FARGATE launch \
         type."
    );
    assert_eq!(
        bed.refused("runTask", job(both(fargate, constraints(&["distinctInstance"])))),
        "InvalidParameterException: Placement constraints are not supported with FARGATE launch \
         type."
    );
}

#[test]
fn run_14_run_15_run_16_run_17_limits_of_placement() {
    let mut bed = bed_with(&[("A", "a", 2048, 4000)]);
    let mut definition = json!({ "family": "job", "containerDefinitions": [
        { "name": "app", "image": "i", "cpu": 1, "memory": 1 }
    ]});
    merge(&mut definition, constraints(&["agentConnected == true"; 6]));
    bed.define_task(definition);
    let invalid = |refusal: String| {
        assert!(refusal.starts_with("InvalidParameterException: "), "{refusal}");
        refusal
    };
    let more = |count| constraints(&vec!["agentConnected == true"; count]);
    assert_eq!(bed.run("job", 1, more(4)), "A");
    let refusal = invalid(bed.refused("runTask", job(more(5))));
    assert!(refusal.ends_with("Too many placement constraints."), "{refusal}");
    let many = |count| strategy(&vec!["spread az"; count]);
    assert_eq!(bed.run("job", 1, many(5)), "A");
    let refusal = invalid(bed.refused("runTask", job(many(6))));
    assert!(refusal.ends_with("Too many placement strategies."), "{refusal}");
    let long = |length| format!("{:length$}", "agentConnected == true");
    assert_eq!(bed.run("job", 1, constraints(&[&long(2000)])), "A");
    invalid(bed.refused("runTask", job(constraints(&[&long(2001)]))));
    assert_eq!(
        bed.run("job", 1, constraints(&["distinctInstance"])),
        "| A: DistinctInstance placement constraint unsatisfied."
    );
    let wrong = json!({ "placementConstraints":
        [{ "type": "distinctInstance", "expression": "attribute:x == y" }] });
    invalid(bed.refused("runTask", job(wrong)));
}

#[test]
fn run_18_run_19_a_token_repeats_its_answer() {
    let mut bed = bed_with(&[("A", "a", 2048, 4000)]);
    bed.plain("job", 1, 1);
    let once = job(json!({ "clientToken": "t-1", "count": 2 }));
    let first = bed.must("runTask", once.clone());
    assert_eq!(bed.must("runTask", once), first);
    assert_eq!(bed.engine.view().tasks().len(), 2);
    let other = job(json!({ "clientToken": "t-1", "count": 3 }));
    let conflict = bed.call("runTask", other).expect_err("the count differs");
    assert_eq!(conflict.exception.as_str(), "ConflictException");
    assert_eq!(Answer::Tasks(conflict.tasks, Vec::new()), first);
}

#[test]
fn run_20_start_task_asks_each_instance_alone() {
    let mut bed = bed_with(&[("A", "a", 512, 512), ("B", "b", 512, 512), ("D", "a", 512, 512)]);
    bed.plain("job", 512, 512);
    bed.must("startTask", job(json!({ "containerInstances": ["B"] })));
    bed.must("deregisterContainerInstance", json!({ "containerInstance": "D" }));
    let input = job(json!({ "containerInstances": ["A", "unknown", "D", "B"] }));
    let answer = bed.must("startTask", input);
    assert_eq!(bed.answer(&answer), "A | unknown: MISSING, D: INACTIVE, B: RESOURCE:CPU");
}

#[test]
fn run_21_start_task_knows_neither_constraints_nor_draining() {
    let mut bed = bed_with(&[("A", "a", 512, 512)]);
    let mut definition = json!({ "family": "job", "containerDefinitions": [
        { "name": "app", "image": "i", "cpu": 1, "memory": 1 }
    ]});
    merge(&mut definition, constraints(&["attribute:no-such == x"]));
    bed.define_task(definition);
    bed.drain("A");
    let answer = bed.must("startTask", job(json!({ "containerInstances": ["A", "A"] })));
    assert_eq!(bed.answer(&answer), "A, A");
}

#[test]
fn run_22_run_23_refused_calls() {
    let mut bed = bed_with(&[("A", "a", 512, 512)]);
    bed.plain("job", 1, 1);
    let eleven = job(json!({ "containerInstances": vec!["A"; 11] }));
    let refusal = bed.refused("startTask", eleven);
    assert!(refusal.starts_with("InvalidParameterException: "), "{refusal}");
    let refusal = bed.refused("runTask", job(json!({ "propagateTags": "SERVICE" })));
    assert!(refusal.starts_with("InvalidParameterException: "), "{refusal}");
}

#[test]
fn run_24_run_26_a_task_that_is_stopped_by_hand() {
    let mut bed = bed_with(&[("A", "a", 512, 512)]);
    bed.plain("job", 1, 1);
    let task = bed.run_one("job", json!({}));
    bed.at(10);
    let view = bed.engine.view();
    assert_eq!(view.group_name(view.task(task).group), "family:job");
    let name = view.task_name(task);
    bed.must("stopTask", json!({ "task": name }));
    assert_eq!(bed.stop_of(task), "UserInitiated: Task stopped by user");
    assert_eq!(bed.engine.view().task(task).desired_status.as_str(), "STOPPED");
    bed.run_until(10);
    bed.at(20).must("stopTask", json!({ "task": name, "reason": "again" }));
    assert_eq!(bed.stop_of(task), "UserInitiated: Task stopped by user", "the first cause stays");
    assert_eq!(
        bed.refused("stopTask", json!({ "task": "0123" })),
        "InvalidParameterException: The referenced task was not found."
    );
}

#[test]
fn calls_forget_a_task_an_hour_after_it_stopped() {
    let mut bed = bed_with(&[("A", "a", 1024, 1024)]);
    bed.plain("job", 64, 64);
    let task = bed.run_one("job", json!({}));
    let stop = json!({ "task": bed.engine.view().task_name(task) });
    bed.must("stopTask", stop.clone());
    bed.run_until(10);
    let row = bed.engine.view().task(task);
    let stopped = row.stopped_at().expect("it is STOPPED").0 / 1000;
    bed.at(stopped + 3599).must("stopTask", stop.clone());
    let protection = json!({ "tasks": [stop["task"]] });
    let failures = |bed: &mut Bed| match bed.must("getTaskProtection", protection.clone()) {
        Answer::Protection(_, failures) => failures[0].reason.to_string(),
        other => panic!("protections are asked for, not {other:?}"),
    };
    assert_eq!(failures(&mut bed), "TASK_NOT_VALID");
    bed.at(stopped + 3600);
    assert_eq!(
        bed.refused("stopTask", stop),
        "InvalidParameterException: The referenced task was not found."
    );
    assert_eq!(failures(&mut bed), "MISSING");
}

#[test]
fn a_task_is_known_to_its_own_cluster_alone() {
    let mut bed = bed_with(&[("A", "a", 1024, 1024)]);
    bed.plain("web", 64, 64);
    bed.create("web", 1, json!({}));
    bed.run_until(10);
    let task = bed.engine.view().task_name(bed.tasks_of("web")[0]);
    bed.at(20).setup(Setup::Cluster {
        name: "other".into(),
        region: "us-east-1".into(),
        zones: Vec::new(),
        subnets: Vec::new(),
        settings: Vec::new(),
    });
    let elsewhere = json!({ "cluster": "other", "tasks": [task], "protectionEnabled": true });
    match bed.must("updateTaskProtection", elsewhere) {
        Answer::Protection(done, failures) => {
            assert_eq!((done.len(), &*failures[0].reason), (0, "MISSING"));
        }
        other => panic!("protections are answered, not {other:?}"),
    }
}

#[test]
fn run_27_full_now_and_too_small_for_ever() {
    let mut bed = bed_with(&[("A", "a", 4096, 4000), ("B", "b", 4096, 1000)]);
    bed.plain("job", 1, 2500);
    assert_eq!(bed.run("job", 1, json!({})), "A");
    assert_eq!(bed.run("job", 1, json!({})), "| A: RESOURCE:MEMORY, B: RESOURCE:MEMORY");
    let explained = bed.outputs.iter().find_map(|output| match output {
        Output::Event(event) => match &event.kind {
            EventKind::PlacementFailed(failure) => Some(failure.clone()),
            _ => None,
        },
        Output::Effect(_) => None,
    });
    let view = bed.engine.view();
    let for_ever: Vec<(String, bool)> = explained
        .expect("an event explains the failure")
        .rejected
        .iter()
        .map(|rejection| {
            let row = view.instance(rejection.instance);
            let [FailedCheck::Memory { need, .. }] = &rejection.checks[..] else {
                panic!("memory alone is short: {rejection:?}");
            };
            (row.name.to_string(), *need > row.registered_memory)
        })
        .collect();
    assert_eq!(for_ever, [("A".to_owned(), false), ("B".to_owned(), true)]);
}

#[test]
fn tdf_31_a_constraint_that_nothing_satisfies() {
    let mut bed = bed_with(&[("A", "a", 512, 512), ("B", "a", 512, 512)]);
    let mut definition = json!({ "family": "job", "containerDefinitions": [
        { "name": "app", "image": "i", "cpu": 1, "memory": 1 }
    ]});
    merge(&mut definition, constraints(&["attribute:no-such == x"]));
    bed.define_task(definition);
    assert_eq!(
        bed.run("job", 1, json!({})),
        "| A: MemberOf placement constraint unsatisfied., B: MemberOf placement constraint \
         unsatisfied."
    );
}

#[test]
fn execute_command_needs_an_agent_that_can() {
    let mut bed = bed_with(&[]);
    let without = vec!["ecs.capability.execute-command".into()];
    let current = Capabilities::CurrentAgent { without };
    bed.instance_with("A", "a", 1024, 1024, |it| it.capabilities = current);
    bed.plain("job", 1, 1);
    let answer = bed.must("runTask", job(json!({ "enableExecuteCommand": true })));
    assert_eq!(bed.answer(&answer), "| A: ATTRIBUTE");
    let answer = bed.must("runTask", job(json!({})));
    assert_eq!(bed.answer(&answer), "A");
    bed.create("web", 1, json!({ "taskDefinition": "job", "enableExecuteCommand": true }));
    bed.run_until(1);
    assert!(bed.tasks_of("web").is_empty(), "the service waits, too");
}

#[test]
fn external_tasks_go_to_instances_outside_aws() {
    let mut bed = bed_with(&[("A", "a", 1024, 1024)]);
    bed.plain("job", 1, 1);
    let external = job(json!({ "launchType": "EXTERNAL" }));
    let answer = bed.must("runTask", external.clone());
    assert_eq!(bed.answer(&answer), "| A: ATTRIBUTE");
    bed.create("web", 1, json!({ "taskDefinition": "job", "launchType": "EXTERNAL" }));
    bed.run_until(1);
    assert!(bed.tasks_of("web").is_empty(), "the service waits, too");
    let mut outside = registration("E", "a", 1024, 1024);
    outside.attributes.push(Attribute { name: "ecs.capability.external".into(), value: None });
    bed.at(5).join_with(outside);
    let answer = bed.must("runTask", external);
    assert_eq!(bed.answer(&answer), "E");
}

#[test]
fn start_task_names_what_is_missing_and_takes_no_fargate_definition() {
    let mut bed = bed_with(&[("A", "a", 1024, 1024)]);
    bed.plain("job", 1, 1);
    let arn = "arn:aws:ecs:us-east-1:123456789012:container-instance/main/nobody";
    let answer = bed.must("startTask", job(json!({ "containerInstances": [arn] })));
    assert_eq!(bed.answer(&answer), format!("| {arn}: MISSING"));
    bed.define_task(json!({
        "family": "far", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{ "name": "app", "image": "i" }],
    }));
    assert_eq!(
        bed.refused("startTask", json!({ "taskDefinition": "far", "containerInstances": ["A"] })),
        "InvalidParameterException: Launch Type FARGATE is not supported for this operation."
    );
}

#[test]
fn at_most_50_tags() {
    let mut bed = bed_with(&[("A", "a", 1024, 1024)]);
    bed.plain("job", 1, 1);
    let tags = |count: u32| {
        let tag = |n: u32| json!({ "key": format!("k{n}"), "value": "v" });
        json!({ "tags": (0..count).map(tag).collect::<Vec<_>>() })
    };
    let refusal = "InvalidParameterException: Too many tags: at most 50 can be given.";
    let start = both(job(json!({ "containerInstances": ["A"] })), tags(51));
    let service = both(job(json!({ "serviceName": "web", "desiredCount": 1 })), tags(51));
    for (action, input) in
        [("runTask", job(tags(51))), ("startTask", start), ("createService", service)]
    {
        assert_eq!(bed.refused(action, input), refusal, "{action}");
    }
    bed.must("runTask", job(tags(50)));
}
