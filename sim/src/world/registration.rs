//! A task's targets: registration, what probes of the load balancer find, deregistration
//! (02 sections 7.3 to 7.5).

use stowplan_engine::api::TaskChange;
use stowplan_engine::api::input::LoadBalancer;
use stowplan_engine::model::{NetworkMode, Span, TargetFailure, TargetState, Time};

use super::behavior_values::ProbeResult;
use super::container::NEVER;
use super::probe::{Prober, Verdict, Weather};
use super::step::Step;
use super::targets::{FailingProbe, WorldTarget, failure_text};
use super::task::{Phase, WorldTask};

impl WorldTask {
    /// The places that the task will have in the groups of its service.
    pub(super) fn make_targets(&mut self, step: &mut Step<'_>) {
        let row = step.view.task(self.id);
        let Some(owner) = row.owner else { return };
        let balancers = &step.view.deployment(owner.deployment).load_balancers;
        let mine = balancers.iter().take(row.targets.len());
        self.targets = mine.map(|balancer| self.target_in(step, balancer)).collect();
    }

    fn target_in(&self, step: &mut Step<'_>, balancer: &LoadBalancer) -> WorldTarget {
        let specs = &self.spec(step.view).containers;
        let named = |spec: &stowplan_engine::model::Container| {
            Some(&*spec.name) == balancer.container_name.as_deref()
        };
        let names = [&balancer.target_group_arn, &balancer.load_balancer_name];
        let name = names.into_iter().flatten().next().map_or("", String::as_str);
        let needs_threshold = step.around.new_targets_need_threshold;
        let container_port = balancer.container_port.and_then(|port| u16::try_from(port).ok());
        WorldTarget {
            group: step.around.groups.find_or_add(name, needs_threshold),
            container: specs.iter().position(named).unwrap_or(0),
            container_port: container_port.unwrap_or(0),
            state: None,
            prober: None,
            due: NEVER,
            port: 0,
            zone: step.view.task(self.id).zone,
        }
    }

    /// The task runs: its targets are registered and probed from now on.
    pub(super) fn register_targets(&mut self, step: &mut Step<'_>) {
        for index in 0..self.targets.len() {
            self.targets[index].port = self.target_port(step, index);
            if !self.is_zone_served(step, index) {
                self.move_target(step, index, Some(TargetState::Unused));
                // The service is told that it is unhealthy (02 section 7.1).
                let (state, failure) = (TargetState::Unhealthy, self.failure(index));
                step.tell(TaskChange::Target { group: index, state, failure });
                continue;
            }
            let rules = step.around.groups.row(self.targets[index].group).rules;
            self.targets[index].prober = Some(Prober::begun_at(step.now, &rules));
            self.move_target(step, index, Some(TargetState::Initial));
            self.tell_target(step, index, TargetState::Initial);
            self.plan_target(step, index);
        }
    }

    /// The targets were registered long ago, and probed ever since.
    pub(super) fn adopt_targets(&mut self, step: &mut Step<'_>, since: Time) {
        let row = step.view.task(self.id);
        for index in 0..self.targets.len() {
            self.targets[index].port = self.target_port(step, index);
            let known = row.targets.get(index).copied().unwrap_or(TargetState::Unused);
            let served = self.is_zone_served(step, index);
            let unhealthy = !served
                || known == TargetState::Unhealthy
                || (self.given_unhealthy && !self.is_checked(step, index));
            let (state, verdict) = match unhealthy {
                true => (TargetState::Unhealthy, Verdict::Unhealthy),
                false => (TargetState::Healthy, Verdict::Healthy),
            };
            let shown = if served { state } else { TargetState::Unused };
            let group = self.targets[index].group;
            let rules = step.around.groups.row(group).rules;
            if served {
                let prober = Prober::settled(since, verdict, &rules, step.now);
                self.targets[index].prober = Some(prober);
            }
            self.move_target(step, index, Some(shown));
            step.around.groups.skip_slow_start((self.id, index), group);
            if known != state {
                let failure = self.failure(index);
                step.tell(TaskChange::Target { group: index, state, failure });
            }
            self.plan_target(step, index);
        }
    }

    fn is_checked(&self, step: &Step<'_>, index: usize) -> bool {
        let specs = &self.spec(step.view).containers;
        specs[self.targets[index].container].health_check.is_some()
    }

    fn is_zone_served(&self, step: &Step<'_>, index: usize) -> bool {
        let target = &self.targets[index];
        let group = &step.around.groups.row(target.group).config;
        target.zone.is_none_or(|zone| group.serves(step.view.zone_name(zone)))
    }

    /// Where requests go: the interface's port, or the port of the host that leads to it.
    fn target_port(&self, step: &Step<'_>, index: usize) -> u16 {
        let target = &self.targets[index];
        self.reached_port(step, target.container, target.container_port)
    }

    /// Where requests for a port of a container go.
    pub(super) fn reached_port(&self, step: &Step<'_>, container: usize, wanted: u16) -> u16 {
        if self.mode(step) == NetworkMode::Awsvpc {
            return wanted;
        }
        let ports = &self.spec(step.view).containers[container].ports;
        let bound = &self.containers[container].host_ports;
        let behind = ports.iter().zip(bound).find_map(|(port, &first)| {
            let offset = wanted.checked_sub(port.container_port)?;
            (offset < port.count).then(|| first.saturating_add(offset))
        });
        behind.unwrap_or(wanted)
    }

