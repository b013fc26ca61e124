//! What CodeDeploy's calls accept and refuse (03 sections 20.1 to 20.4).

use serde_json::{Value, json};
use stowplan_engine::api::{Input, Setup};
use stowplan_engine::model::Slot;

use crate::bed::{Bed, both};
use crate::code_deploy::{deploy, group, rolls_back, statuses, steady, terminates};

/// A group that is refused when it is given.
fn refused_group(bed: &mut Bed, group: Value) -> String {
    let group = serde_json::from_value(group).expect("a group");
    let error = bed.step(Input::Setup(Setup::DeploymentGroup(Box::new(group))));
    error.expect_err("the group is refused").to_string()
}

fn another(more: Value) -> Value {
    both(group("AllAtOnce", json!({ "deploymentGroupName": "other" })), more)
}

#[test]
fn a_group_has_one_service_and_one_pair() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    let pair = |groups: Value, more: Value| {
        let pair = both(json!({ "targetGroups": groups }), more);
        json!({ "loadBalancerInfo": { "targetGroupPairInfoList": [pair] } })
    };
    let names = || json!([{ "name": "blue" }, { "name": "green" }]);
    let cases = [
        (
            group("AllAtOnce", json!({})),
            "DeploymentGroupAlreadyExistsException: The deployment \
            group web already exists.",
        ),
        (
            another(json!({ "ecsServices": [] })),
            "InvalidECSServiceException: A deployment group \
            deploys exactly one ECS service.",
        ),
        (
            another(pair(names(), json!({}))),
            "InvalidLoadBalancerInfoException: Exactly one \
            production listener must be given.",
        ),
        (
            another(pair(json!([{ "name": "blue" }, { "name": "blue" }]), json!({}))),
            "InvalidLoadBalancerInfoException: A target group pair is exactly two different \
            target groups.",
        ),
    ];
    for (group, text) in cases {
        assert_eq!(refused_group(&mut bed, group), text);
    }
    bed.network_group("blue");
    let linear = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes";
    assert!(
        refused_group(&mut bed, another(json!({ "deploymentConfigName": linear })))
            .starts_with("InvalidDeploymentConfigNameException: "),
        "W113 holds for groups as for deployments"
    );
}

#[test]
fn a_group_has_sound_waits_events_and_alarms() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    let ready = |option: Value| {
        let option = json!({ "deploymentReadyOption": option });
        json!({ "blueGreenDeploymentConfiguration": option })
    };
    let cases = [
        (
            another(terminates(2881)),
            "InvalidBlueGreenDeploymentConfigurationException: \
            terminationWaitTimeInMinutes must be between 0 and 2880.",
        ),
        (
            another(ready(json!({ "actionOnTimeout": "WAIT" }))),
            "InvalidBlueGreenDeploymentConfigurationException: actionOnTimeout cannot be WAIT.",
        ),
        (
            another(rolls_back(&["ALWAYS"])),
            "InvalidAutoRollbackConfigException: There is no \
            rollback event ALWAYS.",
        ),
        (
            another(json!({ "deploymentConfigName": "CodeDeployDefault.OneAtATime" })),
            "DeploymentConfigDoesNotExistException: No deployment configuration found for name: \
            CodeDeployDefault.OneAtATime",
        ),
        (
            another(json!({ "deploymentStyle": { "deploymentType": "IN_PLACE" } })),
            "InvalidDeploymentStyleException: Deployments of ECS services are BLUE_GREEN and \
            WITH_TRAFFIC_CONTROL.",
        ),
        (
            another(json!({ "alarmConfiguration": { "enabled": true,
            "alarms": vec![json!({ "name": "A" }); 11] } })),
            "AlarmsLimitExceededException: A deployment group can have at most 10 alarms.",
        ),
    ];
    for (group, text) in cases {
        assert_eq!(refused_group(&mut bed, group), text);
    }
}

#[test]
fn a_group_has_the_names_of_the_console_when_none_are_given() {
    let mut bed = steady(group("AllAtOnce", json!({ "deploymentGroupName": "" })));
    let found = bed.engine.view().deployment_group("DgpECS-default-web").expect("its name");
    assert_eq!(&*found.application, "AppECS-default-web");
    let call = json!({ "deploymentGroupName": "DgpECS-default-web",
        "applicationName": "AppECS-default-web", "taskDefinition": "web:2" });
    bed.must("createDeployment", call);
}

#[test]
fn a_group_deploys_one_thing_at_a_time() {
    let mut bed = steady(group("AllAtOnce", terminates(60)));
    deploy(&mut bed, json!({}));
    let again = json!({ "deploymentGroupName": "web", "taskDefinition": "web:2" });
    let active = "DeploymentLimitExceededException: The Deployment Group 'web' already has an \
                  active Deployment 'd-000000001'";
    assert_eq!(bed.refused("createDeployment", again.clone()), active);
    bed.at(3_000);
    assert_eq!(bed.refused("createDeployment", again.clone()), active);
    bed.at(4_000).must("createDeployment", again);
}

