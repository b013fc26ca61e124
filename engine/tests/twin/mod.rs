//! Placement as one would write it on a blackboard.

pub(crate) mod balance;
pub(crate) mod calls;
pub(crate) mod cases;
mod fit;
pub(crate) mod split;

use std::collections::{BTreeMap, BTreeSet};

use stowplan_engine::rng::Rng;

/// Subnets of the cluster, by zone, and how many interfaces have an address in each.
pub(crate) const SUBNETS: [(&str, &str, u32); 5] =
    [("a1", "a", 12), ("a2", "a", 14), ("b1", "b", 20), ("b2", "b", 18), ("c1", "c", 30)];

/// The provider with managed scaling: who finds no place there waits for one.
const MANAGED: &str = "A";

const NOBODY: &str = "No Container Instances were found in your capacity provider.";
const DRY: &str = "Capacity is unavailable at this time. Please try again later or in a different \
                   availability zone";

/// An instance, with what it registered.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) zone: &'static str,
    pub(crate) rack: Option<&'static str>,
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) gpus: u32,
    pub(crate) enis: Option<u32>,
    pub(crate) connected: bool,
    pub(crate) draining: bool,
    /// `ecs.cpu-architecture`.
    pub(crate) architecture: &'static str,
    /// It can attach task interfaces, and stands in the VPC of the subnets.
    pub(crate) attaches: bool,
    pub(crate) home: bool,
    /// Its capacity provider.
    pub(crate) provider: Option<&'static str>,
    /// What something nameless holds for ever: tasks of an import that it does not list.
    pub(crate) held: Holding,
    /// Live tasks.
    pub(crate) tasks: Vec<Placed>,
    /// Tasks that stop and still have their interface.
    pub(crate) leaving: Vec<usize>,
}

/// See [`Row::held`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Holding {
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) gpus: u32,
    pub(crate) enis: u32,
    /// A TCP port.
    pub(crate) port: Option<u16>,
}

/// A live task: on an instance, or on Fargate in a zone.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) number: usize,
    pub(crate) wish: Wish,
    pub(crate) zone: &'static str,
}

/// What one RunTask asks, apart from the group and the number of tasks.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) ports: Ports,
    /// Subnets of an awsvpc task, in the order of the call.
    pub(crate) subnets: Option<Vec<&'static str>>,
    pub(crate) gpus: u32,
    pub(crate) strategy: Vec<&'static str>,
    pub(crate) constraints: Vec<&'static str>,
    /// The definition asks for it.
    pub(crate) architecture: Option<&'static str>,
    /// The call says another size than the definition.
    pub(crate) overridden: Option<u32>,
    /// Expressions stand in the definition, not in the call.
    pub(crate) in_definition: bool,
    pub(crate) launch: Launch,
    /// It is a service that asks, not a call.
    pub(crate) of_service: bool,
}

/// What tasks are launched on.
#[derive(Clone, Debug)]
pub(crate) enum Launch {
    /// Launch type EC2.
    Ec2,
    /// Launch type FARGATE.
    Fargate,
    /// A strategy of capacity providers.
    Split(Vec<split::Item>),
}

/// One task that wants a place.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) ask: Ask,
    pub(crate) group: String,
    /// Its capacity provider; On-Demand Fargate without one is called so, too.
    pub(crate) provider: Option<&'static str>,
    /// Only there.
    pub(crate) zone: Option<&'static str>,
}

/// Static host ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) first: u16,
    pub(crate) count: u16,
    pub(crate) udp: bool,
    /// In host mode a container port is a host port.
    pub(crate) host_mode: bool,
}

impl Ports {
    pub(crate) fn iter(self) -> impl Iterator<Item = (u16, bool)> {
        (self.first..self.first + self.count).map(move |port| (port, self.udp))
    }
}

impl Ask {
    fn memory(&self) -> u32 {
        self.overridden.unwrap_or(self.memory)
    }

    /// Its strategies, or those of 01 section 4.5.
    pub(crate) fn strategies(&self) -> &[&'static str] {
        match (self.strategy.as_slice(), self.of_service) {
            ([], true) => &["spread az", "spread instanceId"],
            ([], false) => &["random"],
            (given, _) => given,
        }
    }
}

impl Ask {
    /// On Fargate.
    pub(crate) fn is_away(&self) -> bool {
        match &self.launch {
            Launch::Ec2 => false,
            Launch::Fargate => true,
            Launch::Split(items) => items.iter().all(|it| it.provider.starts_with("FARGATE")),
        }
    }

    /// Whether a service that asks so may balance its zones (01 section 10).
    pub(crate) fn may_balance(&self) -> bool {
        let by_zone = self.strategy.first().is_none_or(|first| *first == "spread az");
        by_zone && !self.constraints.iter().any(|it| it.contains("availability-zone"))
    }
}

