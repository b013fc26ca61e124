//! GPUs and other accelerators of a container (01 section 1.7).

use std::fmt;

use crate::api::input::{RegisterTaskDefinition, ResourceRequirement};

/// `value: "ALL"`: every GPU of an instance. More than any instance has, so that no instance that
/// is not chosen for the task takes it; Managed Instances read it as "all there are".
pub const ALL_GPUS: u32 = u32::MAX;

/// A requirement that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadRequirement {
    /// Neither a whole number above 0 nor `ALL`.
    Count,
    /// NeuronDevice with anything but `ALL`.
    Neuron,
    /// No such accelerator.
    Kind,
    /// A share of a GPU.
    Sharing,
}

impl fmt::Display for BadRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "'GPU' must be a whole number greater than 0, or ALL.",
            Self::Neuron => "'NeuronDevice' takes only ALL.",
            Self::Kind => {
                "The type of a resource requirement must be GPU, InferenceAccelerator or \
                 NeuronDevice."
            }
            Self::Sharing => {
                "GPU sharing ('sharingStrategy') is not supported; ask for whole GPUs."
            }
        })
    }
}

/// Whole GPUs of a requirement; other accelerators count none.
pub(super) fn count(requirement: &ResourceRequirement) -> Result<u32, BadRequirement> {
    if requirement.sharing_strategy.is_some() {
        return Err(BadRequirement::Sharing);
    }
    match (requirement.kind.as_str(), requirement.value.as_str()) {
        ("GPU", "ALL") => Ok(ALL_GPUS),
        ("GPU", value) => whole(value).ok_or(BadRequirement::Count),
        ("NeuronDevice", "ALL") | ("InferenceAccelerator", _) => Ok(0),
        ("NeuronDevice", _) => Err(BadRequirement::Neuron),
        _ => Err(BadRequirement::Kind),
    }
}

fn whole(value: &str) -> Option<u32> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten().filter(|count| (1..ALL_GPUS).contains(count))
}

/// Whole GPUs of several requirements.
pub(super) fn sum(requirements: &[ResourceRequirement]) -> Result<u32, BadRequirement> {
    requirements.iter().try_fold(0_u32, |sum, next| Ok(sum.saturating_add(count(next)?)))
}

/// Whether some container wants all accelerators of its instance.
pub(super) fn asks_for_all(input: &RegisterTaskDefinition) -> bool {
    let mut requirements =
        input.container_definitions.iter().flat_map(|container| &container.resource_requirements);
    requirements.any(|r| matches!(r.kind.as_str(), "GPU" | "NeuronDevice") && r.value == "ALL")
}
