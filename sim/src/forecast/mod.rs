//! What a deployment will do, said before it is done: how many tasks at most, how few healthy ones
//! at least, how long, and what could stop it for ever (03 sections 6.1, 6.5, 6.6 and 23).
//!
//! The counts follow from formulas ([`rolling`]). What they need of the world, how long one task
//! takes and how many more fit, is measured on copies of the run ([`pace`]). A forecast assumes
//! that the new revision is sound, that its tasks take equal time, and that nothing else happens.

pub mod kubernetes;
pub mod pace;
pub mod rolling;
mod text;

use stowplan_engine::api::Command;
use stowplan_engine::api::input::UpdateService;
use stowplan_engine::model::{DeploymentId, SchedulingStrategy, ServiceId, Time};

use crate::run::Simulation;
use crate::scenario::TimelineEntry;
use pace::Pace;
use rolling::{Course, End, Limit, Rolling};

/// What one deployment will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The service.
    pub service: String,
    /// What it is to run, `family:revision`.
    pub definition: String,
    /// When the call is made.
    pub at: Time,
    /// The numbers it goes by. Its durations are 0 where [`Pace`] does not know them.
    pub rolling: Rolling,
    /// What one task takes.
    pub pace: Pace,
    /// What comes of it; [`Self::duration`] says how long it takes, if that is known.
    pub course: Course,
    /// What users should know beforehand (03 section 23).
    pub risks: Vec<Risk>,
}

/// What users should know beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// `minimumHealthyPercent` is 0: all tasks may be gone at once.
    OutageCertain,
    /// So many tasks may be missing.
    ReducedCapacity(u32),
    /// Neither a health check nor a target group: a crash after the warm-up is promoted.
    Blind,
    /// So many fewer tasks than the surge may have get a place.
    SurgeCut(u32),
}

impl Forecast {
    /// What an entry of the timeline would bring about if it were done now. Empty unless it is an
    /// UpdateService that starts a rolling deployment of a replica service.
    pub fn of_entry(before: &Simulation, now: Time, entry: &TimelineEntry) -> Vec<Self> {
        match before.command_of(now, entry) {
            Some(Command::UpdateService(call)) => Self::of_call(before, now, &call),
            _ => Vec::new(),
        }
    }

    /// What a call would bring about if it were made now; see [`Self::of_entry`].
    pub fn of_call(before: &Simulation, now: Time, call: &UpdateService) -> Vec<Self> {
        let Ok(after) = before.after_call(now, Command::UpdateService(Box::new(call.clone())))
        else {
            return Vec::new();
        };
        let view = after.engine();
        let started = view.services().filter_map(|(id, service)| {
            let primary = view.primary(id)?;
            let is_new = before.engine().services().any(|(old, _)| old == id)
                && before.engine().primary(id).is_some_and(|before| before != primary);
            let is_replica = service.scheduling == SchedulingStrategy::Replica;
            (is_new && is_replica).then_some((id, primary))
        });
        started.map(|(id, primary)| Self::of(before, now, call, &after, id, primary)).collect()
    }

    fn of(
        before: &Simulation,
        now: Time,
        call: &UpdateService,
        after: &Simulation,
        service: ServiceId,
        primary: DeploymentId,
    ) -> Self {
        let view = after.engine();
        let row = view.service(service);
        let pace = pace::measure(after.clone(), primary, now);
        let rolling = Rolling {
            desired: row.desired,
            floor: row.lower_limit(),
            ceiling: row.upper_limit(),
            to_healthy: pace.to_healthy.unwrap_or(0),
            to_stop: pace.to_stop.unwrap_or(0),
            tick: view.config().tick.0.max(1),
            room: before
                .after_call(now, Command::UpdateService(Box::new(wide_open(call))))
                .ok()
                .and_then(|copy| pace::room(&copy, copy.engine().primary(service)?)),
        };
        let definition = view.definition(view.deployment(primary).definition);
        Self {
            service: row.name.to_string(),
            definition: definition.label(),
            at: now,
            rolling,
            course: rolling.course(),
            risks: risks(after, primary, &rolling),
            pace,
        }
    }

    /// How long it takes, ms; `None` when it does not end, or nobody knows.
    #[must_use]
    pub fn duration(&self) -> Option<u64> {
        let known = self.pace.to_healthy.is_some() && self.pace.to_stop.is_some();
        match self.course.end {
            End::Completed(0) => Some(0),
            End::Completed(after) if known => Some(after),
            _ => None,
        }
    }

    /// What it will wait for without end, if anything.
    #[must_use]
    pub fn stuck_on(&self) -> Option<Limit> {
        match self.course.end {
            End::Stuck(limit) => Some(limit),
            End::Completed(_) => None,
        }
    }

    /// How long it takes to be back on the old revision once `stopped` of its tasks were stopped,
    /// ms (03 section 23); `None` when nobody knows.
    #[must_use]
    pub fn rollback(&self, stopped: u32) -> Option<u64> {
        if stopped == 0 {
            return Some(0);
        }
        self.duration()?;
        let back = Rolling {
            desired: stopped,
            floor: stopped.saturating_sub(self.rolling.dip()),
            ceiling: stopped.saturating_add(self.rolling.surge()),
            ..self.rolling
        };
        match back.course().end {
            End::Completed(after) => Some(after),
            End::Stuck(_) => None,
        }
    }
}

/// The same call with room for every new task beside every old one: who finds a place then shows
/// how much room there is.
fn wide_open(call: &UpdateService) -> UpdateService {
    let mut wide = call.clone();
    let configuration = wide.deployment_configuration.get_or_insert_default();
    configuration.minimum_healthy_percent = Some(100);
    configuration.maximum_percent = Some(200);
    wide
}

fn risks(after: &Simulation, primary: DeploymentId, rolling: &Rolling) -> Vec<Risk> {
    let view = after.engine();
    let deployment = view.deployment(primary);
    let definition = view.definition(deployment.definition);
    let service = view.service(deployment.service);
    let checked = definition.has_essential_health_check();
    let mut risks = Vec::new();
    if rolling.desired > 0 && rolling.floor == 0 {
        risks.push(Risk::OutageCertain);
    } else if rolling.dip() > 0 {
        risks.push(Risk::ReducedCapacity(rolling.dip()));
    }
    if !checked && service.load_balancers.is_empty() {
        risks.push(Risk::Blind);
    }
    let surge = rolling.surge().min(rolling.desired);
    if let Some(cut) = rolling.room.and_then(|room| surge.checked_sub(room)).filter(|&cut| cut > 0)
    {
        risks.push(Risk::SurgeCut(cut));
    }
    risks
}
