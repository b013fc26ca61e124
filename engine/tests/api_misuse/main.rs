//! Every call provoked into refusing: the exception, the message, and nothing changed.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
#[path = "../bed/mod.rs"]
mod bed;
mod code_deploy;
mod required;
mod services;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bed::{Bed, both, limits, subnets};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use stowplan_engine::api::Command;

/// A cluster with a bit of everything: two instances, a replica service in the middle of a
/// deployment, a daemon service, a deleted service, a provider, a standalone task.
fn busy() -> Bed {
    let mut bed = Bed::profile_p();
    bed.instance("A", "a", 4096, 4096);
    bed.instance("B", "b", 4096, 4096);
    bed.checked("web", 128, 128);
    bed.service("web", 2, limits(100, 200));
    bed.checked("web", 128, 128);
    bed.plain("log", 16, 16);
    bed.service("log", 0, json!({ "schedulingStrategy": "DAEMON" }));
    bed.plain("job", 16, 16);
    bed.define_task(json!({ "family": "net", "networkMode": "awsvpc", "cpu": "256",
        "memory": "512", "containerDefinitions": [{ "name": "app", "image": "i" }] }));
    bed.plain("old", 16, 16);
    bed.must("deregisterTaskDefinition", json!({ "taskDefinition": "old:1" }));
    bed.create("gone", 0, json!({ "taskDefinition": "job" }));
    bed.must("deleteService", json!({ "service": "gone" }));
    bed.create("leaving", 0, json!({ "taskDefinition": "job" }));
    let group = json!({ "autoScalingGroupArn": "asg-1" });
    let provider = json!({ "name": "provider-1", "autoScalingGroupProvider": group });
    bed.must("createCapacityProvider", provider);
    let list = json!({
        "capacityProviders": ["FARGATE", "provider-1"],
        "defaultCapacityProviderStrategy": [],
    });
    bed.must("putClusterCapacityProviders", list);
    bed.must("runTask", json!({ "taskDefinition": "job", "clientToken": "used" }));
    bed.deploy("web", "web:2");
    bed.at(5).must("deleteService", json!({ "service": "leaving" }));
    bed
}

/// Makes each call and lists its refusals. [`Bed::refused`] checks that nothing changed.
fn check(action: &str, calls: &[Value], expected: Expect) {
    let mut bed = busy();
    let mut list = String::new();
    for call in calls {
        let _ = writeln!(list, "{}", folded(&bed.refused(action, call.clone())));
    }
    expected.assert_eq(&list);
}

/// Long messages go on in indented lines.
fn folded(text: &str) -> String {
    let (mut lines, mut width) = (String::new(), 0);
    for word in text.split(' ') {
        if width + word.len() > 80 {
            lines.push_str("\n   ");
            width = 3;
        }
        if width > 0 {
            lines.push(' ');
        }
        lines.push_str(word);
        width += word.len() + 1;
    }
    lines
}

const NO_CLUSTER: &str = "no-such-cluster";

#[test]
fn every_call_is_provoked() {
    let text = concat!(
        include_str!("main.rs"),
        include_str!("code_deploy.rs"),
        include_str!("services.rs")
    );
    let provoked: BTreeSet<&str> = text
        .split("check(\n        \"")
        .chain(text.split("check(\""))
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let missing: Vec<&&str> =
        Command::ACTIONS.iter().filter(|action| !provoked.contains(**action)).collect();
    // PutAccountSetting takes any name and value: there is nothing to refuse.
    assert_eq!(missing, [&"putAccountSetting"]);
}

