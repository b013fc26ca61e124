//! Every task that neither runs nor is over says what it waits for, at every instant of every
//! scenario, and so does every service that is not steady.

use std::collections::BTreeSet;

use stowplan_engine::model::{ServiceStatus, TaskStatus};
use stowplan_sim::run::Simulation;
use stowplan_sim::world::{TaskWait, task_wait_text};

use crate::every_run;

/// What kind of wait it is, for the count of those that were met.
fn kind(wait: &TaskWait) -> &'static str {
    match wait {
        TaskWait::Instance(..) => "instance",
        TaskWait::Agent(_) => "agent",
        TaskWait::Interface(_, false) => "interface",
        TaskWait::Interface(_, true) => "interface in vain",
        TaskWait::Room { before: 0, .. } => "room",
        TaskWait::Room { .. } => "behind others",
        TaskWait::Login(_) => "login",
        TaskWait::Image(..) => "image",
        TaskWait::Start(..) => "start",
        TaskWait::Dependency { .. } => "dependency",
        TaskWait::Registration(_) => "registration",
        TaskWait::Targets(_) => "targets",
        TaskWait::Exit(_, _, false) => "exit",
        TaskWait::Exit(_, _, true) => "kill",
        TaskWait::Detach(_) => "detach",
    }
}

/// The instant at which the clock ends a wait.
fn ends(wait: &TaskWait) -> Option<stowplan_engine::model::Time> {
    match wait {
        TaskWait::Instance(_, until) => Some(*until),
        TaskWait::Agent(_) | TaskWait::Room { .. } => None,
        TaskWait::Interface(until, _)
        | TaskWait::Login(until)
        | TaskWait::Image(_, until)
        | TaskWait::Start(_, until)
        | TaskWait::Dependency { until, .. }
        | TaskWait::Registration(until)
        | TaskWait::Targets(until)
        | TaskWait::Exit(_, until, _)
        | TaskWait::Detach(until) => *until,
    }
}

/// Every wait has a reason at this instant.
pub(crate) fn look(simulation: &Simulation, name: &str, met: &mut BTreeSet<&'static str>) {
    let (view, now) = (simulation.engine(), simulation.now().expect("an instant is done"));
    for row in view.tasks() {
        let wait = simulation.why_task_waits(row.id);
        let runs = row.last_status == TaskStatus::Running && row.is_live();
        let idle = runs || row.last_status == TaskStatus::Stopped;
        assert_eq!(
            wait.is_none(),
            idle,
            "{name} at {now}: task {} is {}/{} and waits for {wait:?}",
            view.task_name(row.id),
            row.last_status,
            row.desired_status
        );
        let Some(wait) = wait else { continue };
        met.insert(kind(&wait));
        assert!(ends(&wait).is_none_or(|until| until > now), "{name} at {now}: {wait:?} is over");
        if let TaskWait::Room { short, .. } = &wait {
            assert!(!short.is_empty(), "{name} at {now}: the head of the queue is short");
        }
        assert!(task_wait_text(view, row.id, &wait).contains(" waits "), "{name}: {wait:?}");
    }
    for (service, row) in view.services() {
        let waits = simulation.why_waiting(service);
        let steady = row.memory.steady.is_some() && row.status == ServiceStatus::Active;
        assert!(
            waits.is_some() || steady || row.status == ServiceStatus::Inactive,
            "{name} at {now}: {} is not steady and waits for nothing",
            row.name
        );
    }
}

#[test]
fn every_wait_of_a_task_has_a_reason() {
    let mut met = BTreeSet::new();
    let runs = every_run();
    for (name, plan) in &runs {
        let mut simulation = Simulation::new(plan).expect("time 0 can be set up");
        while simulation.advance().is_some() {
            look(&simulation, name, &mut met);
        }
    }
    let variants = runs.iter().filter(|(name, _)| name.contains(", ")).count();
    assert!(variants >= 20, "only {variants} of {} runs are variants", runs.len());
    let all = [
        "behind others",
        "dependency",
        "detach",
        "exit",
        "image",
        "instance",
        "interface",
        "interface in vain",
        "kill",
        "login",
        "registration",
        "room",
        "start",
        "targets",
    ];
    let missing: Vec<&str> = all.into_iter().filter(|kind| !met.contains(kind)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "met: {met:?}");
}
