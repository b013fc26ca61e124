//! A registration half read: what several rows ask for. Reading never fails; where a value is bad
//! it is read as absent, and the row that refuses it says so.

use crate::api::EngineConfig;
use crate::api::input::{ContainerDefinition, RegisterTaskDefinition};
use crate::api::json::Json;
use crate::api::text::TextOrNumber;
use crate::model::NetworkMode;
use crate::model::units::{task_cpu_units, task_memory_mib};

/// A registration under judgement.
pub(super) struct Draft<'i> {
    /// The call.
    pub(super) input: &'i RegisterTaskDefinition,
    /// Quotas and switches.
    pub(super) config: &'i EngineConfig,
    /// The mode asked for, or the default of the operating system.
    pub(super) network_mode: NetworkMode,
    /// Whether it asks for a Windows instance.
    pub(super) windows: bool,
    /// Task-level CPU units.
    pub(super) cpu: Option<u32>,
    /// Task-level MiB.
    pub(super) memory: Option<u32>,
}

impl<'i> Draft<'i> {
    pub(super) fn of(input: &'i RegisterTaskDefinition, config: &'i EngineConfig) -> Self {
        let windows = asks_for_windows(input);
        let default_mode = if windows { NetworkMode::Default } else { NetworkMode::Bridge };
        let asked_mode = input.network_mode.as_deref().and_then(|mode| mode.parse().ok());
        let text = |value: &'i Option<TextOrNumber>| value.as_ref().map(|text| text.0.as_str());
        Self {
            input,
            config,
            network_mode: asked_mode.unwrap_or(default_mode),
            windows,
            cpu: text(&input.cpu).and_then(|cpu| task_cpu_units(cpu).ok()),
            memory: text(&input.memory).and_then(|memory| task_memory_mib(memory).ok()),
        }
    }

    pub(super) fn containers(&self) -> &'i [ContainerDefinition] {
        &self.input.container_definitions
    }

    /// Whether a launch type stands in `requiresCompatibilities`.
    pub(super) fn requires(&self, launch_type: &str) -> bool {
        self.input.requires_compatibilities.iter().any(|asked| asked == launch_type)
    }

    /// Whether ports inside the task are the ports outside: no container port can be had twice.
    pub(super) fn shares_one_port_space(&self) -> bool {
        matches!(self.network_mode, NetworkMode::Awsvpc | NetworkMode::Host)
    }

    /// Task-level CPU units that limit the containers: on Windows they count for nothing
    /// (01 section 1.1).
    pub(super) fn enforced_cpu(&self) -> Option<u32> {
        self.cpu.filter(|_| !self.windows)
    }

    /// Task-level MiB that limit the containers.
    pub(super) fn enforced_memory(&self) -> Option<u32> {
        self.memory.filter(|_| !self.windows)
    }
}

fn asks_for_windows(input: &RegisterTaskDefinition) -> bool {
    let platform = input.runtime_platform.as_ref();
    let family = platform.and_then(|platform| platform.operating_system_family.as_deref());
    family.is_some_and(is_windows)
}

/// Whether an `operatingSystemFamily` is a Windows one.
pub(super) fn is_windows(os_family: &str) -> bool {
    os_family.starts_with("WINDOWS_")
}

/// An amount of a container; 0 counts as missing (01 section 2.5 V8). What is larger than any
/// amount stays large, so that the row on ranges refuses it and not the one on missing values.
pub(super) fn given(amount: Option<i64>) -> Option<u32> {
    let amount = amount.filter(|amount| *amount > 0)?;
    Some(u32::try_from(amount).unwrap_or(u32::MAX))
}

/// Whether the task stops with a container: the default.
pub(super) fn is_essential(container: &ContainerDefinition) -> bool {
    container.essential.unwrap_or(true)
}

/// Whether an image is pulled from a private Amazon ECR registry.
pub(super) fn is_ecr_image(image: &str) -> bool {
    let host = image.split('/').next().unwrap_or_default();
    let classic = host.contains(".dkr.ecr.")
        && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
    classic || (host.contains(".dkr-ecr.") && host.ends_with(".on.aws"))
}

/// Whether a field is there and not null.
pub(super) fn has(value: Option<&Json>, field: &str) -> bool {
    value.and_then(|value| value.field(field)).is_some_and(|found| *found != Json::Null)
}

/// The elements of a list field; none when it is absent or no list.
pub(super) fn list<'j>(value: Option<&'j Json>, field: &str) -> &'j [Json] {
    match value.and_then(|value| value.field(field)) {
        Some(Json::List(items)) => items,
        _ => &[],
    }
}

/// The text of a field.
pub(super) fn text<'j>(value: Option<&'j Json>, field: &str) -> Option<&'j str> {
    value.and_then(|value| value.field(field)).and_then(Json::as_str)
}
