//! The validation table of RegisterTaskDefinition (01 section 2.5): rows in order, the first that
//! does not hold is the answer.

use crate::api::CommandError;

use super::draft::Draft;
use super::{container_rows, fargate_rows, own_rows, port_rows, task_rows};

/// What a row says.
pub(super) type Verdict = Result<(), CommandError>;

/// One row: its number and its check.
pub(super) struct Row {
    /// As in the table.
    pub(super) number: &'static str,
    /// Refuses, or lets pass.
    pub(super) check: fn(&Draft<'_>) -> Verdict,
}

/// A `ClientException`: what every row answers.
pub(super) fn refuse<T>(message: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError::client(message.into()))
}

const fn row(number: &'static str, check: fn(&Draft<'_>) -> Verdict) -> Row {
    Row { number, check }
}

/// What every definition must hold.
pub(super) const ROWS: &[Row] = &[
    row("V1", task_rows::family_is_spelled_well),
    row("V2", task_rows::some_container),
    row("V3", task_rows::not_too_many_containers),
    row("V4", task_rows::names_are_unique),
    row("V5", task_rows::some_essential_container),
    row("V6", task_rows::cpu_is_a_size),
    row("V7", task_rows::memory_is_a_size),
    row("V8", task_rows::memory_is_known),
    row("V9", task_rows::reservation_within_limit),
    row("V10", task_rows::containers_within_task_cpu),
    row("V11", task_rows::containers_within_task_memory),
    row("V12", port_rows::host_ports_match),
    row("V13", port_rows::no_ports_without_network),
    row("V14", port_rows::ports_are_ports),
    row("V15", port_rows::no_port_twice),
    row("V16", port_rows::ranges_are_ranges),
    row("V17", port_rows::links_need_a_bridge),
    row("V18", port_rows::names_need_an_own_network),
    row("V19", container_rows::dependencies_exist),
    row("V20", container_rows::dependencies_end),
    row("V21", container_rows::essentials_never_complete),
    row("V22", container_rows::healthy_needs_a_check),
    row("V23", container_rows::timeouts_are_long_enough),
    row("V24", container_rows::health_checks_are_in_range),
    row("V25", container_rows::health_checks_have_a_command),
    row("V26", container_rows::restart_policies_are_in_range),
    row("V27", task_rows::constraints_are_expressions),
    row("V28", task_rows::document_is_small_enough),
    row("V29", task_rows::secrets_have_a_role),
];

/// What Fargate asks on top.
pub(super) const FARGATE_ROWS: &[Row] = &[
    row("F1", fargate_rows::network_mode_is_awsvpc),
    row("F2", fargate_rows::size_is_given),
    row("F3", fargate_rows::size_is_offered),
    row("F4", fargate_rows::timeouts_are_short_enough),
    row("F5", fargate_rows::ephemeral_storage_is_in_range),
    row("F6", fargate_rows::nothing_unsupported),
    row("F7", fargate_rows::log_drivers_are_known),
    row("F8", fargate_rows::execution_role_where_needed),
];

/// Ranges and spellings that 01 sections 1.7, 2.2 and 2.3 give without a row; they come last so
/// that the rows keep their order.
const OWN_ROWS: &[Row] = &[
    row("names", own_rows::containers_have_name_and_image),
    row("spellings", own_rows::words_are_known),
    row("numbers", own_rows::numbers_are_in_range),
    row("limits", own_rows::lists_are_short_enough),
    row("accelerators", own_rows::accelerators_are_countable),
    row("launch types", own_rows::launch_types_are_possible),
];

/// Every row that concerns this registration.
pub(super) fn check_all(draft: &Draft<'_>) -> Verdict {
    first_refusal(draft).map_or(Ok(()), |(_, refusal)| Err(refusal))
}

/// Every row but those of Fargate.
pub(super) fn check_readable(draft: &Draft<'_>) -> Verdict {
    ROWS.iter().chain(OWN_ROWS).try_for_each(|row| (row.check)(draft))
}

/// Whether Fargate would take it.
pub(super) fn check_fargate(draft: &Draft<'_>) -> Verdict {
    FARGATE_ROWS.iter().try_for_each(|row| (row.check)(draft))
}

/// The first row that refuses, and its answer.
pub(super) fn first_refusal(draft: &Draft<'_>) -> Option<(&'static str, CommandError)> {
    let fargate = if draft.requires("FARGATE") { FARGATE_ROWS } else { &[] };
    let mut rows = ROWS.iter().chain(fargate).chain(OWN_ROWS);
    rows.find_map(|row| (row.check)(draft).err().map(|refusal| (row.number, refusal)))
}
