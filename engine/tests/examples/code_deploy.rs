//! Blue/green by CodeDeploy (03 sections 20 and 26.10).

use serde_json::{Value, json};
use stowplan_engine::api::input::CreateDeploymentGroup;
use stowplan_engine::api::{EngineConfig, EventKind, Output, Setup};
use stowplan_engine::model::{
    AlarmState, CodeDeployment, HookAnswer, LifecycleEvent, Slot, TargetState,
};

use crate::bed::{Bed, Behavior, both};

/// A deployment group of the service `web`, with the pair blue and green.
pub(crate) fn group(config: &str, more: Value) -> Value {
    let pair = json!({ "targetGroups": [{ "name": "blue" }, { "name": "green" }],
        "prodTrafficRoute": { "listenerArns": ["prod"] },
        "testTrafficRoute": { "listenerArns": ["test"] } });
    let group = json!({ "deploymentGroupName": "web",
        "deploymentConfigName": format!("CodeDeployDefault.ECS{config}"),
        "ecsServices": [{ "serviceName": "web" }],
        "loadBalancerInfo": { "targetGroupPairInfoList": [pair] } });
    both(group, more)
}

/// What becomes of blue after so many minutes.
pub(crate) fn terminates(minutes: u32) -> Value {
    let termination = json!({ "action": "TERMINATE", "terminationWaitTimeInMinutes": minutes });
    json!({ "blueGreenDeploymentConfiguration":
        { "terminateBlueInstancesOnDeploymentSuccess": termination } })
}

/// The events at which a new deployment goes back.
pub(crate) fn rolls_back(events: &[&str]) -> Value {
    json!({ "autoRollbackConfiguration": { "enabled": true, "events": events } })
}

pub(crate) fn given(bed: &mut Bed, group: Value) {
    let input: CreateDeploymentGroup = serde_json::from_value(group).expect("a group");
    bed.setup(Setup::DeploymentGroup(Box::new(input)));
}

/// Three tasks of Profile P behind `blue`.
pub(crate) fn steady(group: Value) -> Bed {
    let usual =
        Behavior { stops_after: 30, targets: vec![(5, TargetState::Healthy)], ..Behavior::ok() };
    let config = EngineConfig { launches_per_minute: 1_000_000, ..EngineConfig::default() };
    let mut bed = Bed::with(config, 0, usual);
    bed.instance("big", "a", 4_000_000, 4_000_000);
    let container = json!({ "healthCheck": { "command": ["CMD", "ok"] },
        "portMappings": [{ "containerPort": 80, "hostPort": 0 }] });
    bed.define("web", 128, 128, container.clone());
    let balancer =
        json!([{ "targetGroupArn": "blue", "containerName": "app", "containerPort": 80 }]);
    bed.service(
        "web",
        3,
        json!({ "loadBalancers": balancer,
        "deploymentController": { "type": "CODE_DEPLOY" } }),
    );
    bed.define("web", 128, 128, container);
    given(&mut bed, group);
    bed
}

pub(crate) fn deploy(bed: &mut Bed, more: Value) {
    let call = json!({ "deploymentGroupName": "web", "taskDefinition": "web:2" });
    bed.must("createDeployment", both(call, more));
}

fn deployed(group: Value) -> Bed {
    let mut bed = steady(group);
    deploy(&mut bed, json!({}));
    bed
}

/// Production traffic of `green`, in percent.
fn green(bed: &Bed) -> u32 {
    bed.service_row("web").traffic.production_of(Slot::Alternate).0 / 1000
}

fn test_traffic(bed: &Bed) -> u32 {
    bed.service_row("web").traffic.test_of(Slot::Alternate).0 / 1000
}

pub(crate) fn statuses(bed: &Bed) -> Vec<String> {
    let line = |row: &CodeDeployment| {
        let code = row.error.as_ref().map(|error| format!(" {}", error.code));
        format!("{} {}{}", row.creator.as_str(), row.state.status(), code.unwrap_or_default())
    };
    bed.engine.view().code_deployments().iter().map(line).collect()
}

