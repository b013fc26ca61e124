//! Calls on services and on the protection of their tasks.

use expect_test::expect;
use serde_json::{Value, json};

use stowplan_engine::api::{EngineConfig, Quotas};

use crate::bed::{Bed, Behavior, both, limits};
use crate::{NO_CLUSTER, check};

fn new(more: Value) -> Value {
    both(json!({ "serviceName": "new", "taskDefinition": "job", "desiredCount": 1 }), more)
}

fn configuration(it: Value) -> Value {
    json!({ "deploymentConfiguration": it })
}

fn code_deploy() -> Value {
    json!({ "deploymentController": { "type": "CODE_DEPLOY" } })
}

#[test]
fn create_service() {
    let balancer = |it: Value| json!({ "loadBalancers": [it] });
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
        InvalidParameterException: The service name must be 1 to 255 letters, numbers,
            hyphens and underscores.
        InvalidParameterException: The service name must be 1 to 255 letters, numbers,
            hyphens and underscores.
        InvalidParameterException: Creation of service was not idempotent.
        InvalidParameterException: Unable to Start a service that is still Draining.
        InvalidParameterException: DesiredCount is missing
        InvalidParameterException: The desired count must be 0 or more.
        InvalidParameterException: The desired count exceeds the quota of 5000 tasks per
            service.
        InvalidParameterException: schedulingStrategy cannot be SOMETIMES.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition is inactive
        InvalidParameterException: Network Configuration must be provided when
            networkMode 'awsvpc' is specified.
        InvalidParameterException: Task definition does not support launch_type FARGATE.
        InvalidParameterException: The container nobody does not exist in the task
            definition.
        InvalidParameterException: The container app did not have a container port 80
            defined.
        InvalidParameterException: A service can have at most 5 target groups.
        InvalidParameterException: healthCheckGracePeriodSeconds must be between 0 and
            2147483647.
        InvalidParameterException: healthCheckGracePeriodSeconds must be between 0 and
            2147483647.
        InvalidParameterException: placementConstraints[0]: memberOf needs an expression
        InvalidParameterException: placementStrategy[0]: spread needs a field:
            instanceId, host or attribute:<name>
    "#]],
    );
}

