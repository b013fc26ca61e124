//! What services say, to the letter (03 section 26.9).

use expect_test::expect;
use serde_json::json;
use stowplan_engine::model::TargetState;

use crate::bed::{Bed, Behavior, both, limits};
use crate::rolling::{steady, steady_with};

fn tasks(numbers: std::ops::RangeInclusive<u32>) -> String {
    numbers.map(Bed::task_text).collect::<Vec<_>>().join(" ")
}

#[test]
fn w97_the_stream_of_a_plain_rolling_update() {
    let mut bed = steady(4, 100, 200);
    bed.deploy("web", "web:2");
    bed.run_until(500);
    assert_eq!(
        bed.messages("web"),
        [
            format!("0 (service web) has started 4 tasks: {}.", tasks(5..=8)),
            format!("40 (service web) has stopped 4 running tasks: {}.", tasks(1..=4)),
            "80 (service web) (deployment ecs-svc/0000000000000000002) deployment completed."
                .to_owned(),
            "80 (service web) has reached a steady state.".to_owned(),
        ]
    );
    let reason = bed.engine.view().rollout_reason(bed.primary("web"));
    assert_eq!(reason, "ECS deployment ecs-svc/0000000000000000002 completed.");
    assert_eq!(
        bed.bus("web"),
        [
            "0 SERVICE_DEPLOYMENT_IN_PROGRESS",
            "80 SERVICE_DEPLOYMENT_COMPLETED",
            "80 SERVICE_STEADY_STATE"
        ]
    );
}

#[test]
fn w98_the_stream_with_a_target_group() {
    let mut bed = Bed::profile_p();
    bed.instance("big", "a", 4_000_000, 4_000_000);
    let ports = json!({ "portMappings": [{ "containerPort": 80 }] });
    bed.define("web", 128, 128, ports.clone());
    let targets = vec![(10, TargetState::Healthy)];
    let behavior = Behavior { stops_after: 30, targets, ..Behavior::ok() };
    bed.behave("web:1", behavior.clone());
    bed.behave("web:2", behavior);
    let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1";
    let balancer = json!({
        "loadBalancers": [{ "targetGroupArn": arn, "containerName": "app", "containerPort": 80 }]
    });
    bed.service("web", 4, balancer);
    bed.define("web", 128, 128, ports);
    bed.deploy("web", "web:2");
    bed.run_until(500);
    assert_eq!(
        bed.messages("web"),
        [
            format!("0 (service web) has started 4 tasks: {}.", tasks(5..=8)),
            format!("30 (service web) registered 4 targets in (target-group {arn})"),
            format!("40 (service web) has stopped 4 running tasks: {}.", tasks(1..=4)),
            format!("50 (service web) deregistered 4 targets in (target-group {arn})"),
            "50 (service web, taskSet ecs-svc/0000000000000000001) has begun draining connections \
             on 4 tasks."
                .to_owned(),
            "80 (service web) (deployment ecs-svc/0000000000000000002) deployment completed."
                .to_owned(),
            "80 (service web) has reached a steady state.".to_owned(),
        ]
    );
}

#[test]
fn tasks_that_were_missing_anyway_replace_no_unhealthy_one() {
    let mut bed = steady(4, 100, 200);
    let first = bed.tasks_of("web")[0];
    bed.fall_ill(first);
    bed.update("web", json!({ "desiredCount": 5 }));
    bed.run_until(10);
    assert_eq!(
        bed.messages("web"),
        [format!(
            "0 (service web) has started 2 tasks: {}. Amazon ECS replaced 1 tasks due to an \
             unhealthy status.",
            tasks(5..=6)
        )]
    );
}

#[test]
fn w99_the_stream_of_an_unhealthy_replacement() {
    let mut bed = steady(4, 100, 150);
    let first = bed.tasks_of("web")[0];
    bed.fall_ill(first);
    bed.run_until(500);
    let (bad, new) = (Bed::task_text(1), Bed::task_text(5));
    assert_eq!(
        bed.messages("web"),
        [
            format!(
                "0 (service web) has started 1 tasks: {new}. Amazon ECS replaced 1 tasks due to \
                 an unhealthy status."
            ),
            format!("40 (service web) {bad} failed container health checks."),
            format!("40 (service web) has stopped 1 running tasks: {bad}."),
            "40 (service web) has reached a steady state.".to_owned(),
        ]
    );
    assert_eq!(
        bed.stop_of(first),
        "ServiceSchedulerInitiated: Task failed container health checks"
    );
}

