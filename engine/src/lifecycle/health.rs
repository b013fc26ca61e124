//! Health of a task for its service (03 section 4.2).

use crate::model::{HealthStatus, Span, TargetState, Task, Time};

/// What a task counts as for its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealthClass {
    /// Counts towards `minimumHealthyPercent`.
    Healthy,
    /// Not judged yet.
    Settling,
    /// Not healthy, but the grace period masks it.
    FailingInGrace,
    /// To be replaced.
    Unhealthy,
}

/// What decides a task's class besides the task itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HealthRules {
    /// Some essential container has a health check.
    pub(crate) container_check: bool,
    /// How many load balancers the service has.
    pub(crate) targets: usize,
    /// Bad results are masked for so long after RUNNING.
    pub(crate) grace: Span,
    /// Without any signal a task is healthy after so long in RUNNING.
    pub(crate) warmup: Span,
}

/// A task's class at an instant.
pub(crate) fn class(task: &Task, rules: &HealthRules, now: Time) -> HealthClass {
    let Some(running_since) = task.started_at().filter(|_| task.is_running()) else {
        return HealthClass::Settling;
    };
    match signals(task, rules) {
        Signals::None if now >= running_since + rules.warmup => HealthClass::Healthy,
        Signals::AllPass => HealthClass::Healthy,
        Signals::SomeFail if now < running_since + rules.grace => HealthClass::FailingInGrace,
        Signals::SomeFail => HealthClass::Unhealthy,
        Signals::Undecided if task.was_healthy => HealthClass::Healthy,
        Signals::None | Signals::Undecided => HealthClass::Settling,
    }
}

/// The next instant at which the class changes by the clock alone.
pub(crate) fn class_changes_at(task: &Task, rules: &HealthRules, now: Time) -> Option<Time> {
    let running_since = task.started_at().filter(|_| task.is_running())?;
    let at = match signals(task, rules) {
        Signals::None => running_since + rules.warmup,
        Signals::SomeFail => running_since + rules.grace,
        Signals::AllPass | Signals::Undecided => return None,
    };
    (at > now).then_some(at)
}

enum Signals {
    None,
    AllPass,
    SomeFail,
    Undecided,
}

fn signals(task: &Task, rules: &HealthRules) -> Signals {
    if !rules.container_check && rules.targets == 0 {
        return Signals::None;
    }
    let container = rules.container_check.then_some(match task.container_health {
        HealthStatus::Healthy => Verdict::Pass,
        HealthStatus::Unhealthy => Verdict::Fail,
        HealthStatus::Unknown => Verdict::Unknown,
    });
    let targets = task.targets.iter().take(rules.targets).map(|state| match state {
        TargetState::Healthy => Verdict::Pass,
        TargetState::Unhealthy => Verdict::Fail,
        TargetState::Initial | TargetState::Unused | TargetState::Draining => Verdict::Unknown,
    });
    let verdicts = container.into_iter().chain(targets);
    match verdicts.max().unwrap_or(Verdict::Unknown) {
        Verdict::Pass => Signals::AllPass,
        Verdict::Unknown => Signals::Undecided,
        Verdict::Fail => Signals::SomeFail,
    }
}

/// A signal's verdict; the worst decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Pass,
    Unknown,
    Fail,
}
