//! What scenarios do to the world: faults, interruptions, changes of behaviour.

use stowplan_engine::View;
use stowplan_engine::api::{Report, TaskChange};
use stowplan_engine::model::{
    InstanceId, InstanceStatus, Stop, StopCode, StopReason, TaskId, TaskStatus, Time,
};

use super::World;
use super::behavior::SetBehavior;
use super::container::Ending;
use super::latency::{SPOT_NOTICE, SPOT_POLL};
use super::step::Step;
use super::task::WorldTask;

/// What happens to an instance at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum InstanceEvent {
    /// Its agent hears of the interruption and wants it drained.
    Drain,
    /// Spot takes it back.
    Reclaim,
    /// Its trunk interface is there, or gone.
    TrunkChange,
}

/// A call that a container agent makes by itself: step 2 of an instant (00 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentCall {
    /// UpdateContainerInstancesState of its own instance to DRAINING (04 section 3.2).
    Drain(InstanceId),
}

impl World {
    /// A container of a task exits with a code, the first essential one when none is named. False
    /// when it does not run.
    pub fn fail_task(
        &mut self,
        now: Time,
        task: TaskId,
        container: Option<&str>,
        exit_code: i32,
        view: View<'_>,
    ) -> bool {
        let specs = &view.definition(view.task(task).definition).containers;
        let index = specs.iter().position(|spec| match container {
            Some(name) => *spec.name == *name,
            None => spec.essential,
        });
        let Some(index) = index else { return false };
        let running = self.task(task).is_some_and(|row| row.containers[index].is_running());
        if running {
            self.with_task(now, task, view, |row, _| {
                row.containers[index].due = now;
                row.containers[index].ending = Ending::Exit(exit_code);
            });
        }
        running
    }

    /// Changes what is said of a key of `behavior`; the tasks that exist follow.
    pub fn set_behavior(&mut self, now: Time, set: SetBehavior, view: View<'_>) {
        self.around.plans.set(now, set);
        for index in 0..self.tasks.len() {
            let task = TaskId::from_index(index);
            if self.task(task).is_none_or(WorldTask::is_over) {
                continue;
            }
            let plan = self.around.plans.plan_of(task, view, &mut self.around.images);
            self.with_task(now, task, view, |row, step| row.follow(step, plan));
        }
    }

    /// The agent of an instance loses its connection: what it reports and what it is told waits.
    pub fn disconnect_agent(&mut self, instance: InstanceId, view: View<'_>) {
        let host = self.around.host(instance, view);
        if host.connected && !host.lost {
            host.connected = false;
            self.around.reports.push(Report::AgentConnection(instance, false));
        }
    }

    /// It has it back.
    pub fn reconnect_agent(&mut self, now: Time, instance: InstanceId, view: View<'_>) {
        let host = self.around.host(instance, view);
        if host.connected || host.lost {
            return;
        }
        host.connected = true;
        let (unsent, mailbox) =
            (std::mem::take(&mut host.unsent), std::mem::take(&mut host.mailbox));
        self.around.reports.push(Report::AgentConnection(instance, true));
        self.around.reports.extend(unsent);
        for effect in mailbox {
            self.effect(now, effect, view);
        }
        for &task in &view.instance(instance).tasks {
            self.wake(task, now);
        }
    }

    /// Spot takes the capacity of a Fargate task back (04 section 3.1): it is stopped now, and
    /// gone in two minutes at the latest.
    pub fn interrupt_task(&mut self, now: Time, task: TaskId, view: View<'_>) {
        if self.task(task).is_none_or(WorldTask::is_over) {
            return;
        }
        self.with_task(now, task, view, |row, step| {
            row.killed_at = now + SPOT_NOTICE;
            let (code, reason) = (StopCode::SpotInterruption, StopReason::SpotTask);
            row.begin_stop(step, Some(Stop { code, reason }));
        });
    }

    /// Spot gives two minutes' notice for an instance (04 section 3.2).
    pub fn interrupt_instance(&mut self, now: Time, instance: InstanceId, view: View<'_>) {
        let drains = self.around.host(instance, view).config.spot_draining;
        if drains {
            self.instance_events.insert((now + SPOT_POLL, instance, InstanceEvent::Drain));
        }
        self.instance_events.insert((now + SPOT_NOTICE, instance, InstanceEvent::Reclaim));
    }

    /// EC2 terminates an instance.
    pub fn terminate_instance(&mut self, now: Time, instance: InstanceId, view: View<'_>) {
        let reason = StopReason::HostTerminated(instance);
        let stop = Stop { code: StopCode::TerminationNotice, reason };
        self.lose_host(now, instance, view, Report::InstanceTerminated(instance, stop));
    }