/// Instants at which lifecycle events were come to, over all deployments.
fn events(bed: &Bed) -> Vec<(i64, LifecycleEvent)> {
    let event = |output: &Output| match output {
        Output::Event(event) => match event.kind {
            EventKind::LifecycleEvent(_, name) => Some((event.at.0 / 1000, name)),
            _ => None,
        },
        Output::Effect(_) => None,
    };
    bed.outputs.iter().filter_map(event).collect()
}

#[test]
fn w111_ten_percent_every_three_minutes() {
    let mut bed = deployed(group("Linear10PercentEvery3Minutes", terminates(60)));
    bed.run_until(39);
    assert_eq!((green(&bed), statuses(&bed)), (0, vec!["user InProgress".to_owned()]));
    for step in 0..10 {
        let at = 40 + 180 * i64::from(step);
        bed.run_until(at);
        assert_eq!(green(&bed), 10 * (step + 1), "at {at}");
        bed.run_until(at + 179);
        assert_eq!(green(&bed), 10 * (step + 1), "before the next step");
    }
    bed.run_until(1_900);
    let sets = ["ACTIVE COMPLETED web:1 3", "PRIMARY COMPLETED web:2 3"];
    assert_eq!(bed.deployments("web"), sets);
    assert_eq!(statuses(&bed), ["user Baking"]);
    bed.run_until(5_299);
    assert_eq!(statuses(&bed), ["user InProgress"]);
    bed.run_until(5_300);
    assert_eq!(statuses(&bed), ["user Succeeded"]);
    assert_eq!(bed.trace("web"), "0 start 3 web:2; 5260 stop 3 web:1");
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:2 3"]);
    assert_eq!(bed.peak_and_low("web"), (6, 3));
}

#[test]
fn w112_stopped_in_the_middle_of_a_canary() {
    let on_request = both(terminates(60), rolls_back(&["DEPLOYMENT_STOP_ON_REQUEST"]));
    let mut bed = deployed(group("Canary10Percent5Minutes", on_request));
    bed.run_until(40);
    assert_eq!((green(&bed), test_traffic(&bed)), (10, 100));
    bed.at(220).must("stopDeployment", json!({ "deploymentId": "d-000000001" }));
    bed.settle();
    assert_eq!((green(&bed), test_traffic(&bed)), (0, 0), "blue has everything at once");
    assert_eq!(statuses(&bed), ["user Stopped MANUAL_STOP", "codeDeployRollback InProgress"]);
    bed.run_until(260);
    assert_eq!(statuses(&bed), ["user Stopped MANUAL_STOP", "codeDeployRollback Succeeded"]);
    assert_eq!(bed.trace("web"), "0 start 3 web:2; 220 stop 3 web:2");
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 3"]);
    let rows = bed.engine.view().code_deployments();
    assert_eq!(rows[0].rolled_back_by.map(|id| id.number()), Some(1));
    assert_eq!(rows[1].triggered_by.map(|id| id.number()), Some(0));
}

#[test]
fn w113_a_network_load_balancer_shifts_all_at_once() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    bed.network_group("green");
    let call = |config: &str| {
        json!({ "deploymentGroupName": "web", "taskDefinition": "web:2",
            "deploymentConfigName": format!("CodeDeployDefault.ECS{config}") })
    };
    for config in ["Linear10PercentEvery1Minutes", "Canary10Percent15Minutes"] {
        assert_eq!(
            bed.refused("createDeployment", call(config)),
            format!(
                "InvalidDeploymentConfigNameException: CodeDeployDefault.ECS{config} cannot be \
                 used with a Network Load Balancer, which supports only \
                 CodeDeployDefault.ECSAllAtOnce."
            )
        );
    }
    bed.must("createDeployment", call("AllAtOnce"));
    bed.run_until(40);
    assert_eq!(green(&bed), 100);
}

