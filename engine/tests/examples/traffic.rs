//! Deployments that shift traffic: blue/green, linear, canary (03 section 26.10).

use serde_json::{Value, json};
use stowplan_engine::model::{AlarmState, HookAnswer, Slot, Span, TargetState};

use crate::bed::{Bed, Behavior, both};

/// Four tasks of Profile P behind a pair of target groups, or with none; deployed at time 0.
struct Case {
    configuration: Value,
    pair: Option<Value>,
}

fn blue_green(bake: u32) -> Value {
    json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": bake })
}

fn hook(stage: &str, more: Value) -> Value {
    both(json!({ "lifecycleStages": [stage] }), more)
}

impl Case {
    fn headless(configuration: Value) -> Self {
        Self { configuration, pair: None }
    }

    fn paired(configuration: Value) -> Self {
        let pair = json!({ "alternateTargetGroupArn": "green", "productionListenerRule": "prod" });
        Self { configuration, pair: Some(pair) }
    }

    fn with_test_rule(configuration: Value) -> Self {
        let mut case = Self::paired(configuration);
        case.pair.as_mut().expect("a pair")["testListenerRule"] = json!("test");
        case
    }

    fn steady(self) -> Bed {
        let usual = Behavior {
            stops_after: 30,
            targets: vec![(5, TargetState::Healthy)],
            ..Behavior::ok()
        };
        // Without load balancers there is no lag: the stop alone takes 40 s.
        let usual = if self.pair.is_some() { usual } else { Behavior { stops_after: 40, ..usual } };
        let config = stowplan_engine::api::EngineConfig {
            launches_per_minute: 1_000_000,
            ..Default::default()
        };
        let mut bed = Bed::with(config, 0, usual);
        bed.instance("big", "a", 4_000_000, 4_000_000);
        let container = json!({ "healthCheck": { "command": ["CMD", "ok"] },
            "portMappings": [{ "containerPort": 80, "hostPort": 0 }] });
        bed.define("web", 128, 128, container.clone());
        let mut more = json!({ "deploymentConfiguration": self.configuration });
        if let Some(pair) = self.pair {
            more["loadBalancers"] = json!([{ "targetGroupArn": "blue", "containerName": "app",
                "containerPort": 80, "advancedConfiguration": pair }]);
        }
        bed.service("web", 4, more);
        bed.define("web", 128, 128, container);
        bed
    }

    fn deployed(self) -> Bed {
        let mut bed = self.steady();
        bed.deploy("web", "web:2");
        bed
    }
}

/// Production traffic of the alternate group, in thousandths of a percent.
fn green(bed: &Bed) -> u32 {
    bed.service_row("web").traffic.production_of(Slot::Alternate).0
}

fn stage(bed: &Bed) -> String {
    let view = bed.engine.view();
    let newest = *bed.service_row("web").records.last().expect("it was deployed");
    let shift = view.record(newest).shift.as_ref().expect("it shifts traffic");
    shift.stage.to_string()
}

fn reason(bed: &Bed) -> String {
    let view = bed.engine.view();
    let newest = *bed.service_row("web").records.last().expect("it was deployed");
    let rollback = view.record(newest).rollback.as_ref().expect("it was rolled back");
    rollback.reason.to_string()
}

#[test]
fn w101_blue_green_bakes() {
    for case in [Case::headless(blue_green(5)), Case::paired(blue_green(5))] {
        let mut bed = case.deployed();
        bed.run_until(30);
        assert_eq!(stage(&bed), "SCALE_UP");
        bed.run_until(200);
        assert_eq!(stage(&bed), "BAKE_TIME");
        assert_eq!(bed.counts("web").running, 8);
        bed.run_until(379);
        assert_eq!(bed.records("web"), ["IN_PROGRESS"]);
        bed.run_until(1000);
        assert_eq!(bed.trace("web"), "0 start 4 web:2; 340 stop 4 web:1; 380 completed web:2");
        assert_eq!(bed.records("web"), ["SUCCESSFUL"]);
        assert_eq!(bed.peak_and_low("web"), (8, 4));
        assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:2 4"]);
    }
}