    fn move_target(&mut self, step: &mut Step<'_>, index: usize, to: Option<TargetState>) {
        let key = (self.id, index);
        step.around.groups.moved(key, &mut self.targets[index], to, step.now);
    }

    fn tell_target(&self, step: &mut Step<'_>, index: usize, state: TargetState) {
        let failure = self.failure(index).filter(|_| state == TargetState::Unhealthy);
        step.tell(TaskChange::Target { group: index, state, failure });
    }

    fn failure(&self, index: usize) -> Option<TargetFailure> {
        let target = &self.targets[index];
        target.reason().map(|reason| TargetFailure { reason, port: target.port })
    }

    /// Targets whose state changes now, or the way in which they fail.
    pub(super) fn advance_targets(&mut self, step: &mut Step<'_>) {
        for index in 0..self.targets.len() {
            if self.targets[index].due > step.now {
                continue;
            }
            if self.targets[index].state == Some(TargetState::Draining) {
                self.targets[index].due = NEVER;
                self.move_target(step, index, None);
                self.tell_target(step, index, TargetState::Unused);
                continue;
            }
            if let Some((_, then)) = self.next_target_change(step, index) {
                self.targets[index].prober = Some(then);
                if then.failing().is_some() {
                    self.note_failing(step, index);
                    self.plan_target(step, index);
                    continue;
                }
                let state = match then.verdict() {
                    Verdict::Healthy => TargetState::Healthy,
                    Verdict::Unhealthy => TargetState::Unhealthy,
                    Verdict::New => TargetState::Initial,
                };
                // An unhealthy target that fails in another way stays where it is.
                if self.targets[index].state != Some(state) {
                    self.move_target(step, index, Some(state));
                }
                self.tell_target(step, index, state);
            }
            self.plan_target(step, index);
        }
    }

    /// A probe failed, and one more is needed at least: nobody but people is told.
    fn note_failing(&self, step: &mut Step<'_>, index: usize) {
        let target = &self.targets[index];
        let group = step.around.groups.row(target.group);
        let Some(prober) = target.prober else { return };
        let failing = FailingProbe {
            task: self.id,
            group: group.config.name.clone(),
            failures: prober.failing().unwrap_or(0),
            of: group.rules.failures,
            text: failure_text(prober.failure()).into(),
        };
        step.around.failing.push(failing);
    }

    /// Works out when a target changes its state next, or the way in which it fails.
    pub(super) fn plan_target(&mut self, step: &Step<'_>, index: usize) {
        let next = self.next_target_change(step, index);
        self.targets[index].due = next.map_or(NEVER, |(at, _)| at);
    }

    fn next_target_change(&self, step: &Step<'_>, index: usize) -> Option<(Time, Prober)> {
        let target = &self.targets[index];
        let rules = &step.around.groups.row(target.group).rules;
        let prober = target.prober.filter(|_| self.is_probed(index))?;
        prober.next_change(rules, &self.target_weather(step, index))
    }

    fn is_probed(&self, index: usize) -> bool {
        matches!(
            self.targets[index].state,
            Some(TargetState::Initial | TargetState::Healthy | TargetState::Unhealthy)
        )
    }

    /// Probes up to now have met what was; from now on they meet something else.
    pub(super) fn catch_up_target(&mut self, step: &Step<'_>, index: usize) {
        let weather = self.target_weather(step, index);
        let rules = step.around.groups.row(self.targets[index].group).rules;
        if let Some(prober) = self.targets[index].prober.as_mut() {
            prober.catch_up(step.now, &rules, &weather);
        }
    }

    fn target_weather(&self, step: &Step<'_>, index: usize) -> Weather {
        let container = self.targets[index].container;
        if !self.containers[container].is_running() {
            return Weather::always(ProbeResult::Fail);
        }
        let own = self.plan.target_health.as_ref();
        let (rules, what) = match own {
            Some(_) => (own, "targetHealth"),
            None => (self.plan.containers[container].health.as_ref(), "health"),
        };
        if self.given_unhealthy && !self.is_checked(step, index) && !self.was_set(rules) {
            return Weather::always(ProbeResult::Fail);
        }
        self.weather(step, container, rules, what)
    }

    /// The container behind some targets began or ended a run.
    pub(super) fn replan_targets_of(&mut self, step: &Step<'_>, container: usize) {
        for index in 0..self.targets.len() {
            if self.targets[index].container == container && self.is_probed(index) {
                self.plan_target(step, index);
            }
        }
    }

    /// Takes the task out of its groups: connections may finish for the delay. False when it is
    /// in none.
    pub(super) fn deregister_targets(&mut self, step: &mut Step<'_>) -> bool {
        let mut registered = self.phase == Phase::Stopped;
        for index in 0..self.targets.len() {
            match self.targets[index].state {
                None => continue,
                Some(TargetState::Draining) => {}
                Some(TargetState::Unused) => {
                    self.move_target(step, index, None);
                    self.tell_target(step, index, TargetState::Unused);
                }
                Some(TargetState::Initial | TargetState::Healthy | TargetState::Unhealthy) => {
                    let delay: Span =
                        step.around.groups.row(self.targets[index].group).config.delay();
                    self.move_target(step, index, Some(TargetState::Draining));
                    self.tell_target(step, index, TargetState::Draining);
                    self.targets[index].due = step.now + delay;
                }
            }
            registered = true;
        }
        registered
    }
}