#[test]
fn task_definitions() {
    let nothing = json!({ "family": "web" });
    let bad_family = json!({ "family": "a.b" });
    check(
        "registerTaskDefinition",
        &[nothing, bad_family],
        expect![[r#"
        ClientException: Container list cannot be empty.
        ClientException: Family contains invalid characters.
    "#]],
    );
    let named = |name: &str| json!({ "taskDefinition": name });
    let calls = [named("no:1"), named("web:9"), named("web")];
    check(
        "deregisterTaskDefinition",
        &calls,
        expect![[r#"
        ClientException: The specified task definition does not exist.
        ClientException: The specified task definition does not exist.
        ClientException: The specified task definition does not exist.
    "#]],
    );
    let eleven = json!({ "taskDefinitions": vec!["old:1"; 11] });
    let none = json!({ "taskDefinitions": [] });
    check(
        "deleteTaskDefinitions",
        &[eleven, none],
        expect![[r#"
        InvalidParameterException: Between 1 and 10 task definitions can be deleted.
        InvalidParameterException: Between 1 and 10 task definitions can be deleted.
    "#]],
    );
}

fn run(more: Value) -> Value {
    both(json!({ "taskDefinition": "job" }), more)
}

#[test]
fn run_task() {
    let public = json!({ "networkConfiguration": { "awsvpcConfiguration":
        { "subnets": ["subnet-a"], "assignPublicIp": "ENABLED" } } });
    let strategy = |items: Value| json!({ "capacityProviderStrategy": items });
    let calls = [
        run(json!({ "cluster": NO_CLUSTER })),
        run(json!({ "count": 0 })),
        run(json!({ "count": 11 })),
        json!({ "taskDefinition": "nothing" }),
        json!({ "taskDefinition": "old" }),
        json!({ "taskDefinition": "old:1" }),
        run(json!({ "launchType": "MOON" })),
        run(json!({ "launchType": "FARGATE" })),
        run(both(
            json!({ "launchType": "EC2" }),
            strategy(json!([{ "capacityProvider": "FARGATE" }])),
        )),
        run(strategy(json!([{ "capacityProvider": "nobody", "weight": 1 }]))),
        run(strategy(json!([{ "capacityProvider": "provider-1" }]))),
        run(strategy(json!([{ "capacityProvider": "provider-1", "weight": 1001 }]))),
        run(strategy(json!([{ "capacityProvider": "provider-1", "weight": -1 }]))),
        run(strategy(json!([
            { "capacityProvider": "provider-1", "weight": 1 },
            { "capacityProvider": "provider-1", "weight": 1 },
        ]))),
        json!({ "taskDefinition": "net" }),
        both(json!({ "taskDefinition": "net" }), subnets(&["subnet-x"])),
        both(json!({ "taskDefinition": "net" }), subnets(&["subnet-a"; 17])),
        both(json!({ "taskDefinition": "net" }), public),
        run(subnets(&["subnet-a"])),
    ];
    check(
        "runTask",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: Count must be between 1 and 10.
        InvalidParameterException: Count must be between 1 and 10.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition is inactive
        InvalidParameterException: Unknown launch type MOON.
        InvalidParameterException: Task definition does not support launch_type FARGATE.
        InvalidParameterException: Specifying both a launch type and capacity provider
            strategy is not supported. Remove one and try again.
        InvalidParameterException: The specified capacity provider strategy cannot
            contain a capacity provider that is not associated with the cluster.
            Associate the capacity provider with the cluster and try again.
        InvalidParameterException: There are no capacity providers with a weight value
            greater than zero defined in the specified capacity provider strategy. At
            least one capacity provider must have a weight value greater than zero
            specified. Update the cluster's default capacity provider strategy or specify
            a valid capacity provider strategy and try again.
        InvalidParameterException: weight must be between 0 and 1000.
        InvalidParameterException: weight must be between 0 and 1000.
        InvalidParameterException: The capacity provider provider-1 is given twice.
        InvalidParameterException: Network Configuration must be provided when
            networkMode 'awsvpc' is specified.
        InvalidParameterException: The subnet ID 'subnet-x' does not exist
        InvalidParameterException: awsvpcConfiguration takes 1 to 16 subnets; 17 are
            given.
        InvalidParameterException: Assign public IP is not supported for this launch
            type.
        InvalidParameterException: Network Configuration is not valid for the given
            networkMode of this task definition.
    "#]],
    );
}

#[test]
fn run_task_with_bad_details() {
    let overrides = json!({ "overrides": { "containerOverrides": [{ "name": "nobody" }] } });
    let constraint = |it: Value| json!({ "placementConstraints": [it] });
    let placement = |it: Value| json!({ "placementStrategy": [it] });
    let calls = [
        run(constraint(json!({ "type": "memberOf" }))),
        run(constraint(json!({ "type": "memberOf", "expression": "foo == bar" }))),
        run(constraint(json!({ "type": "distinctInstance", "expression": "x" }))),
        run(constraint(json!({ "type": "alone" }))),
        run(placement(json!({ "type": "spread" }))),
        run(placement(json!({ "type": "binpack", "field": "disk" }))),
        run(placement(json!({ "type": "pack" }))),
        run(overrides),
        run(json!({ "overrides": { "cpu": "a lot" } })),
        run(json!({ "propagateTags": "SERVICE" })),
        run(json!({ "startedBy": "x".repeat(129) })),
        run(json!({ "startedBy": "no spaces" })),
        run(json!({ "group": "x".repeat(256) })),
        run(json!({ "clientToken": "x".repeat(65) })),
        run(json!({ "clientToken": "used", "count": 2 })),
    ];
    check(
        "runTask",
        &calls,
        expect![[r#"
        InvalidParameterException: placementConstraints[0]: memberOf needs an expression
        InvalidParameterException: placementConstraints[0]: Invalid expression: expected
            a subject (attribute:<name>, task:group, agentConnected, agentVersion,
            ec2InstanceId, registeredAt or runningTasksCount) at position 1, found `foo`.
        InvalidParameterException: placementConstraints[0]: distinctInstance takes no
            expression
        InvalidParameterException: placementConstraints[0]: unknown constraint type
            'alone'; valid are distinctInstance and memberOf
        InvalidParameterException: placementStrategy[0]: spread needs a field:
            instanceId, host or attribute:<name>
        InvalidParameterException: placementStrategy[0]: binpack cannot use field
            'disk'; valid are cpu and memory
        InvalidParameterException: placementStrategy[0]: unknown type 'pack'; valid are
            random, spread and binpack
        InvalidParameterException: Override for container named nobody is not a
            container in the TaskDefinition.
        ClientException: Invalid 'cpu' setting for task.
        InvalidParameterException: propagateTags SERVICE is only supported for tasks of
            a service.
        InvalidParameterException: startedBy can have up to 128 letters, numbers,
            hyphens, underscores and slashes.
        InvalidParameterException: startedBy can have up to 128 letters, numbers,
            hyphens, underscores and slashes.
        InvalidParameterException: The group can have up to 255 characters.
        InvalidParameterException: clientToken can have up to 64 characters in the range
            33-126.
        ConflictException: The clientToken was already used with other parameters.
    "#]],
    );
}

#[test]
fn start_task_and_stop_task() {
    let on_a = |more: Value| both(run(json!({ "containerInstances": ["A"] })), more);
    let calls = [
        on_a(json!({ "cluster": NO_CLUSTER })),
        run(json!({ "containerInstances": [] })),
        run(json!({ "containerInstances": vec!["A"; 11] })),
        on_a(json!({ "taskDefinition": "nothing" })),
        on_a(json!({ "taskDefinition": "old:1" })),
        on_a(json!({ "taskDefinition": "net" })),
        on_a(json!({ "propagateTags": "SERVICE" })),
        on_a(json!({ "startedBy": "x".repeat(37) })),
        on_a(json!({ "overrides": { "containerOverrides": [{ "name": "nobody" }] } })),
    ];
    check(
        "startTask",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: Between 1 and 10 container instances can be given.
        InvalidParameterException: Between 1 and 10 container instances can be given.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition is inactive
        InvalidParameterException: Network Configuration must be provided when
            networkMode 'awsvpc' is specified.
        InvalidParameterException: propagateTags SERVICE is only supported for tasks of
            a service.
        InvalidParameterException: startedBy can have up to 36 letters, numbers,
            hyphens, underscores and slashes.
        InvalidParameterException: Override for container named nobody is not a
            container in the TaskDefinition.
    "#]],
    );
    let first = "00000000000000000000000000000001";
    let calls = [
        json!({ "cluster": NO_CLUSTER, "task": first }),
        json!({ "task": "nothing" }),
        json!({ "task": first, "reason": "x".repeat(256) }),
    ];
    check(
        "stopTask",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: The referenced task was not found.
        InvalidParameterException: The reason can have up to 255 characters.
    "#]],
    );
}

#[test]
fn container_instances() {
    let state =
        |more: Value| both(json!({ "containerInstances": ["A"], "status": "DRAINING" }), more);
    let calls = [
        state(json!({ "cluster": NO_CLUSTER })),
        state(json!({ "containerInstances": [] })),
        state(json!({ "containerInstances": vec!["A"; 11] })),
        state(json!({ "status": "INACTIVE" })),
    ];
    check(
        "updateContainerInstancesState",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: Between 1 and 10 container instances can be given.
        InvalidParameterException: Between 1 and 10 container instances can be given.
        InvalidParameterException: Container instance status can be ACTIVE or DRAINING,
            not INACTIVE.
    "#]],
    );
    let calls = [
        json!({ "cluster": NO_CLUSTER, "containerInstance": "A" }),
        json!({ "containerInstance": "nothing" }),
        json!({ "containerInstance": "A" }),
    ];
    check(
        "deregisterContainerInstance",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        ClientException: The referenced container instance was not found.
        InvalidParameterException: Found running tasks on the instance.
    "#]],
    );
}

#[test]
fn attributes() {
    let on = |target: &str, name: &str, value: &str| {
        let attribute = json!({ "name": name, "value": value, "targetId": target });
        json!({ "attributes": [attribute] })
    };
    let many = |count: usize| {
        let each = |number| json!({ "name": format!("n{number}"), "targetId": "A" });
        json!({ "attributes": (0..count).map(each).collect::<Vec<_>>() })
    };
    let calls = [
        both(on("A", "stack", "prod"), json!({ "cluster": NO_CLUSTER })),
        on("nothing", "stack", "prod"),
        on("A", "", "prod"),
        on("A", "a b", "prod"),
        on("A", "ecs.os-type", "prod"),
        on("A", "com.amazonaws.x", "prod"),
        on("A", "stack", " prod"),
        on("A", "stack", ""),
        on("A", "stack", "prod!"),
        many(0),
        many(11),
    ];
    check(
        "putAttributes",
        &calls,
        expect![[r#"
            ClusterNotFoundException: Cluster not found.
            TargetNotFoundException: The specified target "nothing" wasn't found.
            InvalidParameterException: The attribute name "" is not valid.
            InvalidParameterException: The attribute name "a b" is not valid.
            InvalidParameterException: The attribute name ecs.os-type is reserved.
            InvalidParameterException: The attribute name com.amazonaws.x is reserved.
            InvalidParameterException: The value of attribute stack is not valid.
            InvalidParameterException: The value of attribute stack is not valid.
            InvalidParameterException: The value of attribute stack is not valid.
            InvalidParameterException: Between 1 and 10 attributes can be given.
            AttributeLimitExceededException: Between 1 and 10 attributes can be given.
        "#]],
    );
    let calls = [
        both(on("A", "stack", "prod"), json!({ "cluster": NO_CLUSTER })),
        on("nothing", "stack", "prod"),
        on("A", "ecs.os-type", "linux"),
        many(0),
        many(11),
    ];
    check(
        "deleteAttributes",
        &calls,
        expect![[r#"
            ClusterNotFoundException: Cluster not found.
            TargetNotFoundException: The specified target "nothing" wasn't found.
            InvalidParameterException: The attribute name ecs.os-type is reserved.
            InvalidParameterException: Between 1 and 10 attributes can be given.
            AttributeLimitExceededException: Between 1 and 10 attributes can be given.
        "#]],
    );
}

#[test]
fn capacity_providers() {
    let new = |more: Value| {
        let group = json!({ "autoScalingGroupArn": "asg-2" });
        both(json!({ "name": "new", "autoScalingGroupProvider": group }), more)
    };
    let scaling = |it: Value| json!({ "autoScalingGroupProvider": { "managedScaling": it } });
    let protected =
        json!({ "autoScalingGroupProvider": { "managedTerminationProtection": "ENABLED" } });
    let calls = [
        new(json!({ "name": "" })),
        new(json!({ "name": "a b" })),
        new(json!({ "name": "FargateX" })),
        new(json!({ "name": "aws-1" })),
        json!({ "name": "new" }),
        new(json!({ "name": "provider-1" })),
        new(json!({ "autoScalingGroupProvider": { "autoScalingGroupArn": "asg-1" } })),
        new(protected),
        new(scaling(json!({ "targetCapacity": 0 }))),
        new(scaling(json!({ "targetCapacity": 101 }))),
        new(scaling(json!({ "minimumScalingStepSize": 0 }))),
        new(scaling(json!({ "maximumScalingStepSize": 10_001 }))),
        new(scaling(json!({ "instanceWarmupPeriod": -1 }))),
        new(scaling(json!({ "minimumScalingStepSize": 5, "maximumScalingStepSize": 4 }))),
        new(json!({ "managedInstancesProvider": {} })),
    ];
    check(
        "createCapacityProvider",
        &calls,
        expect![[r#"
        InvalidParameterException: The specified capacity provider name "" is not valid.
        InvalidParameterException: The specified capacity provider name "a b" is not
            valid.
        InvalidParameterException: The specified capacity provider name "FargateX" is
            not valid.
        InvalidParameterException: The specified capacity provider name "aws-1" is not
            valid.
        InvalidParameterException: Exactly one of autoScalingGroupProvider and
            managedInstancesProvider must be given.
        ClientException: The specified capacity provider already exists.
        ClientException: The Auto Scaling group is already used by another capacity
            provider.
        InvalidParameterException: Managed termination protection needs managed scaling
            to be ENABLED.
        InvalidParameterException: targetCapacity must be between 1 and 100.
        InvalidParameterException: targetCapacity must be between 1 and 100.
        InvalidParameterException: minimumScalingStepSize must be between 1 and 10000.
        InvalidParameterException: maximumScalingStepSize must be between 1 and 10000.
        InvalidParameterException: instanceWarmupPeriod must be between 0 and 10000.
        ClientException: minimumScalingStepSize must not be greater than
            maximumScalingStepSize.
        ClientException: managedInstancesProvider is not built yet.
    "#]],
    );
}

#[test]
fn changing_capacity_providers() {
    let scaling = |it: Value| json!({ "autoScalingGroupProvider": { "managedScaling": it } });
    let protected =
        json!({ "autoScalingGroupProvider": { "managedTerminationProtection": "ENABLED" } });
    let calls = [
        json!({ "name": "nothing" }),
        both(json!({ "name": "FARGATE" }), scaling(json!({}))),
        json!({ "name": "provider-1" }),
        both(json!({ "name": "provider-1" }), scaling(json!({ "targetCapacity": 101 }))),
        both(json!({ "name": "provider-1" }), protected),
    ];
    check(
        "updateCapacityProvider",
        &calls,
        expect![[r#"
        ClientException: The specified capacity provider was not found.
        InvalidParameterException: The FARGATE and FARGATE_SPOT capacity providers
            cannot be changed.
        InvalidParameterException: autoScalingGroupProvider must be given.
        InvalidParameterException: targetCapacity must be between 1 and 100.
        InvalidParameterException: Managed termination protection needs managed scaling
            to be ENABLED.
    "#]],
    );
    let named = |name: &str| json!({ "capacityProvider": name });
    let calls = [named("nothing"), named("FARGATE_SPOT"), named("provider-1")];
    check(
        "deleteCapacityProvider",
        &calls,
        expect![[r#"
        ClientException: The specified capacity provider was not found.
        InvalidParameterException: The FARGATE and FARGATE_SPOT capacity providers
            cannot be changed.
        ClientException: The capacity provider is in use and cannot be deleted.
    "#]],
    );
}

#[test]
fn clusters() {
    let list = |names: Vec<&str>, default: Value| {
        let names = json!({ "capacityProviders": names });
        both(names, json!({ "defaultCapacityProviderStrategy": default }))
    };
    let calls = [
        both(list(vec![], json!([])), json!({ "cluster": NO_CLUSTER })),
        list(vec!["nothing"], json!([])),
        list(vec!["FARGATE"; 21], json!([])),
        list(vec!["FARGATE"], json!([{ "capacityProvider": "provider-1", "weight": 1 }])),
        list(vec!["FARGATE"], json!([{ "capacityProvider": "FARGATE", "weight": 1001 }])),
    ];
    check(
        "putClusterCapacityProviders",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: The specified capacity provider nothing was not
            found.
        InvalidParameterException: A cluster can have at most 20 capacity providers.
        InvalidParameterException: The specified capacity provider strategy cannot
            contain a capacity provider that is not associated with the cluster.
            Associate the capacity provider with the cluster and try again.
        InvalidParameterException: weight must be between 0 and 1000.
    "#]],
    );
    let calls = [json!({ "cluster": NO_CLUSTER, "settings": [] })];
    check(
        "updateClusterSettings",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
    "#]],
    );
}