#[test]
fn w102_an_alarm_takes_the_traffic_back() {
    let alarms = json!({ "alarmNames": ["A"], "enable": true, "rollback": true });
    let mut bed = Case::paired(both(blue_green(5), json!({ "alarms": alarms }))).steady();
    bed.alarm("A", 60, 1, AlarmState::Ok);
    bed.deploy("web", "web:2");
    bed.run_until(39);
    assert_eq!(green(&bed), 0);
    bed.run_until(40);
    assert_eq!(green(&bed), 100_000);
    bed.at(100).set_alarm("A", AlarmState::Alarm);
    bed.settle();
    assert_eq!(green(&bed), 0);
    bed.run_until(139);
    assert_eq!(bed.records("web"), ["ROLLBACK_IN_PROGRESS"]);
    bed.run_until(140);
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 100 failed web:2; 100 stop 4 web:2; 140 completed web:1"
    );
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 4"]);
}

#[test]
fn w103_linear_weights() {
    let linear = json!({ "stepPercent": 10.0, "stepBakeTimeInMinutes": 6 });
    let linear = json!({ "strategy": "LINEAR", "linearConfiguration": linear });
    let mut bed = Case::paired(linear).deployed();
    let mut seen = Vec::new();
    for step in 0..10 {
        let begins = 40 + 360 * step;
        bed.run_until(begins - 1);
        let before = green(&bed);
        bed.run_until(begins);
        seen.push((before, green(&bed)));
    }
    let steps: Vec<(u32, u32)> = (0..10).map(|i| (10_000 * i, 10_000 * (i + 1))).collect();
    assert_eq!(seen, steps);
    bed.run_until(5000);
    assert_eq!(bed.trace("web"), "0 start 4 web:2; 3280 stop 4 web:1; 3320 completed web:2");
}

#[test]
fn w106_steps_out_of_range() {
    let mut bed = Case::paired(blue_green(5)).steady();
    for percent in [json!(2.9), json!(3.05), json!(100.1), json!("x")] {
        let configuration = json!({ "strategy": "LINEAR",
            "linearConfiguration": { "stepPercent": percent } });
        let input = json!({ "service": "web", "deploymentConfiguration": configuration });
        assert_eq!(
            bed.refused("updateService", input),
            "InvalidParameterException: stepPercent must be between 3.0 and 100.0 in steps of 0.1."
        );
    }
}

#[test]
fn w107_a_canary_that_fails() {
    let canary = json!({ "canaryPercent": 5, "canaryBakeTimeInMinutes": 10 });
    let canary = json!({ "strategy": "CANARY", "canaryConfiguration": canary });
    let alarms = json!({ "alarmNames": ["A"], "enable": true, "rollback": true });
    let mut bed = Case::paired(both(canary, json!({ "alarms": alarms }))).steady();
    bed.alarm("A", 60, 1, AlarmState::Ok);
    bed.deploy("web", "web:2");
    bed.run_until(40);
    assert_eq!(green(&bed), 5_000);
    bed.at(275).set_alarm("A", AlarmState::Alarm);
    bed.run_until(279);
    assert_eq!(green(&bed), 5_000);
    // Four minutes of 5 percent are 12 seconds of all traffic; one tick takes it back.
    bed.run_until(280);
    assert_eq!(green(&bed), 0);
    bed.run_until(1000);
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
}

#[test]
fn w108_a_network_load_balancer_takes_its_time() {
    let stopped = |case: Case| {
        let mut bed = case.steady();
        bed.network_group("blue");
        bed.deploy("web", "web:2");
        bed.run_until(5000);
        assert_eq!(bed.records("web"), ["SUCCESSFUL"]);
        bed.trace("web").split("; ").nth(1).expect("blue stops").to_owned()
    };
    assert_eq!(stopped(Case::paired(blue_green(0))), "640 stop 4 web:1");
    assert_eq!(stopped(Case::with_test_rule(blue_green(0))), "1240 stop 4 web:1");
}

fn paused(action: &str) -> Bed {
    let pause = hook(
        "POST_TEST_TRAFFIC_SHIFT",
        json!({ "targetType": "PAUSE",
            "timeoutConfiguration": { "timeoutInMinutes": 1440, "action": action } }),
    );
    Case::headless(both(blue_green(0), json!({ "lifecycleHooks": [pause] }))).deployed()
}

