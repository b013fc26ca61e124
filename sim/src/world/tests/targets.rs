//! Targets of load balancers: 02 section 9.4.

use super::*;

const MAIN: &str = "web";

/// The options of a service behind target groups.
struct Behind {
    behavior: Value,
    groups: Value,
    grace: u32,
    maximum: u32,
}

impl Behind {
    fn one_group(group: Value) -> Self {
        let groups = json!([merged(&json!({ "name": "tg" }), &group)]);
        Self { behavior: json!({}), groups, grace: 0, maximum: 100 }
    }

    fn behaving(self, behavior: Value) -> Self {
        Self { behavior, ..self }
    }

    fn rig(&self) -> (Rig, InstanceId, Value) {
        let default = merged(&json!({ "latency": "none" }), &self.behavior);
        let groups: Vec<TargetGroup> = read(self.groups.clone());
        let balancers: Vec<Value> = groups
            .iter()
            .map(|group| {
                json!({ "targetGroupArn": group.name, "containerName": "app", "containerPort": 80 })
            })
            .collect();
        let mut rig = Rig::with(WorldConfig {
            behavior: read(json!({ "default": default })),
            target_groups: groups,
            ..WorldConfig::default()
        });
        let host = rig.instance("A", 4096, 8000);
        let mapping = json!([{ "containerPort": 80, "hostPort": 0 }]);
        rig.define(MAIN, json!([{ "name": "app", "stopTimeout": 30, "portMappings": mapping }]));
        let input = json!({
            "serviceName": MAIN, "taskDefinition": MAIN, "loadBalancers": balancers,
            "healthCheckGracePeriodSeconds": self.grace,
            "deploymentConfiguration": {
                "minimumHealthyPercent": 0, "maximumPercent": self.maximum,
            },
        });
        (rig, host, input)
    }

    /// A new service of one task.
    fn new_service(&self) -> Rig {
        let (mut rig, _, input) = self.rig();
        rig.call("createService", merged(&input, &json!({ "desiredCount": 1 })));
        rig
    }

    /// A service whose tasks run since yesterday.
    fn steady(&self, tasks: usize) -> (Rig, Vec<TaskId>) {
        let (mut rig, host, input) = self.rig();
        let tasks = rig.steady_service(input, &vec![host; tasks]);
        (rig, tasks)
    }
}

fn scale(rig: &mut Rig, desired: u32) {
    rig.call("updateService", json!({ "service": MAIN, "desiredCount": desired }));
}

fn defaults() -> Behind {
    Behind::one_group(json!({}))
}

fn quick_probes(more: Value) -> Behind {
    Behind::one_group(merged(&json!({ "healthCheckIntervalSeconds": 10 }), &more))
}

const FIRST: TaskId = TaskId::new(0);

#[test]
fn lbh_1_one_success_makes_a_new_target_healthy() {
    let mut rig = defaults().new_service();
    rig.until(100);
    assert_eq!(rig.target_states(FIRST), "0 initial, 30 healthy");
}

#[test]
fn lbh_2_a_target_that_hangs() {
    let hangs = json!([{ "result": "pass" }, { "after": "100s", "result": "hang" }]);
    let mut rig = defaults().behaving(json!({ "targetHealth": hangs })).new_service();
    rig.until(159);
    assert_eq!(rig.target_states(FIRST), "0 initial, 30 healthy, 155 unhealthy");
    rig.until(160);
    assert!(rig.stopped_because(FIRST).contains("Task failed ELB health checks in"));
}

#[test]
fn lbh_3_a_wrong_status_code() {
    let codes = json!([{ "result": 200 }, { "after": "100s", "result": 500 }]);
    let mut rig = defaults().behaving(json!({ "targetHealth": codes })).new_service();
    rig.until(149);
    let targets = |rig: &Rig| rig.world.target_group("tg").expect("the group").counts();
    assert_eq!(targets(&rig).healthy, 1);
    rig.until(150);
    assert_eq!(rig.target_states(FIRST), "0 initial, 30 healthy, 150 unhealthy, 150 draining");
    rig.until(449);
    assert_eq!(rig.container(FIRST, "app").signalled_at(), None);
    rig.until(450);
    assert_eq!(seconds(rig.container(FIRST, "app").signalled_at()), Some(450));
}

#[test]
fn lbh_5_an_app_that_is_too_slow_for_its_probes() {
    let mut rig = quick_probes(json!({})).behaving(json!({ "healthyAfter": "50s" })).new_service();
    rig.until(20);
    assert_eq!(rig.target_states(FIRST), "0 initial, 20 unhealthy, 20 draining");
    assert_eq!(seconds(rig.task(FIRST).stopping_at()), Some(20));
}

