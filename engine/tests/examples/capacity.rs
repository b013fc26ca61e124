//! Capacity provider strategies as calls and services meet them (04 section 9.1).

use serde_json::{Value, json};
use stowplan_engine::api::{Report, TaskChange};
use stowplan_engine::model::{ClusterId, Stop, StopCode, StopReason, TaskId, TaskStatus};

use crate::bed::{Bed, both, limits, subnets};

fn item(text: &str) -> Value {
    let (name, numbers) = text.split_once(':').expect("provider:base/weight");
    let (base, weight) = numbers.split_once('/').expect("base/weight");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    json!({ "capacityProvider": name, "base": number(base), "weight": number(weight) })
}

fn split(items: &[&str]) -> Value {
    json!({ "capacityProviderStrategy": items.iter().map(|it| item(it)).collect::<Vec<_>>() })
}

/// A cluster with Fargate and with two Auto Scaling groups behind the providers A and B.
fn cluster() -> Bed {
    let mut bed = Bed::instant();
    for name in ["A", "B"] {
        let group = json!({ "autoScalingGroupArn": format!("asg-{name}") });
        let input = json!({ "name": name, "autoScalingGroupProvider": group });
        bed.must("createCapacityProvider", input);
        bed.instance_with(&format!("{name}1"), "a", 100_000, 100_000, |it| {
            it.auto_scaling_group = Some(format!("asg-{name}").into());
        });
    }
    associate(&mut bed, &["FARGATE", "FARGATE_SPOT", "A", "B"], &[]);
    bed.plain("job", 1, 1);
    for _ in 0..2 {
        bed.define_task(json!({ "family": "net", "networkMode": "awsvpc", "cpu": "256",
            "memory": "512", "requiresCompatibilities": ["FARGATE"],
            "containerDefinitions": [{ "name": "app", "image": "i" }] }));
    }
    bed
}

fn associate(bed: &mut Bed, names: &[&str], default: &[&str]) {
    let default: Vec<Value> = default.iter().map(|it| item(it)).collect();
    let input = json!({
        "capacityProviders": names, "defaultCapacityProviderStrategy": default,
    });
    bed.must("putClusterCapacityProviders", input);
}

fn job(more: Value) -> Value {
    both(json!({ "taskDefinition": "job" }), more)
}

fn providers(bed: &Bed, tasks: &[TaskId]) -> String {
    let view = bed.engine.view();
    let name = |&task: &TaskId| match view.task(task).provider {
        Some(provider) => view.provider(provider).name.to_string(),
        None => view.task(task).launch_type.to_string(),
    };
    tasks.iter().map(name).collect::<Vec<_>>().join(" ")
}

const NO_WEIGHT: &str = "There are no capacity providers with a weight value greater than zero \
    defined in the specified capacity provider strategy. At least one capacity provider must have \
    a weight value greater than zero specified. Update the cluster's default capacity provider \
    strategy or specify a valid capacity provider strategy and try again.";

#[test]
fn cp_16_cp_17_some_weight_is_needed() {
    let mut bed = cluster();
    let refusal =
        bed.refused("runTask", job(both(split(&["A:0/0", "B:0/0"]), json!({ "count": 2 }))));
    assert_eq!(refusal, format!("InvalidParameterException: {NO_WEIGHT}"));
    assert!(bed.engine.view().tasks().is_empty());
    let omitted = json!({ "capacityProviderStrategy": [{ "capacityProvider": "A" }] });
    let refusal = bed.refused("runTask", job(omitted));
    assert_eq!(refusal, format!("InvalidParameterException: {NO_WEIGHT}"));
    assert_eq!(bed.run("job", 1, split(&["A:0/1"])), "A1");
}

fn invalid(bed: &mut Bed, more: Value) -> String {
    let refusal = bed.refused("runTask", job(more));
    let message = refusal.strip_prefix("InvalidParameterException: ");
    message.unwrap_or_else(|| panic!("{refusal}")).to_owned()
}

#[test]
fn cp_18_cp_19_one_base() {
    let mut bed = cluster();
    invalid(&mut bed, split(&["A:1/1", "B:1/1"]));
    assert_eq!(bed.run("job", 3, split(&["A:0/1", "B:1/1"])), "B1, A1, B1");
}