#[test]
fn w109_a_pause_that_nobody_answers() {
    let mut bed = paused("ROLLBACK");
    bed.run_until(40);
    assert_eq!(stage(&bed), "POST_TEST_TRAFFIC_SHIFT");
    bed.run_until(86_439);
    assert_eq!(bed.records("web"), ["IN_PROGRESS"]);
    bed.run_until(87_000);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 86440 failed web:2; 86440 stop 4 web:2; 86480 completed web:1"
    );
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
    assert_eq!(
        bed.bus("web").iter().filter(|event| event.contains("HOOK")).collect::<Vec<_>>(),
        ["40 HOOK_AWAITING_ACTION", "86440 HOOK_TIMED_OUT"]
    );
    let mut bed = paused("CONTINUE");
    bed.run_until(87_000);
    assert_eq!(bed.trace("web"), "0 start 4 web:2; 86440 stop 4 web:1; 86480 completed web:2");
}

#[test]
fn w109_a_pause_that_somebody_answers() {
    let pause = json!({ "serviceDeploymentArn": "web", "hookId": "ecs-pause-1" });
    let answer = |action: &str| both(pause.clone(), json!({ "action": action }));
    let mut bed = paused("ROLLBACK");
    bed.at(100).must("continueServiceDeployment", answer("CONTINUE"));
    assert_eq!(
        bed.refused("continueServiceDeployment", answer("CONTINUE")),
        "ClientException: The hook ecs-pause-1 is not awaiting an action."
    );
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "0 start 4 web:2; 100 stop 4 web:1; 140 completed web:2");
    let mut bed = paused("CONTINUE");
    bed.at(100).must("continueServiceDeployment", answer("ROLLBACK"));
    bed.run_until(1000);
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
}

#[test]
fn w110_one_failed_hook_is_enough() {
    let hooks = json!([
        hook("POST_SCALE_UP", json!({ "hookTargetArn": "good" })),
        hook("POST_SCALE_UP", json!({ "hookTargetArn": "bad" })),
    ]);
    let case = Case::paired(both(blue_green(5), json!({ "lifecycleHooks": hooks })));
    let mut bed = case.steady();
    bed.function("bad", &[(0, HookAnswer::Failed)]);
    bed.deploy("web", "web:2");
    for at in [10, 40, 50, 1000] {
        bed.run_until(at);
        assert_eq!(green(&bed), 0, "at {at}");
    }
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 40 failed web:2; 40 stop 4 web:2; 80 completed web:1"
    );
    assert_eq!(
        reason(&bed),
        "Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle \
         hook target bad returned FAILED status."
    );
}

#[test]
fn a_function_that_is_not_done_is_asked_again() {
    let hooks = json!([hook("PRE_SCALE_UP", json!({ "hookTargetArn": "slow" }))]);
    let mut bed = Case::headless(both(blue_green(0), json!({ "lifecycleHooks": hooks }))).steady();
    let not_yet = HookAnswer::InProgress { again_after: Span::from_secs(30) };
    bed.function("slow", &[(5, not_yet), (5, HookAnswer::Succeeded)]);
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    // Asked at 0, said not yet at 5, asked again in the pass at 40, done at 45, seen at 50.
    assert_eq!(bed.trace("web"), "50 start 4 web:2; 90 stop 4 web:1; 130 completed web:2");
}

#[test]
fn a_failing_hook_on_the_way_back_is_the_end() {
    let hooks = json!([
        hook("PRODUCTION_TRAFFIC_SHIFT", json!({ "hookTargetArn": "shift" })),
        hook("POST_PRODUCTION_TRAFFIC_SHIFT", json!({ "hookTargetArn": "bad" })),
    ]);
    let case = Case::paired(both(blue_green(5), json!({ "lifecycleHooks": hooks })));
    let mut bed = case.steady();
    bed.function("shift", &[(0, HookAnswer::Succeeded), (0, HookAnswer::Failed)]);
    bed.function("bad", &[(0, HookAnswer::Failed)]);
    bed.deploy("web", "web:2");
    bed.run_until(1000);
    assert_eq!(bed.records("web"), ["ROLLBACK_FAILED"]);
    assert_eq!(green(&bed), 0, "traffic went back all the same");
}

#[test]
fn the_next_deployment_takes_the_other_group() {
    let mut bed = Case::paired(blue_green(0)).deployed();
    bed.run_until(500);
    assert_eq!(green(&bed), 100_000);
    bed.at(600).update("web", json!({ "forceNewDeployment": true }));
    bed.run_until(1000);
    assert_eq!(green(&bed), 0);
    assert_eq!(bed.records("web"), ["SUCCESSFUL", "SUCCESSFUL"]);
    assert_eq!(bed.counts("web").running, 4);
}