#[test]
fn what_a_deployment_needs() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    let of = |more: Value| both(json!({ "deploymentGroupName": "web" }), more);
    let spec = |properties: Value| {
        let service = json!({ "Type": "AWS::ECS::Service", "Properties": properties });
        json!({ "Resources": [{ "TargetService": service }] })
    };
    let cases = [
        (
            json!({ "deploymentGroupName": "wbe" }),
            "DeploymentGroupDoesNotExistException: No \
            Deployment Group found for name: wbe",
        ),
        (
            of(json!({ "applicationName": "x" })),
            "ApplicationDoesNotExistException: No application \
            found for name: x",
        ),
        (
            of(json!({})),
            "RevisionRequiredException: A revision is required: give an appSpec, or a \
            taskDefinition.",
        ),
        (
            of(json!({ "taskDefinition": "web:9" })),
            "InvalidRevisionException: TaskDefinition not \
            found.",
        ),
        (
            of(json!({ "taskDefinition": "web:2", "hooks": { "AllowTraffic": "f" } })),
            "InvalidRevisionException: No hook can be given for AllowTraffic.",
        ),
        (
            of(json!({ "taskDefinition": "web:2",
            "hooks": [{ "AfterInstall": "f" }, { "AfterInstall": "g" }] })),
            "InvalidRevisionException: Two hooks are given for AfterInstall.",
        ),
        (
            of(json!({ "appSpec": { "Resources": [] } })),
            "InvalidRevisionException: The AppSpec \
            has exactly one resource.",
        ),
        (
            of(json!({ "appSpec": spec(json!({ "TaskDefinition": "web:2" })) })),
            "InvalidRevisionException: The AppSpec needs LoadBalancerInfo with ContainerName and \
            ContainerPort.",
        ),
        (
            of(json!({ "appSpec": spec(json!({ "TaskDefinition": "web:2",
            "LoadBalancerInfo": { "ContainerName": "app", "ContainerPort": 81 } })) })),
            "InvalidRevisionException: The container app did not have a container port 81 \
            defined.",
        ),
    ];
    for (call, text) in cases {
        assert_eq!(bed.refused("createDeployment", call), text);
    }
    assert_eq!(
        bed.refused("stopDeployment", json!({ "deploymentId": "d-000000001" })),
        "DeploymentDoesNotExistException: The deployment d-000000001 could not be found"
    );
    assert!(bed.engine.view().code_deployments().is_empty());
}

#[test]
fn an_app_spec_is_carried_out_as_the_service_would_read_it() {
    for (resources, kind) in [("Resources", "Type"), ("resources", "type")] {
        let mut bed = steady(group("AllAtOnce", terminates(0)));
        let properties = json!({ "TaskDefinition": "web:2",
            "LoadBalancerInfo": { "ContainerName": "app", "ContainerPort": 80 } });
        let spec = json!({ "version": 0.0, "Hooks": [{ "BeforeInstall": "check" }],
            resources: [{ "TargetService": { kind: "AWS::ECS::Service",
                "Properties": properties } }] });
        bed.must("createDeployment", json!({ "deploymentGroupName": "web", "appSpec": spec }));
        bed.run_until(1_000);
        assert_eq!(statuses(&bed), ["user Succeeded"]);
        assert_eq!(bed.deployments("web"), ["PRIMARY COMPLETED web:2 3"]);
    }
}

#[test]
fn services_of_other_controllers_are_not_deployed() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    bed.create("api", 1, json!({ "taskDefinition": "web:1" }));
    let api = another(json!({ "ecsServices": [{ "serviceName": "api" }] }));
    crate::code_deploy::given(&mut bed, api);
    let call = json!({ "deploymentGroupName": "other", "taskDefinition": "web:2" });
    assert_eq!(
        bed.refused("createDeployment", call),
        "InvalidECSServiceException: The deployment controller of the ECS service api is not \
         CODE_DEPLOY."
    );
}

#[test]
fn a_configuration_of_ones_own() {
    let mut bed = steady(group("AllAtOnce", terminates(0)));
    let config = |routing: Value| {
        json!({ "deploymentConfigName": "thirds", "computePlatform": "ECS",
            "trafficRoutingConfig": routing })
    };
    let linear = |percentage: i64| {
        json!({ "type": "TimeBasedLinear",
            "timeBasedLinear": { "linearPercentage": percentage, "linearInterval": 2 } })
    };
    assert!(
        bed.refused("createDeploymentConfig", config(linear(100)))
            .starts_with("InvalidTrafficRoutingConfigurationException: ")
    );
    bed.must("createDeploymentConfig", config(linear(33)));
    assert!(
        bed.refused("createDeploymentConfig", config(linear(33)))
            .starts_with("DeploymentConfigAlreadyExistsException: ")
    );
    deploy(&mut bed, json!({ "deploymentConfigName": "thirds" }));
    let green = |bed: &Bed| bed.service_row("web").traffic.production_of(Slot::Alternate).0 / 1000;
    let seen: Vec<u32> = [39, 40, 160, 280, 400]
        .into_iter()
        .map(|at| {
            bed.run_until(at);
            green(&bed)
        })
        .collect();
    assert_eq!(seen, [0, 33, 66, 99, 100]);
}
