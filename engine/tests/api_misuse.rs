//! Every call provoked into refusing: the exception, the message, and nothing changed.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;

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
        let _ = writeln!(list, "{}", bed.refused(action, call.clone()));
    }
    expected.assert_eq(&list);
}

const NO_CLUSTER: &str = "no-such-cluster";

#[test]
fn every_call_is_provoked() {
    let text = include_str!("api_misuse.rs");
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
    let overrides = json!({ "overrides": { "containerOverrides": [{ "name": "nobody" }] } });
    let public = json!({ "networkConfiguration": { "awsvpcConfiguration":
        { "subnets": ["subnet-a"], "assignPublicIp": "ENABLED" } } });
    let strategy = |items: Value| json!({ "capacityProviderStrategy": items });
    let constraint = |it: Value| json!({ "placementConstraints": [it] });
    let placement = |it: Value| json!({ "placementStrategy": [it] });
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
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: Count must be between 1 and 10.
        InvalidParameterException: Count must be between 1 and 10.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition is inactive
        InvalidParameterException: Unknown launch type MOON.
        InvalidParameterException: Task definition does not support launch_type FARGATE.
        InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.
        InvalidParameterException: The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.
        InvalidParameterException: There are no capacity providers with a weight value greater than zero defined in the specified capacity provider strategy. At least one capacity provider must have a weight value greater than zero specified. Update the cluster's default capacity provider strategy or specify a valid capacity provider strategy and try again.
        InvalidParameterException: weight must be between 0 and 1000.
        InvalidParameterException: weight must be between 0 and 1000.
        InvalidParameterException: The capacity provider provider-1 is given twice.
        InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.
        InvalidParameterException: The subnet ID 'subnet-x' does not exist
        InvalidParameterException: awsvpcConfiguration takes 1 to 16 subnets; 17 are given.
        InvalidParameterException: Assign public IP is not supported for this launch type.
        InvalidParameterException: Network Configuration is not valid for the given networkMode of this task definition.
        InvalidParameterException: placementConstraints[0]: memberOf needs an expression
        InvalidParameterException: placementConstraints[0]: Invalid expression: expected a subject (attribute:<name>, task:group, agentConnected, agentVersion, ec2InstanceId, registeredAt or runningTasksCount) at position 1, found `foo`.
        InvalidParameterException: placementConstraints[0]: distinctInstance takes no expression
        InvalidParameterException: placementConstraints[0]: unknown constraint type 'alone'; valid are distinctInstance and memberOf
        InvalidParameterException: placementStrategy[0]: spread needs a field: instanceId, host or attribute:<name>
        InvalidParameterException: placementStrategy[0]: binpack cannot use field 'disk'; valid are cpu and memory
        InvalidParameterException: placementStrategy[0]: unknown type 'pack'; valid are random, spread and binpack
        InvalidParameterException: Override for container named nobody is not a container in the TaskDefinition.
        ClientException: Invalid 'cpu' setting for task.
        InvalidParameterException: propagateTags SERVICE is only supported for tasks of a service.
        InvalidParameterException: startedBy can have up to 128 letters, numbers, hyphens, underscores and slashes.
        InvalidParameterException: startedBy can have up to 128 letters, numbers, hyphens, underscores and slashes.
        InvalidParameterException: The group can have up to 255 characters.
        InvalidParameterException: clientToken can have up to 64 characters in the range 33-126.
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
        InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.
        InvalidParameterException: propagateTags SERVICE is only supported for tasks of a service.
        InvalidParameterException: startedBy can have up to 36 letters, numbers, hyphens, underscores and slashes.
        InvalidParameterException: Override for container named nobody is not a container in the TaskDefinition.
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
fn create_service() {
    let new = |more: Value| {
        both(json!({ "serviceName": "new", "taskDefinition": "job", "desiredCount": 1 }), more)
    };
    let daemon = |more: Value| {
        let service = json!({ "serviceName": "new", "taskDefinition": "job",
            "schedulingStrategy": "DAEMON" });
        both(service, more)
    };
    let configuration = |it: Value| json!({ "deploymentConfiguration": it });
    let breaker = |kind: &str, value: i64| {
        configuration(json!({ "deploymentCircuitBreaker": { "enable": true, "rollback": true,
            "thresholdConfiguration": { "type": kind, "value": value } } }))
    };
    let balancer = |it: Value| json!({ "loadBalancers": [it] });
    let code_deploy = json!({ "deploymentController": { "type": "CODE_DEPLOY" } });
    let calls = [
        new(json!({ "cluster": NO_CLUSTER })),
        new(json!({ "serviceName": "" })),
        new(json!({ "serviceName": "my service" })),
        new(json!({ "serviceName": "web" })),
        new(json!({ "serviceName": "leaving" })),
        json!({ "serviceName": "new", "taskDefinition": "job" }),
        new(json!({ "desiredCount": -1 })),
        new(json!({ "desiredCount": 5001 })),
        new(json!({ "schedulingStrategy": "SOMETIMES" })),
        daemon(json!({ "desiredCount": 1 })),
        daemon(json!({ "launchType": "FARGATE" })),
        daemon(json!({ "placementStrategy": [{ "type": "random" }] })),
        daemon(configuration(json!({ "maximumPercent": 101 }))),
        daemon(configuration(json!({ "maximumPercent": 99 }))),
        daemon(code_deploy.clone()),
        daemon(json!({ "capacityProviderStrategy":
            [{ "capacityProvider": "provider-1", "weight": 1 }] })),
        daemon(json!({ "availabilityZoneRebalancing": "ENABLED" })),
        new(limits(100, 100)),
        new(limits(101, 200)),
        new(limits(50, 99)),
        new(configuration(json!({ "minimumHealthyPercent": -1 }))),
        new(configuration(json!({ "maximumPercent": 100_001 }))),
        new(both(limits(0, 100), json!({ "availabilityZoneRebalancing": "ENABLED" }))),
        new(json!({ "availabilityZoneRebalancing": "PERHAPS" })),
        new(json!({ "availabilityZoneRebalancing": "ENABLED",
            "placementStrategy": [{ "type": "random" }] })),
        new(both(code_deploy, limits(50, 200))),
        new(breaker("BOUNDED_PERCENT", 0)),
        new(breaker("UNBOUNDED_PERCENT", 101)),
        new(breaker("COUNT", 0)),
        new(breaker("FEELING", 1)),
        new(configuration(json!({ "bakeTimeInMinutes": 1441 }))),
        new(configuration(json!({ "strategy": "BLUE_GREEN" }))),
        new(configuration(json!({ "strategy": "ROLLING", "linearConfiguration": {} }))),
        new(configuration(json!({ "strategy": "ROLLING", "canaryConfiguration": {} }))),
        new(configuration(json!({ "strategy": "SIDEWAYS" }))),
        new(json!({ "taskDefinition": "nothing" })),
        new(json!({ "taskDefinition": "old:1" })),
        new(json!({ "taskDefinition": "net" })),
        new(json!({ "launchType": "FARGATE" })),
        new(balancer(json!({ "targetGroupArn": "tg", "containerName": "nobody" }))),
        new(balancer(json!({ "targetGroupArn": "tg", "containerName": "app",
            "containerPort": 80 }))),
        new(json!({ "loadBalancers": vec![json!({ "targetGroupArn": "tg" }); 6] })),
        new(json!({ "healthCheckGracePeriodSeconds": -1 })),
        new(json!({ "healthCheckGracePeriodSeconds": 2_147_483_648_i64 })),
        new(json!({ "placementConstraints": [{ "type": "memberOf" }] })),
        new(json!({ "placementStrategy": [{ "type": "spread" }] })),
    ];
    check(
        "createService",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: The service name must be 1 to 255 letters, numbers, hyphens and underscores.
        InvalidParameterException: The service name must be 1 to 255 letters, numbers, hyphens and underscores.
        InvalidParameterException: Creation of service was not idempotent.
        InvalidParameterException: Unable to Start a service that is still Draining.
        InvalidParameterException: DesiredCount is missing
        InvalidParameterException: The desired count must be 0 or more.
        InvalidParameterException: The desired count exceeds the quota of 5000 tasks per service.
        InvalidParameterException: schedulingStrategy cannot be SOMETIMES.
        InvalidParameterException: The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again
        InvalidParameterException: The daemon scheduling strategy does not support the FARGATE launch type. Change the launch type and try again
        InvalidParameterException: The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again
        InvalidParameterException: The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment configuration. Change the maximumPercent value to 100, and try again
        InvalidParameterException: maximumPercent must be between 100 and 100000.
        InvalidParameterException: The daemon scheduling strategy supports only the ECS deployment controller.
        InvalidParameterException: Specifying a capacity provider strategy is not supported when you create a service using the DAEMON scheduling strategy.
        InvalidParameterException: Availability Zone Rebalancing does not support DAEMON services
        InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments
        InvalidParameterException: minimumHealthyPercent must be between 0 and 100.
        InvalidParameterException: maximumPercent must be between 100 and 100000.
        InvalidParameterException: minimumHealthyPercent is out of range.
        InvalidParameterException: maximumPercent is out of range.
        InvalidParameterException: The service couldn't be created because Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration.
        InvalidParameterException: availabilityZoneRebalancing cannot be PERHAPS.
        InvalidParameterException: Availability Zone Rebalancing needs the first placement strategy to be spread(attribute:ecs.availability-zone).
        InvalidParameterException: minimumHealthyPercent and maximumPercent cannot be customised with the CODE_DEPLOY deployment controller.
        InvalidParameterException: The circuit breaker threshold is out of range.
        InvalidParameterException: The circuit breaker threshold is out of range.
        InvalidParameterException: The circuit breaker threshold is out of range.
        InvalidParameterException: Unknown threshold type FEELING.
        InvalidParameterException: bakeTimeInMinutes must be between 0 and 1440.
        InvalidParameterException: bakeTimeInMinutes is required for the BLUE_GREEN deployment strategy.
        InvalidParameterException: linearConfiguration is not valid for the ROLLING deployment strategy.
        InvalidParameterException: canaryConfiguration is not valid for the ROLLING deployment strategy.
        InvalidParameterException: strategy cannot be SIDEWAYS.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition is inactive
        InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.
        InvalidParameterException: Task definition does not support launch_type FARGATE.
        InvalidParameterException: The container nobody does not exist in the task definition.
        InvalidParameterException: The container app did not have a container port 80 defined.
        InvalidParameterException: A service can have at most 5 target groups.
        InvalidParameterException: healthCheckGracePeriodSeconds must be between 0 and 2147483647.
        InvalidParameterException: healthCheckGracePeriodSeconds must be between 0 and 2147483647.
        InvalidParameterException: placementConstraints[0]: memberOf needs an expression
        InvalidParameterException: placementStrategy[0]: spread needs a field: instanceId, host or attribute:<name>
    "#]],
    );
}

#[test]
fn update_service() {
    let web = |more: Value| both(json!({ "service": "web" }), more);
    let log = |more: Value| both(json!({ "service": "log" }), more);
    let calls = [
        web(json!({ "cluster": NO_CLUSTER })),
        json!({ "service": "nothing" }),
        json!({ "service": "gone" }),
        web(json!({ "desiredCount": -1 })),
        web(json!({ "desiredCount": 5001 })),
        log(json!({ "desiredCount": 1 })),
        log(json!({ "deploymentConfiguration": { "maximumPercent": 200 } })),
        log(json!({ "placementStrategy": [{ "type": "random" }] })),
        log(json!({ "availabilityZoneRebalancing": "ENABLED" })),
        log(json!({ "forceNewDeployment": true, "capacityProviderStrategy":
            [{ "capacityProvider": "provider-1", "weight": 1 }] })),
        web(limits(100, 100)),
        web(limits(0, 100)),
        web(limits(0, 99)),
        web(json!({ "taskDefinition": "nothing" })),
        web(json!({ "taskDefinition": "old:1" })),
        web(json!({ "taskDefinition": "net" })),
        web(json!({ "capacityProviderStrategy":
            [{ "capacityProvider": "provider-1", "weight": 1 }] })),
        web(json!({ "placementConstraints": [{ "type": "memberOf", "expression": "" }] })),
        web(json!({ "placementStrategy": [{ "type": "binpack" }] })),
        web(json!({ "healthCheckGracePeriodSeconds": -5 })),
        web(json!({ "loadBalancers": [{ "targetGroupArn": "tg", "containerName": "nobody" }] })),
    ];
    check(
        "updateService",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        ServiceNotFoundException: Service not found.
        ServiceNotActiveException: Service was not ACTIVE.
        InvalidParameterException: The desired count must be 0 or more.
        InvalidParameterException: The desired count exceeds the quota of 5000 tasks per service.
        InvalidParameterException: The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again
        InvalidParameterException: The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment configuration. Change the maximumPercent value to 100, and try again
        InvalidParameterException: The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again
        InvalidParameterException: Availability Zone Rebalancing does not support DAEMON services
        InvalidParameterException: Specifying a capacity provider strategy is not supported when you create a service using the DAEMON scheduling strategy.
        InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments
        InvalidParameterException: The service couldn't be updated because Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration.
        InvalidParameterException: maximumPercent must be between 100 and 100000.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition is inactive
        InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.
        InvalidParameterException: When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.
        InvalidParameterException: placementConstraints[0]: Invalid expression: expected a subject (attribute:<name>, task:group, agentConnected, agentVersion, ec2InstanceId, registeredAt or runningTasksCount) at position 1, found the end.
        InvalidParameterException: placementStrategy[0]: binpack needs a field: cpu or memory
        InvalidParameterException: healthCheckGracePeriodSeconds must be between 0 and 2147483647.
        InvalidParameterException: The container nobody does not exist in the task definition.
    "#]],
    );
}

#[test]
fn delete_service_and_stop_service_deployment() {
    let calls = [
        json!({ "cluster": NO_CLUSTER, "service": "web" }),
        json!({ "service": "nothing" }),
        json!({ "service": "web" }),
        json!({ "service": "log" }),
        json!({ "service": "gone" }),
    ];
    check(
        "deleteService",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        ServiceNotFoundException: Service not found.
        InvalidParameterException: The service cannot be stopped while it is scaled above 0.
        InvalidParameterException: The service cannot be stopped while it is scaled above 0.
        ServiceNotActiveException: Service was not ACTIVE.
    "#]],
    );
    let calls = [
        json!({ "serviceDeploymentArn": "nothing" }),
        json!({ "serviceDeploymentArn": "web", "stopType": "ABORT" }),
        json!({ "serviceDeploymentArn": "log" }),
    ];
    check(
        "stopServiceDeployment",
        &calls,
        expect![[r#"
        ServiceDeploymentNotFoundException: The specified service deployment was not found.
        InvalidParameterException: The stop type ABORT is not supported.
        ConflictException: The service deployment is already completed.
    "#]],
    );
}

#[test]
fn task_protection() {
    let first = "00000000000000000000000000000001";
    let protect = |more: Value| both(json!({ "tasks": [first], "protectionEnabled": true }), more);
    let calls = [
        protect(json!({ "cluster": NO_CLUSTER })),
        protect(json!({ "tasks": [] })),
        protect(json!({ "tasks": vec![first; 11] })),
        protect(json!({ "expiresInMinutes": 0 })),
        protect(json!({ "expiresInMinutes": 2881 })),
    ];
    check(
        "updateTaskProtection",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: Between 1 and 10 tasks can be given.
        InvalidParameterException: Between 1 and 10 tasks can be given.
        InvalidParameterException: expiresInMinutes must be between 1 and 2880.
        InvalidParameterException: expiresInMinutes must be between 1 and 2880.
    "#]],
    );
    let calls =
        [json!({ "cluster": NO_CLUSTER, "tasks": [first] }), json!({ "tasks": vec![first; 101] })];
    check(
        "getTaskProtection",
        &calls,
        expect![[r#"
        ClusterNotFoundException: Cluster not found.
        InvalidParameterException: At most 100 tasks can be given.
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
        InvalidParameterException: Container instance status can be ACTIVE or DRAINING, not INACTIVE.
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
    let on = |target: &str, name: &str, value: &str| json!({ "attributes": [{ "name": name, "value": value, "targetId": target }] });
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
        InvalidParameterException: Between 1 and 10 attributes can be given.
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
        InvalidParameterException: Between 1 and 10 attributes can be given.
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
        new(protected.clone()),
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
        InvalidParameterException: The specified capacity provider name "a b" is not valid.
        InvalidParameterException: The specified capacity provider name "FargateX" is not valid.
        InvalidParameterException: The specified capacity provider name "aws-1" is not valid.
        InvalidParameterException: Exactly one of autoScalingGroupProvider and managedInstancesProvider must be given.
        ClientException: The specified capacity provider already exists.
        ClientException: The Auto Scaling group is already used by another capacity provider.
        InvalidParameterException: Managed termination protection needs managed scaling to be ENABLED.
        InvalidParameterException: targetCapacity must be between 1 and 100.
        InvalidParameterException: targetCapacity must be between 1 and 100.
        InvalidParameterException: minimumScalingStepSize must be between 1 and 10000.
        InvalidParameterException: maximumScalingStepSize must be between 1 and 10000.
        InvalidParameterException: instanceWarmupPeriod must be between 0 and 10000.
        ClientException: minimumScalingStepSize must not be greater than maximumScalingStepSize.
        ClientException: managedInstancesProvider is not built yet.
    "#]],
    );
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
        InvalidParameterException: The FARGATE and FARGATE_SPOT capacity providers cannot be changed.
        InvalidParameterException: autoScalingGroupProvider must be given.
        InvalidParameterException: targetCapacity must be between 1 and 100.
        InvalidParameterException: Managed termination protection needs managed scaling to be ENABLED.
    "#]],
    );
    let named = |name: &str| json!({ "capacityProvider": name });
    let calls = [named("nothing"), named("FARGATE_SPOT"), named("provider-1")];
    check(
        "deleteCapacityProvider",
        &calls,
        expect![[r#"
        ClientException: The specified capacity provider was not found.
        InvalidParameterException: The FARGATE and FARGATE_SPOT capacity providers cannot be changed.
        ClientException: The capacity provider is in use and cannot be deleted.
    "#]],
    );
}

#[test]
fn clusters() {
    let list = |providers: Vec<&str>, default: Value| json!({ "capacityProviders": providers, "defaultCapacityProviderStrategy": default });
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
        InvalidParameterException: The specified capacity provider nothing was not found.
        InvalidParameterException: A cluster can have at most 20 capacity providers.
        InvalidParameterException: The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.
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