    /// EC2 stops an instance: it stays registered.
    pub fn stop_instance(&mut self, now: Time, instance: InstanceId, view: View<'_>) {
        let reason = StopReason::HostStopped(instance);
        let stop = Stop { code: StopCode::TerminationNotice, reason };
        self.lose_host(now, instance, view, Report::InstanceStopped(instance, stop));
    }

    /// The control plane calls a task STOPPED whose containers may still run, as after a forced
    /// deregistration (01 section 7.3): nobody counts what is left of it, so the world drops it
    /// without a word, and its targets drain.
    pub fn lose_task(&mut self, now: Time, task: TaskId, view: View<'_>) {
        self.with_task(now, task, view, |row, step| row.lose(step));
    }

    /// The infrastructure under a task fails: it is STOPPED at once, for this cause.
    pub fn kill_task(&mut self, now: Time, task: TaskId, stop: Stop, view: View<'_>) {
        if self.task(task).is_none_or(|row| !row.is_alive()) {
            return;
        }
        self.lose_task(now, task, view);
        let change = TaskChange::Status(TaskStatus::Stopped, Some(stop));
        self.around.reports.push(Report::Task(task, change));
    }

    /// An image is pushed to a region: there at once, elsewhere after `imageReplicationSeconds`.
    pub fn push_image(&mut self, now: Time, name: &str, size_mb: u32, region: &str) {
        self.around.images.push(now, name, size_mb, region);
    }

    /// Calls that agents make at this instant, in order; each is handed out once.
    pub fn take_agent_calls(&mut self) -> Vec<AgentCall> {
        std::mem::take(&mut self.agent_calls)
    }

    /// What is due for instances, by id.
    pub(super) fn advance_instances(&mut self, now: Time, view: View<'_>) {
        let mut due = Vec::new();
        while let Some(&event) = self.instance_events.first()
            && event.0 <= now
        {
            self.instance_events.pop_first();
            due.push(event);
        }
        due.sort_by_key(|&(at, instance, event)| (at, &view.instance(instance).name, event));
        for (_, instance, event) in due {
            match event {
                InstanceEvent::Drain => {
                    let host = self.around.host(instance, view);
                    if host.connected && !host.lost {
                        self.agent_calls.push(AgentCall::Drain(instance));
                    }
                }
                InstanceEvent::TrunkChange => {
                    if !self.around.host(instance, view).lost {
                        let done = may_change_trunk(instance, view);
                        self.around.reports.push(Report::TrunkChanged(instance, done));
                    }
                }
                InstanceEvent::Reclaim => {
                    let reason = StopReason::HostTerminated(instance);
                    let stop = Stop { code: StopCode::SpotInterruption, reason };
                    self.lose_host(now, instance, view, Report::InstanceTerminated(instance, stop));
                }
            }
        }
    }

    /// Instances that Auto Scaling groups launched are ready: they register.
    pub(super) fn advance_launches(&mut self, now: Time, view: View<'_>) {
        while let Some(&(at, group, number)) = self.launches.first()
            && at <= now
        {
            self.launches.pop_first();
            let group = view.scaling_group(group);
            if let Some(launching) = group.launching(number) {
                let registration = Box::new(group.registration(launching));
                let report = Report::InstanceRegistered(group.cluster, registration);
                self.around.reports.push(report);
            }
        }
    }

    /// A machine is gone, and everything on it with it.
    fn lose_host(&mut self, now: Time, instance: InstanceId, view: View<'_>, report: Report) {
        let host = self.around.host(instance, view);
        if host.lost {
            return;
        }
        host.lost = true;
        host.unsent.clear();
        host.mailbox.clear();
        self.around.reports.push(report);
        for &task in &view.instance(instance).tasks {
            self.lose_task(now, task, view);
        }
    }

    /// Changes a task and looks at what follows when the instant's work is done.
    fn with_task(
        &mut self,
        now: Time,
        task: TaskId,
        view: View<'_>,
        change: impl FnOnce(&mut WorldTask, &mut Step<'_>),
    ) {
        self.change_task(now, task, view, change);
        self.wake(task, now);
    }
}

/// A trunk takes an address of the first subnet in the instance's zone (02 section 3.1): without
/// a free one it cannot be made. Removing it always works.
fn may_change_trunk(instance: InstanceId, view: View<'_>) -> bool {
    let row = view.instance(instance);
    let mut subnets = view.cluster(row.cluster).subnets.iter().map(|&subnet| view.subnet(subnet));
    let own = subnets.find(|subnet| subnet.zone == row.zone);
    row.status != InstanceStatus::Registering || own.is_none_or(|subnet| subnet.free() > 0)
}
