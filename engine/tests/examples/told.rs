//! What services and the event bus say besides the streams of 03 section 26.9 (01 section 4.7,
//! 03 sections 15.2 to 15.5).

use serde_json::{Value, json};
use stowplan_engine::api::Report;
use stowplan_engine::model::{AlarmState, TargetState, TaskStatus};

use crate::bed::{Bed, Behavior, both, limits, registration};
use crate::draining::given_task;
use crate::rolling::{steady, steady_with};

/// A capacity provider with managed scaling on the group `asg`, and a service of two on it.
fn on_managed_provider(mut bed: Bed) -> Bed {
    let group = json!({ "autoScalingGroupArn": "asg", "managedScaling": { "status": "ENABLED" } });
    let input = json!({ "name": "managed", "autoScalingGroupProvider": group });
    bed.must("createCapacityProvider", input);
    let all = json!({ "capacityProviders": ["managed"], "defaultCapacityProviderStrategy": [] });
    bed.must("putClusterCapacityProviders", all);
    bed.plain("web", 128, 128);
    bed
}

fn managed() -> Value {
    json!({ "capacityProviderStrategy": [{ "capacityProvider": "managed", "weight": 1 }] })
}

fn join_group(bed: &mut Bed, name: &str) {
    let mut registration = registration(name, "a", 4096, 4096);
    registration.auto_scaling_group = Some("asg".into());
    bed.join_with(registration);
}

const EMPTY_PROVIDER: &str = "(service web) was unable to place a task because no container \
    instance met all of its requirements. Reason: No Container Instances were found in your \
    capacity provider. For more information, see the Troubleshooting section of the Amazon ECS \
    Developer Guide.";

#[test]
fn tasks_that_wait_for_an_empty_provider_say_so_once() {
    let mut bed = on_managed_provider(Bed::profile_p());
    bed.create("web", 2, managed());
    bed.run_until(500);
    assert_eq!(bed.messages_with("web", "unable"), [format!("0 {EMPTY_PROVIDER}")]);
    let name = "SERVICE_TASK_PLACEMENT_FAILURE";
    assert_eq!(bed.bus_reasons("web", name), [(0, "NO ACTIVE INSTANCES".to_owned())]);
    let view = bed.engine.view();
    let waiting = bed.tasks_of("web");
    assert_eq!(waiting.len(), 2);
    let waits = |&task: &_| view.task(task).last_status == TaskStatus::Provisioning;
    assert!(waiting.iter().all(waits), "no task is refused: both wait");
    assert_eq!(view.deployment(bed.primary("web")).failures, 0, "the breaker counts nothing");
    assert!(bed.placement_failures().is_empty());
}

#[test]
fn an_empty_provider_may_be_told_of_again_once_its_tasks_were_placed() {
    let mut bed = on_managed_provider(Bed::profile_p());
    bed.create("web", 2, managed());
    bed.at(100);
    join_group(&mut bed, "m1");
    bed.run_until(200);
    assert_eq!(bed.places_of("web"), "m1, m1");
    let m1 = bed.instance_id("m1");
    bed.at(300).terminate(m1);
    bed.run_until(400);
    let said = [0, 300].map(|at| format!("{at} {EMPTY_PROVIDER}"));
    assert_eq!(bed.messages_with("web", "unable"), said);
}

#[test]
fn a_provider_that_is_only_full_is_not_called_empty() {
    let mut bed = on_managed_provider(Bed::profile_p());
    bed.instance_with("m1", "a", 100, 4096, |it| it.auto_scaling_group = Some("asg".into()));
    bed.create("web", 2, managed());
    bed.run_until(500);
    assert_eq!(bed.places_of("web"), "nowhere, nowhere");
    assert!(bed.messages_with("web", "unable").is_empty());
}

