//! Availability Zone rebalancing (01 section 13.7, 03 section 26.8).

use serde_json::{Value, json};

use crate::bed::{Bed, both, limits, registration, strategy};
use crate::draining::given_task;

/// A service with so many tasks in the zones a, b and c; in each zone an instance unless its count
/// is absent.
fn spread_out(mut bed: Bed, zones: [Option<u32>; 3], configuration: Value) -> Bed {
    for (zone, tasks) in ["a", "b", "c"].iter().zip(zones) {
        if tasks.is_some() {
            bed.instance(&format!("{zone}1"), zone, 8192, 8192);
        }
    }
    let tasks: Vec<(&str, u32)> =
        ["a1", "b1", "c1"].into_iter().zip(zones.map(Option::unwrap_or_default)).collect();
    let desired = tasks.iter().map(|(_, count)| count).sum();
    let service = bed.given_service("web", desired, configuration);
    for (instance, count) in tasks {
        for _ in 0..count {
            given_task(&mut bed, service, instance);
        }
    }
    bed
}

fn plain(zones: [Option<u32>; 3]) -> Bed {
    let mut bed = Bed::instant();
    bed.plain("web", 128, 128);
    spread_out(bed, zones, limits(100, 200))
}

/// Tasks in the zones a, b and c: `2, 2, 1`.
fn by_zone(bed: &Bed) -> [usize; 3] {
    let places = bed.places_of("web");
    ["a1", "b1", "c1"].map(|name| places.matches(name).count())
}

/// Runs it and looks at the decisions and where the tasks are in the end.
fn check(zones: [u32; 3], trace: &str, expected: [usize; 3]) -> Bed {
    let mut bed = plain(zones.map(Some));
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), trace, "{zones:?}");
    assert_eq!(by_zone(&bed), expected, "{zones:?}");
    bed
}

const ONE_MOVE: &str = "0 start 1 web:1; 40 stop 1 web:1";

#[test]
fn azr_1_azr_3_azr_6_one_move() {
    let bed = check([3, 2, 0], ONE_MOVE, [2, 2, 1]);
    let new = bed.tasks_of("web")[4];
    let (new, old) = (new.number() + 1, 3);
    assert_eq!(
        bed.messages("web"),
        [
            "0 (service web) is not AZ balanced with 3 tasks in us-east-1a, 2 tasks in us-east-1b, \
             0 tasks in us-east-1c. AZ Rebalancing in progress."
                .to_owned(),
            format!(
                "0 (service web) has started 1 tasks in us-east-1c to AZ Rebalance: {}.",
                Bed::task_text(new)
            ),
            format!(
                "40 (service web) has stopped 1 running tasks in us-east-1a due to AZ \
                 rebalancing: {}.",
                Bed::task_text(old)
            ),
            "50 (service web) has reached a steady state.".to_owned(),
            "50 (service web) is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b, 1 \
             tasks in us-east-1c."
                .to_owned(),
        ]
    );
    check([2, 1, 0], ONE_MOVE, [1, 1, 1]);
    check([2, 0, 0], ONE_MOVE, [1, 1, 0]);
}

#[test]
fn azr_2_two_moves_one_after_the_other() {
    let trace = "0 start 1 web:1; 40 stop 1 web:1; 50 start 1 web:1; 90 stop 1 web:1";
    check([4, 3, 0], trace, [3, 2, 2]);
}

#[test]
fn azr_4_azr_5_azr_7_w95_balanced_already() {
    check([2, 1, 1], "", [2, 1, 1]);
    check([1, 1, 0], "", [1, 1, 0]);
    check([3, 2, 2], "", [3, 2, 2]);
    let mut bed = plain([Some(3), Some(3), None]);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "", "zone c has no instance");
}

fn is_on(more: Value) -> bool {
    let mut bed = Bed::instant();
    bed.instance("a1", "a", 1024, 1024);
    bed.plain("web", 128, 128);
    bed.create("web", 1, more);
    bed.service_row("web").rebalancing
}

#[test]
fn azr_8_azr_9_azr_10_w96_who_qualifies() {
    assert!(is_on(limits(100, 200)));
    assert!(!is_on(limits(50, 100)));
    assert!(!is_on(strategy(&["binpack memory"])));
    let mut bed = Bed::instant();
    bed.plain("web", 128, 128);
    let enabled = json!({ "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
        "availabilityZoneRebalancing": "ENABLED" });
    assert_eq!(
        bed.refused("createService", both(enabled, limits(50, 100))),
        "InvalidParameterException: The service couldn't be created because Availability Zone \
         Rebalancing does not support maximumPercent <= 100 % as deployment configuration."
    );
}

#[test]
fn azr_11_a_deployment_ends_a_move() {
    let mut bed = plain([Some(3), Some(2), Some(0)]);
    bed.plain("web", 128, 128);
    bed.run_until(10);
    bed.at(20).deploy("web", "web:2");
    bed.run_until(1000);
    let ended = bed.messages_with("web", "stopped AZ Rebalancing");
    assert_eq!(ended, ["20 (service web) stopped AZ Rebalancing."]);
    assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:2 5"]);
    assert_eq!(by_zone(&bed).iter().sum::<usize>(), 5);
}

#[test]
fn azr_12_a_zone_without_room() {
    let mut bed = Bed::instant();
    bed.plain("web", 128, 128);
    let mut bed = spread_out(bed, [Some(3), Some(3), None], limits(100, 200));
    bed.instance("c1", "c", 64, 64);
    bed.run_until(1000);
    assert_eq!((bed.trace("web").as_str(), by_zone(&bed)), ("", [3, 3, 0]));
    assert_eq!(
        bed.messages_with("web", "in us-east-1c because"),
        ["0 (service web) is unable to place a task in us-east-1c because no container instance \
          met all of its requirements."]
    );
}