#[test]
fn lifecycle_events_come_in_their_order_and_hooks_hold_them_up() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    for (hook, after) in [("bi", 10), ("ai", 20), ("aatt", 30), ("bat", 40), ("aat", 50)] {
        bed.function(hook, &[(after, HookAnswer::Succeeded)]);
    }
    deploy(
        &mut bed,
        json!({ "hooks": [{ "BeforeInstall": "bi" }, { "AfterInstall": "ai" },
            { "AfterAllowTestTraffic": "aatt" }, { "BeforeAllowTraffic": "bat" },
            { "AfterAllowTraffic": "aat" }] }),
    );
    bed.run_until(79);
    assert_eq!((green(&bed), test_traffic(&bed)), (0, 100));
    bed.run_until(1000);
    let times = [0, 10, 50, 70, 70, 100, 140, 140];
    let expected: Vec<(i64, LifecycleEvent)> =
        times.into_iter().zip(LifecycleEvent::ALL.iter().copied()).collect();
    assert_eq!(events(&bed), expected);
    assert_eq!(bed.trace("web"), "10 start 3 web:2; 190 stop 3 web:1");
    assert_eq!(statuses(&bed), ["user Succeeded"]);
}

/// A hook that fails: whether a new deployment goes back, and what of green was there.
#[test]
fn a_failing_hook_goes_back_from_wherever_it_is() {
    let cases = [
        ("BeforeInstall", 0, ""),
        ("AfterInstall", 40, "0 start 3 web:2; 40 stop 3 web:2"),
        ("AfterAllowTestTraffic", 40, "0 start 3 web:2; 40 stop 3 web:2"),
        ("BeforeAllowTraffic", 40, "0 start 3 web:2; 40 stop 3 web:2"),
        ("AfterAllowTraffic", 340, "0 start 3 web:2; 340 stop 3 web:2"),
    ];
    for (event, at, trace) in cases {
        let on_failure = both(terminates(60), rolls_back(&["DEPLOYMENT_FAILURE"]));
        let mut bed = steady(group("Canary10Percent5Minutes", on_failure));
        bed.function("bad", &[(0, HookAnswer::Failed)]);
        deploy(&mut bed, json!({ "hooks": { event: "bad" } }));
        bed.run_until(at);
        assert_eq!((green(&bed), test_traffic(&bed)), (0, 0), "{event}");
        bed.run_until(1000);
        assert_eq!(bed.trace("web"), trace, "{event}");
        assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 3"], "{event}");
        let mut expected = vec!["user Failed HOOK_EXECUTION_FAILURE"];
        if event != "BeforeInstall" {
            expected.push("codeDeployRollback Succeeded");
        }
        assert_eq!(statuses(&bed), expected, "{event}");
    }
}

#[test]
fn a_hook_has_one_hour() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    bed.function("slow", &[(3_599, HookAnswer::Succeeded)]);
    bed.function("slower", &[(3_601, HookAnswer::Succeeded)]);
    deploy(&mut bed, json!({ "hooks": { "BeforeInstall": "slow", "AfterInstall": "slower" } }));
    bed.run_until(3_600);
    assert_eq!(bed.trace("web"), "3600 start 3 web:2");
    bed.run_until(7_239);
    assert_eq!(statuses(&bed), ["user InProgress"]);
    bed.run_until(7_240);
    assert_eq!(statuses(&bed), ["user Failed HOOK_EXECUTION_FAILURE"]);
}

#[test]
fn green_that_is_not_steady_within_an_hour_fails() {
    let on_failure = rolls_back(&["DEPLOYMENT_FAILURE"]);
    let mut bed = steady(group("AllAtOnce", on_failure));
    bed.behave("web:2", Behavior { targets: vec![], ..Behavior::ok() });
    deploy(&mut bed, json!({}));
    bed.run_until(3_599);
    assert_eq!((green(&bed), statuses(&bed)), (0, vec!["user InProgress".to_owned()]));
    bed.run_until(3_600);
    assert_eq!(statuses(&bed), ["user Failed TIMEOUT", "codeDeployRollback InProgress"]);
    bed.run_until(3_700);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 3"]);
    assert_eq!(green(&bed), 0);
}

fn watched(more: Value) -> Bed {
    let alarms = json!({ "alarmConfiguration": { "enabled": true, "alarms": [{ "name": "A" }] } });
    let mut bed = steady(group("AllAtOnce", both(alarms, more)));
    bed.alarm("A", 60, 1, AlarmState::Ok);
    bed
}