#[test]
fn health_that_an_agent_takes_along_is_told_of_once_for_each_service() {
    let mut bed = steady(3, 100, 200);
    bed.plain("quiet", 128, 128);
    bed.service("quiet", 1, limits(100, 200));
    let agent = bed.instance_id("big");
    bed.at(15).report(Report::AgentConnection(agent, false));
    bed.at(17).report(Report::AgentConnection(agent, false));
    bed.run_until(500);
    let name = "SERVICE_HEALTH_UNKNOWN";
    assert_eq!(bed.bus_reasons("web", name), [(15, String::new())]);
    assert!(bed.bus_reasons("quiet", name).is_empty(), "its health is the clock's");
    assert_eq!(bed.counts("web").healthy, 3, "the last definite class is kept");
    assert_eq!(bed.trace("web"), "");
    bed.at(600).report(Report::AgentConnection(agent, true));
    bed.run_until(700);
    assert_eq!(bed.bus_reasons("web", name).len(), 1);
}

#[test]
fn a_daemon_service_given_as_steady_has_its_count_from_the_start() {
    for by_hand in [false, true] {
        let mut bed = Bed::profile_p();
        bed.instance("i1", "a", 4096, 4096);
        bed.instance_with("i2", "b", 4096, 4096, |it| it.agent_connected = !by_hand);
        bed.checked("agent", 128, 128);
        let daemon = json!({ "schedulingStrategy": "DAEMON" });
        if by_hand {
            let service = bed.given_service("agent", 0, daemon);
            given_task(&mut bed, service, "i1");
            given_task(&mut bed, service, "i2");
        } else {
            bed.service("agent", 0, daemon);
        }
        assert_eq!(bed.service_row("agent").desired, 2, "by hand: {by_hand}");
        bed.run_until(100);
        assert_eq!(bed.bus("agent"), [""; 0], "by hand: {by_hand}");
        assert_eq!((bed.trace("agent").as_str(), bed.counts("agent").running), ("", 2));
        bed.at(200).join("i3", "c", 4096, 4096);
        bed.run_until(300);
        let told = bed.bus_reasons("agent", "SERVICE_DESIRED_COUNT_UPDATED");
        assert_eq!(told, [(200, String::new())], "a new instance does change it");
    }
}

#[test]
fn azr_12_rebalancing_says_what_its_zone_lacks_and_asks_for_no_instance() {
    let reasons = |bed: &Bed| bed.bus_reasons("web", "SERVICE_TASK_PLACEMENT_FAILURE");
    let full = |mut bed: Bed, more: Value| {
        let of_group = |it: &mut stowplan_engine::model::Registration| {
            it.auto_scaling_group = Some("asg".into());
        };
        bed.instance_with("a1", "a", 4096, 4096, of_group);
        bed.instance_with("c1", "c", 64, 4096, of_group);
        let service = bed.given_service("web", 2, both(limits(100, 200), more));
        for _ in 0..2 {
            given_task(&mut bed, service, "a1");
        }
        bed.run_until(100);
        bed
    };
    let mut bed = Bed::profile_p();
    bed.plain("web", 128, 128);
    assert_eq!(reasons(&full(bed, json!({}))), [(0, "RESOURCE:CPU".to_owned())]);
    let bed = full(on_managed_provider(Bed::profile_p()), managed());
    assert_eq!(reasons(&bed), [(0, "RESOURCE:CPU".to_owned())]);
    assert_eq!(bed.counts("web").pending, 0, "no task waits for another instance");
}

#[test]
fn a_forced_deletion_tells_what_it_stops() {
    let mut bed = steady(2, 100, 200);
    bed.at(5).update("web", json!({ "desiredCount": 3 }));
    bed.at(15).must("deleteService", json!({ "service": "web", "force": true }));
    bed.run_until(500);
    let tasks = format!("{} {}", Bed::task_text(1), Bed::task_text(2));
    assert_eq!(
        bed.messages("web")[1..],
        [
            format!("15 (service web) has stopped 2 running tasks: {tasks}."),
            "15 (service web) stopped 1 pending tasks.".to_owned(),
        ]
    );
}

