//! Rows of Fargate: F1 to F8. Without FARGATE in `requiresCompatibilities` they refuse nothing and
//! decide whether `compatibilities` names it.

use crate::api::input::ContainerDefinition;
use crate::api::json::Json;
use crate::model::NetworkMode;

use super::draft::{Draft, has, is_ecr_image, list};
use super::rows::{Verdict, refuse};

/// Most seconds of a start or stop timeout.
const LONGEST_TIMEOUT: i64 = 120;

/// GiB of ephemeral storage that may be asked for.
const EPHEMERAL_STORAGE_GIB: std::ops::RangeInclusive<i64> = 21..=200;

/// F1
pub(super) fn network_mode_is_awsvpc(draft: &Draft<'_>) -> Verdict {
    if draft.network_mode == NetworkMode::Awsvpc {
        return Ok(());
    }
    refuse("Fargate only supports network mode ‘awsvpc’.")
}

/// F2
pub(super) fn size_is_given(draft: &Draft<'_>) -> Verdict {
    for (setting, value) in [("cpu", draft.cpu), ("memory", draft.memory)] {
        if value.is_none() {
            return refuse(format!(
                "Fargate requires that '{setting}' be defined at the task level."
            ));
        }
    }
    Ok(())
}

/// F3
pub(super) fn size_is_offered(draft: &Draft<'_>) -> Verdict {
    let (Some(cpu), Some(memory)) = (draft.cpu, draft.memory) else { return Ok(()) };
    super::launch::check_fargate_size(cpu, memory, draft.windows, draft.config)
}

/// F4; the guide gives the start timeout the same bound (01 section 2.3).
pub(super) fn timeouts_are_short_enough(draft: &Draft<'_>) -> Verdict {
    for container in draft.containers() {
        for (kind, timeout) in
            [("stop", container.stop_timeout), ("start", container.start_timeout)]
        {
            if timeout.is_some_and(|seconds| seconds > LONGEST_TIMEOUT) {
                return refuse(format!(
                    "Tasks using the Fargate launch type must have a container {kind} timeout of \
                     less than 120 seconds."
                ));
            }
        }
    }
    Ok(())
}

/// F5
pub(super) fn ephemeral_storage_is_in_range(draft: &Draft<'_>) -> Verdict {
    let Some(storage) = &draft.input.ephemeral_storage else { return Ok(()) };
    if storage.size_in_gib < *EPHEMERAL_STORAGE_GIB.start() {
        return refuse("EphemeralStorage size should be at least 21");
    }
    if storage.size_in_gib > *EPHEMERAL_STORAGE_GIB.end() {
        return refuse("EphemeralStorage size should be at most 200");
    }
    Ok(())
}

/// F6
pub(super) fn nothing_unsupported(draft: &Draft<'_>) -> Verdict {
    match UNSUPPORTED.iter().find(|(_, is_used)| is_used(draft)) {
        None => Ok(()),
        Some((field, _)) => refuse(format!("Fargate does not support {field}.")),
    }
}

/// A field as the refusal names it, and whether it is used.
type Unsupported = (&'static str, fn(&Draft<'_>) -> bool);

const UNSUPPORTED: &[Unsupported] = &[
    ("privileged", |draft| some(draft, |c| c.privileged == Some(true))),
    ("disableNetworking", |draft| some(draft, |c| c.disable_networking == Some(true))),
    ("devices", |draft| some(draft, |c| !list(linux(c), "devices").is_empty())),
    ("sharedMemorySize", |draft| some(draft, |c| has(linux(c), "sharedMemorySize"))),
    ("maxSwap", |draft| some(draft, |c| has(linux(c), "maxSwap"))),
    ("swappiness", |draft| some(draft, |c| has(linux(c), "swappiness"))),
    ("links", |draft| some(draft, |c| !c.links.is_empty())),
    ("dockerSecurityOptions", |draft| some(draft, |c| !c.docker_security_options.is_empty())),
    ("dockerVolumeConfiguration", |draft| {
        draft.input.volumes.iter().any(|v| has(Some(v), "dockerVolumeConfiguration"))
    }),
    ("fsxWindowsFileServerVolumeConfiguration", |draft| {
        draft.input.volumes.iter().any(|v| has(Some(v), "fsxWindowsFileServerVolumeConfiguration"))
    }),
    ("sourcePath", |draft| draft.input.volumes.iter().any(|v| has(v.field("host"), "sourcePath"))),
    ("ipcMode", |draft| draft.input.ipc_mode.is_some()),
    ("pidMode", uses_pid_mode),
    ("GPU", |draft| some(draft, |c| c.resource_requirements.iter().any(|r| r.kind == "GPU"))),
    ("placementConstraints", |draft| !draft.input.placement_constraints.is_empty()),
    ("capabilities", |draft| some(draft, adds_capabilities)),
];

fn some(draft: &Draft<'_>, is_used: fn(&ContainerDefinition) -> bool) -> bool {
    draft.containers().iter().any(is_used)
}

fn linux(container: &ContainerDefinition) -> Option<&Json> {
    container.linux_parameters.as_ref()
}

/// Only SYS_PTRACE may be added.
fn adds_capabilities(container: &ContainerDefinition) -> bool {
    let capabilities = linux(container).and_then(|parameters| parameters.field("capabilities"));
    list(capabilities, "add").iter().any(|added| added.as_str() != Some("SYS_PTRACE"))
}

/// Linux tasks may share their own process namespace, not the host's.
fn uses_pid_mode(draft: &Draft<'_>) -> bool {
    let mode = draft.input.pid_mode.as_deref();
    mode.is_some_and(|mode| mode != "task" || draft.windows)
}

/// F7
pub(super) fn log_drivers_are_known(draft: &Draft<'_>) -> Verdict {
    let mut drivers = log_drivers(draft);
    match drivers.find(|driver| !matches!(*driver, "awslogs" | "splunk" | "awsfirelens")) {
        None => Ok(()),
        Some(driver) => refuse(format!(
            "{driver} is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]"
        )),
    }
}

/// F8
pub(super) fn execution_role_where_needed(draft: &Draft<'_>) -> Verdict {
    if draft.input.execution_role_arn.is_some() {
        return Ok(());
    }
    let what = if draft.containers().iter().any(|container| is_ecr_image(&container.image)) {
        "ECR images"
    } else if log_drivers(draft).any(|driver| driver == "awslogs") {
        "log driver awslogs"
    } else {
        return Ok(());
    };
    refuse(format!(
        "Fargate requires task definition to have execution role ARN to support {what}."
    ))
}

fn log_drivers<'d>(draft: &Draft<'d>) -> impl Iterator<Item = &'d str> + use<'d> {
    let configurations = draft.containers().iter().filter_map(|c| c.log_configuration.as_ref());
    configurations.map(|configuration| &*configuration.log_driver)
}
