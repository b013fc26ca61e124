//! One container: what the agent and Docker know of it.

use stowplan_engine::model::{ContainerHealthCheck, HealthStatus, Span, Time};

use super::probe::{ProbeRules, Prober, Verdict};

/// An instant that does not come.
pub(super) const NEVER: Time = Time(i64::MAX);

/// How far a container has come. It never goes back, but for a restart in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Nothing was done for it.
    #[default]
    Waiting,
    /// Its image is being pulled.
    Pulling,
    /// Its image is there; it waits for others before it is created.
    Pulled,
    /// It is created and being started.
    Starting,
    /// It runs.
    Running,
    /// It is over.
    Stopped,
}

/// How the present run of a container ends, when nothing else ends it before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ending {
    /// Not by itself.
    #[default]
    None,
    /// By itself, or because it obeyed the stop signal.
    Exit(i32),
    /// By SIGKILL after the stop timeout.
    Killed,
    /// It uses more memory than it may.
    OutOfMemory,
}

/// Exit code of a process that was killed.
pub(super) const SIGKILL_CODE: i32 = 137;

/// One container of a task in the simulated world.
#[derive(Clone, Debug)]
pub struct WorldContainer {
    pub(super) stage: Stage,
    /// When the stage ends by itself; for a waiting container, when it gives up.
    pub(super) due: Time,
    pub(super) ending: Ending,
    /// Of the present run.
    pub(super) run_started_at: Time,
    pub(super) prober: Option<Prober>,
    /// When the prober's verdict changes next.
    pub(super) health_due: Time,
    pub(super) health: HealthStatus,
    pub(super) started_at: Option<Time>,
    pub(super) signalled_at: Option<Time>,
    pub(super) stopped_at: Option<Time>,
    pub(super) exit_code: Option<i32>,
    pub(super) restarts: u32,
    pub(super) reason: Option<Box<str>>,
    pub(super) host_ports: Box<[u16]>,
}

impl Default for WorldContainer {
    fn default() -> Self {
        Self {
            stage: Stage::Waiting,
            due: NEVER,
            ending: Ending::None,
            run_started_at: NEVER,
            prober: None,
            health_due: NEVER,
            health: HealthStatus::Unknown,
            started_at: None,
            signalled_at: None,
            stopped_at: None,
            exit_code: None,
            restarts: 0,
            reason: None,
            host_ports: Box::default(),
        }
    }
}

/// `lastStatus` of a container as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerStatus {
    /// `PENDING`
    Pending,
    /// `RUNNING`
    Running,
    /// `STOPPED`
    Stopped,
}

impl ContainerStatus {
    /// The API's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

impl WorldContainer {
    /// `lastStatus`.
    pub fn status(&self) -> ContainerStatus {
        match self.stage {
            Stage::Waiting | Stage::Pulling | Stage::Pulled | Stage::Starting => {
                ContainerStatus::Pending
            }
            Stage::Running => ContainerStatus::Running,
            Stage::Stopped => ContainerStatus::Stopped,
        }
    }

    /// `healthStatus`, as the agent last reported it.
    pub fn health(&self) -> HealthStatus {
        self.health
    }

    /// When it first ran.
    pub fn started_at(&self) -> Option<Time> {
        self.started_at
    }

    /// When it was sent the stop signal.
    pub fn signalled_at(&self) -> Option<Time> {
        self.signalled_at
    }

    /// When it was over.
    pub fn stopped_at(&self) -> Option<Time> {
        self.stopped_at
    }

    /// How often it was restarted in place.
    pub fn restart_count(&self) -> u32 {
        self.restarts
    }

    /// `exitCode`; none for a container that never ran.
    pub fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    /// `reason`.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The first host port of each port mapping, in the order of the definition; empty before the
    /// container is created. In awsvpc mode they are the container's own.
    pub fn host_ports(&self) -> &[u16] {
        &self.host_ports
    }

    pub(super) fn is_running(&self) -> bool {
        self.stage == Stage::Running
    }

    /// It runs, or is done without having been needed any longer.
    pub(super) fn is_up(&self, essential: bool) -> bool {
        self.is_running() || (self.stage == Stage::Stopped && !essential)
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.prober.as_ref().map_or(Verdict::New, Prober::verdict)
    }

    /// It is over without having run, or by what the ending says.
    pub(super) fn stop(&mut self, now: Time, exit_code: Option<i32>, reason: Option<Box<str>>) {
        self.stage = Stage::Stopped;
        self.due = NEVER;
        self.health_due = NEVER;
        self.stopped_at = Some(now);
        self.exit_code = exit_code;
        if reason.is_some() {
            self.reason = reason;
        }
    }
}

/// Rules of a container's health check (01 section 11.5), for a run that started at an instant.
pub(super) fn check_rules(check: &ContainerHealthCheck, started_at: Time) -> ProbeRules {
    ProbeRules {
        interval: Span(check.interval.0.max(1)),
        timeout: check.timeout,
        passes_when_new: 1,
        passes_to_recover: 1,
        failures: check.retries,
        forgiven_until: started_at + check.start_period,
        from_end: true,
        // What `curl --fail` takes for a success.
        passing_codes: (200, 399),
        tells_failures: false,
        tells_first: false,
    }
}

/// A verdict as the API shows it.
pub(super) fn health_of(verdict: Verdict) -> HealthStatus {
    match verdict {
        Verdict::New => HealthStatus::Unknown,
        Verdict::Healthy => HealthStatus::Healthy,
        Verdict::Unhealthy => HealthStatus::Unhealthy,
    }
}