impl Wish {
    pub(crate) fn is_away(&self) -> bool {
        self.provider.is_some_and(|provider| provider.starts_with("FARGATE"))
    }

    pub(crate) fn waits(&self) -> bool {
        self.provider == Some(MANAGED)
    }
}

pub(crate) fn zone_of(subnet: &str) -> &'static str {
    SUBNETS.iter().find(|(name, ..)| *name == subnet).expect("one of the subnets").1
}

fn count(tasks: usize) -> u32 {
    u32::try_from(tasks).expect("a handful")
}

/// The cluster, and the luck it has.
pub(crate) struct Twin {
    pub(crate) rows: Vec<Row>,
    /// Live tasks on Fargate.
    pub(crate) away: Vec<Placed>,
    /// Who has an address, and in which subnet: from the placement until the task is STOPPED.
    interfaces: Vec<(usize, &'static str)>,
    /// Where Fargate, or Fargate Spot, has no capacity; without a zone: nowhere.
    pub(crate) dry: BTreeSet<(bool, Option<&'static str>)>,
    /// Ties are drawn, not given to the lowest id.
    by_lot: bool,
    rng: Rng,
    next: usize,
}

impl Twin {
    pub(crate) fn new(rows: Vec<Row>, by_lot: bool, rng: Rng) -> Self {
        let (away, interfaces, dry) = (Vec::new(), Vec::new(), BTreeSet::new());
        Self { rows, away, interfaces, dry, by_lot, rng, next: 0 }
    }

    pub(crate) fn row(&mut self, index: usize) -> &mut Row {
        let rows = self.rows.len();
        &mut self.rows[index % rows]
    }

    pub(crate) fn stop(&mut self, number: usize) {
        self.away.retain(|task| task.number != number);
        for row in &mut self.rows {
            let Some(at) = row.tasks.iter().position(|task| task.number == number) else {
                continue;
            };
            let gone = row.tasks.remove(at);
            if gone.wish.ask.subnets.is_some() {
                row.leaving.push(number);
            }
        }
    }

    /// A task that was stopped is gone, and its interface with it.
    pub(crate) fn gone(&mut self, number: usize) {
        self.interfaces.retain(|&(owner, _)| owner != number);
        for row in &mut self.rows {
            row.leaving.retain(|&leaving| leaving != number);
        }
    }

    /// An instance is gone with its tasks.
    pub(crate) fn leave(&mut self, index: usize) {
        self.rows.remove(index);
    }

    /// StartTask on one instance: no constraints, and DRAINING is no matter.
    pub(crate) fn start(&mut self, wish: &Wish, index: usize) -> (Vec<usize>, String) {
        let row = &self.rows[index];
        match fit::unfit(row, wish).or_else(|| fit::without_room(row, &wish.ask)) {
            Some(reason) => (Vec::new(), format!("| {}: {reason}", row.name)),
            None => {
                let (number, name) = self.put(index, wish);
                (vec![number], name)
            }
        }
    }

    fn put(&mut self, index: usize, wish: &Wish) -> (usize, String) {
        let number = self.next;
        self.next += 1;
        let (zone, name) = (self.rows[index].zone, self.rows[index].name.clone());
        self.rows[index].tasks.push(Placed { number, wish: wish.clone(), zone });
        if wish.ask.subnets.is_none() {
            return (number, name);
        }
        let subnet = self.roomiest(wish, zone);
        self.interfaces.push((number, subnet));
        (number, format!("{name}/{subnet}"))
    }

    /// Of the call's subnets in a zone the one with most free addresses, the first of several.
    fn roomiest(&self, wish: &Wish, zone: &str) -> &'static str {
        let subnets = wish.ask.subnets.as_deref().unwrap_or_default();
        let here: Vec<&'static str> =
            subnets.iter().copied().filter(|subnet| zone_of(subnet) == zone).collect();
        let free = |subnet: &str| {
            let own = SUBNETS.iter().find(|(name, ..)| *name == subnet).expect("a subnet").2;
            own.saturating_sub(count(self.interfaces.iter().filter(|it| it.1 == subnet).count()))
        };
        let most = here.iter().map(|subnet| free(subnet)).max().expect("a zone of its subnets");
        here.into_iter().find(|subnet| free(subnet) == most).expect("it has the most")
    }

    /// RunTask: the tasks it made, by number when they have a place, and what it answers.
    pub(crate) fn run(
        &mut self,
        ask: &Ask,
        group: &str,
        count: i64,
    ) -> (Vec<(Option<usize>, Wish)>, String) {
        let (mut made, mut names) = (Vec::new(), Vec::new());
        let mut counts = BTreeMap::new();
        for _ in 0..count {
            let provider = split::next(&ask.launch, &counts);
            *counts.entry(provider).or_default() += 1;
            let wish = Wish { ask: ask.clone(), group: group.to_owned(), provider, zone: None };
            match self.place(&wish) {
                Ok((number, name)) => {
                    made.push((Some(number), wish));
                    names.push(name);
                }
                Err(_) if wish.waits() => {
                    made.push((None, wish));
                    names.push("nowhere".to_owned());
                }
                Err(reasons) => {
                    let answer = format!("{} | {}", names.join(", "), reasons.join(", "));
                    return (made, answer.trim_start().to_owned());
                }
            }
        }
        (made, names.join(", "))
    }

    /// Nobody takes such a task.
    pub(crate) fn has_no_place(&self, wish: &Wish) -> bool {
        if wish.is_away() {
            return self.zone_away(wish).is_none();
        }
        let mut candidates = self.rows.iter().filter(|row| fit::is_candidate(row, wish));
        candidates.all(|row| fit::refusal(row, wish).is_some())
    }

    /// On Fargate: of the zones that have capacity the one with the fewest live tasks of the group
    /// there, On-Demand and Spot apart; the first name of several (01 section 4.5).
    fn zone_away(&self, wish: &Wish) -> Option<&'static str> {
        let spot = wish.provider == Some("FARGATE_SPOT");
        let subnets = wish.ask.subnets.as_deref().unwrap_or_default();
        let zones: BTreeSet<&'static str> = subnets.iter().map(|subnet| zone_of(subnet)).collect();
        let open = |zone: &&'static str| {
            wish.zone.is_none_or(|only| only == *zone)
                && !self.dry.contains(&(spot, None))
                && !self.dry.contains(&(spot, Some(*zone)))
        };
        let tasks = |zone: &str| {
            let mine = self.away.iter().filter(|task| {
                task.wish.group == wish.group
                    && task.wish.provider == wish.provider
                    && task.zone == zone
            });
            mine.count()
        };
        zones.into_iter().filter(open).min_by_key(|&zone| (tasks(zone), zone))
    }

    fn place_away(&mut self, wish: &Wish) -> Result<(usize, String), Vec<String>> {
        let zone = self.zone_away(wish).ok_or_else(|| vec![DRY.to_owned()])?;
        let number = self.next;
        self.next += 1;
        let subnet = self.roomiest(wish, zone);
        self.interfaces.push((number, subnet));
        self.away.push(Placed { number, wish: wish.clone(), zone });
        Ok((number, format!("{}/{subnet}", wish.provider.unwrap_or_default())))
    }

    /// Places one task, or says why nobody takes it.
    pub(crate) fn place(&mut self, wish: &Wish) -> Result<(usize, String), Vec<String>> {
        if wish.is_away() {
            return self.place_away(wish);
        }
        let rows = &self.rows;
        let mut candidates: Vec<usize> =
            (0..rows.len()).filter(|&index| fit::is_candidate(&rows[index], wish)).collect();
        candidates.sort_by_key(|&index| &rows[index].name);
        if candidates.is_empty() {
            return Err(vec![NOBODY.to_owned()]);
        }
        let takes = |&index: &usize| fit::refusal(&rows[index], wish).is_none();
        let mut left: Vec<usize> = candidates.iter().copied().filter(takes).collect();
        if left.is_empty() {
            let reason = |&index: &usize| {
                let why = fit::refusal(&rows[index], wish).expect("nobody takes it");
                format!("{}: {why}", rows[index].name)
            };
            return Err(candidates.iter().map(reason).collect());
        }
        for item in wish.ask.strategies() {
            if *item == "random" {
                left = vec![left[self.rng.pick(left.len())]];
                break;
            }
            let scores = self.scores(item, &wish.group);
            let least = left.iter().map(|&index| scores[index]).min().expect("somebody is left");
            left.retain(|&index| scores[index] == least);
        }
        let chosen = if self.by_lot { left[self.rng.pick(left.len())] } else { left[0] };
        Ok(self.put(chosen, wish))
    }

    /// What a strategy makes of each instance; the least is best.
    fn scores(&self, item: &str, group: &str) -> Vec<u32> {
        let score: Box<dyn Fn(&Row) -> u32> = match item.split_once(' ') {
            Some(("spread", field)) => {
                let mut counts: BTreeMap<Option<&str>, u32> = BTreeMap::new();
                for row in &self.rows {
                    *counts.entry(fit::bucket(row, field)).or_default() += row.of_group(group);
                }
                Box::new(move |row| counts[&fit::bucket(row, field)])
            }
            Some(("binpack", "cpu")) => Box::new(Row::cpu_left),
            Some(("binpack", "memory")) => Box::new(Row::memory_left),
            other => panic!("the twin does not know {other:?}"),
        };
        self.rows.iter().map(score).collect()
    }
}