/// Three tasks in each of two zones, and no room for any in the third, at a time when the next move
/// is to be tried in a quarter of an hour.
fn long_beside_a_full_zone() -> Bed {
    let mut bed = Bed::profile_p();
    bed.checked("web", 128, 128);
    let mut bed = spread_out(bed, [Some(3), Some(3), None], limits(100, 200));
    bed.instance("c1", "c", 64, 64);
    bed.run_until(404);
    bed
}

/// A zone may be full for hours. What the service needs besides does not wait for it.
#[test]
fn an_unhealthy_task_is_replaced_at_once_although_a_move_finds_no_room() {
    let mut bed = long_beside_a_full_zone();
    let ill = bed.tasks_of("web")[0];
    bed.at(405).fall_ill(ill);
    bed.run_until(1000);
    assert_eq!(bed.trace("web"), "410 start 1 web:1; 450 stop 1 web:1");
    assert_eq!(by_zone(&bed), [3, 3, 0]);
}

/// A place in the zone ends the wait for one: moves go on in the pass that sees it.
#[test]
fn a_move_goes_on_when_its_zone_gets_room() {
    let mut bed = long_beside_a_full_zone();
    bed.at(405).join("c2", "c", 4096, 4096);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "410 start 1 web:1; 450 stop 1 web:1; 460 start 1 web:1; 500 stop 1 web:1"
    );
}

fn profile_p(maximum: u32) -> Bed {
    let mut bed = Bed::profile_p();
    bed.checked("web", 128, 128);
    spread_out(bed, [Some(4), Some(1), Some(1)], limits(100, maximum))
}

#[test]
fn w94_two_moves_under_the_ceiling() {
    let mut bed = profile_p(200);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 1 web:1; 40 stop 1 web:1; 50 start 1 web:1; 90 stop 1 web:1"
    );
    assert_eq!(by_zone(&bed), [2, 2, 2]);
    assert_eq!(bed.peak_and_low("web").0, 8);
    let mut bed = profile_p(120);
    bed.run_until(1000);
    assert_eq!(
        bed.trace("web"),
        "0 start 1 web:1; 40 stop 1 web:1; 80 start 1 web:1; 120 stop 1 web:1"
    );
}

fn cause(bed: &mut Bed, more: Value) -> String {
    let input = json!({
        "serviceName": "new", "taskDefinition": "web", "desiredCount": 1,
        "availabilityZoneRebalancing": "ENABLED",
    });
    let text = bed.refused("createService", both(input, more));
    let text = text.strip_prefix("InvalidParameterException: Availability Zone Rebalancing ");
    text.expect("it is about rebalancing").to_owned()
}

#[test]
fn a_service_that_does_not_qualify_is_refused_when_asked_and_quiet_otherwise() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 4096, 8000);
    bed.define("web", 64, 64, json!({ "portMappings": [{ "containerPort": 80, "hostPort": 0 }] }));
    let zone = json!({ "placementConstraints": [
        { "type": "memberOf", "expression": "attribute:ecs.availability-zone == us-east-1a" },
    ]});
    let classic = json!({ "loadBalancers": [
        { "loadBalancerName": "lb", "containerName": "app", "containerPort": 80 },
    ]});
    let external = json!({ "launchType": "EXTERNAL" });
    for (name, more, why) in [
        (
            "zone",
            zone,
            "does not support attribute:ecs.availability-zone in a placement constraint.",
        ),
        ("classic", classic, "does not support Classic Load Balancers."),
        ("external", external, "does not support the EXTERNAL launch type."),
    ] {
        assert_eq!(cause(&mut bed, more.clone()), why);
        bed.create(name, 1, both(json!({ "taskDefinition": "web" }), more));
        assert!(!bed.service_row(name).rebalancing, "{name}");
    }
    bed.create("plain", 1, json!({ "taskDefinition": "web" }));
    assert!(bed.service_row("plain").rebalancing);
}

/// A zone counts when any provider of the strategy has an instance there, and the task that comes
/// is for such a provider, though it be another one's turn.
#[test]
fn zones_of_all_providers_are_balanced_together() {
    let mut bed = Bed::instant();
    for name in ["A", "B"] {
        let group = json!({ "autoScalingGroupArn": format!("asg-{name}"),
            "managedScaling": { "status": "DISABLED" } });
        let input = json!({ "name": name, "autoScalingGroupProvider": group });
        bed.must("createCapacityProvider", input);
        bed.instance_with(&format!("{name}-a"), "a", 4096, 8000, |it| {
            it.auto_scaling_group = Some(format!("asg-{name}").into());
        });
    }
    let both_of_them = json!({ "capacityProviders": ["A", "B"],
        "defaultCapacityProviderStrategy": [] });
    bed.must("putClusterCapacityProviders", both_of_them);
    bed.plain("web", 128, 128);
    let item = |name: &str| json!({ "capacityProvider": name, "weight": 1 });
    bed.create("web", 4, json!({ "capacityProviderStrategy": [item("A"), item("B")] }));
    bed.run_until(100);
    let mut joining = registration("B-c", "c", 4096, 8000);
    joining.auto_scaling_group = Some("asg-B".into());
    bed.at(105).join_with(joining);
    bed.run_until(400);
    let places = bed.places_of("web");
    let in_c = places.matches("B-c").count();
    assert_eq!((places.split(", ").count(), in_c), (4, 2), "{places}");
    let told = bed.messages("web").join("\n");
    assert!(told.contains("is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1c"));
}