#[test]
fn lbh_23_every_successor_is_too_slow_as_well() {
    let slow = json!({ "healthyAfter": "50s" });
    let behind = Behind { maximum: 200, ..quick_probes(json!({})).behaving(slow) };
    let mut rig = behind.new_service();
    let second = TaskId::new(FIRST.number() + 1);
    rig.until(20);
    assert_eq!(seconds(rig.task(FIRST).stopping_at()), None);
    assert_eq!(seconds(Some(rig.task(second).created_at)), Some(20));
    rig.until(40);
    assert_eq!(rig.target_states(second), "20 initial, 40 unhealthy");
    assert_eq!(seconds(rig.task(FIRST).stopping_at()), Some(40));
}

fn stops_by(grace: u32, group: Value, end: i64) -> (Option<i64>, String) {
    let slow = json!({ "healthyAfter": "50s" });
    let behind = Behind { grace, ..quick_probes(group).behaving(slow) };
    let mut rig = behind.new_service();
    rig.until(end);
    (seconds(rig.task(FIRST).stopping_at()), rig.target_states(FIRST))
}

#[test]
fn lbh_6_and_7_how_long_a_grace_is_enough() {
    let (stopped, _) = stops_by(60, json!({}), 100);
    assert_eq!(stopped, Some(60));
    let (stopped, states) = stops_by(100, json!({}), 1000);
    assert_eq!(stopped, None);
    assert_eq!(states, "0 initial, 20 unhealthy, 90 healthy");
}

#[test]
fn lbh_8_healthy_in_the_instant_in_which_the_grace_ends() {
    let (stopped, states) = stops_by(60, json!({ "healthyThresholdCount": 2 }), 1000);
    assert_eq!(stopped, None);
    assert_eq!(states, "0 initial, 20 unhealthy, 60 healthy");
}

#[test]
fn lbh_9_a_pass_in_time() {
    let slow = json!({ "healthyAfter": "25s" });
    let behind = quick_probes(json!({ "unhealthyThresholdCount": 3 })).behaving(slow);
    let mut rig = behind.new_service();
    rig.until(100);
    assert_eq!(rig.target_states(FIRST), "0 initial, 30 healthy");
}

fn scaled_in(group: Value, behavior: Value) -> Rig {
    let (mut rig, _) = Behind::one_group(group).behaving(behavior).steady(1);
    scale(&mut rig, 0);
    rig.until(1000);
    rig
}

#[test]
fn lbh_10_delay_and_exit_add_up() {
    let rig = scaled_in(json!({ "deregistrationDelay": 30 }), json!({ "stop": "5s" }));
    assert_eq!(rig.statuses(FIRST), "0 DEACTIVATING, 30 STOPPING, 35 STOPPED");
    assert_eq!(rig.target_states(FIRST), "0 draining, 30 unused");
}

#[test]
fn lbh_11_delay_and_kill_add_up() {
    let rig = scaled_in(json!({ "deregistrationDelay": 30 }), json!({ "stop": "never" }));
    assert_eq!(rig.statuses(FIRST), "0 DEACTIVATING, 30 STOPPING, 60 STOPPED");
    assert_eq!(rig.container(FIRST, "app").exit_code(), Some(137));
}

#[test]
fn lbh_12_no_delay() {
    let rig = scaled_in(json!({ "deregistrationDelay": 0 }), json!({ "stop": "5s" }));
    assert_eq!(rig.statuses(FIRST), "0 DEACTIVATING, 0 STOPPING, 5 STOPPED");
}

#[test]
fn lbh_13_the_longest_of_two_delays_counts() {
    let groups = json!([
        { "name": "quick", "deregistrationDelay": 20 },
        { "name": "slow", "deregistrationDelay": 120 },
    ]);
    let (mut rig, tasks) = Behind { groups, ..defaults() }.steady(1);
    scale(&mut rig, 0);
    rig.until(1000);
    assert_eq!(rig.target_states_in(tasks[0], 0), "0 draining, 20 unused");
    assert_eq!(rig.target_states_in(tasks[0], 1), "0 draining, 120 unused");
    assert_eq!(seconds(rig.container(tasks[0], "app").signalled_at()), Some(120));
}

#[test]
fn lbh_14_and_lif_18_an_idle_task_drains_for_the_whole_delay() {
    let rig = scaled_in(json!({}), json!({ "stop": "2s" }));
    assert_eq!(rig.statuses(FIRST), "0 DEACTIVATING, 300 STOPPING, 302 STOPPED");
}

#[test]
fn lbh_15_a_process_that_is_gone_waits_for_no_delay() {
    let behind = defaults().behaving(json!({ "exit": "100s" }));
    let (mut rig, tasks) = behind.steady(1);
    rig.until(1000);
    assert_eq!(rig.statuses(tasks[0]), "100 STOPPED");
    assert_eq!(rig.target_states(tasks[0]), "100 draining, 400 unused");
}

#[test]
fn lbh_18_with_nothing_healthy_requests_go_to_all() {
    let behind = Behind { grace: 1000, ..quick_probes(json!({})) };
    let (mut rig, _, input) = behind.behaving(json!({ "targetHealth": "fail" })).rig();
    rig.call("createService", merged(&input, &json!({ "desiredCount": 3 })));
    rig.until(20);
    let group = rig.world.target_group("tg").expect("the group");
    assert_eq!(group.counts().unhealthy, 3);
    let shares: Vec<f64> = group.targets(rig.now).iter().map(|target| target.share).collect();
    assert_eq!(shares, [1.0 / 3.0; 3]);
}