#[test]
fn w100_the_stream_of_a_breaker_that_trips() {
    let breaker = json!({ "deploymentConfiguration":
        { "deploymentCircuitBreaker": { "enable": true, "rollback": true } } });
    let mut bed = steady_with(4, both(limits(100, 200), breaker));
    bed.behave("web:2", Behavior::unhealthy());
    bed.deploy("web", "web:2");
    bed.run_until(260);
    let said: Vec<String> =
        bed.messages("web").into_iter().filter(|text| text.starts_with("260 ")).collect();
    let last = Bed::task_text(7);
    let others = format!("{} {} {}", Bed::task_text(8), Bed::task_text(9), Bed::task_text(10));
    assert_eq!(
        said,
        [
            format!("260 (service web) {last} failed container health checks."),
            format!("260 (service web) has stopped 1 running tasks: {last}."),
            format!("260 (service web) has stopped 3 running tasks: {others}."),
            "260 (service web) (deployment ecs-svc/0000000000000000002) deployment failed: tasks \
             failed to start."
                .to_owned(),
            "260 (service web) rolling back to deployment ecs-svc/0000000000000000001.".to_owned(),
        ]
    );
    let view = bed.engine.view();
    let record = view.record(bed.service_row("web").records[0]);
    assert_eq!(
        view.rollout_reason(record.target),
        "ECS deployment circuit breaker: tasks failed to start."
    );
    assert_eq!(
        view.rollout_reason(bed.primary("web")),
        "ECS deployment circuit breaker: rolling back to deploymentId \
         ecs-svc/0000000000000000001."
    );
    assert_eq!(record.status.as_str(), "ROLLBACK_IN_PROGRESS");
    assert_eq!(
        record.rollback.as_ref().map(|rollback| &*rollback.reason),
        Some("Service deployment rolled back because the circuit breaker threshold was exceeded.")
    );
    bed.run_until(300);
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
}

const ARN: &str =
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tg/0000000000000000";

/// What is said of a service whose only target is unhealthy 20 s after it runs.
fn ill_behind(balancer: &str, name: &str) -> String {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 4096, 4096);
    bed.define("web", 128, 128, json!({ "portMappings": [{ "containerPort": 80 }] }));
    let targets = vec![(0, TargetState::Healthy), (20, TargetState::Unhealthy)];
    bed.behave("web:1", Behavior { targets, ..Behavior::instant() });
    let balancers = json!([{ balancer: name, "containerName": "app", "containerPort": 80 }]);
    let more = both(json!({ "loadBalancers": balancers }), limits(0, 100));
    bed.create("web", 1, more);
    bed.run_until(35);
    let task = bed.engine.view().tasks().get(0).expect("it was made").id;
    let mut said = bed.messages("web");
    said.retain(|text| text.contains("in (") && !text.contains("draining"));
    said.push(bed.stop_of(task));
    let short = said.join("\n").replace(ARN, "ARN").replace(&Bed::task_text(1), "TASK");
    let broken = ["is unhealthy in", "due to", "health checks"];
    broken.iter().fold(short, |text, at| text.replace(&format!(" {at}"), &format!("\n    {at}")))
}

#[test]
fn e4_e7_e9_targets_are_named_by_the_arn_of_their_group() {
    expect![[r#"
        10 (service web) registered 1 targets in (target-group ARN)
        20 (service web) TASK (instance i-A) (port 80)
            is unhealthy in (target-group ARN)
            due to (reason Health checks failed with these codes: [500])
        20 (service web) deregistered 1 targets in (target-group ARN)
        ServiceSchedulerInitiated: Task failed ELB
            health checks in (target-group ARN)
    "#]]
    .assert_eq(&(ill_behind("targetGroupArn", "tg") + "\n"));
    assert_eq!(ill_behind("targetGroupArn", ARN), ill_behind("targetGroupArn", "tg"));
}

#[test]
fn e9_a_classic_load_balancer_is_called_by_its_name() {
    expect![[r#"
        10 (service web) registered 1 instances in (elb old)
        20 (service web) TASK (instance i-A)
            is unhealthy in (elb old)
            due to (reason Instance has failed at least the UnhealthyThreshold number of
            health checks consecutively.)
        20 (service web) deregistered 1 instances in (elb old)
        ServiceSchedulerInitiated: Task failed ELB
            health checks in (elb old)
    "#]]
    .assert_eq(&(ill_behind("loadBalancerName", "old") + "\n"));
}
