//! What a task waits for on its way to RUNNING and on its way out: one thing, the limit that binds.

use stowplan_engine::View;
use stowplan_engine::api::event::FailedCheck;
use stowplan_engine::explain::PlacementReport;
use stowplan_engine::model::{
    DependencyCondition, InstanceId, NetworkMode, TaskId, TaskStatus, Time,
};

use super::World;
use super::container::{NEVER, Stage};
use super::start::Readiness;
use super::task::{Interface, Phase, WorldTask};

/// What a task waits for. Instants are there where the clock ends the wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskWait {
    /// For an instance (04 section 2.7): as it would be placed now; then it is given up.
    Instance(Box<PlacementReport>, Time),
    /// For the agent of its instance, which is not connected.
    Agent(InstanceId),
    /// For its microVM or network interface; the flag says that it will never be attached.
    Interface(Option<Time>, bool),
    /// For room that is really free on its host: only the head of the queue is looked at (01
    /// section 1.5).
    Room {
        /// The host.
        instance: InstanceId,
        /// The first of the queue, which may be the task itself.
        head: TaskId,
        /// Tasks before it.
        before: u32,
        /// What the head is short of.
        short: Box<[FailedCheck]>,
    },
    /// For secrets and the login to its registry.
    Login(Option<Time>),
    /// For an image, by the position of its container.
    Image(usize, Option<Time>),
    /// For a container to start.
    Start(usize, Option<Time>),
    /// A container waits for another (01 section 11.3); then it gives up.
    Dependency {
        /// The one that waits.
        container: usize,
        /// The one that is waited for.
        on: usize,
        /// What it waits for.
        condition: DependencyCondition,
        /// When it gives up.
        until: Option<Time>,
    },
    /// To be registered with its load balancers and registries.
    Registration(Option<Time>),
    /// For its targets to have drained (02 section 7.5).
    Targets(Option<Time>),
    /// For a container to end, which has been told to; the flag says that it will be killed.
    Exit(usize, Option<Time>, bool),
    /// For its interface to be detached.
    Detach(Option<Time>),
}

impl World {
    /// What a placed task waits for; `None` when it waits for nothing: it runs, or is over.
    pub fn why_waits(&self, now: Time, task: TaskId, view: View<'_>) -> Option<TaskWait> {
        let row = view.task(task);
        // What its containers do on a host that was given up is no wait of the task.
        if row.last_status == TaskStatus::Stopped {
            return None;
        }
        let host = row.instance.and_then(|id| Some((id, self.around.hosts.get(id.index())?)));
        if let Some((instance, Some(host))) = host
            && !host.connected
        {
            // The last that was known of it is that it runs.
            let runs = row.last_status == TaskStatus::Running && row.is_live();
            return (!runs).then_some(TaskWait::Agent(instance));
        }
        let known = self.task(task)?;
        match known.phase {
            Phase::New | Phase::Stopped => None,
            Phase::Provisioning => {
                let hopeless = known.interface == Interface::Hopeless;
                Some(TaskWait::Interface(instant(known.due), hopeless))
            }
            Phase::Queued => {
                let (instance, host) = host.and_then(|(id, host)| Some((id, host.as_ref()?)))?;
                let (head, before, short) = host.queue_before(task, view)?;
                Some(TaskWait::Room { instance, head, before, short })
            }
            Phase::Preparing => Some(TaskWait::Login(instant(known.due))),
            Phase::Starting => known.why_starts(now, view),
            Phase::Activating => Some(TaskWait::Registration(instant(known.due))),
            Phase::Running if row.last_status == TaskStatus::Deactivating => {
                let last = known.targets.iter().map(|target| target.due);
                Some(TaskWait::Targets(last.filter(|&due| due != NEVER).max()))
            }
            Phase::Running => None,
            Phase::Stopping => known.why_stops(),
            Phase::Deprovisioning => Some(TaskWait::Detach(instant(known.due))),
        }
    }
}

