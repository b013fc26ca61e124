//! While containers run: how they end, restart in place, and what their checks find
//! (01 sections 11.2, 11.5 and 11.6).

use stowplan_engine::model::{Stop, StopCode, StopReason, Time};

use super::behavior::Timed;
use super::behavior_values::{Delay, HealthRules, ProbeResult};
use super::container::{Ending, NEVER, SIGKILL_CODE, Stage, check_rules};
use super::probe::{Prober, Weather};
use super::step::Step;
use super::task::WorldTask;

const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";

impl WorldTask {
    /// A container runs from now on.
    pub(super) fn begin_run(&mut self, step: &Step<'_>, index: usize) {
        let now = step.now;
        let container = &mut self.containers[index];
        container.stage = Stage::Running;
        container.run_started_at = now;
        container.started_at.get_or_insert(now);
        self.plan_ending(step, index);
        if let Some(check) = &self.spec(step.view).containers[index].health_check {
            let rules = check_rules(check, now);
            self.containers[index].prober = Some(Prober::begun_at(now, &rules));
            self.plan_health(step, index);
        }
        self.replan_targets_of(step, index);
    }

    /// When and how the present run ends if nobody ends it.
    pub(super) fn plan_ending(&mut self, step: &Step<'_>, index: usize) {
        let container = &self.containers[index];
        let (restarts, run_started_at) = (container.restarts, container.run_started_at);
        let plan = self.plan.clone();
        let name = &self.spec(step.view).containers[index].name;
        let (mut due, mut ending) = (NEVER, Ending::None);
        if self.uses_too_much_memory(step, index) {
            (due, ending) = (step.now, Ending::OutOfMemory);
        } else if let Some(exits) = &plan.containers[index].exit
            && let Some(exit) = exits.value.of_start(restarts)
        {
            let part = format!("{name}/{restarts}");
            if step.happens(exit.probability, "exit", &part) {
                let begun = self.origin(exits, index, run_started_at);
                due = (begun + step.draw(exit.after, "exit", &part)).max(step.now);
                ending = Ending::Exit(exit.code);
            }
        }
        let container = &mut self.containers[index];
        (container.due, container.ending) = (due, ending);
    }

    /// From when the `after` of a behaviour counts: the container's start, time 0 for tasks that
    /// were there then, or when it was set.
    fn origin<T>(&self, timed: &Timed<T>, index: usize, run_started_at: Time) -> Time {
        let first_run = self.containers[index].restarts == 0;
        match (timed.since, self.adopted_at) {
            (Some(since), _) if since.change > self.born_in_change => {
                if first_run {
                    since.at
                } else {
                    since.at.max(run_started_at)
                }
            }
            (_, Some(adopted_at)) => adopted_at.max(run_started_at),
            _ => run_started_at,
        }
    }

    /// MiB that its running containers use.
    pub fn memory_used(&self) -> u64 {
        let running = (0..self.containers.len()).filter(|&i| self.containers[i].is_running());
        running.map(|index| u64::from(self.memory_of(index))).sum()
    }

    fn memory_of(&self, index: usize) -> u32 {
        self.plan.containers[index].memory_used.map_or(0, |used| used.base)
    }

    fn uses_too_much_memory(&self, step: &Step<'_>, index: usize) -> bool {
        let definition = self.spec(step.view);
        let spec = &definition.containers[index];
        let overrides = step.view.task(self.id).extra.as_ref().and_then(|e| e.overrides.as_ref());
        let overridden = overrides.and_then(|all| {
            let own = all.container_overrides.iter();
            let mut own = own.filter(|own| own.name.as_deref() == Some(&*spec.name));
            own.find_map(|own| u32::try_from(own.memory?).ok())
        });
        let own_limit = overridden.or(spec.memory);
        own_limit.is_some_and(|limit| self.memory_of(index) > limit)
            || definition.memory.is_some_and(|limit| self.memory_used() > u64::from(limit))
    }

    /// The present run of a container is over.
    pub(super) fn container_ends(&mut self, step: &mut Step<'_>, index: usize) {
        let (code, reason) = match self.containers[index].ending {
            Ending::Exit(code) => (code, None),
            Ending::Killed | Ending::None => (SIGKILL_CODE, None),
            Ending::OutOfMemory => (SIGKILL_CODE, Some(OUT_OF_MEMORY.into())),
        };
        if self.restarts(step, index, code) {
            self.containers[index].restarts += 1;
            return self.begin_run(step, index);
        }
        self.free_ports(step, index);
        self.containers[index].stop(step.now, Some(code), reason);
        self.replan_targets_of(step, index);
        if self.spec(step.view).containers[index].essential {
            self.execution_stopped_at.get_or_insert(step.now);
            let (code, reason) = (StopCode::EssentialContainerExited, StopReason::EssentialExited);
            self.begin_stop(step, Some(Stop { code, reason }));
        }
    }

