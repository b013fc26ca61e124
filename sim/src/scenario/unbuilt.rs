//! What the format has and this version cannot carry out yet, by name. Using one is an error,
//! never ignored. Whoever builds something deletes its row.

use super::at::At;
use crate::document::{DocumentError, Node, Value};

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// At the top of a scenario.
    TopLevel,
    /// In an Auto Scaling group.
    Group,
    /// In a service, or in the input of CreateService and UpdateService.
    Service,
    /// In an alarm.
    Alarm,
    /// In a behaviour.
    Behavior,
    /// In `tunables`.
    Tunable,
    /// An action of the timeline.
    Action,
    /// Nowhere: a map in which everything is built.
    Complete,
}

const UNBUILT: &[(Part, &[&str])] = &[
    (
        Part::TopLevel,
        &[
            "scaling",
            "metrics",
            "load",
            "roles",
            "secrets",
            "logGroups",
            "routing",
            "faults",
            "prices",
        ],
    ),
    (Part::Group, &["warmPool"]),
    (Part::Service, &["volumeConfigurations", "vpcLatticeConfigurations"]),
    (
        Part::Alarm,
        &["metrics", "extendedStatistic", "alarmActions", "okActions", "insufficientDataActions"],
    ),
    (Part::Behavior, &["errorRate", "costPerRequest", "maxUtilisation", "awsCalls"]),
    (
        Part::Tunable,
        &[
            "warmPoolReadySeconds",
            "miReadySeconds",
            "miScaleInAfterSeconds",
            "activityTimeoutSeconds",
            "fargateSpotDiscount",
            "ec2SpotDiscount",
            "miFee",
            "dataParallel",
        ],
    ),
    (
        Part::Action,
        &[
            "registerContainerInstance",
            "createCluster",
            "updateCluster",
            "deleteCluster",
            "putAccountSettingDefault",
            "deleteAccountSetting",
            "listAccountSettings",
            "registerScalableTarget",
            "deregisterScalableTarget",
            "describeScalableTargets",
            "describeScalingActivities",
            "putScalingPolicy",
            "deleteScalingPolicy",
            "putScheduledAction",
            "deleteScheduledAction",
            "updateAutoScalingGroup",
            "putMetricAlarm",
            "putRolePolicy",
            "deleteRolePolicy",
            "createSecret",
            "putSecretValue",
            "deleteSecret",
            "azOutage",
            "azRecovery",
            "regionOutage",
            "regionRecovery",
            "setLoad",
            "setMetric",
        ],
    ),
];

/// The name as the table has it, if it is in it.
pub(super) fn find(part: Part, name: &str) -> Option<&'static str> {
    let names = UNBUILT.iter().filter(|(of, _)| *of == part).flat_map(|(_, names)| *names);
    names.copied().find(|unbuilt| *unbuilt == name)
}

/// The refusal.
pub(super) fn error(name: &str) -> DocumentError {
    DocumentError::new(format!("`{name}` is not built yet")).with_remedy("Leave it out")
}

/// Refuses members of a map that are not built yet, unless they say nothing.
pub(super) fn refuse_members(at: &At<'_>, part: Part) -> Result<(), DocumentError> {
    for (name, value) in at.children() {
        let switch = |name| value.node.get(name).and_then(Node::as_bool);
        let says_nothing = match &value.node.value {
            Value::Null => true,
            Value::List(items) => items.is_empty(),
            _ => switch("enabled") == Some(false) || switch("enable") == Some(false),
        };
        if let Some(name) = find(part, name)
            && !says_nothing
        {
            return Err(error(name).at(value.origin.path(), value.node.place));
        }
    }
    Ok(())
}
