//! The slow twin of placement: rows, loops and a sort, straight from 01 sections 4 and 10 and 04
//! section 2.4. It must agree with the engine on any cluster, whatever happens to its instances
//! between the calls: on what RunTask and StartTask answer, on where tasks of services go, by which
//! provider and into which subnet, and why they go nowhere, on who waits for an instance of a
//! provider with managed scaling, and on the moves that balance zones. When a service asks for a
//! task is the scheduler's business, and read from the events.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;
mod twin;

use std::cell::RefCell;
use std::collections::BTreeMap;

use bed::{Bed, Behavior, both, registration};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use stowplan_engine::api::event::{Message, PlacementFailure, RebalanceStep};
use stowplan_engine::api::{Answer, EngineConfig, EventKind, Output, Report, TieBreak};
use stowplan_engine::model::{BackoffCause, ClusterId, Span, TaskId, TaskStatus, Time, ZoneId};
use stowplan_engine::rng::{Rng, Stream};
use twin::calls::{definition, equip, network, particulars, wishes};
use twin::cases::{Step, case};
use twin::split::{self, Counts};
use twin::{Ask, Launch, Row, SUBNETS, Twin, Wish};

/// From one step to the next, seconds: each is an instant in which every service is looked at.
const TICK: i64 = 10;
/// Longer than a step: an interface is held over the next one.
const STOPS_AFTER: u64 = 13;
/// So long nothing happens at the end, seconds.
const QUIET: i64 = 120;

/// A service, as the twin knows it.
#[derive(Clone, Debug)]
struct Service {
    ask: Ask,
    group: String,
    desired: u32,
    /// The task that came to balance the zones, until another one went for it.
    moving: Option<TaskId>,
    /// Tasks of this instant that found no place, by provider: their share stays vacant.
    vacant: (Time, Counts),
}

/// The engine and its twin, side by side.
struct Pair {
    bed: Bed,
    twin: Twin,
    asks: Vec<Ask>,
    by_lot: bool,
    /// The twin's numbers of the tasks that have a place.
    numbers: BTreeMap<TaskId, usize>,
    /// Tasks that wait for an instance: what they ask.
    awaited: BTreeMap<TaskId, Wish>,
    /// Its name is its position.
    services: Vec<Service>,
    /// How many outputs of the engine the twin has heard of.
    heard: usize,
    /// How many instances joined: ids are not used twice.
    joined: usize,
    met: Met,
}

