//! Stories as people read them: what `stowplan run` prints of a run, line by line.
//!
//! After a wanted change run this with `UPDATE_EXPECT=1` and read the difference.

use std::path::Path;

use expect_test::expect_file;
use stowplan_sim::document::Limits;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;
use stowplan_sim::story::{self, Line};
use stowplan_sim::view::Told;

/// The story of a scenario of the specification, told while it happens; lines of a kind, or all.
fn story_of(file: &str, kind: Option<&str>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(file);
    let text = std::fs::read(&path).expect("a scenario of the project");
    let plan = Scenario::read(&text, &Limits::default()).and_then(|it| it.plan());
    let mut run = Simulation::new(&plan.expect("it is sound")).expect("it can be set up");
    let mut lines = String::new();
    let mut told = 0;
    while run.advance().is_some() {
        let (view, record) = (run.engine(), run.record());
        for position in told..record.told().len() {
            let entry = record.told()[position];
            let wanted = match (kind, entry) {
                (None, _) => true,
                (Some(kind), Told::Event(at)) => story::kind(&record.log()[at].kind) == kind,
                (Some(_), _) => false,
            };
            if wanted {
                lines.push_str(&format!("{}\n", Line::of(view, record, entry)));
            }
        }
        told = record.told().len();
    }
    lines
}

#[test]
fn traffic_is_told_by_the_revisions_that_have_it() {
    let shifts = |file| story_of(file, Some("Traffic"));
    let told = shifts("presets/ten-percent-first.yaml");
    expect_file!["./traffic-of-a-canary.txt"].assert_eq(&told);
    let told = shifts("spec/03-W112-codedeploy-stopped-canary.yaml");
    expect_file!["./traffic-by-codedeploy.txt"].assert_eq(&told);
}

/// 04 section 9.3: two of three are 66.67 percent, not 66.66.
#[test]
fn a_reservation_is_told_to_the_nearest_hundredth() {
    let file = "spec/04-CAS-29-scale-in-waits-fifteen-minutes.yaml";
    let told = story_of(file, Some("CapacityProviderReservation"));
    expect_file!["./reservation.txt"].assert_eq(&told);
}

/// 03 section 19.3: what happens when a task fails its health checks during a rolling deployment,
/// told time by time.
#[test]
fn w137_the_walk_through_is_what_the_run_tells() {
    let told = story_of("spec/03-W137-failing-health-checks-in-a-rollout.yaml", None);
    expect_file!["./03-W137-failing-health-checks.txt"].assert_eq(&told);
    let has = |at: &str, what: &str| {
        let told = told.lines().any(|line| line.starts_with(at) && line.contains(what));
        assert!(told, "{at}: {what}");
    };
    has("00:00:00", "(service web) has started 4 tasks:");
    has("00:00:40", "(service web) registered 4 targets in (target-group arn:");
    has("00:01:10", "in tg: probe 1 of 2 fails: Health checks failed with these codes: [503]");
    has("00:01:40", "target in tg is unhealthy");
    has("00:01:40", "due to (reason Health checks failed with these codes: [503])");
    has("00:01:50", "(service web) deregistered 1 targets in (target-group arn:");
    has("00:01:50", "has begun draining connections on 1 tasks.");
    has("00:02:20", "is STOPPING");
    has("00:02:50", "is STOPPED: ServiceSchedulerInitiated: Task failed ELB health checks");
    has("00:02:50", "Amazon ECS replaced 1 tasks due to an unhealthy status.");
    has("00:03:30", "registered 1 targets");
    has("00:04:30", "is unhealthy in (target-group arn:");
    has("00:05:40", "Amazon ECS replaced 1 tasks due to an unhealthy status.");
    has("00:07:20", "deployment failed: tasks failed to start.");
    has("00:07:20", "rolling back to deployment ecs-svc/0000000000000000001.");
    has("00:08:30", "(deployment ecs-svc/0000000000000000001) deployment completed.");
    has("00:08:30", "has reached a steady state.");
}
