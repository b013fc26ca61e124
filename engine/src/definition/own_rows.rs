//! What 01 sections 1.7, 2.2 and 2.3 give as range or spelling without a row in the table. AWS's
//! own texts for these are not published; ours name the place and the remedy.

use crate::model::NetworkMode;

use super::draft::{Draft, has, text};
use super::gpu;
use super::rows::{Verdict, refuse};
use super::task_rows::is_name;

/// Largest number the API takes.
const LARGEST_INTEGER: i64 = i32::MAX as i64;

const NETWORK_MODES: &[&str] = &["bridge", "host", "awsvpc", "none", "default"];
const LAUNCH_TYPES: &[&str] = &["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"];
const PID_MODES: &[&str] = &["host", "task"];
const IPC_MODES: &[&str] = &["host", "task", "none"];
const ARCHITECTURES: &[&str] = &["X86_64", "ARM64"];
const ISOLATION_MODES: &[&str] = &["SHARED", "ISOLATED_SANDBOX", "CONFIDENTIAL_SANDBOX"];
/// The one system that gives tasks no interface of their own (02 section 1).
const WITHOUT_AWSVPC: &str = "WINDOWS_SERVER_2016_FULL";
const CONDITIONS: &[&str] = &["START", "COMPLETE", "SUCCESS", "HEALTHY"];
const SWITCH: &[&str] = &["enabled", "disabled"];
const APP_PROTOCOLS: &[&str] = &["http", "http2", "grpc"];
const OS_FAMILIES: &[&str] = &[
    "LINUX",
    "WINDOWS_SERVER_2016_FULL",
    "WINDOWS_SERVER_2019_FULL",
    "WINDOWS_SERVER_2019_CORE",
    "WINDOWS_SERVER_2004_CORE",
    "WINDOWS_SERVER_20H2_CORE",
    "WINDOWS_SERVER_2022_FULL",
    "WINDOWS_SERVER_2022_CORE",
    "WINDOWS_SERVER_2025_FULL",
    "WINDOWS_SERVER_2025_CORE",
];

/// Each container says what it is called and what it runs.
pub(super) fn containers_have_name_and_image(draft: &Draft<'_>) -> Verdict {
    for container in draft.containers() {
        if !is_name(&container.name) {
            return refuse("Container.name contains invalid characters.");
        }
        if container.image.is_empty() {
            return refuse("Container.image should not be null or empty.");
        }
    }
    Ok(())
}

/// Every enumeration has one of its words.
pub(super) fn words_are_known(draft: &Draft<'_>) -> Verdict {
    let input = draft.input;
    let platform = input.runtime_platform.as_ref();
    let isolation = text(input.trusted_execution_configuration.as_ref(), "isolationMode");
    word("networkMode", input.network_mode.as_deref(), NETWORK_MODES)?;
    for launch_type in &input.requires_compatibilities {
        word("requiresCompatibilities", Some(launch_type), LAUNCH_TYPES)?;
    }
    word("pidMode", input.pid_mode.as_deref(), PID_MODES)?;
    word("ipcMode", input.ipc_mode.as_deref(), IPC_MODES)?;
    if let Some(platform) = platform {
        word("operatingSystemFamily", platform.operating_system_family.as_deref(), OS_FAMILIES)?;
        word("cpuArchitecture", platform.cpu_architecture.as_deref(), ARCHITECTURES)?;
    }
    word("isolationMode", isolation, ISOLATION_MODES)?;
    for container in draft.containers() {
        for dependency in &container.depends_on {
            word("dependsOn condition", Some(&dependency.condition), CONDITIONS)?;
        }
        word("versionConsistency", container.version_consistency.as_deref(), SWITCH)?;
        for mapping in &container.port_mappings {
            word("appProtocol", mapping.app_protocol.as_deref(), APP_PROTOCOLS)?;
        }
    }
    Ok(())
}