fn share_of(rig: &Rig, position: usize) -> f64 {
    rig.world.target_group("tg").expect("the group").targets(rig.now)[position].share
}

#[test]
fn an_unhealthy_target_that_fails_in_another_way_has_another_reason() {
    let fails = json!([
        { "result": 500 },
        { "after": "100s", "result": "hang" },
        { "after": "200s", "result": 503 },
    ]);
    let behind = Behind { grace: 310, ..defaults() };
    let mut rig = behind.behaving(json!({ "targetHealth": fails })).new_service();
    for (until, code, reason) in [
        (60, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"),
        (124, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"),
        (125, "Target.Timeout", "Request timed out"),
        (209, "Target.Timeout", "Request timed out"),
        (210, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"),
    ] {
        rig.until(until);
        let group = rig.world.target_group("tg").expect("the group");
        let target = group.targets(rig.now)[0].target;
        assert_eq!((target.code(), target.reason().as_deref()), (Some(code), Some(reason)));
    }
    rig.until(310);
    assert_eq!(rig.target_states(FIRST), "0 initial, 60 unhealthy, 310 draining");
    let told = rig.events.iter().filter_map(|event| match &event.kind {
        EventKind::Message(service, message) => Some(rig.view().message(*service, message)),
        _ => None,
    });
    let told: Vec<String> = told.filter(|text| text.contains("is unhealthy in")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("codes: [503]"), "the reason of now: {}", told[0]);
}

#[test]
fn lbh_19_slow_start() {
    let behind = Behind { maximum: 200, ..Behind::one_group(json!({ "slowStart": 100 })) };
    let (mut rig, _) = behind.steady(2);
    scale(&mut rig, 3);
    rig.until(30);
    assert_eq!(rig.target_states(TaskId::new(2)), "0 initial, 30 healthy");
    assert_eq!(share_of(&rig, 2), 0.0);
    rig.until(55);
    assert!((share_of(&rig, 2) - 1.0 / 9.0).abs() < 1e-12);
    rig.until(130);
    assert_eq!(share_of(&rig, 2), 1.0 / 3.0);
}

#[test]
fn lbh_20_the_first_target_gets_everything() {
    let mut rig = Behind::one_group(json!({ "slowStart": 100 })).new_service();
    rig.until(30);
    assert_eq!(share_of(&rig, 0), 1.0);
}

#[test]
fn lbh_22_a_zone_that_the_load_balancer_does_not_serve() {
    let group = json!({ "availabilityZones": ["b"], "deregistrationDelay": 300 });
    let behind = Behind { grace: 60, ..Behind::one_group(group) };
    let mut rig = behind.new_service();
    rig.until(59);
    let group = rig.world.target_group("tg").expect("the group");
    assert_eq!((group.counts().unused, group.counts().healthy), (1, 0));
    let reason = group.targets(rig.now)[0].target.reason();
    let zone_off = "Target is in an Availability Zone that is not enabled for the load balancer";
    assert_eq!(reason.as_deref(), Some(zone_off));
    assert_eq!(rig.task(FIRST).stopping_at(), None, "the grace masks it");
    rig.until(60);
    assert_eq!(seconds(rig.task(FIRST).stopping_at()), Some(60));
    assert!(rig.events.iter().any(|event| match &event.kind {
        EventKind::Message(service, message) =>
            rig.view().message(*service, message).contains(zone_off),
        _ => false,
    }));
    assert_eq!(rig.status(FIRST), "STOPPED", "nothing has to drain");
}

#[test]
fn a_network_load_balancer_shares_by_zone_first() {
    let behind = Behind::one_group(json!({ "type": "network" }));
    let (mut rig, host, input) = behind.rig();
    let other = rig.instance_with("B", 4096, 8000, AgentConfig::default(), |registration| {
        registration.zone = "us-east-1b".into();
    });
    rig.steady_service(input, &[host, host, other]);
    rig.until(1);
    let shares = [0, 1, 2].map(|position| share_of(&rig, position));
    assert_eq!(shares, [0.25, 0.25, 0.5]);
}

#[test]
fn the_target_of_a_bridge_task_is_its_host_port() {
    let mut rig = defaults().new_service();
    rig.until(1);
    assert_eq!(rig.in_world(FIRST).targets()[0].port(), 32_768);
}

#[test]
fn several_groups_are_registered_before_running() {
    let groups = json!([{ "name": "one" }, { "name": "two" }]);
    let behavior = json!({ "latency": "spec" });
    let mut rig = Behind { groups, ..defaults() }.behaving(behavior).new_service();
    rig.until(100);
    assert_eq!(rig.statuses(FIRST), "0 PENDING, 3.200 ACTIVATING, 5.200 RUNNING");
    assert_eq!(rig.target_states(FIRST), "3.200 initial, 33.200 healthy");
}
