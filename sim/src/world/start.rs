//! From the order to RUNNING: interface, admission, images, order of starts, failures on the way
//! (01 sections 11.1 to 11.3, 02 sections 2 and 3).

use stowplan_engine::model::{
    Container, Dependency, DependencyCondition, NetworkMode, Stop, StopCode, StopReason,
    TaskStatus, Time,
};

use super::behavior_values::{StartFails, StartFailure};
use super::container::{NEVER, Stage};
use super::latency::ATTACH_TIMEOUT;
use super::probe::Verdict;
use super::step::Step;
use super::task::{Interface, Phase, WorldTask};

const NO_IMAGE: &str = "CannotPullContainerError: The task can\u{2019}t pull the image. Check \
                        whether the image exists.";
const NO_INTERFACE: &str = "Timeout waiting for network interface provisioning to complete.";
const START_ERROR: &str = "CannotStartContainerError: Error response from daemon: failed to \
                           create task for container";
const FAILED: &str = "Task failed to start";
/// Exit code of a container that was given up before it was created.
const GIVEN_UP_CODE: i32 = 143;

/// Whether a container may be created.
pub(super) enum Readiness {
    Ready,
    /// Not yet; given up at the instant.
    Blocked(Time),
    GivenUp(Box<str>),
}

impl WorldTask {
    /// The order has come: whatever has to be made first is being made.
    pub(super) fn begin(&mut self, step: &mut Step<'_>) {
        let row = step.view.task(self.id);
        let mode = self.mode(step);
        let has_interface = mode == NetworkMode::Awsvpc;
        self.phase = Phase::Provisioning;
        if has_interface && let Some(subnet) = row.subnet {
            self.address = step.around.addresses.take(self.id, subnet, step.view);
            if self.address.is_none() {
                return self.fail_to_attach(step, "InsufficientFreeAddressesInSubnet");
            }
            if self.host.is_none() && !step.around.addresses.count(self.id, step.view) {
                return self.fail_to_attach(step, "NetworkInterfaceLimitExceeded");
            }
        }
        let provision = step.draw(self.plan.provision(mode, self.host), "provision", "");
        self.due = step.now + provision;
        if has_interface {
            let attaches = self.host.is_none_or(|instance| step.host(instance).attach());
            self.interface = if attaches { Interface::Held } else { Interface::Hopeless };
            if !attaches || provision > ATTACH_TIMEOUT {
                self.due = step.now + ATTACH_TIMEOUT;
            }
            if attaches && provision > ATTACH_TIMEOUT {
                self.release_interface(step);
                self.interface = Interface::Hopeless;
            }
        }
    }

    /// EC2 makes no interface, for a reason of its own.
    fn fail_to_attach(&mut self, step: &mut Step<'_>, error: &str) {
        let subnet = step.view.task(self.id).subnet;
        let name = subnet.map_or("", |subnet| &*step.view.subnet(subnet).name);
        let reason = format!(
            "Unexpected EC2 error while attempting to Create Network Interface in subnet \
             '{name}': {error}"
        );
        self.fail_to_start(step, None, reason);
    }

    pub(super) fn end_provisioning(&mut self, step: &mut Step<'_>) {
        if self.interface == Interface::Hopeless {
            return self.fail_to_start(step, None, NO_INTERFACE.to_owned());
        }
        if self.interface == Interface::Held {
            self.connectivity_at = Some(step.now);
        }
        if step.view.task(self.id).last_status < TaskStatus::Pending {
            self.tell_status(step, TaskStatus::Pending);
        }
        match self.host {
            None => self.prepare(step),
            Some(_) => self.enqueue(step),
        }
    }

    /// The agent has the task and admits it when its turn has come and it fits.
    pub(super) fn enqueue(&mut self, step: &mut Step<'_>) {
        let Some(instance) = self.host else { return };
        self.phase = Phase::Queued;
        let (view, task) = (step.view, self.id);
        let mut admitted = std::mem::take(&mut step.around.admitted);
        let host = step.host(instance);
        host.enqueue(task);
        host.admit(view, &mut admitted);
        step.around.admitted = admitted;
    }

    /// The task was admitted, or created on Fargate.
    pub(super) fn prepare(&mut self, step: &Step<'_>) {
        let plan = self.plan.clone();
        self.admitted = self.host.is_some();
        self.phase = Phase::Preparing;
        let (span, what) = match plan.running_after {
            Some(span) => (span, "runningAfter"),
            None => (plan.prepare, "prepare"),
        };
        self.due = step.now + step.draw(span, what, "");
        if let Some(span) = self.vain_login(step) {
            self.due = step.now + span;
        }
        if let Some(failure) = self.planned_failure()
            && step.happens(failure.probability, "startFails", "")
        {
            self.start_fails = true;
            if let Some(after) = failure.after {
                self.fails_at = step.now + step.draw(after, "startFails", "");
            }
        }
    }

