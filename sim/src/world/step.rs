//! What a task has around it while it takes a step.

use std::collections::BTreeMap;
use std::sync::Arc;

use stowplan_engine::View;
use stowplan_engine::api::{Report, TaskChange};
use stowplan_engine::model::{InstanceId, Span, TaskId, Time};
use stowplan_engine::rng::{Rng, Stream};

use super::agent::{AgentConfig, Host};
use super::behavior_values::{DurationRange, Share};
use super::cloud_map::CloudMap;
use super::images::Images;
use super::network::Addresses;
use super::plan::Plans;
use super::route::Routes;
use super::targets::{FailingProbe, TargetGroups};

/// Everything in the world but the tasks.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub(super) seed: u64,
    /// `ignoreContainersWithoutHealthCheck` (01 section 11.5).
    pub(super) ignore_unchecked: bool,
    /// `initialHealthyNeedsThreshold` (02 section 7.3).
    pub(super) new_targets_need_threshold: bool,
    pub(super) plans: Plans,
    pub(super) images: Images,
    pub(super) groups: TargetGroups,
    pub(super) cloud_map: CloudMap,
    pub(super) addresses: Addresses,
    /// By subnet.
    pub(super) routes: Arc<[Routes]>,
    pub(super) hosts: Vec<Option<Host>>,
    /// What agents are like in the instances of an Auto Scaling group.
    pub(super) group_agents: BTreeMap<Box<str>, AgentConfig>,
    /// What the control plane is to be told.
    pub(super) reports: Vec<Report>,
    /// Probes that failed, for people.
    pub(super) failing: Vec<FailingProbe>,
    /// Tasks that their agents have just admitted.
    pub(super) admitted: Vec<TaskId>,
}

impl Surroundings {
    /// The machine of an instance; one that nobody described has the defaults.
    pub(super) fn host(&mut self, instance: InstanceId, view: View<'_>) -> &mut Host {
        let index = instance.index();
        if index >= self.hosts.len() {
            self.hosts.resize(index + 1, None);
        }
        let of_group = || {
            let group = view.instance(instance).auto_scaling_group.as_ref();
            group.and_then(|group| self.group_agents.get(group)).cloned().unwrap_or_default()
        };
        self.hosts[index].get_or_insert_with(|| Host::new(instance, of_group(), view))
    }

    pub(super) fn known_host(&self, instance: InstanceId) -> Option<&Host> {
        self.hosts.get(instance.index())?.as_ref()
    }
}

/// One task's look at the world, at one instant.
pub(super) struct Step<'a> {
    pub(super) now: Time,
    pub(super) view: View<'a>,
    pub(super) task: TaskId,
    pub(super) around: &'a mut Surroundings,
}

impl Step<'_> {
    pub(super) fn host(&mut self, instance: InstanceId) -> &mut Host {
        self.around.host(instance, self.view)
    }

    /// A duration of this task; what is drawn depends on nothing else that happens.
    pub(super) fn draw(&self, range: DurationRange, what: &str, part: &str) -> Span {
        if range.min == range.max {
            return range.min;
        }
        Span(self.rng(Stream::Durations, what, part).uniform(range.min.0, range.max.0))
    }

    /// Whether something happens that has a probability.
    pub(super) fn happens(&self, share: Share, what: &str, part: &str) -> bool {
        let last = u64::from(Share::ALL.billionths()) - 1;
        share == Share::ALL
            || self.rng(Stream::Chances, what, part).uniform(0, last)
                < u64::from(share.billionths())
    }

    fn rng(&self, stream: Stream, what: &str, part: &str) -> Rng {
        let name = self.view.task_name(self.task);
        Rng::for_key(self.around.seed, stream, &format!("{name}/{what}/{part}"))
    }

    /// Tells the control plane what a load balancer or EC2 knows.
    pub(super) fn tell(&mut self, change: TaskChange) {
        self.around.reports.push(Report::Task(self.task, change));
    }

    /// Tells it what the agent knows: later, when the agent cannot reach it.
    pub(super) fn tell_by_agent(&mut self, host: Option<InstanceId>, change: TaskChange) {
        match host {
            Some(instance) if !self.host(instance).connected => {
                let report = Report::Task(self.task, change);
                self.host(instance).unsent.push(report);
            }
            _ => self.tell(change),
        }
    }
}
