//! What services wait for whose revisions stand beside each other: blue/green, linear, canary, and
//! task sets.

use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};
use stowplan_engine::Engine;
use stowplan_engine::api::{EngineConfig, Output, Setup};
use stowplan_engine::explain::Waiting;
use stowplan_engine::model::{HookAnswer, ServiceStatus, Span, TargetState};

use crate::bed::{Bed, Behavior, both, limits};
use crate::folded;

fn waits(bed: &Bed) -> String {
    let service = bed.service_id("web");
    match bed.engine.why_waiting(service) {
        Some(waiting) => bed.engine.view().waiting_text(service, &waiting),
        None => "steady".to_owned(),
    }
}

fn hook(stage: &str, more: Value) -> Value {
    both(json!({ "lifecycleStages": [stage] }), more)
}

fn deployed(configuration: Value, memory: u32) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("A", "a", 100_000, memory);
    bed.checked("web", 128, 128);
    let pair = json!({ "alternateTargetGroupArn": "green", "productionListenerRule": "prod" });
    let balancers = json!([{ "targetGroupArn": "blue", "containerName": "app",
        "containerPort": 80, "advancedConfiguration": pair }]);
    let container = json!({ "healthCheck": { "command": ["CMD", "ok"] },
        "portMappings": [{ "containerPort": 80, "hostPort": 0 }] });
    bed.define("web", 128, 128, container.clone());
    let more = json!({ "deploymentConfiguration": configuration, "loadBalancers": balancers,
        "taskDefinition": "web:2" });
    bed.service("web", 2, more);
    bed.define("web", 128, 128, container);
    bed.behave("web:3", sound());
    bed
}

/// Healthy for its target group, too.
fn sound() -> Behavior {
    Behavior { targets: vec![(5, TargetState::Healthy)], ..Behavior::ok() }
}