    /// Secrets and registry login are over.
    pub(super) fn end_preparing(&mut self, step: &mut Step<'_>) {
        if self.vain_login(step).is_some() {
            return self.fail_to_start(step, None, self.no_login(step));
        }
        self.phase = Phase::Starting;
    }

    fn planned_failure(&self) -> Option<StartFailure> {
        match &self.plan.start_fails.as_ref()?.value {
            StartFails::Yes(failure) => Some(failure.clone()),
            StartFails::No => None,
        }
    }

    /// Containers whose turn has come are pulled and created.
    pub(super) fn start_waiting(&mut self, step: &mut Step<'_>) -> bool {
        let mut moved = false;
        for index in 0..self.containers.len() {
            let stage = self.containers[index].stage;
            let waits = matches!(stage, Stage::Waiting | Stage::Pulled);
            if self.phase != Phase::Starting || !waits {
                continue;
            }
            match self.readiness(step, index) {
                Readiness::GivenUp(reason) => {
                    let container = &mut self.containers[index];
                    container.stop(step.now, Some(GIVEN_UP_CODE), Some(reason.clone()));
                    self.fail_to_start(step, None, reason.into());
                    return true;
                }
                Readiness::Ready if stage == Stage::Pulled => self.create(step, index),
                Readiness::Ready => self.pull(step, index),
                Readiness::Blocked(until) => {
                    self.containers[index].due = until;
                    if stage == Stage::Pulled || !self.pulls_upfront(step) {
                        continue;
                    }
                    self.pull(step, index);
                }
            }
            moved = true;
        }
        moved
    }

    fn pulls_upfront(&self, step: &mut Step<'_>) -> bool {
        self.host.is_some_and(|instance| step.host(instance).config.pull_upfront)
    }

    fn readiness(&self, step: &Step<'_>, index: usize) -> Readiness {
        let specs = &self.spec(step.view).containers;
        let spec = &specs[index];
        let mut until = NEVER;
        let mut ready = true;
        for dependency in &spec.depends_on {
            match self.dependency(step.now, spec, dependency, &specs[dependency.on]) {
                Readiness::Ready => {}
                Readiness::Blocked(gives_up_at) => {
                    ready = false;
                    until = until.min(gives_up_at);
                }
                given_up @ Readiness::GivenUp(_) => return given_up,
            }
        }
        if ready { Readiness::Ready } else { Readiness::Blocked(until) }
    }

    pub(super) fn dependency(
        &self,
        now: Time,
        spec: &Container,
        dependency: &Dependency,
        other_spec: &Container,
    ) -> Readiness {
        let other = &self.containers[dependency.on];
        let is_over = other.stage == Stage::Stopped;
        let (met, hopeless) = match dependency.condition {
            DependencyCondition::Created => (other.stage >= Stage::Starting, false),
            DependencyCondition::Start => (other.started_at.is_some(), false),
            DependencyCondition::Complete => (is_over, false),
            DependencyCondition::Success => {
                let success = is_over && other.exit_code == Some(0);
                (success, is_over && !success)
            }
            DependencyCondition::Healthy => {
                let healthy = other.is_running() && other.verdict() == Verdict::Healthy;
                (healthy, is_over)
            }
        };
        if met {
            return Readiness::Ready;
        }
        let (this, that) = (&spec.name, &other_spec.name);
        if hopeless {
            return Readiness::GivenUp(given_up(format!(
                "failed to resolve the container ordering dependency [{that}] for the target \
                 [{this}] as dependency did not exit successfully."
            )));
        }
        let waits_for_start = matches!(
            dependency.condition,
            DependencyCondition::Start | DependencyCondition::Created
        );
        let timeout = other_spec.start_timeout.filter(|_| !waits_for_start);
        match (other.started_at, timeout) {
            (Some(started_at), Some(timeout)) if started_at + timeout <= now => {
                Readiness::GivenUp(given_up(format!(
                    "container ordering dependency [{that}] for target [{this}] has timed out."
                )))
            }
            (Some(started_at), Some(timeout)) => Readiness::Blocked(started_at + timeout),
            _ => Readiness::Blocked(NEVER),
        }
    }

    fn pull(&mut self, step: &mut Step<'_>, index: usize) {
        let now = step.now;
        self.pull_started_at.get_or_insert(now);
        let plan = self.plan.clone();
        let image = plan.containers[index].image;
        let cached = self.host.is_some_and(|instance| step.host(instance).has_image(image, now));
        let cluster = step.view.task(self.id).cluster;
        let region = &step.view.cluster(cluster).region;
        if !cached && !step.around.images.exists(image, region, now) {
            return self.fail_to_start(step, Some(index), NO_IMAGE.to_owned());
        }
        let name = &self.spec(step.view).containers[index].name;
        let there = match plan.containers[index].pull {
            _ if let Some(span) = self.vain_pull(step, index) => now + span,
            Some(given) => now + step.draw(given, "pull", name),
            None => {
                let range = plan.download(image, &step.around.images);
                let download = step.draw(range, "pull", name);
                match self.host {
                    Some(instance) => step.host(instance).pull(image, now, download),
                    None => now + download,
                }
            }
        };
        if let Some(instance) = self.host {
            step.host(instance).cache(image, there);
        }
        let container = &mut self.containers[index];
        container.stage = Stage::Pulling;
        container.due = there;
    }

