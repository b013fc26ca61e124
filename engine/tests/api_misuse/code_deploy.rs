//! CodeDeploy's calls where there is nothing to deploy (03 section 20).

use expect_test::expect;
use serde_json::{Value, json};

use crate::check;

#[test]
fn deployments() {
    let of = |more: Value| crate::bed::both(json!({ "deploymentGroupName": "web" }), more);
    check(
        "createDeployment",
        &[of(json!({})), of(json!({ "taskDefinition": "web:2" }))],
        expect![[r#"
            DeploymentGroupDoesNotExistException: No Deployment Group found for name: web
            DeploymentGroupDoesNotExistException: No Deployment Group found for name: web
        "#]],
    );
    let named = |id: &str| json!({ "deploymentId": id });
    check(
        "stopDeployment",
        &[named("d-000000001"), named("web")],
        expect![[r#"
        DeploymentDoesNotExistException: The deployment d-000000001 could not be found
        DeploymentDoesNotExistException: The deployment web could not be found
    "#]],
    );
    check(
        "continueDeployment",
        &[named("d-000000001"), named("d-999999999999")],
        expect![[r#"
        DeploymentDoesNotExistException: The deployment d-000000001 could not be found
        DeploymentDoesNotExistException: The deployment d-999999999999 could not be
            found
    "#]],
    );
}

#[test]
fn configurations() {
    let of = |more: Value| crate::bed::both(json!({ "deploymentConfigName": "own" }), more);
    let routing = |kind: &str| json!({ "trafficRoutingConfig": { "type": kind } });
    check(
        "createDeploymentConfig",
        &[
            of(json!({ "computePlatform": "Lambda" })),
            of(json!({})),
            of(routing("TimeBasedLinear")),
            of(routing("Sometimes")),
            json!({ "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce" }),
            json!({ "deploymentConfigName": "CodeDeployDefault.Mine" }),
        ],
        expect![[r#"
            InvalidComputePlatformException: Only configurations of the ECS compute platform
                are known.
            InvalidTrafficRoutingConfigurationException: trafficRoutingConfig must be
                AllAtOnce, or TimeBasedCanary or TimeBasedLinear with a percentage from 1 to
                99 and an interval of at least 1 minute.
            InvalidTrafficRoutingConfigurationException: trafficRoutingConfig must be
                AllAtOnce, or TimeBasedCanary or TimeBasedLinear with a percentage from 1 to
                99 and an interval of at least 1 minute.
            InvalidTrafficRoutingConfigurationException: trafficRoutingConfig must be
                AllAtOnce, or TimeBasedCanary or TimeBasedLinear with a percentage from 1 to
                99 and an interval of at least 1 minute.
            DeploymentConfigAlreadyExistsException: The deployment configuration
                CodeDeployDefault.ECSAllAtOnce already exists, or is reserved.
            DeploymentConfigAlreadyExistsException: The deployment configuration
                CodeDeployDefault.Mine already exists, or is reserved.
        "#]],
    );
}
