//! Launch type and network configuration of a call, judged against its definition: R6 to R9, R19
//! (01 section 3.2; 02 section 1.1).

use crate::api::input::{AwsVpcConfiguration, NetworkConfiguration};
use crate::api::{CommandError, EngineConfig};
use crate::model::{LaunchType, NetworkMode, TaskDefinition, fargate};

/// Most subnets of a configuration.
const MOST_SUBNETS: usize = 16;

/// Most security groups of a configuration.
const MOST_SECURITY_GROUPS: usize = 5;

/// Refuses a launch type for which the definition is not valid (R6; R19 for EXTERNAL with awsvpc).
pub fn check_launch_type(
    definition: &TaskDefinition,
    launch_type: LaunchType,
) -> Result<(), CommandError> {
    let valid = definition.compatibilities;
    let supported = match launch_type {
        LaunchType::Ec2 => valid.ec2,
        LaunchType::Fargate => valid.fargate,
        LaunchType::External => valid.external,
        LaunchType::ManagedInstances => valid.managed_instances,
    };
    if supported {
        return Ok(());
    }
    Err(CommandError::invalid(format!(
        "Task definition does not support launch_type {launch_type}."
    )))
}

/// Refuses a size that Fargate does not offer (F3; 01 section 2.4). Windows has fewer sizes.
pub fn check_fargate_size(
    cpu: u32,
    memory: u32,
    windows: bool,
    config: &EngineConfig,
) -> Result<(), CommandError> {
    let offered = fargate::check(cpu, memory, config.fargate_32_vcpu);
    let refusal = fargate::NoFargateSize { cpu_units: cpu, memory_mib: memory };
    match offered {
        Ok(()) if !windows || fargate::is_offered_on_windows(cpu) => Ok(()),
        _ => Err(CommandError::client(refusal.to_string())),
    }
}

/// The subnets, security groups and public address of a call, when its network mode has them:
/// 1 to 16 subnets, up to 5 security groups, a public address only on Fargate. Whether the subnets
/// exist and are of one VPC is for the caller to find out.
pub fn network_configuration(
    network_mode: NetworkMode,
    on_fargate: bool,
    configuration: Option<&NetworkConfiguration>,
) -> Result<Option<&AwsVpcConfiguration>, CommandError> {
    let given = configuration.and_then(|given| given.awsvpc_configuration.as_ref());
    let configuration = match (network_mode, given) {
        (NetworkMode::Awsvpc, Some(configuration)) => configuration,
        (NetworkMode::Awsvpc, None) => {
            return Err(CommandError::invalid(
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            ));
        }
        (_, None) => return Ok(None),
        (_, Some(_)) => {
            return Err(CommandError::invalid(
                "Network Configuration is not valid for the given networkMode of this task \
                 definition.",
            ));
        }
    };
    match configuration.assign_public_ip.as_deref() {
        Some("ENABLED") if !on_fargate => {
            return Err(CommandError::invalid(
                "Assign public IP is not supported for this launch type.",
            ));
        }
        None | Some("ENABLED" | "DISABLED") => {}
        Some(other) => {
            return Err(CommandError::invalid(format!(
                "Invalid assignPublicIp '{other}'. Valid values: ENABLED, DISABLED."
            )));
        }
    }
    if !(1..=MOST_SUBNETS).contains(&configuration.subnets.len()) {
        return Err(CommandError::invalid(format!(
            "awsvpcConfiguration takes 1 to 16 subnets; {} are given.",
            configuration.subnets.len()
        )));
    }
    if configuration.security_groups.len() > MOST_SECURITY_GROUPS {
        return Err(CommandError::invalid(format!(
            "awsvpcConfiguration takes at most 5 security groups; {} are given.",
            configuration.security_groups.len()
        )));
    }
    Ok(Some(configuration))
}