#[test]
fn create_a_daemon_service() {
    let daemon = |more: Value| {
        let service = json!({ "serviceName": "new", "taskDefinition": "job",
            "schedulingStrategy": "DAEMON" });
        both(service, more)
    };
    let calls = [
        daemon(json!({ "desiredCount": 1 })),
        daemon(json!({ "launchType": "FARGATE" })),
        daemon(json!({ "placementStrategy": [{ "type": "random" }] })),
        daemon(configuration(json!({ "maximumPercent": 101 }))),
        daemon(configuration(json!({ "maximumPercent": 99 }))),
        daemon(code_deploy()),
        daemon(json!({ "capacityProviderStrategy":
            [{ "capacityProvider": "provider-1", "weight": 1 }] })),
        daemon(json!({ "availabilityZoneRebalancing": "ENABLED" })),
    ];
    check(
        "createService",
        &calls,
        expect![[r#"
        InvalidParameterException: The daemon scheduling strategy does not support a
            desired count for services. Remove the desired count value and try again
        InvalidParameterException: The daemon scheduling strategy does not support the
            FARGATE launch type. Change the launch type and try again
        InvalidParameterException: The daemon scheduling strategy does not support
            placement strategies. Remove the placement strategy and try again
        InvalidParameterException: The daemon scheduling strategy does not support
            values above 100 for maximumPercent on a deployment configuration. Change the
            maximumPercent value to 100, and try again
        InvalidParameterException: maximumPercent must be between 100 and 100000.
        InvalidParameterException: The daemon scheduling strategy supports only the ECS
            deployment controller.
        InvalidParameterException: Specifying a capacity provider strategy is not
            supported when you create a service using the DAEMON scheduling strategy.
        InvalidParameterException: Availability Zone Rebalancing does not support DAEMON
            services
    "#]],
    );
}

#[test]
fn create_a_service_with_a_bad_configuration() {
    let breaker = |kind: &str, value: i64| {
        configuration(json!({ "deploymentCircuitBreaker": { "enable": true, "rollback": true,
            "thresholdConfiguration": { "type": kind, "value": value } } }))
    };
    let calls = [
        new(limits(100, 100)),
        new(limits(101, 200)),
        new(limits(50, 99)),
        new(configuration(json!({ "minimumHealthyPercent": -1 }))),
        new(configuration(json!({ "maximumPercent": 100_001 }))),
        new(both(limits(0, 100), json!({ "availabilityZoneRebalancing": "ENABLED" }))),
        new(json!({ "availabilityZoneRebalancing": "PERHAPS" })),
        new(json!({ "availabilityZoneRebalancing": "ENABLED",
            "placementStrategy": [{ "type": "random" }] })),
        new(both(code_deploy(), limits(50, 200))),
        new(breaker("BOUNDED_PERCENT", 0)),
        new(breaker("UNBOUNDED_PERCENT", 101)),
        new(breaker("COUNT", 0)),
        new(breaker("FEELING", 1)),
        new(configuration(json!({ "bakeTimeInMinutes": 1441 }))),
        new(configuration(json!({ "strategy": "BLUE_GREEN" }))),
        new(configuration(json!({ "strategy": "ROLLING", "linearConfiguration": {} }))),
        new(configuration(json!({ "strategy": "ROLLING", "canaryConfiguration": {} }))),
        new(configuration(json!({ "strategy": "SIDEWAYS" }))),
    ];
    check(
        "createService",
        &calls,
        expect![[r#"
        InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot
            be 100 as this will block deployments
        InvalidParameterException: minimumHealthyPercent must be between 0 and 100.
        InvalidParameterException: maximumPercent must be between 100 and 100000.
        InvalidParameterException: minimumHealthyPercent is out of range.
        InvalidParameterException: maximumPercent is out of range.
        InvalidParameterException: The service couldn't be created because Availability
            Zone Rebalancing does not support maximumPercent <= 100 % as deployment
            configuration.
        InvalidParameterException: availabilityZoneRebalancing cannot be PERHAPS.
        InvalidParameterException: Availability Zone Rebalancing needs the first
            placement strategy to be spread(attribute:ecs.availability-zone).
        InvalidParameterException: minimumHealthyPercent and maximumPercent cannot be
            customised with the CODE_DEPLOY deployment controller.
        InvalidParameterException: The circuit breaker threshold is out of range.
        InvalidParameterException: The circuit breaker threshold is out of range.
        InvalidParameterException: The circuit breaker threshold is out of range.
        InvalidParameterException: Unknown threshold type FEELING.
        InvalidParameterException: bakeTimeInMinutes must be between 0 and 1440.
        InvalidParameterException: bakeTimeInMinutes is required for the BLUE_GREEN
            deployment strategy.
        InvalidParameterException: linearConfiguration is not valid for the ROLLING
            deployment strategy.
        InvalidParameterException: canaryConfiguration is not valid for the ROLLING
            deployment strategy.
        InvalidParameterException: strategy cannot be SIDEWAYS.
    "#]],
    );
}

#[test]
fn update_service() {
    let web = |more: Value| both(json!({ "service": "web" }), more);
    let calls = [
        web(json!({ "cluster": NO_CLUSTER })),
        json!({ "service": "nothing" }),
        json!({ "service": "gone" }),
        web(json!({ "desiredCount": -1 })),
        web(json!({ "desiredCount": 5001 })),
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
        InvalidParameterException: The desired count exceeds the quota of 5000 tasks per
            service.
        InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot
            be 100 as this will block deployments
        InvalidParameterException: The service couldn't be updated because Availability
            Zone Rebalancing does not support maximumPercent <= 100 % as deployment
            configuration.
        InvalidParameterException: maximumPercent must be between 100 and 100000.
        ClientException: TaskDefinition not found.
        ClientException: TaskDefinition is inactive
        InvalidParameterException: Network Configuration must be provided when
            networkMode 'awsvpc' is specified.
        InvalidParameterException: When switching from launch type to capacity provider
            strategy on an existing service, or making a change to a capacity provider
            strategy on a service that is already using one, you must force a new
            deployment.
        InvalidParameterException: placementConstraints[0]: Invalid expression: expected
            a subject (attribute:<name>, task:group, agentConnected, agentVersion,
            ec2InstanceId, registeredAt or runningTasksCount) at position 1, found the
            end.
        InvalidParameterException: placementStrategy[0]: binpack needs a field: cpu or
            memory
        InvalidParameterException: healthCheckGracePeriodSeconds must be between 0 and
            2147483647.
        InvalidParameterException: The container nobody does not exist in the task
            definition.
    "#]],
    );
}

#[test]
fn update_a_daemon_service() {
    let log = |more: Value| both(json!({ "service": "log" }), more);
    let calls = [
        log(json!({ "desiredCount": 1 })),
        log(json!({ "deploymentConfiguration": { "maximumPercent": 200 } })),
        log(json!({ "placementStrategy": [{ "type": "random" }] })),
        log(json!({ "availabilityZoneRebalancing": "ENABLED" })),
        log(json!({ "forceNewDeployment": true, "capacityProviderStrategy":
            [{ "capacityProvider": "provider-1", "weight": 1 }] })),
    ];
    check(
        "updateService",
        &calls,
        expect![[r#"
        InvalidParameterException: The daemon scheduling strategy does not support a
            desired count for services. Remove the desired count value and try again
        InvalidParameterException: The daemon scheduling strategy does not support
            values above 100 for maximumPercent on a deployment configuration. Change the
            maximumPercent value to 100, and try again
        InvalidParameterException: The daemon scheduling strategy does not support
            placement strategies. Remove the placement strategy and try again
        InvalidParameterException: Availability Zone Rebalancing does not support DAEMON
            services
        InvalidParameterException: Specifying a capacity provider strategy is not
            supported when you create a service using the DAEMON scheduling strategy.
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
        InvalidParameterException: The service cannot be stopped while it is scaled
            above 0.
        InvalidParameterException: The service cannot be stopped while it is scaled
            above 0.
        ServiceNotActiveException: Service was not ACTIVE.
    "#]],
    );
    let calls = [
        json!({ "serviceDeploymentArn": "nothing" }),
        json!({ "serviceDeploymentArn": "web", "stopType": "ABORT" }),
        json!({ "serviceDeploymentArn": "log" }),
        json!({ "serviceDeploymentArn": "leaving" }),
    ];
    check(
        "stopServiceDeployment",
        &calls,
        expect![[r#"
            ServiceDeploymentNotFoundException: The specified service deployment was not
                found.
            InvalidParameterException: The stop type ABORT is not supported.
            ServiceDeploymentNotFoundException: The specified service deployment was not
                found.
            ConflictException: The service deployment is already completed.
        "#]],
    );
    let go_on = |arn: &str| json!({ "serviceDeploymentArn": arn, "hookId": "ecs-pause-1" });
    let mut odd = go_on("web");
    odd["action"] = json!("WAIT");
    check(
        "continueServiceDeployment",
        &[go_on("no-such-service"), odd, go_on("web"), go_on("leaving")],
        expect![[r#"
            ServiceDeploymentNotFoundException: The specified service deployment was not
                found.
            InvalidParameterException: action cannot be WAIT.
            ClientException: The hook ecs-pause-1 is not awaiting an action.
            ClientException: The service deployment is not in progress.
        "#]],
    );
}

#[test]
fn task_sets() {
    let name = |service: &str| json!({ "service": service, "taskSet": "ecs-svc/1" });
    let primary = |service: &str| json!({ "service": service, "primaryTaskSet": "ecs-svc/1" });
    check(
        "createTaskSet",
        &[json!({ "service": "nothing" }), json!({ "service": "web" })],
        expect![[r#"
            ServiceNotFoundException: Service not found.
            InvalidParameterException: Task sets need the EXTERNAL deployment controller.
        "#]],
    );
    check(
        "updateTaskSet",
        &[name("nothing"), name("web")],
        expect![[r#"
            ServiceNotFoundException: Service not found.
            InvalidParameterException: Task sets need the EXTERNAL deployment controller.
        "#]],
    );
    check(
        "deleteTaskSet",
        &[name("nothing"), name("web")],
        expect![[r#"
            ServiceNotFoundException: Service not found.
            InvalidParameterException: Task sets need the EXTERNAL deployment controller.
        "#]],
    );
    check(
        "updateServicePrimaryTaskSet",
        &[primary("nothing"), primary("web")],
        expect![[r#"
            ServiceNotFoundException: Service not found.
            UnsupportedFeatureException: Task sets need the EXTERNAL deployment controller.
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

/// The quota can be lowered by a scenario, but not raised: no account of ECS can (03 section 2.2).
#[test]
fn a_sixth_target_group_is_refused_whatever_the_quota_says() {
    let quotas = Quotas { target_groups_per_service: 9, ..Quotas::default() };
    let config = EngineConfig { quotas, ..EngineConfig::default() };
    let mut bed = Bed::with(config, 0, Behavior::instant());
    bed.instance("A", "a", 4096, 4096);
    let port = json!({ "containerPort": 80, "hostPort": 0 });
    let container = json!({ "name": "app", "image": "i", "memory": 64, "portMappings": [port] });
    bed.define_task(json!({ "family": "job", "containerDefinitions": [container] }));
    let behind = |groups: u32| {
        let at = json!({ "containerName": "app", "containerPort": 80 });
        let group = |n| both(at.clone(), json!({ "targetGroupArn": format!("tg-{n}") }));
        json!({ "loadBalancers": (0..groups).map(group).collect::<Vec<_>>() })
    };
    let refusal = "InvalidParameterException: A service can have at most 5 target groups.";
    for groups in [6, 9, 10] {
        assert_eq!(bed.refused("createService", new(behind(groups))), refusal);
    }
    bed.must("createService", new(behind(5)));
    let six = both(json!({ "service": "new" }), behind(6));
    assert_eq!(bed.at(5).refused("updateService", six), refusal);
    bed.at(10).update("new", json!({ "desiredCount": 2 }));
    bed.run_until(60);
    assert_eq!(bed.tasks_of("new").len(), 2);
}