#[test]
fn cp_20_cp_21_cp_22_kinds_do_not_mix() {
    let mut bed = cluster();
    assert_eq!(
        invalid(&mut bed, split(&["FARGATE:0/1", "A:0/1"])),
        "A capacity provider strategy cannot contain a mix of capacity providers using Auto \
         Scaling groups and Fargate providers. Specify one or the other and try again."
    );
    let both_given = both(json!({ "launchType": "FARGATE" }), split(&["FARGATE:0/1"]));
    assert_eq!(
        invalid(&mut bed, both_given),
        "Specifying both a launch type and capacity provider strategy is not supported. Remove \
         one and try again."
    );
    associate(&mut bed, &["FARGATE"], &[]);
    assert_eq!(
        invalid(&mut bed, split(&["FARGATE_SPOT:0/1"])),
        "The specified capacity provider strategy cannot contain a capacity provider that is not \
         associated with the cluster. Associate the capacity provider with the cluster and try \
         again."
    );
}

#[test]
fn cp_23_twenty_items() {
    let mut bed = cluster();
    let names: Vec<String> = (0..21).map(|number| format!("p{number}")).collect();
    for name in &names {
        let group = json!({ "autoScalingGroupArn": format!("asg-{name}") });
        let input = json!({ "name": name, "autoScalingGroupProvider": group });
        bed.must("createCapacityProvider", input);
        bed.instance_with(&format!("{name}-1"), "a", 100, 100, |it| {
            it.auto_scaling_group = Some(format!("asg-{name}").into());
        });
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    associate(&mut bed, &names[..20], &[]);
    let items: Vec<String> = names.iter().map(|name| format!("{name}:0/1")).collect();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    invalid(&mut bed, split(&items));
    assert_eq!(bed.run("job", 2, split(&items[..20])), "p0-1, p1-1");
}

#[test]
fn cp_24_ranges_of_base_and_weight() {
    let mut bed = cluster();
    invalid(&mut bed, split(&["A:0/1001"]));
    invalid(&mut bed, split(&["A:100001/1"]));
    assert_eq!(bed.run("job", 3, split(&["A:100000/1", "B:0/1"])), "A1, A1, A1");
}

/// A service on Fargate and Fargate Spot.
fn on_fargate(bed: &mut Bed, desired: u32, items: &[&str]) {
    let more = both(split(items), subnets(&["subnet-a", "subnet-b"]));
    let definition =
        json!({ "taskDefinition": "net:1", "availabilityZoneRebalancing": "DISABLED" });
    bed.create("web", desired, both(both(more, definition), limits(100, 200)));
}

#[test]
fn cp_26_cp_27_a_provider_without_capacity_keeps_its_share_vacant() {
    let mut bed = cluster();
    on_fargate(&mut bed, 10, &["FARGATE:0/1", "FARGATE_SPOT:0/4"]);
    bed.run_until(95);
    let tasks = bed.tasks_of("web");
    let spot: Vec<TaskId> =
        tasks.iter().copied().filter(|&task| providers(&bed, &[task]) == "FARGATE_SPOT").collect();
    assert_eq!((tasks.len(), spot.len()), (10, 8));
    let capacity = |available| Report::FargateCapacity {
        cluster: ClusterId::new(0),
        spot: true,
        zone: None,
        available,
    };
    bed.at(100).report(capacity(false));
    for &task in &spot[..5] {
        let stop = Stop { code: StopCode::SpotInterruption, reason: StopReason::SpotTask };
        let change = TaskChange::Status(TaskStatus::Stopped, Some(stop));
        bed.report(Report::Task(task, change));
    }
    bed.run_until(3000);
    let left = bed.tasks_of("web");
    assert_eq!(providers(&bed, &left).matches("FARGATE_SPOT").count(), 3);
    assert_eq!(left.len(), 5);
    let said = bed.messages_with("web", "unable to place");
    assert_eq!(
        said,
        ["100 (service web) was unable to place a task. Reason: Capacity is unavailable at this \
          time. Please try again later or in a different availability zone."]
    );
    bed.at(3005).report(capacity(true));
    bed.run_until(6000);
    let all = providers(&bed, &bed.tasks_of("web"));
    assert_eq!(all.matches("FARGATE_SPOT").count(), 8);
    assert_eq!(all.split(' ').count(), 10);
}

#[test]
fn cp_28_each_call_starts_from_zero() {
    let mut bed = cluster();
    let more = both(split(&["FARGATE:1/1", "FARGATE_SPOT:0/4"]), subnets(&["subnet-a"]));
    for _ in 0..5 {
        let task = bed.run_one("net", more.clone());
        assert_eq!(providers(&bed, &[task]), "FARGATE");
    }
}

#[test]
fn cp_29_a_service_counts_what_it_has() {
    let mut bed = cluster();
    on_fargate(&mut bed, 1, &["FARGATE:1/1", "FARGATE_SPOT:0/4"]);
    for desired in 2..=6 {
        bed.at(i64::from(desired)).update("web", json!({ "desiredCount": desired }));
    }
    bed.run_until(60);
    let order = providers(&bed, &bed.tasks_of("web"));
    assert_eq!(order, "FARGATE FARGATE_SPOT FARGATE_SPOT FARGATE FARGATE_SPOT FARGATE_SPOT");
}

#[test]
fn cp_30_each_deployment_is_split_by_itself() {
    let mut bed = cluster();
    on_fargate(&mut bed, 4, &["FARGATE:2/1", "FARGATE_SPOT:0/1"]);
    bed.run_until(95);
    let order = "FARGATE FARGATE FARGATE FARGATE_SPOT";
    assert_eq!(providers(&bed, &bed.tasks_of("web")), order);
    bed.at(100).deploy("web", "net:2");
    bed.run_until(100);
    assert_eq!(providers(&bed, &bed.tasks_of("web")[4..]), order);
}

#[test]
fn cp_31_a_service_keeps_the_default_it_was_created_with() {
    let mut bed = cluster();
    associate(&mut bed, &["FARGATE", "FARGATE_SPOT"], &["FARGATE:0/1"]);
    let more = both(json!({ "taskDefinition": "net" }), subnets(&["subnet-a"]));
    bed.create("web", 1, more);
    bed.run_until(0);
    bed.at(10);
    associate(&mut bed, &["FARGATE", "FARGATE_SPOT"], &["FARGATE_SPOT:0/1"]);
    bed.update("web", json!({ "desiredCount": 3 }));
    bed.run_until(10);
    assert_eq!(providers(&bed, &bed.tasks_of("web")), "FARGATE FARGATE FARGATE");
}

#[test]
fn cp_32_a_changed_strategy_needs_a_forced_deployment() {
    let mut bed = cluster();
    on_fargate(&mut bed, 2, &["FARGATE:0/1"]);
    bed.run_until(95);
    let change = both(json!({ "service": "web" }), split(&["FARGATE_SPOT:0/1"]));
    bed.at(100);
    assert_eq!(
        bed.refused("updateService", change.clone()),
        "InvalidParameterException: When switching from launch type to capacity provider strategy \
         on an existing service, or making a change to a capacity provider strategy on a service \
         that is already using one, you must force a new deployment."
    );
    bed.must("updateService", both(change, json!({ "forceNewDeployment": true })));
    bed.run_until(300);
    assert_eq!(providers(&bed, &bed.tasks_of("web")), "FARGATE_SPOT FARGATE_SPOT");
}

#[test]
fn cp_33_cp_34_a_launch_type_is_none_of_a_providers_business() {
    let mut bed = cluster();
    bed.plain("large", 1, 200_000);
    let ec2 = json!({ "launchType": "EC2" });
    assert_eq!(
        bed.run("large", 1, ec2),
        "| A1: RESOURCE:MEMORY, B1: RESOURCE:MEMORY",
        "it does not wait for a provider"
    );
    let task = bed.run_one("job", json!({}));
    assert_eq!(providers(&bed, &[task]), "EC2");
}

/// Who waits is looked at again when somebody comes whom it wants beside it (01 section 5.3).
#[test]
fn a_waiting_task_goes_beside_the_task_that_it_wants() {
    let mut bed = Bed::instant();
    let group = json!({ "autoScalingGroupArn": "asg-A",
        "managedScaling": { "status": "ENABLED" } });
    bed.must("createCapacityProvider", json!({ "name": "A", "autoScalingGroupProvider": group }));
    bed.instance_with("A1", "a", 1024, 1024, |it| it.auto_scaling_group = Some("asg-A".into()));
    bed.instance("other", "a", 1024, 1024);
    associate(&mut bed, &["A"], &[]);
    bed.plain("job", 64, 64);
    let beside = json!({ "placementConstraints": [
        { "type": "memberOf", "expression": "task:group == db" }] });
    let task = bed.run_one("job", both(split(&["A:0/1"]), beside));
    let at_its_place = |bed: &Bed| bed.places(&[task]);
    bed.run_until(5);
    assert_eq!(at_its_place(&bed), "nowhere");
    let db = json!({ "taskDefinition": "job", "group": "db", "containerInstances": ["A1"] });
    bed.at(12).must("startTask", db);
    bed.run_until(20);
    assert_eq!(at_its_place(&bed), "A1");
}
