//! Rows on start order, timeouts, health checks and restarts of containers: V19 to V26.

use crate::api::input::{ContainerDefinition, HealthCheck, RestartPolicy};

use super::containers::position;
use super::draft::{Draft, is_essential};
use super::rows::{Verdict, refuse};

/// Fewest seconds of a start or stop timeout.
const SHORTEST_TIMEOUT: i64 = 2;

/// Most exit codes a restart policy may ignore.
const MOST_IGNORED_CODES: usize = 50;

/// The container a link names: `name` or `name:alias`.
pub(super) fn link_target(link: &str) -> &str {
    link.split_once(':').map_or(link, |(name, _)| name)
}

/// Names of the containers that one waits for, whatever for.
fn waits_for(container: &ContainerDefinition) -> impl Iterator<Item = &str> {
    let depends = container.depends_on.iter().map(|dependency| &*dependency.container_name);
    let links = container.links.iter().map(|link| link_target(link));
    let volumes = container.volumes_from.iter().map(|volume| &*volume.source_container);
    depends.chain(links).chain(volumes)
}

/// V19
pub(super) fn dependencies_exist(draft: &Draft<'_>) -> Verdict {
    let all = draft.containers();
    match all.iter().flat_map(waits_for).find(|name| position(all, name).is_none()) {
        None => Ok(()),
        Some(name) => {
            refuse(format!("Cannot depend on container + '{name}' because it does not exist"))
        }
    }
}

/// V20. Containers without open dependencies are taken away until none is left or none can go.
pub(super) fn dependencies_end(draft: &Draft<'_>) -> Verdict {
    let all = draft.containers();
    let mut open: Vec<&ContainerDefinition> = all.iter().collect();
    loop {
        let before = open.len();
        let names: Vec<&str> = open.iter().map(|container| container.name.as_str()).collect();
        open.retain(|container| waits_for(container).any(|name| names.contains(&name)));
        if open.is_empty() {
            return Ok(());
        }
        if open.len() == before {
            return refuse("Cyclic dependency detected in container dependencies.");
        }
    }
}

/// V21
pub(super) fn essentials_never_complete(draft: &Draft<'_>) -> Verdict {
    let waits = |condition: &str| matches!(condition, "SUCCESS" | "COMPLETE");
    if some_dependency(draft, |condition, on| waits(condition) && is_essential(on)) {
        return refuse(
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential \
             container",
        );
    }
    Ok(())
}

/// V22
pub(super) fn healthy_needs_a_check(draft: &Draft<'_>) -> Verdict {
    if some_dependency(draft, |condition, on| condition == "HEALTHY" && on.health_check.is_none()) {
        return refuse(
            "A dependency container with HEALTHY condition must have health check configured",
        );
    }
    Ok(())
}

/// Whether some `dependsOn` has such a condition and such a container waited for.
fn some_dependency(draft: &Draft<'_>, is_bad: impl Fn(&str, &ContainerDefinition) -> bool) -> bool {
    let all = draft.containers();
    all.iter().flat_map(|container| &container.depends_on).any(|dependency| {
        let on = position(all, &dependency.container_name);
        on.is_some_and(|on| is_bad(&dependency.condition, &all[on]))
    })
}

/// V23
pub(super) fn timeouts_are_long_enough(draft: &Draft<'_>) -> Verdict {
    for container in draft.containers() {
        for (kind, timeout) in
            [("stop", container.stop_timeout), ("start", container.start_timeout)]
        {
            if timeout.is_some_and(|seconds| seconds < SHORTEST_TIMEOUT) {
                return refuse(format!(
                    "Granular {kind} timeout on container '{}' must be at least 2 seconds.",
                    container.name
                ));
            }
        }
    }
    Ok(())
}

/// V24
pub(super) fn health_checks_are_in_range(draft: &Draft<'_>) -> Verdict {
    for (container, check) in health_checks(draft) {
        let fields = [
            ("interval", check.interval, 5..=300),
            ("timeout", check.timeout, 2..=60),
            ("retries", check.retries, 1..=10),
            ("startPeriod", check.start_period, 0..=300),
        ];
        for (field, value, range) in fields {
            if value.is_some_and(|value| !range.contains(&value)) {
                return refuse(format!(
                    "Health check {field} on container '{}' is out of range.",
                    container.name
                ));
            }
        }
    }
    Ok(())
}

/// V25
pub(super) fn health_checks_have_a_command(draft: &Draft<'_>) -> Verdict {
    let is_command = |command: &[String]| match command {
        [kind, rest @ ..] => {
            matches!(kind.as_str(), "CMD" | "CMD-SHELL")
                && rest.iter().any(|word| !word.trim().is_empty())
        }
        [] => false,
    };
    if health_checks(draft).all(|(_, check)| is_command(&check.command)) {
        return Ok(());
    }
    refuse("Health check command must start with CMD or CMD-SHELL.")
}

fn health_checks<'d>(
    draft: &Draft<'d>,
) -> impl Iterator<Item = (&'d ContainerDefinition, &'d HealthCheck)> + use<'d> {
    draft.containers().iter().filter_map(|c| c.health_check.as_ref().map(|check| (c, check)))
}

/// V26
pub(super) fn restart_policies_are_in_range(draft: &Draft<'_>) -> Verdict {
    let is_good = |policy: &RestartPolicy| {
        policy.restart_attempt_period.is_none_or(|seconds| (60..=1800).contains(&seconds))
            && policy.ignored_exit_codes.len() <= MOST_IGNORED_CODES
            && policy.ignored_exit_codes.iter().all(|code| i32::try_from(*code).is_ok())
    };
    let bad = |container: &&ContainerDefinition| {
        container.restart_policy.as_ref().is_some_and(|policy| !is_good(policy))
    };
    match draft.containers().iter().find(bad) {
        None => Ok(()),
        Some(container) => {
            refuse(format!("Invalid restart policy on container '{}'.", container.name))
        }
    }
}
