//! What happens when a task fails health checks during a rolling deployment (03 section 19.3).

use serde_json::json;
use stowplan_engine::model::TargetState;

use crate::bed::{Bed, Behavior, both, limits};

/// Four tasks behind a load balancer that asks every 30 s, with a grace of 60 s; the new revision
/// answers with a wrong status code, and nothing heeds SIGTERM. `delay` is the deregistration's.
fn walk_through(minimum: u32, maximum: u32, delay: u64) -> Bed {
    let sound = Behavior {
        runs_after: 40,
        healthy_after: None,
        stops_after: 30,
        targets: vec![(30, TargetState::Healthy)],
        target_delay: delay,
        ..Behavior::ok()
    };
    let config =
        stowplan_engine::api::EngineConfig { launches_per_minute: 1_000_000, ..Default::default() };
    let mut bed = Bed::with(config, 0, sound.clone());
    bed.instance("big", "a", 4_000_000, 4_000_000);
    let port = json!({ "portMappings": [{ "containerPort": 80, "hostPort": 0 }] });
    bed.define("web", 128, 128, port.clone());
    let breaker = json!({ "deploymentCircuitBreaker": { "enable": true, "rollback": true } });
    let more = json!({
        "healthCheckGracePeriodSeconds": 60,
        "deploymentConfiguration": breaker,
        "loadBalancers":
            [{ "targetGroupArn": "tg", "containerName": "app", "containerPort": 80 }],
    });
    bed.service("web", 4, both(limits(minimum, maximum), more));
    bed.define("web", 128, 128, port);
    let sick = Behavior { targets: vec![(60, TargetState::Unhealthy)], ..sound };
    bed.behave("web:2", sick);
    bed.deploy("web", "web:2");
    bed.run_until(3000);
    assert_eq!(bed.records("web"), ["ROLLBACK_SUCCESSFUL"]);
    bed
}

#[test]
fn w137_failing_health_checks_with_a_short_delay() {
    let bed = walk_through(100, 200, 30);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 100 stop 1 web:2; 170 start 1 web:2; 270 stop 1 web:2; \
         340 start 1 web:2; 440 stop 1 web:2; 440 failed web:2; 440 stop 3 web:2; \
         510 completed web:1"
    );
    assert_eq!(bed.peak_and_low("web"), (8, 4));
}

#[test]
fn w138_failing_health_checks_with_the_usual_delay() {
    let bed = walk_through(100, 200, 300);
    assert_eq!(
        bed.trace("web"),
        "0 start 4 web:2; 100 stop 1 web:2; 440 start 1 web:2; 540 stop 1 web:2; \
         880 start 1 web:2; 980 stop 1 web:2; 980 failed web:2; 980 stop 3 web:2; \
         1320 completed web:1"
    );
}

#[test]
fn w139_failing_health_checks_with_half_the_floor() {
    let bed = walk_through(50, 100, 300);
    assert_eq!(
        bed.trace("web"),
        "0 stop 2 web:1; 340 start 2 web:2; 440 stop 1 web:2; 780 start 1 web:2; \
         880 stop 1 web:2; 1220 start 1 web:2; 1320 stop 1 web:2; 1320 failed web:2; \
         1320 stop 1 web:2; 1660 start 2 web:1; 1730 completed web:1"
    );
    assert_eq!(bed.peak_and_low("web").1, 2);
}