/// A service of one behind a target group whose next revision answers 500.
fn behind_a_group(network: &str, more: Value) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance_with("big", "a", 4_000_000, 4_000_000, |it| {
        it.ec2_instance_id = Some("i-0abc".into());
        it.eni_limit = Some(100);
    });
    let define = |bed: &mut Bed| {
        let ports = json!([{ "containerPort": 8080 }]);
        bed.define_task(json!({ "family": "web", "networkMode": network, "containerDefinitions":
            [{ "name": "app", "image": "app", "cpu": 1, "memory": 8, "portMappings": ports }] }));
    };
    define(&mut bed);
    let sound = Behavior { targets: vec![(10, TargetState::Healthy)], ..Behavior::ok() };
    let bad = Behavior { targets: vec![(10, TargetState::Unhealthy)], ..Behavior::ok() };
    bed.behave("web:1", sound);
    bed.behave("web:2", bad);
    bed.service("web", 1, both(limits(100, 200), more));
    define(&mut bed);
    bed.deploy("web", "web:2");
    bed.run_until(60);
    bed
}

#[test]
fn e9_names_the_instance_and_the_hosts_port_of_instance_targets() {
    let balancer = |name: &str, value: &str| {
        json!({ "loadBalancers":
            [{ name: value, "containerName": "app", "containerPort": 8080 }] })
    };
    let head = format!("40 (service web) {}", Bed::task_text(2));
    let reason = "(reason Health checks failed with these codes: [500])";
    let group = "(target-group arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tg/\
                 0000000000000000)";
    let bed = behind_a_group("bridge", balancer("targetGroupArn", "tg"));
    assert_eq!(
        bed.messages_with("web", "is unhealthy"),
        [format!("{head} (instance i-0abc) (port 80) is unhealthy in {group} due to {reason}")]
    );
    let subnets = json!({ "networkConfiguration":
        { "awsvpcConfiguration": { "subnets": ["subnet-a"] } } });
    let bed = behind_a_group("awsvpc", both(balancer("targetGroupArn", "tg"), subnets));
    assert_eq!(
        bed.messages_with("web", "is unhealthy"),
        [format!("{head} (port 80) is unhealthy in {group} due to {reason}.")]
    );
    let bed = behind_a_group("bridge", balancer("loadBalancerName", "classic"));
    assert_eq!(
        bed.messages_with("web", "is unhealthy"),
        [format!(
            "{head} (instance i-0abc) is unhealthy in (elb classic) due to (reason Instance has \
             failed at least the UnhealthyThreshold number of health checks consecutively.)"
        )]
    );
}

const BACK: &str = "rolling back to deployment ecs-svc/0000000000000000001.";

/// Bus events of a rollback: what is given up, and what is wanted again.
fn bus_of_rollback(bed: &Bed) -> (Vec<(i64, String)>, Vec<(i64, String)>) {
    let again = bed.bus_reasons("web", "SERVICE_DEPLOYMENT_IN_PROGRESS");
    (bed.bus_reasons("web", "SERVICE_DEPLOYMENT_FAILED"), again[1..].to_vec())
}

