//! The sentences.

use crate::api::event::FailedCheck;
use crate::explain::service::nearest;
use crate::explain::{
    Beyond, Change, Field, Limits, Note, Outcome, PlacementReport, Refusal, ScaleInReport, StopWhy,
    Suggestion, Tie, Tried, Verdict, Waiting,
};
use crate::model::{
    Balancer, BinpackField, InstanceId, PlacementConstraint, PlacementStrategy, ServiceId,
    SpreadField, TaskId, Time,
};
use crate::reconcile::code_deploy;
use crate::store::target_group_name;
use crate::view::View;

/// What AWS advises for the proxy of Service Connect (02 section 6).
const PROXY_ADVICE: &str = " Service Connect adds a proxy that nothing is reserved for: let the \
                            task's size hold 256 CPU units and 64 MiB more, 512 units above 500 \
                            requests a second, 128 MiB more above 100 services or 2000 tasks in \
                            the namespace.";

impl View<'_> {
    /// Why a task was told to stop; `None` while nobody did.
    pub fn why_stopped(self, task: TaskId) -> Option<StopWhy> {
        super::of_task(self.store, task)
    }

    /// A gate that refused an instance, with the amounts: `short 212 MiB`.
    pub fn check_text(self, check: &FailedCheck) -> String {
        match check {
            FailedCheck::Agent => "its agent is not connected".to_owned(),
            FailedCheck::Attribute(name) => format!("lacks {name}"),
            FailedCheck::Location => "in no zone of the subnets".to_owned(),
            FailedCheck::Cpu { need, have } => format!("short {} CPU units", need - have),
            FailedCheck::Memory { need, have } => format!("short {} MiB", need - have),
            FailedCheck::Ports { conflicts: 0, .. } => "over 100 ports".to_owned(),
            FailedCheck::Ports { conflicts, need } => format!("{conflicts} of {need} ports taken"),
            FailedCheck::Gpu { need, have } => format!("short {} GPUs", need - have),
            FailedCheck::Eni { limit } => format!("all {limit} network interfaces taken"),
            FailedCheck::DistinctInstance => "has a task of the group already".to_owned(),
            FailedCheck::MemberOf(expression) => format!("not {}", expression.source()),
        }
    }

    /// What an instance could not give if it were empty: `needs 2500 MiB of 1000 registered`.
    pub fn beyond_text(self, beyond: Beyond) -> String {
        match beyond {
            Beyond::Cpu { need, registered } => {
                format!("needs {need} CPU units of {registered} registered")
            }
            Beyond::Memory { need, registered } => {
                format!("needs {need} MiB of {registered} registered")
            }
            Beyond::ReservedPorts { ports } => {
                format!("{} kept for the instance itself", counted(ports, "port"))
            }
            Beyond::TooManyPorts { need, most } => {
                format!("needs {} of at most {most}", counted(need, "port"))
            }
            Beyond::Gpu { need, registered } => {
                format!("needs {} of {registered} registered", counted(need, "GPU"))
            }
            Beyond::Eni => "has no task network interface".to_owned(),
        }
    }

    /// What was refused, and whether for now or for ever (01 section 1.8).
    fn refusal_text(self, refusal: &Refusal) -> String {
        let beyond = |check: &FailedCheck| refusal.beyond.iter().find(|it| it.is_about(check));
        let text = |check: &FailedCheck| match beyond(check) {
            Some(beyond) => self.beyond_text(*beyond),
            None => self.check_text(check),
        };
        let texts: Vec<String> = refusal.checks.iter().map(text).collect();
        let head = if refusal.beyond.is_empty() { "NO" } else { "NEVER" };
        format!("{head}: {}", texts.join(", "))
    }

    /// What a reader has to know of an instance.
    pub fn note_text(self, note: Note) -> String {
        match note {
            Note::DisputedInterfaces { instance, limit } => {
                let row = self.instance(instance);
                format!(
                    "{} is a {}: the guide speaks of 1 awsvpc task on it, its newer table of \
                     limits of {limit}, which is what is counted.",
                    row.name,
                    row.instance_type.as_deref().unwrap_or_default()
                )
            }
        }
    }

    /// `spread(attribute:ecs.availability-zone)`.
    pub fn strategy_text(self, strategy: &PlacementStrategy) -> String {
        match strategy {
            PlacementStrategy::Spread(SpreadField::Instance) => "spread(instanceId)".to_owned(),
            PlacementStrategy::Spread(SpreadField::Attribute(name)) => {
                format!("spread(attribute:{name})")
            }
            PlacementStrategy::Binpack(BinpackField::Cpu) => "binpack(cpu)".to_owned(),
            PlacementStrategy::Binpack(BinpackField::Memory) => "binpack(memory)".to_owned(),
            PlacementStrategy::Random => "random".to_owned(),
        }
    }

    /// What became of an instance.
    pub fn verdict_text(self, report: &PlacementReport, verdict: &Verdict) -> String {
        match verdict {
            Verdict::Chosen => "CHOSEN".to_owned(),
            Verdict::NotActive(status) => status.to_string(),
            Verdict::OtherProvider => "of another capacity provider".to_owned(),
            Verdict::OtherZone => "in another zone".to_owned(),
            Verdict::Refused(refusal) => self.refusal_text(refusal),
            Verdict::Outranked(position) => match &report.strategy[*position] {
                PlacementStrategy::Spread(field) if field.is_zone() => "fuller zone".to_owned(),
                PlacementStrategy::Spread(SpreadField::Attribute(name)) => {
                    format!("more tasks of its {name}")
                }
                PlacementStrategy::Spread(_) => "more tasks".to_owned(),
                PlacementStrategy::Binpack(_) => "emptier".to_owned(),
                PlacementStrategy::Random => "not drawn".to_owned(),
            },
            Verdict::LostTie => match &report.field {
                Field::Instances { tie: Tie::Drawn, .. } => "as good, not drawn".to_owned(),
                _ => "as good, higher id".to_owned(),
            },
        }
    }

    /// Where the task goes and how many there were to choose from.
    pub fn placement_text(self, report: &PlacementReport) -> String {
        let advice = if report.has_proxy { PROXY_ADVICE } else { "" };
        let told = match &report.field {
            Field::Fargate(field) => self.fargate_text(report, field),
            Field::Instances { left, closest, candidates, never, notes, .. } => {
                let told = match report.chosen() {
                    Some(chosen) => format!(
                        "Chosen: {} in {}. Decided among {}: {} fit, {} ranked first.",
                        self.instance(chosen).name,
                        self.zone_name(self.instance(chosen).zone),
                        counted(left[0], "instance"),
                        left.get(1).copied().unwrap_or(0),
                        left.last().copied().unwrap_or(0)
                    ),
                    None => self.nowhere_text(left[0], nearest(candidates, *closest), *never),
                };
                let notes = notes.iter().map(|note| format!(" {}", self.note_text(*note)));
                told + &notes.collect::<String>()
            }
        };
        told + advice
    }

    fn nowhere_text(self, looked_at: u32, nearest: Option<Nearest>, never: bool) -> String {
        let near = nearest.map(|((instance, check), it)| self.near_text(instance, &check, it));
        match (near, never) {
            (Some(near), true) => format!("Nowhere: {NEVER}; {near}."),
            (Some(near), false) => {
                format!("Nowhere: none of {looked_at} instances fits; {near}.")
            }
            (None, true) => format!("Nowhere: there is no ACTIVE instance, and {NEVER}."),
            (None, false) => "Nowhere: there is no ACTIVE instance.".to_owned(),
        }
    }

    pub(super) fn near_text(
        self,
        instance: InstanceId,
        check: &FailedCheck,
        beyond: Option<Beyond>,
    ) -> String {
        let name = &self.instance(instance).name;
        match beyond {
            Some(beyond) => {
                format!("the nearest, {name}, can never take it: {}", self.beyond_text(beyond))
            }
            None => format!("the nearest, {name}, is refused: {}", self.check_text(check)),
        }
    }

    /// A change, and the answer then: `task memory 512 -> 300: i-4`.
    pub fn suggestion_text(self, report: &PlacementReport, suggestion: &Suggestion) -> String {
        let then = match suggestion.then {
            Outcome::Nowhere => "it fits nowhere".to_owned(),
            Outcome::On(instance) => self.instance(instance).name.to_string(),
            Outcome::OnTheNewOne => "the new instance".to_owned(),
            Outcome::In(zone) => self.zone_name(zone).to_owned(),
        };
        let by = suggestion.provider.filter(|&provider| Some(provider) != report.provider);
        let by = by.map(|provider| format!(" by {}", self.provider(provider).name));
        let change = self.change_text(report, &suggestion.change);
        format!("{change}: {then}{}", by.unwrap_or_default())
    }

    /// A change to the question: `task memory 512 -> 300`.
    pub fn change_text(self, report: &PlacementReport, change: &Change) -> String {
        let demand = &report.demand;
        match change {
            Change::Memory(to) => format!("task memory {} -> {to}", demand.memory),
            Change::Cpu(to) => format!("task cpu {} -> {to}", demand.cpu),
            Change::WithoutConstraint(position) => match &report.constraints[*position] {
                PlacementConstraint::DistinctInstance => "without distinctInstance".to_owned(),
                PlacementConstraint::MemberOf(it) => format!("without memberOf {}", it.source()),
            },
            Change::WithoutStrategy(position) => {
                format!("without {}", self.strategy_text(&report.strategy[*position]))
            }
            Change::OneMoreLike(model) => {
                format!("one more instance like {}", self.instance(*model).name)
            }
            Change::CapacityIn(zone) => format!("capacity in {}", self.zone_name(*zone)),
            Change::WithoutZone(zone) => {
                format!("without the subnets in {}", self.zone_name(*zone))
            }
            Change::TasksIn(zone, to) => {
                let from = match &report.field {
                    Field::Fargate(field) => field.iter().find(|it| it.zone == *zone),
                    Field::Instances { .. } => None,
                };
                let from = from.map_or(0, |zone| zone.tasks);
                format!("tasks in {} {from} -> {to}", self.zone_name(*zone))
            }
            Change::Weight(at, to) => self.split_text(report, *at, "weight", *to),
            Change::Base(at, to) => self.split_text(report, *at, "base", *to),
        }
    }

    fn split_text(self, report: &PlacementReport, at: usize, what: &str, to: u32) -> String {
        let item = report.split.as_ref().and_then(|split| split.items.get(at));
        let Some(item) = item else { return format!("{what} -> {to}") };
        let from = if what == "base" { item.base } else { item.weight };
        format!("{what} of {} {from} -> {to}", self.provider(item.provider).name)
    }

    /// A change that was tried, and the whole answer then: `With task memory 512 -> 300: Chosen:
    /// i-4 in us-east-1c. …`.
    pub fn tried_text(self, report: &PlacementReport, change: &Change, tried: &Tried) -> String {
        let then = tried.view().placement_text(&tried.report);
        format!("With {}: {then}", self.change_text(report, change))
    }

    /// Why one task leaves and not another.
    pub fn scale_in_text(self, report: &ScaleInReport) -> String {
        let others = report.candidates.iter().filter(|leaving| leaving.task != report.chosen);
        let tied = others.clone().filter(|leaving| leaving.kept_by.is_none()).count();
        let strategies: Vec<String> =
            report.strategy.iter().map(|strategy| self.strategy_text(strategy)).collect();
        let older = match tied {
            0 => String::new(),
            1 => ", 1 as good is older".to_owned(),
            _ => format!(", {tied} as good are older"),
        };
        format!(
            "task {} leaves, of {} that could: {} undone keeps {}{older}.",
            self.task_name(report.chosen),
            report.candidates.len(),
            strategies.join(", then "),
            others.count() - tied,
        )
    }

    /// What a service waits for, in a sentence.
    pub fn waiting_text(self, service: ServiceId, waiting: &Waiting) -> String {
        let row = self.service(service);
        let deployed = code_deploy::current(self.store, service);
        let deployed = deployed.map(|it| self.code_deployment(it).revision.definition);
        let primary = self.primary(service).map(|primary| self.deployment(primary).definition);
        let revision = deployed
            .or(primary)
            .map(|definition| format!(" {}", self.definition(definition).label()));
        let head = format!("{}{} waits", row.name, revision.unwrap_or_default());
        let (start, stop) = (start_text, stop_text);
        match waiting {
            Waiting::Deletion { tasks } => {
                format!("{} is being deleted: {} left.", row.name, tasks_text(*tasks))
            }
            Waiting::RolloutFailed => format!(
                "{head} for a call: its roll-out failed, and no deployment is there to go back to."
            ),
            Waiting::Backoff { until, waves } => {
                let wave = if *waves == 1 { "wave" } else { "waves" };
                format!("{head} until {until}: {waves} {wave} of starts failed in a row.")
            }
            Waiting::NoPlace { closest, beyond, never, until, limits } => {
                let why = if *never { NEVER } else { "no instance takes one more" };
                let near = match closest {
                    Some((instance, check)) => {
                        format!("{why}; {}", self.near_text(*instance, check, *beyond))
                    }
                    None if *never => format!("there is no ACTIVE instance, and {NEVER}"),
                    None => "there is no ACTIVE instance".to_owned(),
                };
                format!("{head}: {near}; {}, and {}.{}", start(limits), stop(limits), again(*until))
            }
            Waiting::NoFargate { until } => {
                format!("{head}: Fargate has no capacity.{}", again(*until))
            }
            Waiting::Stuck(limits) => format!("{head}: {}; {}.", start(limits), stop(limits)),
            Waiting::Stops { tasks, limits } => format!(
                "{head} for {} to stop: {} of at most {} places are occupied.",
                tasks_text(*tasks),
                limits.occupying,
                limits.upper
            ),
            Waiting::Capacity { tasks } => {
                format!("{head} for capacity: {} in PROVISIONING.", tasks_text(*tasks))
            }
            Waiting::Running { tasks } => {
                format!("{head} for {} to become RUNNING.", tasks_text(*tasks))
            }
            Waiting::Health { tasks, limits } => {
                format!("{head} for {} to become healthy: {}.", tasks_text(*tasks), stop(limits))
            }
            Waiting::Unhealthy { tasks, limits } => format!(
                "{head} for {} to be replaced for bad health: {}; {}.",
                tasks_text(*tasks),
                start(limits),
                stop(limits)
            ),
            Waiting::Protected { tasks } => {
                format!("{head} for {} under protection from scale-in.", tasks_text(*tasks))
            }
            Waiting::Floor { old, limits } => {
                format!("{head} with {} of older revisions: {}.", tasks_text(*old), stop(limits))
            }
            Waiting::Baking { .. }
            | Waiting::Hook { .. }
            | Waiting::Traffic { .. }
            | Waiting::Leaving { .. }
            | Waiting::CodeDeploy { .. }
            | Waiting::NoTaskSet
            | Waiting::NextPass => self.shifting_text(&head, waiting),
        }
    }

    /// Why a task was told to stop, in a sentence.
    pub fn stop_text(self, task: TaskId, why: &StopWhy) -> String {
        let row = self.task(task);
        let at = row.stopping_at().unwrap_or(row.created_at);
        let head = format!("task {} was told to stop at {at}", self.task_name(task));
        let tail = match why {
            StopWhy::ScaleIn { desired } => {
                format!("its deployment wants {} and had more", tasks_text(*desired))
            }
            StopWhy::Replaced { by, lower } => format!(
                "{} replaces its revision, and the service keeps {} healthy",
                self.definition(self.deployment(*by).definition).label(),
                tasks_text(*lower)
            ),
            StopWhy::Draining { instance, lower } => format!(
                "its instance {} is to be empty, and the service keeps {} healthy",
                self.instance(*instance).name,
                tasks_text(*lower)
            ),
            StopWhy::Rebalancing => "its zone had more tasks than its share".to_owned(),
            StopWhy::ContainerHealth { retries } => {
                format!("{retries} container health checks failed in a row")
            }
            StopWhy::TargetHealth { group } => match group {
                Balancer::TargetGroup(name) => {
                    format!("it was unhealthy in the target group {}", target_group_name(name))
                }
                Balancer::Classic(name) => format!("it was unhealthy in the load balancer {name}"),
            },
            StopWhy::Exited => "its essential container exited".to_owned(),
            StopWhy::User(text) => format!("StopTask was called ({text})"),
            StopWhy::Deregistered => "its instance was deregistered by force".to_owned(),
            StopWhy::HostLost(instance) => {
                format!("its instance {} is gone", self.instance(*instance).name)
            }
            StopWhy::Spot => "Spot took its capacity back".to_owned(),
            StopWhy::NoCapacity { since, reason } => {
                format!("it waited for an instance since {since} in vain ({reason})")
            }
            StopWhy::StartFailed(text) => format!("it did not start ({text})"),
        };
        format!("{head}: {tail}.")
    }
}

/// The nearest instance, its first gate, and what it has too little of for ever.
type Nearest = ((InstanceId, FailedCheck), Option<Beyond>);

const NEVER: &str = "no registered instance could ever hold the task, not even an empty one";

pub(super) fn counted(count: u32, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn start_text(limits: &Limits) -> String {
    format!("starting one more would make {} of at most {}", limits.occupying + 1, limits.upper)
}

fn stop_text(limits: &Limits) -> String {
    let left = limits.healthy.saturating_sub(1);
    format!("stopping one would leave {left} of at least {}", limits.lower)
}

fn again(until: Option<Time>) -> String {
    until.map_or_else(String::new, |until| format!(" The next attempt is at {until}."))
}

pub(super) fn tasks_text(tasks: u32) -> String {
    counted(tasks, "task")
}