#[test]
fn a_deployment_on_top_of_another_begins_with_one_source() {
    let mut bed = Case::paired(blue_green(5)).deployed();
    bed.at(100).update("web", json!({ "forceNewDeployment": true }));
    bed.settle();
    assert_eq!(stage(&bed), "RECONCILE_SERVICE");
    assert_eq!(green(&bed), 0, "traffic is back at the last revision that was complete");
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 100 stop 4 web:2; 140 start 4 web:2; 480 stop 4 web:1; \
         520 completed web:2"
    );
    assert_eq!(bed.records("web"), ["STOPPED", "SUCCESSFUL"]);
}

#[test]
fn a_changed_desired_count_concerns_both_revisions() {
    let mut bed = Case::paired(blue_green(5)).deployed();
    bed.at(100).update("web", json!({ "desiredCount": 6 }));
    bed.run_until(200);
    let listed = ["ACTIVE COMPLETED web:1 6", "PRIMARY IN_PROGRESS web:2 6"];
    assert_eq!(bed.deployments("web"), listed);
    assert_eq!(bed.counts("web").running, 12);
    bed.run_until(1000);
    assert_eq!(bed.counts("web").running, 6);
}

#[test]
fn a_first_deployment_has_nothing_to_wait_for() {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.checked("web", 128, 128);
    bed.create("web", 2, json!({ "deploymentConfiguration": blue_green(5) }));
    bed.run_until(100);
    assert_eq!(bed.trace("web"), "0 start 2 web:1; 40 completed web:1");
}

#[test]
fn a_deployment_stopped_by_hand_goes_back() {
    let mut bed = Case::paired(blue_green(5)).deployed();
    bed.at(100).must("stopServiceDeployment", json!({ "serviceDeploymentArn": "web" }));
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 100 failed web:2; 100 stop 4 web:2; 140 completed web:1"
    );
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
}

#[test]
fn pairs_of_target_groups_are_checked() {
    let mut bed = Case::headless(json!({})).steady();
    let mut refusal = |configuration: Value, balancers: Value| {
        let input = json!({ "service": "web", "deploymentConfiguration": configuration,
            "loadBalancers": balancers });
        bed.refused("updateService", input)
    };
    let balancer = |group: &str, more: Value| {
        let plain = json!({ "containerName": "app", "containerPort": 80, "targetGroupArn": group });
        both(plain, more)
    };
    let pair = |main: &str, other: &str, production: &str, test: Option<&str>| {
        let advanced = json!({ "alternateTargetGroupArn": other,
            "productionListenerRule": production, "testListenerRule": test });
        balancer(main, json!({ "advancedConfiguration": advanced }))
    };
    let invalid = |text: &str| format!("InvalidParameterException: {text}");
    assert_eq!(
        refusal(blue_green(5), json!([balancer("a", json!({}))])),
        invalid(
            "advancedConfiguration field is required for all loadBalancers when using a \
             non-ROLLING deployment strategy"
        )
    );
    assert_eq!(
        refusal(json!({}), json!([balancer("a", json!({})), pair("b", "c", "p", None)])),
        invalid(
            "Either all or none of the provided loadBalancers must have advancedConfiguration \
             defined"
        )
    );
    assert_eq!(
        refusal(blue_green(5), json!([pair("a", "a", "p", None)])),
        invalid("Duplicate targetGroupArn found: a")
    );
    assert_eq!(
        refusal(json!({}), json!([balancer("a", json!({})), balancer("a", json!({}))])),
        invalid("Duplicate targetGroupArn found: a")
    );
    assert_eq!(
        refusal(blue_green(5), json!([pair("a", "b", "p", Some("p"))])),
        invalid("The following rules cannot be used as both production and test listener rules: p")
    );
    // The pair stands behind an Application Load Balancer, which has rules.
    for wrong in ["targetgroup/x/1", "listener/app/lb/1/2", "listener/net/lb/1/2"] {
        let wrong = format!("arn:aws:elasticloadbalancing:us-east-1:1:{wrong}");
        assert_eq!(
            refusal(blue_green(5), json!([pair("a", "b", &wrong, None)])),
            invalid(&format!(
                "productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or \
                 ListenerArn for NLB. Got: {wrong}"
            ))
        );
    }
}