#[test]
fn each_stage_of_a_canary_says_what_it_waits_for() {
    let hooks = json!([
        hook("POST_SCALE_UP", json!({ "hookTargetArn": "smoke" })),
        hook(
            "PRE_PRODUCTION_TRAFFIC_SHIFT",
            json!({ "targetType": "PAUSE",
            "timeoutConfiguration": { "timeoutInMinutes": 10, "action": "CONTINUE" } })
        ),
    ]);
    let canary = json!({ "canaryPercent": 5.5, "canaryBakeTimeInMinutes": 3 });
    let configuration = json!({ "strategy": "CANARY", "bakeTimeInMinutes": 5,
        "canaryConfiguration": canary, "lifecycleHooks": hooks });
    let mut bed = deployed(configuration, 100_000);
    bed.function(
        "smoke",
        &[
            (20, HookAnswer::InProgress { again_after: Span::from_secs(40) }),
            (50, HookAnswer::Succeeded),
        ],
    );
    bed.deploy("web", "web:3");
    let mut text = String::new();
    for at in [0, 35, 50, 90, 120, 400, 900, 1300, 1700, 1835, 2100] {
        bed.run_until(at);
        text += &folded(&format!("{at} {}", waits(&bed)));
    }
    expect![[r#"
        0 web web:3 waits for 2 tasks to become RUNNING.
        35 web web:3 waits for 2 tasks to become healthy: stopping one would leave 0
            of at least 2.
        50 web web:3 waits at POST_SCALE_UP for smoke to answer; without an answer
            it rolls back at 00:15:40.000.
        90 web web:3 waits at POST_SCALE_UP for smoke, which is asked again at
            00:01:40.000.
        120 web web:3 waits at POST_SCALE_UP for smoke to answer; without an answer
            it rolls back at 00:16:40.000.
        400 web web:3 waits at PRE_PRODUCTION_TRAFFIC_SHIFT for
            ContinueServiceDeployment to end the pause ecs-pause-1; it goes on by
            itself at 00:12:30.000.
        900 web web:3 waits at PRODUCTION_TRAFFIC_SHIFT until 00:15:30.000: the new
            revision has 5.5 % of production traffic.
        1300 web web:3 waits at PRE_PRODUCTION_TRAFFIC_SHIFT for
            ContinueServiceDeployment to end the pause ecs-pause-2; it goes on by
            itself at 00:25:30.000.
        1700 web web:3 waits until 00:30:30.000: it bakes.
        1835 web web:3 waits for 2 tasks of another revision to be gone.
        2100 steady
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_new_revision_without_room_says_so() {
    let mut bed = deployed(json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0 }), 300);
    bed.deploy("web", "web:3");
    bed.run_until(50);
    expect![[r#"
        web web:3 waits: no instance takes one more; the nearest, A, is refused:
            short 84 MiB; starting one more would make 1 of at most 4, and stopping
            one would leave 0 of at least 2. The next attempt is at 00:01:00.000.
    "#]]
    .assert_eq(&folded(&waits(&bed)));
}

#[test]
fn task_sets_say_what_they_wait_for() {
    let mut bed = Bed::profile_p();
    bed.instance("A", "a", 4096, 300);
    bed.checked("web", 128, 128);
    let input = json!({ "serviceName": "web", "desiredCount": 4,
        "deploymentController": { "type": "EXTERNAL" } });
    bed.must("createService", input);
    let mut text = folded(&waits(&bed));
    let half = json!({ "value": 50, "unit": "PERCENT" });
    let set = json!({ "service": "web", "taskDefinition": "web:1", "scale": half });
    bed.must("createTaskSet", set.clone());
    for at in [1, 50] {
        bed.run_until(at);
        text += &folded(&format!("{at} {}", waits(&bed)));
    }
    bed.at(60).must("createTaskSet", set);
    bed.run_until(100);
    text += &folded(&format!("100 {}", waits(&bed)));
    expect![[r#"
        web waits for a task set: somebody else makes them.
        1 web waits for 2 tasks to become RUNNING.
        50 steady
        100 web waits: no instance takes one more; the nearest, A, is refused: short
            84 MiB; starting one more would make 1 of at most 4, and stopping one
            would leave 0 of at least 2. The next attempt is at 00:02:00.000.
    "#]]
    .assert_eq(&text);
}

/// A service that CodeDeploy deploys: a canary, a hook, and ten minutes until blue goes.
fn code_deployed() -> Bed {
    let mut bed = Bed::with(EngineConfig::default(), 0, sound());
    bed.instance("A", "a", 100_000, 100_000);
    let container = json!({ "healthCheck": { "command": ["CMD", "ok"] },
        "portMappings": [{ "containerPort": 80, "hostPort": 0 }] });
    bed.define("web", 128, 128, container.clone());
    let balancers =
        json!([{ "targetGroupArn": "blue", "containerName": "app", "containerPort": 80 }]);
    let more = json!({ "loadBalancers": balancers,
        "deploymentController": { "type": "CODE_DEPLOY" } });
    bed.service("web", 2, more);
    bed.define("web", 128, 128, container);
    let pair = json!({ "targetGroups": [{ "name": "blue" }, { "name": "green" }],
        "prodTrafficRoute": { "listenerArns": ["prod"] } });
    let group = json!({ "deploymentGroupName": "web",
        "deploymentConfigName": "CodeDeployDefault.ECSCanary10Percent5Minutes",
        "ecsServices": [{ "serviceName": "web" }],
        "loadBalancerInfo": { "targetGroupPairInfoList": [pair] },
        "blueGreenDeploymentConfiguration": { "terminateBlueInstancesOnDeploymentSuccess":
            { "action": "TERMINATE", "terminationWaitTimeInMinutes": 10 } } });
    bed.setup(Setup::DeploymentGroup(Box::new(serde_json::from_value(group).expect("a group"))));
    bed.function("smoke", &[(25, HookAnswer::Succeeded)]);
    bed
}

#[test]
fn a_deployment_by_code_deploy_says_what_it_waits_for() {
    let mut bed = code_deployed();
    bed.on_wake = Some(every_wait_has_a_reason);
    bed.must(
        "createDeployment",
        json!({ "deploymentGroupName": "web", "taskDefinition": "web:2",
        "hooks": { "AfterInstall": "smoke" } }),
    );
    let mut text = String::new();
    for at in [0, 50, 100, 500, 990, 1100] {
        bed.run_until(at);
        text += &folded(&format!("{at} {}", waits(&bed)));
    }
    expect![[r#"
        0 web web:2 waits for 2 tasks to become RUNNING.
        50 web web:2 waits at AfterInstall for smoke to answer; without an answer it
            fails at 01:00:40.000.
        100 web web:2 waits at AllowTraffic: green has 10 % of production traffic;
            there will be more at 00:06:10.000.
        500 web web:2 waits with both task sets running; blue is deleted at
            00:16:10.000.
        990 web web:2 waits for 2 tasks of another revision to be gone.
        1100 steady
    "#]]
    .assert_eq(&text);
}

/// A service that is not steady waits for something, and what is named does bind.
fn every_wait_has_a_reason(_: &Engine, after: &Engine, _: &[Output]) {
    let view = after.view();
    for (service, row) in view.services() {
        if row.status != ServiceStatus::Active {
            continue;
        }
        let steady = row.memory.steady.is_some();
        let waits = after.why_waiting(service);
        let deployed = view.code_deployments().iter().any(|row| !row.state.is_over());
        assert_eq!(waits.is_none(), steady && !deployed, "what is not steady waits: {waits:?}");
        match waits {
            Some(Waiting::Stuck(limits)) => assert!(limits.occupying >= limits.upper),
            Some(Waiting::Hook { record, run }) => {
                let shift = view.record(record).shift.as_ref().expect("it shifts traffic");
                assert!(shift.runs[run as usize].is_open(), "somebody is waited for");
            }
            Some(Waiting::Baking { until } | Waiting::Traffic { until, .. }) => {
                assert!(until > after.now(), "the clock is waited for");
            }
            Some(Waiting::Stops { tasks, .. } | Waiting::Running { tasks }) => {
                assert!(tasks > 0, "tasks are waited for");
            }
            _ => {}
        }
    }
}

fn strategies() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "strategy": "BLUE_GREEN" })),
        Just(json!({ "strategy": "LINEAR",
            "linearConfiguration": { "stepPercent": 40, "stepBakeTimeInMinutes": 1 } })),
        Just(json!({ "strategy": "CANARY",
            "canaryConfiguration": { "canaryPercent": 10, "canaryBakeTimeInMinutes": 1 } })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_wait_of_a_service_that_shifts_traffic_has_a_reason(
        strategy in strategies(),
        bake in 0..3_u32,
        memory in prop::sample::select(vec![300_u32, 700, 100_000]),
        kinds in prop::collection::vec(0..6_usize, 1..6),
        answer in 0..4_usize,
        calls in prop::collection::vec((1..200_i64, 0..4_usize), 0..6),
    ) {
        let hooks = json!([hook("POST_SCALE_UP", json!({ "hookTargetArn": "smoke" }))]);
        let more = json!({ "bakeTimeInMinutes": bake, "lifecycleHooks": hooks });
        let mut bed = deployed(both(strategy, more), memory);
        bed.on_wake = Some(every_wait_has_a_reason);
        let said = [
            HookAnswer::Succeeded,
            HookAnswer::Failed,
            HookAnswer::InProgress { again_after: Span::from_secs(25) },
            HookAnswer::Unreadable,
        ];
        bed.function("smoke", &[(7, said[answer].clone()), (3, HookAnswer::Succeeded)]);
        let behavior = |kind: usize| match kind {
            0 => Behavior::unhealthy(),
            1 => Behavior::nostart(),
            _ => sound(),
        };
        bed.behave_in_turn("web:3", kinds.iter().map(|&kind| behavior(kind)).collect());
        bed.deploy("web", "web:3");
        let mut now = 0;
        for (after, call) in calls {
            now += after;
            bed.at(now);
            let change = match call {
                0 => json!({ "desiredCount": 3 }),
                1 => json!({ "desiredCount": 0 }),
                2 => json!({ "taskDefinition": "web:2" }),
                _ => limits(50, 200),
            };
            // A call may be refused: that is no business of this test.
            drop(bed.call("updateService", both(json!({ "service": "web" }), change)));
        }
        bed.run_until(now + 2000);
    }

    #[test]
    fn every_wait_of_a_service_with_task_sets_has_a_reason(
        memory in prop::sample::select(vec![300_u32, 700, 100_000]),
        calls in prop::collection::vec((1..100_i64, 0..4_usize, 0..101_u32), 1..8),
    ) {
        let mut bed = Bed::profile_p();
        bed.on_wake = Some(every_wait_has_a_reason);
        bed.instance("A", "a", 4096, memory);
        bed.checked("web", 128, 128);
        bed.must("createService", json!({ "serviceName": "web", "desiredCount": 4,
            "deploymentController": { "type": "EXTERNAL" } }));
        let mut now = 0;
        for (after, call, share) in calls {
            now += after;
            bed.at(now);
            let scale = json!({ "value": share, "unit": "PERCENT" });
            let set = bed.service_row("web").deployments.first().copied();
            let set = set.map(|set| bed.engine.view().deployment_name(set)).unwrap_or_default();
            let of = json!({ "service": "web", "taskSet": set });
            let (action, input) = match call {
                0 => ("createTaskSet", json!({ "service": "web", "taskDefinition": "web:1",
                    "scale": scale })),
                1 => ("updateTaskSet", both(of, json!({ "scale": scale }))),
                2 => ("deleteTaskSet", both(of, json!({ "force": true }))),
                _ => ("updateService", json!({ "service": "web", "desiredCount": share % 7 })),
            };
            drop(bed.call(action, input));
        }
        bed.run_until(now + 400);
    }
}