#[test]
fn e13_comes_after_a_users_stop() {
    let mut bed = steady(4, 100, 200);
    bed.deploy("web", "web:2");
    let record = bed.service_row("web").records[0];
    let arn = bed.engine.view().service_deployment_arn(record);
    bed.at(20).must("stopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    bed.run_until(500);
    assert_eq!(
        bed.messages("web")[1..],
        [
            "20 (service web) stopped 4 pending tasks.".to_owned(),
            format!("20 (service web) {BACK}"),
            "20 (service web) (deployment ecs-svc/0000000000000000001) deployment completed."
                .to_owned(),
            "20 (service web) has reached a steady state.".to_owned(),
        ]
    );
    let failed = "ECS deployment stopped by user.".to_owned();
    let back = "ECS deployment stopped by user: rolling back to deploymentId \
                ecs-svc/0000000000000000001."
        .to_owned();
    assert_eq!(bus_of_rollback(&bed), (vec![(20, failed)], vec![(20, back)]));
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
}

#[test]
fn e13_comes_after_an_alarm_and_not_where_nothing_is_rolled_back() {
    for rollback in [true, false] {
        let alarms = json!({ "alarmNames": ["A"], "enable": true, "rollback": rollback });
        let more = json!({ "deploymentConfiguration": { "alarms": alarms } });
        let mut bed = steady_with(4, both(limits(100, 200), more));
        bed.alarm("A", 60, 2, AlarmState::Ok);
        bed.deploy("web", "web:2");
        bed.at(45).set_alarm("A", AlarmState::Alarm);
        bed.run_until(500);
        let expected = if rollback { vec![format!("50 (service web) {BACK}")] } else { vec![] };
        assert_eq!(bed.messages_with("web", "rolling back"), expected);
        let (failed, back) = bus_of_rollback(&bed);
        assert_eq!(failed, [(50, "ECS deployment failed: alarm detected.".to_owned())]);
        assert_eq!(back.len(), usize::from(rollback));
    }
}

#[test]
fn e16_comes_again_every_six_hours_by_the_clock() {
    let mut bed = steady(2, 100, 200);
    bed.behave("web:2", Behavior::nostart());
    bed.deploy("web", "web:2");
    bed.run_until(50_000);
    let at = |text: &String| text.split(' ').next().map(str::to_owned);
    let said: Vec<_> = bed.messages_with("web", "consistently").iter().filter_map(at).collect();
    assert_eq!(said, ["150", "21750", "43350"]);
    assert_eq!(bed.bus_reasons("web", "SERVICE_TASK_START_IMPAIRED").len(), 3);
}

#[test]
fn e16_is_over_when_a_task_runs_or_another_revision_comes() {
    for another_revision in [true, false] {
        let mut bed = steady(2, 100, 200);
        let mut behaviors = vec![Behavior::nostart(); 6];
        behaviors.push(if another_revision { Behavior::nostart() } else { Behavior::ok() });
        bed.behave_in_turn("web:2", behaviors);
        bed.deploy("web", "web:2");
        if another_revision {
            bed.at(300).deploy("web", "web:1");
        }
        bed.run_until(30_000);
        let said = bed.messages_with("web", "consistently");
        assert_eq!(said.len(), 1, "{said:?}");
        let label = if another_revision { "web:1" } else { "web:2" };
        assert!(bed.trace("web").ends_with(&format!("completed {label}")), "{}", bed.trace("web"));
    }
}

/// A new service whose first deployment is stopped by its user: there is nothing to go back to.
fn stopped_without_a_way_back(more: Value) -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    bed.checked("web", 128, 128);
    bed.create("web", 2, both(limits(100, 200), more));
    bed.run_until(10);
    let record = bed.service_row("web").records[0];
    let arn = bed.engine.view().service_deployment_arn(record);
    bed.at(20).must("stopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    bed.run_until(500);
    let view = bed.engine.view();
    let row = view.record(record);
    assert_eq!(row.status.as_str(), "STOPPED");
    let why = row.status_reason.as_deref();
    assert_eq!(why, Some("No rollback candidate was found to run the rollback."));
    assert!(row.rollback.is_none(), "nothing was rolled back");
    assert!(row.finished_at.is_some() && row.stopped_at.is_some());
    assert_eq!(bed.deployments("web"), ["PRIMARY FAILED web:1 0"]);
    assert_eq!(bed.trace("web"), "0 start 2 web:1; 20 failed web:1; 20 stop 2 web:1");
    assert!(bed.messages_with("web", "rolling back").is_empty());
    let failed = bed.bus_reasons("web", "SERVICE_DEPLOYMENT_FAILED");
    assert_eq!(failed, [(20, "ECS deployment stopped by user.".to_owned())]);
    bed
}

#[test]
fn a_stop_by_the_user_with_no_way_back_ends_stopped() {
    let mut bed = stopped_without_a_way_back(json!({}));
    let again = bed.service_row("web").records[0];
    let arn = bed.engine.view().service_deployment_arn(again);
    let refusal =
        bed.at(600).refused("stopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    assert!(refusal.starts_with("ConflictException"), "{refusal}");
    bed.update("web", json!({ "forceNewDeployment": true }));
    bed.run_until(1000);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:1 2"], "a new one is free to go");
    assert_eq!(bed.records("web"), ["STOPPED", "SUCCESSFUL"]);
}

#[test]
fn a_stop_by_the_user_with_no_way_back_ends_stopped_where_traffic_shifts() {
    let shifting = json!({ "deploymentConfiguration":
        { "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5 } });
    stopped_without_a_way_back(shifting);
}