#[test]
fn an_alarm_stops_a_deployment_until_blue_is_deleted() {
    let on_alarm = both(terminates(60), rolls_back(&["DEPLOYMENT_STOP_ON_ALARM"]));
    let mut bed = watched(on_alarm);
    deploy(&mut bed, json!({}));
    bed.run_until(40);
    assert_eq!(green(&bed), 100);
    bed.at(1_000).set_alarm("A", AlarmState::Alarm);
    bed.settle();
    assert_eq!(green(&bed), 0, "the window is the termination wait");
    bed.run_until(1_100);
    assert_eq!(statuses(&bed), ["user Stopped ALARM_ACTIVE", "codeDeployRollback Succeeded"]);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 3"]);
    // One that is in ALARM when a deployment begins stops it before anything was done.
    deploy(&mut *bed.at(1_200), json!({}));
    bed.run_until(1_300);
    assert_eq!(statuses(&bed)[2..], ["user Stopped ALARM_ACTIVE"]);
    // Unless the call says that no alarm is looked at.
    let none = json!({ "overrideAlarmConfiguration": { "enabled": false } });
    deploy(&mut *bed.at(1_400), none);
    bed.run_until(1_500);
    assert_eq!(statuses(&bed)[3..], ["user Baking"]);
}

#[test]
fn what_was_stopped_without_rollback_goes_with_the_next_deployment() {
    let mut bed = deployed(group("Canary10Percent5Minutes", terminates(0)));
    let stop = |auto: Option<bool>| {
        let stop = json!({ "deploymentId": "d-000000001" });
        match auto {
            None => stop,
            Some(auto) => both(stop, json!({ "autoRollbackEnabled": auto })),
        }
    };
    bed.at(100).must("stopDeployment", stop(None));
    bed.run_until(200);
    assert_eq!((green(&bed), statuses(&bed)), (10, vec!["user Stopped MANUAL_STOP".to_owned()]));
    let sets = ["PRIMARY COMPLETED web:1 3", "ACTIVE COMPLETED web:2 3"];
    assert_eq!(bed.deployments("web"), sets);
    assert_eq!(
        bed.at(210).refused("stopDeployment", stop(Some(true))),
        "DeploymentAlreadyCompletedException: The deployment d-000000001 is Stopped already."
    );
    deploy(&mut bed, json!({}));
    bed.settle();
    assert_eq!(green(&bed), 0);
    bed.run_until(1_000);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:2 3"]);
    assert_eq!(
        bed.trace("web"),
        "0 start 3 web:2; 210 stop 3 web:2; 210 start 3 web:2; 550 stop 3 web:1"
    );
}

#[test]
fn stop_deployment_itself_can_ask_for_the_way_back() {
    let mut bed = deployed(group("AllAtOnce", terminates(60)));
    let stop = json!({ "deploymentId": "d-000000001", "autoRollbackEnabled": true });
    bed.at(100).must("stopDeployment", stop);
    bed.run_until(200);
    assert_eq!((green(&bed), bed.deployments("web").len()), (0, 1));
    assert_eq!(statuses(&bed)[1], "codeDeployRollback Succeeded");
}