    /// Whether a container that exits is restarted in place (01 section 11.6).
    fn restarts(&self, step: &Step<'_>, index: usize, code: i32) -> bool {
        let Some(rule) = &self.spec(step.view).containers[index].restart else { return false };
        let ran = step.now.since(self.containers[index].run_started_at);
        !self.is_over() && !rule.ignored_exit_codes.contains(&code) && ran >= rule.attempt_period
    }

    /// Checks whose verdict changes now.
    pub(super) fn advance_health(&mut self, step: &Step<'_>) -> bool {
        let mut moved = false;
        for index in 0..self.containers.len() {
            if self.containers[index].health_due > step.now {
                continue;
            }
            if let Some((_, then)) = self.next_health(step, index) {
                self.containers[index].prober = Some(then);
            }
            self.plan_health(step, index);
            moved = true;
        }
        moved
    }

    /// Works out when a container's check changes its verdict next.
    pub(super) fn plan_health(&mut self, step: &Step<'_>, index: usize) {
        let next = self.next_health(step, index);
        self.containers[index].health_due = next.map_or(NEVER, |(at, _)| at);
    }

    fn next_health(&self, step: &Step<'_>, index: usize) -> Option<(Time, Prober)> {
        let container = &self.containers[index];
        let check = self.spec(step.view).containers[index].health_check.as_ref()?;
        let prober = container.prober.filter(|_| container.is_running())?;
        let rules = check_rules(check, container.run_started_at);
        prober.next_change(&rules, &self.health_weather(step, index))
    }

    /// Probes up to now have met what was; from now on they meet something else.
    pub(super) fn catch_up_health(&mut self, step: &Step<'_>, index: usize) {
        let Some(check) = &self.spec(step.view).containers[index].health_check else { return };
        let rules = check_rules(check, self.containers[index].run_started_at);
        let weather = self.health_weather(step, index);
        if let Some(prober) = &mut self.containers[index].prober {
            prober.catch_up(step.now, &rules, &weather);
        }
    }

    fn health_weather(&self, step: &Step<'_>, index: usize) -> Weather {
        let health = self.plan.containers[index].health.as_ref();
        if self.given_unhealthy && !self.was_set(health) {
            return Weather::always(ProbeResult::Fail);
        }
        self.weather(step, index, health, "health")
    }

    /// Whether a behaviour was set after the task was made.
    pub(super) fn was_set<T>(&self, timed: Option<&Timed<T>>) -> bool {
        let since = timed.and_then(|timed| timed.since);
        since.is_some_and(|since| since.change > self.born_in_change)
    }

    /// What probes of a container meet, by some rules.
    pub(super) fn weather(
        &self,
        step: &Step<'_>,
        index: usize,
        rules: Option<&Timed<HealthRules>>,
        what: &str,
    ) -> Weather {
        let run_started_at = self.containers[index].run_started_at;
        let name = &self.spec(step.view).containers[index].name;
        let mut changes = Vec::new();
        if let Some(rules) = rules {
            let origin = self.origin(rules, index, run_started_at);
            for (number, rule) in rules.value.0.iter().enumerate() {
                let part = format!("{name}/{number}");
                if step.happens(rule.probability, what, &part) {
                    changes.push((origin + step.draw(rule.after, what, &part), rule.result));
                }
            }
            // A list need not be in order of time; of two at once the later one holds.
            changes.sort_by_key(|&(from, _)| from);
        }
        Weather { fails_until: self.fails_until(step, index, run_started_at), changes }
    }

    fn fails_until(&self, step: &Step<'_>, index: usize, run_started_at: Time) -> Time {
        const ALWAYS_UP: Time = Time(i64::MIN);
        let Some(timed) = &self.plan.containers[index].healthy_after else { return ALWAYS_UP };
        let is_new = self.adopted_at.is_none_or(|adopted_at| run_started_at > adopted_at);
        if !is_new && !self.was_set(Some(timed)) {
            return ALWAYS_UP;
        }
        let name = &self.spec(step.view).containers[index].name;
        match timed.value {
            Delay::Never => NEVER,
            Delay::After(range) => {
                let origin = self.origin(timed, index, run_started_at);
                origin + step.draw(range, "healthyAfter", name)
            }
        }
    }
}