    pub(super) fn image_is_there(&mut self, step: &mut Step<'_>, index: usize) {
        if self.vain_pull(step, index).is_some() {
            return self.fail_to_start(step, Some(index), self.no_pull(step, index));
        }
        self.pull_stopped_at = Some(step.now);
        let container = &mut self.containers[index];
        container.stage = Stage::Pulled;
        container.due = NEVER;
        if matches!(self.readiness(step, index), Readiness::Ready) {
            self.create(step, index);
        }
    }

    fn create(&mut self, step: &mut Step<'_>, index: usize) {
        let mode = self.mode(step);
        let spec = &self.spec(step.view).containers[index];
        let bound = match self.host {
            Some(instance) => step.host(instance).bind(&spec.ports, mode),
            None => Ok(spec.ports.iter().map(|port| port.container_port).collect()),
        };
        match bound {
            Ok(host_ports) => self.containers[index].host_ports = host_ports,
            Err(reason) => return self.fail_to_start(step, Some(index), reason),
        }
        let startup = step.draw(self.plan.containers[index].startup, "startup", &spec.name);
        let container = &mut self.containers[index];
        container.stage = Stage::Starting;
        container.due = step.now + startup;
    }

    /// A container has been started, unless the scenario says that the task never gets there.
    pub(super) fn container_runs(&mut self, step: &mut Step<'_>, index: usize) {
        if self.start_fails && self.is_last_to_start(step, index) {
            if self.fails_at == NEVER {
                self.fail_as_planned(step, Some(index));
            } else {
                self.containers[index].due = NEVER;
            }
            return;
        }
        self.begin_run(step, index);
    }

    fn is_last_to_start(&self, step: &Step<'_>, index: usize) -> bool {
        let specs = &self.spec(step.view).containers;
        let mut others = self.containers.iter().zip(specs).enumerate();
        others.all(|(i, (container, spec))| i == index || container.is_up(spec.essential))
    }

    /// Every container is up: the task is registered where it has to be, then it runs.
    pub(super) fn activate(&mut self, step: &mut Step<'_>) {
        let owner = step.view.task(self.id).owner;
        let discovery = owner.is_some_and(|owner| {
            !step.view.deployment(owner.deployment).reach.registries.is_empty()
        });
        self.register_instance(step);
        if self.registers_early() {
            self.register_targets(step);
        }
        let register = self.plan.register(discovery || self.targets.len() > 1);
        let span = step.draw(register, "register", "");
        self.due = step.now + span;
        if self.due > step.now {
            self.phase = Phase::Activating;
            self.tell_status(step, TaskStatus::Activating);
        } else {
            self.become_running(step);
        }
    }

    pub(super) fn become_running(&mut self, step: &mut Step<'_>) {
        self.phase = Phase::Running;
        self.due = NEVER;
        self.tell_status(step, TaskStatus::Running);
        if !self.registers_early() {
            self.register_targets(step);
        }
    }

    /// Several groups know a task before it runs, a single one from then on (02 section 7.4).
    fn registers_early(&self) -> bool {
        self.targets.len() > 1
    }

    /// The scenario lets the start fail now.
    pub(super) fn fail_as_planned(&mut self, step: &mut Step<'_>, container: Option<usize>) {
        if self.phase >= Phase::Running {
            return;
        }
        let given = self.planned_failure().and_then(|failure| failure.reason);
        let reason = given.map_or_else(|| START_ERROR.to_owned(), String::from);
        let not_up = || self.containers.iter().position(|c| c.stage < Stage::Running);
        let container = container.or_else(not_up);
        self.fail_to_start(step, container, reason);
    }

    /// The task never runs. A container says why, or the task itself.
    pub(super) fn fail_to_start(
        &mut self,
        step: &mut Step<'_>,
        container: Option<usize>,
        reason: String,
    ) {
        let text = match self.host {
            Some(_) if is_container_reason(&reason) => FAILED.to_owned(),
            _ => reason.clone(),
        };
        if let Some(index) = container {
            self.abandon(step, index, Some(reason.into()));
        }
        let reason = StopReason::Text(text.into());
        self.begin_stop(step, Some(Stop { code: StopCode::TaskFailedToStart, reason }));
    }
}

fn given_up(text: String) -> Box<str> {
    format!("CannotStartContainerError: dependency graph: {text}").into()
}

/// Whether a reason is a container's: on a container instance the task then says only that it
/// failed (01 section 11.7).
fn is_container_reason(reason: &str) -> bool {
    const CATEGORIES: [&str; 7] = [
        "Cannot",
        "OutOfMemoryError",
        "DockerTimeoutError",
        "ContainerNetworkingError",
        "HostConfigError",
        "TaskStateError",
        "ContainerRuntime",
    ];
    CATEGORIES.iter().any(|category| reason.starts_with(category))
}
