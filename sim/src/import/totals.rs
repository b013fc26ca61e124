//! Whether the counts of an export add up.

use super::export::Export;
use super::instances::Instance;
use super::kind::Kind;
use super::note::{Concern, ImportError, Notes};
use super::services::Service;
use super::tasks::Task;

/// Notes what is listed but not described, and every count that the parts do not make up.
pub(super) fn check(
    export: &Export<'_>,
    instances: &[Instance<'_>],
    services: &[Service<'_>],
    tasks: &[Task<'_>],
    notes: &mut Notes,
) -> Result<(), ImportError> {
    note_undescribed(export, notes);
    for service in services {
        check_service(service, tasks, notes)?;
    }
    for instance in instances {
        let here = || tasks.iter().filter(|task| task.instance == Some(instance.id));
        let counts = [
            ("runningTasksCount", here().filter(|task| is_running(task)).count()),
            ("pendingTasksCount", here().filter(|task| is_pending(task)).count()),
        ];
        let what = format!("container instance {}", instance.id);
        compare(&instance.at, &what, &counts, notes)?;
    }
    if let Some(cluster) = &export.cluster {
        let counts = [
            ("registeredContainerInstancesCount", instances.len()),
            ("activeServicesCount", services.len()),
            ("runningTasksCount", tasks.iter().filter(|task| is_running(task)).count()),
            ("pendingTasksCount", tasks.iter().filter(|task| is_pending(task)).count()),
        ];
        compare(cluster, "the cluster", &counts, notes)?;
    }
    Ok(())
}

fn is_running(task: &Task<'_>) -> bool {
    task.desired_status == "RUNNING" && task.last_status == "RUNNING"
}

fn is_pending(task: &Task<'_>) -> bool {
    let before = matches!(task.last_status, "PROVISIONING" | "PENDING" | "ACTIVATING");
    task.desired_status == "RUNNING" && before
}

fn check_service(
    service: &Service<'_>,
    tasks: &[Task<'_>],
    notes: &mut Notes,
) -> Result<(), ImportError> {
    let mine: Vec<&Task<'_>> = tasks.iter().filter(|task| task.is_of(service)).collect();
    let counts = [
        ("runningCount", mine.iter().filter(|task| is_running(task)).count()),
        ("pendingCount", mine.iter().filter(|task| is_pending(task)).count()),
    ];
    compare(&service.at, &format!("service {}", service.name), &counts, notes)?;
    for deployment in &service.deployments {
        let of_it = |task: &&&Task<'_>| task.owner.is_some_and(|(_, id)| id == deployment.id);
        let counts = [
            ("runningCount", mine.iter().filter(of_it).filter(|task| is_running(task)).count()),
            ("pendingCount", mine.iter().filter(of_it).filter(|task| is_pending(task)).count()),
        ];
        compare(&deployment.at, &format!("deployment {}", deployment.id), &counts, notes)?;
    }
    Ok(())
}

fn compare(
    at: &super::at::At<'_>,
    what: &str,
    counts: &[(&str, usize)],
    notes: &mut Notes,
) -> Result<(), ImportError> {
    for (key, found) in counts {
        let Some(said) = at.count(key)? else { continue };
        if said as usize != *found {
            let message = format!("{what} says {key} {said}, the files hold {found}");
            let place = at.get(key).unwrap_or_else(|| at.clone());
            notes.at(Concern::Contradiction, &place, message);
        }
    }
    Ok(())
}

/// What a `list-*` answer names and no `describe-*` answer describes.
fn note_undescribed(export: &Export<'_>, notes: &mut Notes) {
    let kinds = [
        (Kind::ListedInstance, "container instances", "describe-container-instances", 100),
        (Kind::ListedService, "services", "describe-services", 10),
        (Kind::ListedTask, "tasks", "describe-tasks", 100),
    ];
    for (kind, what, call, most) in kinds {
        let is_described = |id: &str| match kind {
            Kind::ListedInstance => export.instances.get(id).is_some(),
            Kind::ListedService => export.services.get(id).is_some(),
            _ => export.tasks.get(id).is_some(),
        };
        let mut missing =
            export.listed.iter().filter(|((listed, id), _)| *listed == kind && !is_described(id));
        let Some(((_, first), at)) = missing.next() else { continue };
        let count = 1 + missing.count();
        let are = if count == 1 { "is" } else { "are" };
        let message = format!(
            "of the {what} listed, {count} {are} not described, the first is {first}: \
             {call} takes at most {most} a call"
        );
        notes.at(Concern::Missing, at, message);
    }
}
