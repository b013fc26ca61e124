//! The API calls that the benches make.

use stowplan_engine::api::input::{
    CreateService, DeploymentConfiguration, PlacementConstraint, PlacementStrategy, RunTask,
    StopTask, UpdateService,
};
use stowplan_engine::api::{Command, Input};

/// `binpack` by memory.
pub fn binpack_memory() -> PlacementStrategy {
    PlacementStrategy { kind: "binpack".into(), field: Some("memory".into()) }
}

/// `spread` over availability zones.
pub fn spread_zones() -> PlacementStrategy {
    let field = Some("attribute:ecs.availability-zone".into());
    PlacementStrategy { kind: "spread".into(), field }
}

/// `memberOf` with an expression of the cluster query language.
pub fn member_of(expression: &str) -> PlacementConstraint {
    PlacementConstraint { kind: "memberOf".into(), expression: Some(expression.into()) }
}

/// RunTask of one task.
pub fn run_task(
    definition: &str,
    group: &str,
    strategy: &[PlacementStrategy],
    constraints: &[PlacementConstraint],
) -> Input {
    run_tasks(1, definition, group, strategy, constraints)
}

/// RunTask of up to ten tasks.
pub fn run_tasks(
    count: i64,
    definition: &str,
    group: &str,
    strategy: &[PlacementStrategy],
    constraints: &[PlacementConstraint],
) -> Input {
    Input::Command(Command::RunTask(Box::new(RunTask {
        task_definition: definition.into(),
        count: Some(count),
        group: Some(group.into()),
        placement_strategy: strategy.to_vec(),
        placement_constraints: constraints.to_vec(),
        ..RunTask::default()
    })))
}

/// StopTask by the task's id.
pub fn stop_task(name: String) -> Input {
    Input::Command(Command::StopTask(Box::new(StopTask { task: name, ..StopTask::default() })))
}

/// A replica service with the default placement (spread over zones, then over instances). It is
/// not rebalanced: moves that follow a deployment would be measured with it.
pub fn service(
    name: &str,
    definition: &str,
    desired: u32,
    minimum_healthy_percent: u32,
    maximum_percent: u32,
) -> CreateService {
    CreateService {
        service_name: name.into(),
        task_definition: Some(definition.into()),
        desired_count: Some(i64::from(desired)),
        launch_type: Some("EC2".into()),
        availability_zone_rebalancing: Some("DISABLED".into()),
        deployment_configuration: Some(DeploymentConfiguration {
            minimum_healthy_percent: Some(i64::from(minimum_healthy_percent)),
            maximum_percent: Some(i64::from(maximum_percent)),
            ..DeploymentConfiguration::default()
        }),
        ..CreateService::default()
    }
}

/// UpdateService to another task definition.
pub fn deploy(service: &str, definition: &str) -> Input {
    Input::Command(Command::UpdateService(Box::new(UpdateService {
        service: service.into(),
        task_definition: Some(definition.into()),
        ..UpdateService::default()
    })))
}

/// UpdateService to another number of tasks.
pub fn scale(service: &str, desired: i64) -> Input {
    Input::Command(Command::UpdateService(Box::new(UpdateService {
        service: service.into(),
        desired_count: Some(desired),
        ..UpdateService::default()
    })))
}