impl Pair {
    fn new(rows: Vec<Row>, asks: Vec<Ask>, tie_break: TieBreak, seed: u64) -> Self {
        let config = EngineConfig {
            deregistration_lag: Span::ZERO,
            no_health_check_warmup: Span::from_secs(5),
            tie_break,
            ..EngineConfig::default()
        };
        let behavior = Behavior { stops_after: STOPS_AFTER, ..Behavior::instant() };
        let mut bed = Bed::in_network(config, seed, behavior, &SUBNETS);
        for (group, managed) in [("A", "ENABLED"), ("B", "DISABLED")] {
            let provider = json!({ "autoScalingGroupArn": format!("asg-{group}"),
                "managedScaling": { "status": managed } });
            let input = json!({ "name": group, "autoScalingGroupProvider": provider });
            bed.must("createCapacityProvider", input);
        }
        let all = json!({ "capacityProviders": ["A", "B", "FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": [] });
        bed.must("putClusterCapacityProviders", all);
        for row in &rows {
            bed.instance_with(&row.name, row.zone, row.cpu, row.memory, |it| equip(it, row));
        }
        for (number, ask) in asks.iter().enumerate() {
            bed.define_task(definition(number, ask));
        }
        let by_lot = tie_break == TieBreak::Seeded;
        let twin = Twin::new(rows, by_lot, Rng::for_stream(seed, Stream::Placement));
        Self {
            bed,
            twin,
            asks,
            by_lot,
            numbers: BTreeMap::new(),
            awaited: BTreeMap::new(),
            services: Vec::new(),
            heard: 0,
            joined: 0,
            met: Met::default(),
        }
    }

    fn add_to(&self, met: &mut Met) {
        let held = |row: &&Row| row.held.cpu + row.held.memory > 0;
        let beside: usize = self.twin.rows.iter().filter(held).map(|row| row.tasks.len()).sum();
        met.calls += self.met.calls;
        met.served += self.met.served;
        met.refused += self.met.refused;
        met.awaited += self.met.awaited;
        met.waiting += u32::try_from(self.awaited.len()).expect("a handful");
        met.beside += u32::try_from(beside).expect("a handful");
        met.away += self.met.away;
        met.split += self.met.split;
        met.vacant += self.met.vacant;
        met.balanced += self.met.balanced;
    }

    /// What the engine did since, in its order, done by the twin too.
    fn listen(&mut self) -> Result<(), TestCaseError> {
        let events: Vec<(Time, EventKind)> = self.bed.outputs[self.heard..]
            .iter()
            .filter_map(|output| match output {
                Output::Event(event) => Some((event.at, event.kind.clone())),
                Output::Effect(_) => None,
            })
            .collect();
        self.heard = self.bed.outputs.len();
        let mut freed_at = None;
        for (position, (at, kind)) in events.iter().enumerate() {
            match kind {
                EventKind::TaskCreated(task) => {
                    let next = events.get(position + 1).map(|(_, kind)| kind);
                    if !matches!(next, Some(EventKind::TaskPlaced(placed)) if placed == task) {
                        self.begin_to_wait(*task)?;
                    }
                }
                EventKind::TaskPlaced(task) => {
                    self.follow(*task, moved(&events[position..], *task))?;
                }
                // Told at the end of a pass, which may have stopped somebody in between.
                EventKind::PlacementFailed(failure) if freed_at != Some(*at) => {
                    self.fail_too(failure)?;
                }
                EventKind::TaskStopDecided(task) => {
                    freed_at = Some(*at);
                    if let Some(zone) = moved(&events[position..], *task) {
                        self.leave_zone(*task, zone)?;
                    }
                    self.awaited.remove(task);
                    if let Some(&number) = self.numbers.get(task) {
                        self.twin.stop(number);
                    }
                }
                // How long a task takes to stop is the world's business.
                EventKind::TaskStatus(task, TaskStatus::Stopped) => {
                    if let Some(&number) = self.numbers.get(task) {
                        self.twin.gone(number);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The service of a task, by position.
    fn service_of(&self, task: TaskId) -> Option<usize> {
        let owner = self.bed.engine.view().task(task).owner?;
        Some(owner.service.index())
    }

    /// The tasks of a service by provider, waiting ones too.
    fn counts(&self, service: usize) -> Counts {
        let group = &self.services[service].group;
        let waiting = self.awaited.values();
        let waiting = waiting.filter(|wish| wish.ask.of_service && wish.group == *group);
        let placed = self.twin.of_service(group).map(|task| &task.wish);
        let mut counts = Counts::new();
        for wish in placed.chain(waiting) {
            *counts.entry(wish.provider).or_default() += 1;
        }
        counts
    }

    /// What the next task of a service asks, which was made for a provider: those that were chosen
    /// before it and found no place keep their share vacant.
    fn next_wish(&mut self, service: usize, task: TaskId) -> Result<Wish, TestCaseError> {
        let view = self.bed.engine.view();
        let made_for = view.task(task).provider.map(|it| view.provider(it).name.to_string());
        let (now, mut counts) = (view.task(task).created_at, self.counts(service));
        let Service { ask, group, vacant, .. } = &mut self.services[service];
        if vacant.0 != now {
            *vacant = (now, Counts::new());
        }
        for (provider, tasks) in &vacant.1 {
            *counts.entry(*provider).or_default() += tasks;
        }
        loop {
            let provider = split::next(&ask.launch, &counts);
            let (ask, group) = (ask.clone(), group.clone());
            let wish = Wish { ask, group, provider, zone: None };
            if !matches!(wish.ask.launch, Launch::Split(_)) || provider == made_for.as_deref() {
                return Ok(wish);
            }
            let none = !wish.waits() && self.twin.has_no_place(&wish);
            prop_assert!(none, "{:?} is for {:?}, not {:?}", task, made_for, wish);
            self.met.vacant += 1;
            *vacant.1.entry(provider).or_default() += 1;
            *counts.entry(provider).or_default() += 1;
        }
    }

    fn begin_to_wait(&mut self, task: TaskId) -> Result<(), TestCaseError> {
        let Some(service) = self.service_of(task) else { return Ok(()) };
        let wish = self.next_wish(service, task)?;
        prop_assert!(self.twin.has_no_place(&wish), "{:?} waits: {:?}", task, wish);
        self.awaited.insert(task, wish);
        Ok(())
    }

    /// A task got its place: of a service, or one that waited. Of those the oldest goes first.
    fn follow(&mut self, task: TaskId, into: Option<ZoneId>) -> Result<(), TestCaseError> {
        if self.numbers.contains_key(&task) {
            return Ok(());
        }
        let wish = match (self.awaited.remove(&task), self.service_of(task), into) {
            (Some(wish), ..) => {
                for (older, wish) in self.awaited.range(..task) {
                    let none = self.twin.has_no_place(wish);
                    prop_assert!(none, "{:?} goes before {:?}: {:?}", task, older, wish);
                }
                self.met.awaited += 1;
                wish
            }
            (None, Some(service), Some(zone)) => self.move_to(service, task, zone)?,
            (None, Some(service), None) => {
                self.met.served += 1;
                self.next_wish(service, task)?
            }
            (None, None, _) => return Err(TestCaseError::fail(format!("who is {task:?}?"))),
        };
        self.met.away += u32::from(wish.is_away());
        self.met.split += u32::from(is_split(&wish.ask));
        let place = self.place_of(task);
        match self.twin.place(&wish) {
            Ok((number, name)) => {
                prop_assert_eq!(place, name, "{:?}", wish);
                self.numbers.insert(task, number);
            }
            Err(reasons) => prop_assert!(false, "{place}, not {reasons:?}: {wish:?}"),
        }
        Ok(())
    }

    /// Instance or provider of a task, and the subnet of its interface.
    fn place_of(&self, task: TaskId) -> String {
        let view = self.bed.engine.view();
        let row = view.task(task);
        let host = match (row.instance, row.provider) {
            (Some(instance), _) => &*view.instance(instance).name,
            (None, Some(provider)) if row.zone.is_some() => &*view.provider(provider).name,
            (None, None) if row.zone.is_some() => "FARGATE",
            (None, _) => return "nowhere".to_owned(),
        };
        match row.subnet {
            Some(subnet) => format!("{host}/{}", view.subnet(subnet).name),
            None => host.to_owned(),
        }
    }

    fn answer(&self, answer: &Answer) -> String {
        let Answer::Tasks(tasks, failures) = answer else { unreachable!("a call for tasks") };
        let places: Vec<String> = tasks.iter().map(|&task| self.place_of(task)).collect();
        match self.bed.failures(failures) {
            failures if failures.is_empty() => places.join(", "),
            failures => format!("{} | {failures}", places.join(", ")).trim_start().to_owned(),
        }
    }

    /// A task of a service has no place, for the same reasons.
    fn fail_too(&mut self, failure: &PlacementFailure) -> Result<(), TestCaseError> {
        let Some(service) = failure.service.map(|service| service.index()) else { return Ok(()) };
        let wish = self.failed_wish(service, failure)?;
        let view = self.bed.engine.view();
        let told = failure.rejected.iter();
        let told: Vec<String> = told
            .map(|it| format!("{}: {}", view.instance(it.instance).name, it.reason()))
            .collect();
        self.met.refused += 1;
        match self.twin.place(&wish) {
            Ok((_, name)) => prop_assert!(false, "{name} takes it, not {told:?}: {wish:?}"),
            Err(_) if told.is_empty() => {
                let why = if wish.is_away() { "RESOURCE:FARGATE" } else { "NO ACTIVE INSTANCES" };
                prop_assert!(failure.reason.contains(why), "{:?}", failure);
            }
            Err(reasons) => prop_assert_eq!(told, reasons, "{:?}", wish),
        }
        Ok(())
    }

    /// What was asked in vain: one more task, or one in a zone that has too few.
    fn failed_wish(
        &self,
        service: usize,
        failure: &PlacementFailure,
    ) -> Result<Wish, TestCaseError> {
        let Service { ask, group, desired, .. } = &self.services[service];
        let view = self.bed.engine.view();
        let name = failure.provider.map(|provider| &*view.provider(provider).name);
        // On a DRAINING instance nobody counts.
        let drained = self.twin.rows.iter().filter(|row| row.draining).flat_map(|row| &row.tasks);
        let drained = drained.filter(|it| it.wish.ask.of_service && it.wish.group == *group);
        let tasks = self.counts(service).values().sum::<u32>() as usize;
        if tasks >= *desired as usize + drained.count() {
            let pools = self.twin.pools(ask, group, *desired, None);
            let pool = pools.iter().find(|pool| !pool.is_balanced());
            let zone = pool.and_then(|pool| pool.poorest());
            prop_assert!(zone.is_some(), "{} is balanced: {:?}", group, pools);
            return Ok(self.wish_into(
                service,
                pool.and_then(|it| it.provider),
                zone.expect("one"),
            ));
        }
        let names = ["A", "B", "FARGATE", "FARGATE_SPOT"];
        let provider = match (&ask.launch, name) {
            (Launch::Fargate, _) => Some("FARGATE"),
            (_, name) => names.into_iter().find(|known| Some(*known) == name),
        };
        Ok(Wish { ask: ask.clone(), group: group.clone(), provider, zone: None })
    }

    fn wish_into(&self, service: usize, own: Option<&'static str>, zone: &'static str) -> Wish {
        let Service { ask, group, .. } = &self.services[service];
        let by_split = || self.twin.provider_into(ask, group, zone, &self.counts(service));
        let provider = own.or_else(by_split);
        Wish { ask: ask.clone(), group: group.clone(), provider, zone: Some(zone) }
    }

    fn zone_name(&self, zone: ZoneId) -> &'static str {
        let name = self.bed.engine.view().zone_name(zone);
        ["a", "b", "c"].into_iter().find(|letter| name.ends_with(letter)).expect("a zone")
    }

    /// A task came into a zone to balance them: the first pool that is not balanced gets it.
    fn move_to(
        &mut self,
        service: usize,
        task: TaskId,
        zone: ZoneId,
    ) -> Result<Wish, TestCaseError> {
        let zone = self.zone_name(zone);
        let Service { ask, group, desired, .. } = &self.services[service];
        let pools = self.twin.pools(ask, group, *desired, None);
        let Some(pool) = pools.iter().find(|pool| !pool.is_balanced()) else {
            return Err(TestCaseError::fail(format!("{group} is balanced: {pools:?}")));
        };
        prop_assert_eq!(pool.poorest(), Some(zone), "{:?}", pool);
        let wish = self.wish_into(service, pool.provider, zone);
        self.services[service].moving = Some(task);
        Ok(wish)
    }

    /// A task goes from a zone to balance them.
    fn leave_zone(&mut self, task: TaskId, zone: ZoneId) -> Result<(), TestCaseError> {
        let (zone, service) = (self.zone_name(zone), self.service_of(task).expect("a service's"));
        let Service { ask, group, desired, moving, .. } = &self.services[service];
        let came = moving.and_then(|came| self.numbers.get(&came));
        let all = || self.twin.of_service(group);
        let provider = all().find(|it| Some(&it.number) == came).and_then(|it| it.wish.provider);
        let pools = self.twin.pools(ask, group, *desired, Some(provider));
        let pool = pools.iter().find(|pool| pool.provider.is_none() || pool.provider == provider);
        let pool = pool.expect("a move began in one of them");
        prop_assert_eq!(pool.richest(), Some(zone), "{:?}", pool);
        // Who is put into the group by hand is no task of the service, and counts for placement.
        let rows = || self.twin.rows.iter().flat_map(|row| &row.tasks);
        let strangers = rows().any(|it| it.wish.group == *group && !it.wish.ask.of_service);
        if !strangers {
            let may_leave = self.twin.leavers(group, pool, zone);
            let mut newest_first = self.numbers.iter().rev();
            let chosen = newest_first.find(|(_, number)| may_leave.contains(number));
            prop_assert_eq!(Some(task), chosen.map(|(task, _)| *task), "it leaves {}", zone);
        }
        self.met.balanced += 1;
        self.services[service].moving = None;
        Ok(())
    }

    /// When nothing happens any more, nobody waits who has a place.
    fn come_to_rest(&mut self) -> Result<(), TestCaseError> {
        let end = self.bed.now() + QUIET;
        self.bed.run_until(end);
        self.listen()?;
        for wish in self.awaited.values() {
            prop_assert!(self.twin.has_no_place(wish), "{:?} waits", wish);
        }
        let view = self.bed.engine.view();
        for (position, service) in self.services.iter().enumerate() {
            let (name, Service { ask, group, .. }) = (format!("s{position}"), service);
            let wanted = self.bed.service_row(&name).desired as usize;
            let backoff = view.deployment(self.bed.primary(&name)).throttle.next_attempt;
            // That somebody came whom it wants beside it does not end a back-off.
            let beside = |it: &&str| it.contains("runningTasksCount") || it.contains("task:group");
            // Nor does capacity of Fargate, which comes back unseen, nor another desired count,
            // with which another provider may have its turn.
            let may_change = ask.is_away() || is_split(ask) || ask.constraints.iter().any(beside);
            let is_held = backoff.is_some_and(|it| may_change || it.cause == BackoffCause::Start);
            if is_held {
                continue;
            }
            let mut counts = self.counts(position);
            for _ in self.bed.tasks_of(&name).len()..wanted {
                let provider = split::next(&ask.launch, &counts);
                *counts.entry(provider).or_default() += 1;
                let (ask, group) = (ask.clone(), group.clone());
                let wish = Wish { ask, group, provider, zone: None };
                prop_assert!(self.twin.has_no_place(&wish), "{} is short: {:?}", name, wish);
            }
        }
        Ok(())
    }

    fn name(&self, index: usize) -> String {
        self.twin.rows[index % self.twin.rows.len()].name.clone()
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Run { ask, group, count } => self.run(ask, group, count)?,
            Step::Stop(index) => {
                let view = self.bed.engine.view();
                let live = view.tasks().iter().filter(|task| task.is_live());
                let live: Vec<String> = live.map(|task| view.task_name(task.id)).collect();
                if let Some(name) = live.get(index % live.len().max(1)) {
                    self.bed.must("stopTask", json!({ "task": name }));
                }
            }
            Step::Rack(index, rack) => {
                let attribute = json!({ "name": "rack", "targetId": self.name(index) });
                let value = rack.map_or(json!({}), |rack| json!({ "value": rack }));
                let call = if rack.is_some() { "putAttributes" } else { "deleteAttributes" };
                self.bed.must(call, json!({ "attributes": [both(attribute, value)] }));
                self.twin.row(index).rack = rack;
            }
            Step::Drain(index) => self.set_draining(index, true),
            Step::Activate(index) => self.set_draining(index, false),
            Step::Agent(index, connected) => {
                let instance = self.bed.instance_id(&self.name(index));
                self.bed.report(Report::AgentConnection(instance, connected));
                self.twin.row(index).connected = connected;
            }
            Step::Join(row) => {
                self.joined += 1;
                let name = format!("i-1{}", self.joined + 1000);
                let mut joining = registration(&name, row.zone, row.cpu, row.memory);
                equip(&mut joining, &row);
                self.bed.join_with(joining);
                self.twin.rows.push(Row { name, ..row });
            }
            Step::Leave(index) => self.leave(index % self.twin.rows.len()),
            Step::Start { ask, group, on } => self.start(ask, group, on)?,
            Step::Serve { ask, desired, balances } => self.serve(ask, desired, balances),
            Step::Scale(which, desired) => self.scale(which, desired),
            Step::Capacity { spot, zone, available } => self.open(spot, zone, available),
        }
        Ok(())
    }

    /// Fargate has room there, or has none.
    fn open(&mut self, spot: bool, zone: Option<&'static str>, available: bool) {
        let name = zone.map(|zone| format!("us-east-1{zone}").into());
        let cluster = ClusterId::new(0);
        self.bed.report(Report::FargateCapacity { cluster, spot, zone: name, available });
        match available {
            true => self.twin.dry.remove(&(spot, zone)),
            false => self.twin.dry.insert((spot, zone)),
        };
    }

    /// The first instance stays ACTIVE: without any, RunTask is refused as a whole.
    fn set_draining(&mut self, index: usize, draining: bool) {
        if index.is_multiple_of(self.twin.rows.len()) || self.twin.row(index).draining == draining {
            return;
        }
        // Who of a service leaves is drawn, too: that is no business of the twin.
        if self.by_lot && !self.services.is_empty() {
            return;
        }
        let status = if draining { "DRAINING" } else { "ACTIVE" };
        let instances = [self.name(index)];
        let change = json!({ "containerInstances": instances, "status": status });
        self.bed.must("updateContainerInstancesState", change);
        self.twin.row(index).draining = draining;
    }

    /// The first instance stays.
    fn leave(&mut self, index: usize) {
        if index == 0 {
            return;
        }
        let input = json!({ "containerInstance": self.name(index), "force": true });
        self.bed.must("deregisterContainerInstance", input);
        self.twin.leave(index);
    }

    /// StartTask knows no Fargate.
    fn start(&mut self, number: usize, group: &str, on: usize) -> Result<(), TestCaseError> {
        let number = number % self.asks.len();
        let ask = &self.asks[number];
        if ask.is_away() {
            return Ok(());
        }
        let on = on % self.twin.rows.len();
        let named = json!({ "taskDefinition": format!("f{number}"),
            "containerInstances": [self.name(on)] });
        let more = both(particulars(ask, group), network(ask));
        let answer = self.bed.must("startTask", both(named, more));
        let (ask, group) = (ask.clone(), group.to_owned());
        let wish = Wish { ask, group, provider: None, zone: None };
        let (placed, slow) = self.twin.start(&wish, on);
        prop_assert_eq!(self.answer(&answer), slow, "{:?}", wish);
        if let Answer::Tasks(tasks, _) = answer {
            self.numbers.extend(tasks.into_iter().zip(placed));
        }
        Ok(())
    }

    fn serve(&mut self, number: usize, desired: u32, balances: bool) {
        if self.services.len() == 3 {
            return;
        }
        let number = number % self.asks.len();
        let ask = Ask { of_service: true, overridden: None, ..self.asks[number].clone() };
        let name = format!("s{}", self.services.len());
        // Who leaves is drawn, too, when a move ends early.
        let balances = balances && ask.may_balance() && !self.by_lot;
        let service = json!({ "serviceName": name, "taskDefinition": format!("f{number}"),
            "desiredCount": desired,
            "availabilityZoneRebalancing": if balances { "ENABLED" } else { "DISABLED" } });
        let more = wishes(&ask);
        let (group, vacant) = (format!("service:{name}"), (Time::ZERO, Counts::new()));
        self.services.push(Service { ask, group, desired, moving: None, vacant });
        self.bed.must("createService", both(service, more));
    }

    fn scale(&mut self, which: usize, desired: u32) {
        let name = format!("s{which}");
        let is_smaller = || desired < self.bed.service_row(&name).desired;
        if which >= self.services.len() || (self.by_lot && is_smaller()) {
            return;
        }
        self.services[which].desired = desired;
        self.bed.must("updateService", json!({ "service": name, "desiredCount": desired }));
    }

    fn run(&mut self, number: usize, group: &str, count: i64) -> Result<(), TestCaseError> {
        let number = number % self.asks.len();
        let ask = &self.asks[number];
        let more = both(wishes(ask), particulars(ask, group));
        let answer = self.bed.run_task(&format!("f{number}"), count, more);
        self.met.calls += 1;
        self.met.away += u32::from(ask.is_away());
        self.met.split += u32::from(is_split(ask));
        let (made, slow) = self.twin.run(ask, group, count);
        prop_assert_eq!(self.answer(&answer), slow, "{:?}", ask);
        let Answer::Tasks(tasks, _) = answer else { unreachable!("RunTask answers with tasks") };
        for (task, (number, wish)) in tasks.into_iter().zip(made) {
            match number {
                Some(number) => drop(self.numbers.insert(task, number)),
                None => drop(self.awaited.insert(task, wish)),
            }
        }
        Ok(())
    }
}

/// The zone that a task came into, or went from, to balance a service's zones.
fn moved(events: &[(Time, EventKind)], of: TaskId) -> Option<ZoneId> {
    let now = events[0].0;
    let mut messages = events.iter().take_while(|(at, _)| *at == now);
    messages.find_map(|(_, kind)| match kind {
        EventKind::Message(_, message) => match &**message {
            Message::Rebalance(
                RebalanceStep::Started { task, zone } | RebalanceStep::Stopped { task, zone },
            ) if *task == of => Some(*zone),
            _ => None,
        },
        _ => None,
    })
}

/// Several providers share its tasks.
fn is_split(ask: &Ask) -> bool {
    matches!(&ask.launch, Launch::Split(items) if items.len() > 1)
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() }
}

/// What the twin and the engine agreed on, over all cases.
#[derive(Debug, Default)]
struct Met {
    calls: u32,
    served: u32,
    /// Tasks of services that had no place.
    refused: u32,
    /// Tasks that waited for an instance and got one.
    awaited: u32,
    /// Tasks that were waiting at the end.
    waiting: u32,
    /// Placements beside something held.
    beside: u32,
    /// Calls for Fargate, and tasks of services there.
    away: u32,
    /// Calls with several providers, and tasks of services that have several.
    split: u32,
    /// Tasks that found no place and whose share stayed vacant.
    vacant: u32,
    /// Moves that balanced zones, to their end.
    balanced: u32,
}

#[test]
fn the_slow_twin_agrees_on_any_cluster() {
    let met = RefCell::new(Met::default());
    let mut runner = TestRunner::new(config());
    let agreed = runner.run(&case(), |(rows, asks, steps, lot, seed)| {
        let tie_break = if lot { TieBreak::Seeded } else { TieBreak::LowestId };
        let mut pair = Pair::new(rows, asks, tie_break, seed);
        for (number, step) in (1..).zip(steps) {
            pair.bed.at(number * TICK);
            pair.listen()?;
            pair.take(step)?;
            pair.listen()?;
            pair.bed.settle();
            pair.listen()?;
        }
        pair.come_to_rest()?;
        pair.add_to(&mut met.borrow_mut());
        Ok(())
    });
    if let Err(failure) = agreed {
        panic!("{failure}");
    }
    // Each feature is in the mix, and often.
    let met = met.into_inner();
    let tasks = [met.calls, met.served, met.refused, met.awaited, met.waiting, met.beside];
    let kinds = [met.away, met.split, met.vacant, met.balanced];
    assert!(tasks.iter().chain(&kinds).all(|&count| count >= 200), "{met:?}");
    println!("agreed on {met:?}");
}