impl WorldTask {
    /// A container that is on its way, or else the first that waits for another.
    fn why_starts(&self, now: Time, view: View<'_>) -> Option<TaskWait> {
        let specs = &self.spec(view).containers;
        let pairs = || self.containers.iter().zip(specs).enumerate();
        let mut down = pairs().filter(|(_, (container, spec))| !container.is_up(spec.essential));
        let on_its_way = |index: usize| {
            let container = &self.containers[index];
            match container.stage {
                Stage::Pulling => Some(TaskWait::Image(index, instant(container.due))),
                Stage::Starting => Some(TaskWait::Start(index, instant(container.due))),
                Stage::Waiting | Stage::Pulled | Stage::Running | Stage::Stopped => None,
            }
        };
        let blocked = |index: usize| {
            let spec = &specs[index];
            spec.depends_on.iter().find_map(|dependency| {
                let other = &specs[dependency.on];
                match self.dependency(now, spec, dependency, other) {
                    Readiness::Ready => None,
                    Readiness::Blocked(until) => Some(TaskWait::Dependency {
                        container: index,
                        on: dependency.on,
                        condition: dependency.condition,
                        until: instant(until),
                    }),
                    Readiness::GivenUp(_) => None,
                }
            })
        };
        let first = down.clone().find_map(|(index, _)| on_its_way(index));
        first.or_else(|| down.find_map(|(index, _)| blocked(index)))
    }

    /// The container that takes longest of those that were told to end.
    fn why_stops(&self) -> Option<TaskWait> {
        let told = self.containers.iter().enumerate().filter(|(_, container)| {
            container.stage != Stage::Stopped && container.signalled_at.is_some()
        });
        let (index, last) = told.max_by_key(|(index, container)| (container.due, *index))?;
        let killed = last.ending == super::container::Ending::Killed;
        Some(TaskWait::Exit(index, instant(last.due), killed))
    }
}

fn instant(due: Time) -> Option<Time> {
    (due != NEVER).then_some(due)
}

/// What a task waits for, in a sentence.
pub fn sentence(view: View<'_>, task: TaskId, wait: &TaskWait) -> String {
    let row = view.task(task);
    let containers = &view.definition(row.definition).containers;
    let name = |container: usize| &*containers[container].name;
    let host = |instance: InstanceId| &*view.instance(instance).name;
    let tail = match wait {
        TaskWait::Instance(report, until) => {
            let why = view.placement_text(report);
            format!("for an instance. {why} At {until} it is given up")
        }
        TaskWait::Agent(instance) => {
            format!("for the agent of {}, which is not connected", host(*instance))
        }
        TaskWait::Interface(until, hopeless) => {
            let what = match view.definition(row.definition).network_mode {
                NetworkMode::Awsvpc if row.instance.is_some() => "its network interface",
                _ => "its microVM and network interface",
            };
            match (until, hopeless) {
                (Some(until), true) => {
                    format!("for {what}, which is not attached: at {until} it stops")
                }
                _ => format!("for {what}{}", at(*until)),
            }
        }
        TaskWait::Room { instance, head, before, short } => {
            let short: Vec<String> = short.iter().map(|check| view.check_text(check)).collect();
            let short =
                format!("{} of what is really free on {}", short.join(", "), { host(*instance) });
            match before {
                0 => format!("for room: it is {short}, until tasks that stop are gone"),
                1 => format!("behind task {}, which is {short}", view.task_name(*head)),
                _ => {
                    let head = view.task_name(*head);
                    format!("behind {before} tasks; the first, {head}, is {short}")
                }
            }
        }
        TaskWait::Login(until) => {
            format!("for its secrets and the login to its registry{}", at(*until))
        }
        TaskWait::Image(container, until) => {
            format!("for the image of {}{}", name(*container), at(*until))
        }
        TaskWait::Start(container, until) => {
            format!("for container {} to start{}", name(*container), at(*until))
        }
        TaskWait::Dependency { container, on, condition, until } => {
            let give_up = until.map_or_else(String::new, |at| format!("; at {at} it gives up"));
            let (one, other) = (name(*container), name(*on));
            format!("for {other} to be {} before {one} starts{give_up}", wanted(*condition))
        }
        TaskWait::Registration(until) => format!("to be registered{}", at(*until)),
        TaskWait::Targets(until) => format!("for its targets to drain{}", at(*until)),
        TaskWait::Exit(container, until, killed) => {
            let how = if *killed { "is killed" } else { "exits" };
            let until = until.map_or_else(String::new, |until| format!(", which {how} at {until}"));
            format!("for container {} to end{until}", name(*container))
        }
        TaskWait::Detach(until) => {
            format!("for its network interface to be detached{}", at(*until))
        }
    };
    format!("task {} is {} and waits {tail}.", view.task_name(task), row.last_status)
}

fn at(until: Option<Time>) -> String {
    until.map_or_else(String::new, |until| format!(", which is there at {until}"))
}

const fn wanted(condition: DependencyCondition) -> &'static str {
    match condition {
        DependencyCondition::Start => "started",
        DependencyCondition::Complete => "over",
        DependencyCondition::Success => "over with exit code 0",
        DependencyCondition::Healthy => "HEALTHY",
        DependencyCondition::Created => "created",
    }
}