#[test]
fn somebody_must_say_that_traffic_may_shift() {
    let ready = json!({ "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 10 });
    let waits = json!({ "blueGreenDeploymentConfiguration": { "deploymentReadyOption": ready } });
    let go_on = |kind: &str| json!({ "deploymentId": "d-000000001", "deploymentWaitType": kind });
    let mut bed = deployed(group("AllAtOnce", waits.clone()));
    assert_eq!(
        bed.refused("continueDeployment", go_on("READY_WAIT")),
        "DeploymentIsNotInReadyStateException: The deployment is Created: it does not wait for \
         this."
    );
    bed.run_until(100);
    assert_eq!((green(&bed), statuses(&bed)), (0, vec!["user Ready".to_owned()]));
    bed.at(110).must("continueDeployment", go_on("READY_WAIT"));
    bed.settle();
    assert_eq!(green(&bed), 100);
    // Nobody says it: stopped, and nothing goes back of itself.
    let mut bed = deployed(group("AllAtOnce", waits));
    bed.run_until(639);
    assert_eq!(statuses(&bed), ["user Ready"]);
    bed.run_until(640);
    assert_eq!((green(&bed), statuses(&bed)), (0, vec!["user Stopped TIMEOUT".to_owned()]));
}

#[test]
fn the_termination_wait_can_be_cut_short() {
    let mut bed = deployed(group("AllAtOnce", terminates(60)));
    let go_on = json!({ "deploymentId": "d-000000001", "deploymentWaitType": "TERMINATION_WAIT" });
    bed.at(100).must("continueDeployment", go_on);
    bed.run_until(200);
    assert_eq!(bed.trace("web"), "0 start 3 web:2; 100 stop 3 web:1");
    assert_eq!(statuses(&bed), ["user Succeeded"]);
}

#[test]
fn blue_can_be_kept_alive_until_the_next_deployment() {
    let keep = json!({ "terminateBlueInstancesOnDeploymentSuccess": { "action": "KEEP_ALIVE" } });
    let mut bed = deployed(group("AllAtOnce", json!({ "blueGreenDeploymentConfiguration": keep })));
    bed.run_until(40);
    assert_eq!(statuses(&bed), ["user Succeeded"]);
    bed.run_until(1_000);
    assert_eq!(bed.counts("web").running, 6);
    deploy(&mut *bed.at(1_010), json!({}));
    bed.run_until(2_000);
    assert_eq!(green(&bed), 0, "the roles of the pair have swapped");
    assert_eq!(bed.counts("web").running, 6);
    assert_eq!(bed.trace("web"), "0 start 3 web:2; 1010 stop 3 web:1; 1010 start 3 web:2");
}

#[test]
fn after_blue_is_gone_a_rollback_is_a_whole_deployment() {
    let mut bed = deployed(group("AllAtOnce", terminates(0)));
    let stop = json!({ "deploymentId": "d-000000001", "autoRollbackEnabled": true });
    bed.at(50).must("stopDeployment", stop);
    bed.run_until(1_000);
    assert_eq!(
        bed.trace("web"),
        "0 start 3 web:2; 40 stop 3 web:1; 50 start 3 web:1; 90 stop 3 web:2"
    );
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 3"]);
    assert_eq!(statuses(&bed), ["user Stopped MANUAL_STOP", "codeDeployRollback Succeeded"]);
}

#[test]
fn both_sets_follow_the_desired_count_or_the_deployment_fails() {
    let on_failure = both(terminates(60), rolls_back(&["DEPLOYMENT_FAILURE"]));
    let mut bed = deployed(group("AllAtOnce", on_failure.clone()));
    bed.at(100).update("web", json!({ "desiredCount": 5 }));
    bed.run_until(1_000);
    assert_eq!(statuses(&bed), ["user Baking"]);
    assert_eq!(bed.counts("web").running, 10);
    let mut bed = deployed(group("AllAtOnce", on_failure));
    bed.run_until(90);
    bed.behave("web:2", Behavior::nostart());
    bed.at(100).update("web", json!({ "desiredCount": 5 }));
    bed.run_until(399);
    assert_eq!((green(&bed), statuses(&bed)), (100, vec!["user Baking".to_owned()]));
    bed.run_until(500);
    assert_eq!(green(&bed), 0);
    assert_eq!(statuses(&bed), ["user Failed ECS_UPDATE_ERROR", "codeDeployRollback Succeeded"]);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 5"]);
}

#[test]
fn a_service_that_is_deleted_takes_its_deployment_along() {
    let mut bed = deployed(group("AllAtOnce", terminates(60)));
    bed.at(100).must("deleteService", json!({ "service": "web", "force": true }));
    bed.run_until(200);
    assert_eq!(statuses(&bed), ["user Failed INVALID_ECS_SERVICE"]);
    assert_eq!(bed.counts("web").occupying(), 0);
}
