//! What a registered task definition is: RegisterTaskDefinition checked and read, and the parts of
//! calls that are judged against a definition alone. Pure functions of a call, a definition and
//! the configuration; nothing here knows what exists.
//!
//! | file | what it answers |
//! |---|---|
//! | `rows` | which validation row refuses a registration (01 section 2.5) |
//! | `task_rows`, `container_rows`, `port_rows`, `fargate_rows` | the rows V1 to V29 and F1 to F8 |
//! | `own_rows` | ranges and spellings of 01 sections 2.2 and 2.3 that have no row there |
//! | `draft`, `gpu`, `json_length` | what several rows ask for |
//! | `containers` | the containers as scheduler and agent read them |
//! | `demand` | what one task reserves, with overrides (01 section 1.2) |
//! | `capabilities` | what an instance must have (01 section 2.6); valid launch types |
//! | `placement` | placement constraints and strategies of calls (01 section 3.2 R10 to R13) |
//! | `launch` | launch type and network configuration of calls (01 section 3.2 R6 to R9, R19) |

mod capabilities;
mod container_rows;
mod containers;
mod demand;
mod draft;
mod fargate_rows;
mod gpu;
mod json_length;
mod launch;
mod own_rows;
mod placement;
mod port_rows;
mod rows;
mod task_rows;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::api::input::RegisterTaskDefinition;
use crate::api::{CommandError, EngineConfig};
use crate::model::{DefinitionStatus, TaskDefinition, Time};

pub use capabilities::{EXECUTE_COMMAND, EXTERNAL, SERVICE_CONNECT, TASK_ENI, TASK_ENI_IPV6};
pub use demand::{demand_with, task_size_with};
pub use gpu::ALL_GPUS;
pub use launch::{check_fargate_size, check_launch_type, network_configuration};
pub(crate) use placement::placement_constraints_known;
pub use placement::{placement_constraints, placement_strategies, refuse_placement_on_fargate};

use draft::Draft;

/// The definition that RegisterTaskDefinition makes of `input`, or the first validation row that
/// refuses it (01 section 2.5; rows of Fargate only when FARGATE is asked for).
pub fn define(
    input: RegisterTaskDefinition,
    revision: u32,
    now: Time,
    config: &EngineConfig,
) -> Result<TaskDefinition, CommandError> {
    let draft = Draft::of(&input, config);
    rows::check_all(&draft)?;
    let fargate = rows::check_fargate(&draft).is_ok();
    Ok(read(input, revision, now, config, fargate))
}

/// The definition that an account already has. Amazon accepted it, so the rows of Fargate are not
/// asked again: an export may lack what only they want, such as an execution role (F8), and says
/// itself that it runs on Fargate.
pub fn adopt(
    input: RegisterTaskDefinition,
    revision: u32,
    registered_at: Time,
    config: &EngineConfig,
) -> Result<TaskDefinition, CommandError> {
    let draft = Draft::of(&input, config);
    rows::check_readable(&draft)?;
    let fargate = draft.requires("FARGATE") || rows::check_fargate(&draft).is_ok();
    Ok(read(input, revision, registered_at, config, fargate))
}

/// Reads a definition that passed the rows.
fn read(
    input: RegisterTaskDefinition,
    revision: u32,
    registered_at: Time,
    config: &EngineConfig,
    fargate: bool,
) -> TaskDefinition {
    let draft = Draft::of(&input, config);
    let containers = containers::read(&draft);
    let (network_mode, cpu, memory) = (draft.network_mode, draft.cpu, draft.memory);
    let platform = input.runtime_platform.as_ref();
    let os_family = platform.and_then(|platform| platform.operating_system_family.as_deref());
    let architecture = platform.and_then(|platform| platform.cpu_architecture.as_deref());
    TaskDefinition {
        family: input.family.as_str().into(),
        revision,
        status: DefinitionStatus::Active,
        network_mode,
        cpu,
        memory,
        demand: Arc::new(demand::of(&draft, &containers)),
        containers,
        constraints: placement::constraints_of_definition(&input).unwrap_or_default().into(),
        requires_attributes: capabilities::required(&draft),
        os_family: os_family.map(Into::into),
        // Instances register `x86_64` and `arm64`, definitions say `X86_64` and `ARM64`.
        cpu_architecture: architecture.map(|name| name.to_ascii_lowercase().into()),
        compatibilities: capabilities::compatibilities(&draft, fargate),
        registered_at,
        deregistered_at: None,
        input: Arc::new(input),
    }
}
