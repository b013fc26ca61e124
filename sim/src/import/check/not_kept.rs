//! What of an export is not kept, and why.

use std::fmt::Write as _;

use serde_json::Value;

use super::compare::Pair;
use super::table::NOT_KEPT;

/// What a field is a field of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// An element of describe-clusters.
    Cluster,
    /// An element of describe-container-instances.
    Instance,
    /// An element of describe-services.
    Service,
    /// An element of describe-tasks.
    Task,
    /// An answer of describe-task-definition.
    Definition,
    /// An element of describe-capacity-providers.
    Provider,
}

impl Of {
    /// Every kind, in the order in which they are compared.
    pub const ALL: [Self; 6] = [
        Self::Cluster,
        Self::Instance,
        Self::Service,
        Self::Task,
        Self::Definition,
        Self::Provider,
    ];

    /// As people call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Instance => "container instance",
            Self::Service => "service",
            Self::Task => "task",
            Self::Definition => "task definition",
            Self::Provider => "capacity provider",
        }
    }
}

/// A field that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotKept {
    /// What it is a field of.
    pub of: Of,
    /// `containers[].runtimeId`; what is inside goes with it.
    pub field: &'static str,
    /// Why.
    pub reason: &'static str,
    /// Which differences are meant.
    pub(super) only: Only,
}

/// Which differences of a field a row of the table explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Only {
    /// All of them.
    Any,
    /// The export says a port that nobody chose.
    DynamicPort,
}

/// Dynamic host ports begin here (02 section 2).
const FIRST_DYNAMIC_PORT: u64 = 32_768;

impl Only {
    fn explains(self, pair: &Pair) -> bool {
        match self {
            Self::Any => true,
            Self::DynamicPort => pair.exported.as_u64() >= Some(FIRST_DYNAMIC_PORT),
        }
    }
}

/// Fields that the read model has beside those of the API.
fn own_fields(of: Of) -> &'static [&'static str] {
    match of {
        Of::Cluster | Of::Definition => &[],
        Of::Instance => &[
            "remaining",
            "registered",
            "usedPorts",
            "tasks",
            "availabilityZone",
            "id",
            "launchedAt",
        ],
        Of::Service => &[
            "primary",
            "healthyCount",
            "unhealthyCount",
            "occupyingCount",
            "lowerLimit",
            "upperLimit",
            "tasksByZone",
            "tasksByProvider",
        ],
        Of::Task => &[
            "id",
            "instance",
            "service",
            "revision",
            "capacityProvider",
            "subnet",
            "privateIp",
            "injected",
            "stale",
            "container",
        ],
        Of::Provider => &["instances", "needed", "reservation", "desired", "tasks", "provisioning"],
    }
}

/// Takes out of an answer what the API does not have.
pub(super) fn leave_out_own(of: Of, answer: &mut Value) {
    let Value::Object(fields) = answer else { return };
    for own in own_fields(of) {
        fields.remove(*own);
    }
    let parts: (&str, &[&str]) = match of {
        Of::Service => ("deployments", &["healthyCount"]),
        Of::Task => ("containers", &["startedAt", "signalledAt", "stoppedAt", "restartCount"]),
        _ => return,
    };
    let (list, own) = parts;
    let Some(Value::Array(items)) = fields.get_mut(list) else { return };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        for key in own {
            item.remove(*key);
        }
    }
}

/// The row of the table that explains a difference.
pub(super) fn position(of: Of, pair: &Pair) -> Option<usize> {
    let mut rows = all().iter();
    rows.position(|row| row.of == of && covers(row.field, &pair.path) && row.only.explains(pair))
}

/// Whether a field, such as `containers[].cpu` or `details[macAddress].value`, is that of a path or
/// has it inside.
fn covers(field: &str, path: &str) -> bool {
    let (mut field, mut path) = (field, path);
    while let Some((before, wanted)) = field.split_once('[') {
        let Some(rest) = path.strip_prefix(before).and_then(|rest| rest.strip_prefix('[')) else {
            return false;
        };
        let (Some((wanted, of_field)), Some((element, of_path))) =
            (wanted.split_once(']'), rest.split_once(']'))
        else {
            return false;
        };
        if !wanted.is_empty() && wanted != element {
            return false;
        }
        (field, path) = (of_field, of_path);
    }
    let rest = path.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Every field that is not kept.
pub(super) fn all() -> &'static [NotKept] {
    NOT_KEPT
}

/// The table as Markdown.
#[must_use]
pub fn table() -> String {
    let mut out = String::from("| of a | field | why it is not kept |\n|---|---|---|\n");
    for NotKept { of, field, reason, .. } in all() {
        let _ = writeln!(out, "| {} | `{field}` | {reason} |", of.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_covers_its_field_and_what_is_inside() {
        assert!(covers("tags", "tags[a].value"));
        assert!(covers("containers[].cpu", "containers[app].cpu"));
        assert!(covers("details[mac]", "details[mac].value"));
        assert!(!covers("details[mac]", "details[subnetId].value"));
        assert!(!covers("version", "versionInfo.agentVersion"));
    }

    #[test]
    fn the_table_is_sorted_and_names_each_field_once() {
        let names: Vec<_> = all().iter().map(|row| (row.of, row.field)).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:#?}");
    }
}