fn word(setting: &str, value: Option<&str>, valid: &[&str]) -> Verdict {
    match value.filter(|value| !valid.contains(value)) {
        None => Ok(()),
        Some(value) => {
            refuse(format!("Invalid {setting} '{value}'. Valid values: {}.", valid.join(", ")))
        }
    }
}

/// Amounts are not negative, and no number is larger than the API takes.
pub(super) fn numbers_are_in_range(draft: &Draft<'_>) -> Verdict {
    for container in draft.containers() {
        let settings = [
            ("cpu", container.cpu),
            ("memory", container.memory),
            ("memoryReservation", container.memory_reservation),
            ("startTimeout", container.start_timeout),
            ("stopTimeout", container.stop_timeout),
        ];
        for (setting, value) in settings {
            if value.is_some_and(|value| !(0..=LARGEST_INTEGER).contains(&value)) {
                return refuse(format!(
                    "Invalid setting for container '{}'. '{setting}' must be between 0 and \
                     {LARGEST_INTEGER}.",
                    container.name
                ));
            }
        }
    }
    Ok(())
}

/// Lists and names of the API have a largest length.
pub(super) fn lists_are_short_enough(draft: &Draft<'_>) -> Verdict {
    if draft.input.tags.len() > 50 {
        return refuse("Too many tags. A task definition takes at most 50.");
    }
    for container in draft.containers() {
        let lists = [
            ("environmentFiles", 10, container.environment_files.len()),
            ("credentialSpecs", 1, container.credential_specs.len()),
        ];
        for (setting, most, length) in lists {
            if length > most {
                return refuse(format!(
                    "Invalid setting for container '{}'. '{setting}' takes at most {most}.",
                    container.name
                ));
            }
        }
        let mut names = container.port_mappings.iter().filter_map(|m| m.name.as_deref());
        if let Some(name) = names.find(|name| name.len() > 64) {
            return refuse(format!(
                "Invalid port mapping name '{name}' in container '{}'. It takes at most 64 \
                 characters.",
                container.name
            ));
        }
    }
    Ok(())
}

/// GPUs are counted whole (01 section 1.7).
pub(super) fn accelerators_are_countable(draft: &Draft<'_>) -> Verdict {
    for container in draft.containers() {
        for requirement in &container.resource_requirements {
            if let Err(problem) = gpu::count(requirement) {
                return refuse(format!(
                    "Invalid setting for container '{}'. {problem}",
                    container.name
                ));
            }
        }
    }
    if gpu::asks_for_all(draft.input) && !draft.requires("MANAGED_INSTANCES") {
        return refuse(
            "A resource requirement of ALL is supported only with MANAGED_INSTANCES in \
             requiresCompatibilities.",
        );
    }
    Ok(())
}

/// What one launch type asks for and another cannot give.
pub(super) fn launch_types_are_possible(draft: &Draft<'_>) -> Verdict {
    if draft.requires("EXTERNAL") && draft.network_mode == NetworkMode::Awsvpc {
        return refuse("EXTERNAL supports only network modes bridge, host and none.");
    }
    let platform = draft.input.runtime_platform.as_ref();
    let os_family = platform.and_then(|platform| platform.operating_system_family.as_deref());
    if os_family == Some(WITHOUT_AWSVPC) && draft.network_mode == NetworkMode::Awsvpc {
        return refuse(format!("Network mode awsvpc is not supported on {WITHOUT_AWSVPC}."));
    }
    let isolated = has(draft.input.trusted_execution_configuration.as_ref(), "isolationMode");
    if isolated && !draft.requires("MANAGED_INSTANCES") {
        return refuse(
            "trustedExecutionConfiguration is supported only with MANAGED_INSTANCES in \
             requiresCompatibilities.",
        );
    }
    if draft.windows && draft.input.ipc_mode.is_some() {
        return refuse("ipcMode is not supported on Windows.");
    }
    Ok(())
}
