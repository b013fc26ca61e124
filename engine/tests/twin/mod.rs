//! Placement as one would write it on a blackboard.

pub(crate) mod cases;

use std::collections::BTreeMap;

use stowplan_engine::rng::Rng;

/// TCP ports that the agent of a Linux instance keeps.
const RESERVED: [u16; 5] = [22, 2375, 2376, 51_678, 51_679];

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
    /// Its Auto Scaling group.
    pub(crate) group: Option<&'static str>,
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

/// A live task on an instance.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    number: usize,
    group: String,
    ask: Ask,
}

/// What one RunTask asks, apart from the group and the number of tasks.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) ports: Ports,
    /// Zones of the subnets of an awsvpc task.
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
    /// The capacity provider's group.
    pub(crate) group: Option<&'static str>,
    /// It is a service that asks, not a call.
    pub(crate) of_service: bool,
}

/// The group whose provider has managed scaling: who finds no place there waits for one.
const MANAGED: &str = "asg-A";

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

    fn waits(&self) -> bool {
        self.group == Some(MANAGED)
    }

    /// Its strategies, or those of 01 section 4.5.
    fn strategies(&self) -> &[&'static str] {
        match (self.strategy.as_slice(), self.of_service) {
            ([], true) => &["spread az", "spread instanceId"],
            ([], false) => &["random"],
            (given, _) => given,
        }
    }
}

impl Row {
    fn sum(&self, of: impl Fn(&Ask) -> u32) -> u32 {
        self.tasks.iter().map(|task| of(&task.ask)).sum()
    }

    fn left(&self, registered: u32, held: u32, of: impl Fn(&Ask) -> u32) -> u32 {
        registered - held - self.sum(of)
    }

    fn cpu_left(&self) -> u32 {
        self.left(self.cpu, self.held.cpu, |ask| ask.cpu)
    }

    fn memory_left(&self) -> u32 {
        self.left(self.memory, self.held.memory, Ask::memory)
    }

    fn of_group(&self, group: &str) -> u32 {
        let count = self.tasks.iter().filter(|task| task.group == group).count();
        u32::try_from(count).expect("a handful")
    }
}

/// ACTIVE, and of the capacity provider if one was chosen.
fn is_candidate(row: &Row, ask: &Ask) -> bool {
    !row.draining && (ask.group.is_none() || row.group == ask.group)
}

/// The reported reason, or nothing when the instance takes the task.
fn refusal(row: &Row, ask: &Ask, group: &str) -> Option<&'static str> {
    without_room(row, ask).or_else(|| unwanted(row, ask, group))
}

/// Everything but the constraints.
fn without_room(row: &Row, ask: &Ask) -> Option<&'static str> {
    if !row.connected {
        return Some("AGENT");
    }
    let other = ask.architecture.is_some_and(|wanted| wanted != row.architecture);
    if other || (ask.subnets.is_some() && !(row.attaches && row.home)) {
        return Some("ATTRIBUTE");
    }
    if ask.subnets.as_ref().is_some_and(|zones| !zones.contains(&row.zone)) {
        return Some("LOCATION");
    }
    if ask.cpu > row.cpu_left() {
        return Some("RESOURCE:CPU");
    }
    if ask.memory() > row.memory_left() {
        return Some("RESOURCE:MEMORY");
    }
    let mut used: Vec<(u16, bool)> = RESERVED.map(|port| (port, false)).to_vec();
    used.extend(row.held.port.map(|port| (port, false)));
    used.extend(row.tasks.iter().flat_map(|task| task.ask.ports.iter()));
    let conflict = ask.ports.iter().any(|port| used.contains(&port));
    if conflict || (ask.ports.count > 0 && used.len() + usize::from(ask.ports.count) > 100) {
        return Some("RESOURCE:PORTS");
    }
    if ask.gpus > row.left(row.gpus, row.held.gpus, |ask| ask.gpus) {
        return Some("RESOURCE:GPU");
    }
    let interfaces = row.sum(|ask| u32::from(ask.subnets.is_some()))
        + u32::try_from(row.leaving.len()).expect("a handful")
        + row.held.enis;
    if ask.subnets.is_some() && row.enis.is_some_and(|limit| interfaces >= limit) {
        return Some("RESOURCE:ENI");
    }
    None
}

/// The constraints.
fn unwanted(row: &Row, ask: &Ask, group: &str) -> Option<&'static str> {
    if ask.constraints.contains(&"distinctInstance") && row.of_group(group) > 0 {
        return Some("DistinctInstance placement constraint unsatisfied.");
    }
    let holds = |expression: &str| match expression {
        "distinctInstance" => true,
        "attribute:rack == r1" => row.rack == Some("r1"),
        "attribute:rack exists" => row.rack.is_some(),
        "runningTasksCount < 3" => row.tasks.len() < 3,
        "not(task:group == g2)" => row.of_group("g2") == 0,
        "attribute:ecs.availability-zone != us-east-1b" => row.zone != "b",
        "agentConnected == true" => row.connected,
        "attribute:rack in [r1, r3]" => matches!(row.rack, Some("r1" | "r3")),
        "attribute:rack != r1" => row.rack.is_some_and(|rack| rack != "r1"),
        "attribute:rack !exists or runningTasksCount > 1" => {
            row.rack.is_none() || row.tasks.len() > 1
        }
        "attribute:ecs.availability-zone =~ us-east-1[ab] and not task:group == g1" => {
            row.zone != "c" && row.of_group("g1") == 0
        }
        other => panic!("the twin does not know {other}"),
    };
    let all = ask.constraints.iter().all(|it| holds(it));
    (!all).then_some("MemberOf placement constraint unsatisfied.")
}

/// The bucket of an instance.
fn bucket<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    match field {
        "instanceId" => Some(&row.name),
        "az" => Some(row.zone),
        "attribute:rack" => row.rack,
        other => panic!("the twin does not know {other}"),
    }
}

/// The cluster, and the luck it has.
pub(crate) struct Twin {
    pub(crate) rows: Vec<Row>,
    /// Ties are drawn, not given to the lowest id.
    by_lot: bool,
    rng: Rng,
    next: usize,
}

impl Twin {
    pub(crate) fn new(rows: Vec<Row>, by_lot: bool, rng: Rng) -> Self {
        Self { rows, by_lot, rng, next: 0 }
    }

    pub(crate) fn row(&mut self, index: usize) -> &mut Row {
        let rows = self.rows.len();
        &mut self.rows[index % rows]
    }

    pub(crate) fn stop(&mut self, number: usize) {
        for row in &mut self.rows {
            let Some(at) = row.tasks.iter().position(|task| task.number == number) else {
                continue;
            };
            let gone = row.tasks.remove(at);
            if gone.ask.subnets.is_some() {
                row.leaving.push(number);
            }
        }
    }

    /// A task that was stopped is gone, and its interface with it.
    pub(crate) fn gone(&mut self, number: usize) {
        for row in &mut self.rows {
            row.leaving.retain(|&leaving| leaving != number);
        }
    }

    /// An instance is gone with its tasks.
    pub(crate) fn leave(&mut self, index: usize) {
        self.rows.remove(index);
    }

    /// StartTask on one instance: no constraints, and DRAINING is no matter.
    pub(crate) fn start(&mut self, ask: &Ask, group: &str, index: usize) -> (Vec<usize>, String) {
        let row = &self.rows[index];
        match without_room(row, ask) {
            Some(reason) => (Vec::new(), format!("| {}: {reason}", row.name)),
            None => {
                let (number, name) = self.put(index, ask, group);
                (vec![number], name)
            }
        }
    }

    fn put(&mut self, index: usize, ask: &Ask, group: &str) -> (usize, String) {
        let number = self.next;
        self.next += 1;
        let row = &mut self.rows[index];
        row.tasks.push(Placed { number, group: group.to_owned(), ask: ask.clone() });
        (number, row.name.clone())
    }

    /// RunTask: the tasks it made, by number when they have a place, and what it answers.
    pub(crate) fn run(
        &mut self,
        ask: &Ask,
        group: &str,
        count: i64,
    ) -> (Vec<Option<usize>>, String) {
        let (mut numbers, mut names) = (Vec::new(), Vec::new());
        for _ in 0..count {
            match self.place(ask, group) {
                Ok((number, name)) => {
                    numbers.push(Some(number));
                    names.push(name);
                }
                Err(_) if ask.waits() => {
                    numbers.push(None);
                    names.push("nowhere".to_owned());
                }
                Err(reasons) => {
                    let answer = format!("{} | {}", names.join(", "), reasons.join(", "));
                    return (numbers, answer.trim_start().to_owned());
                }
            }
        }
        (numbers, names.join(", "))
    }

    /// Nobody takes such a task.
    pub(crate) fn has_no_place(&self, ask: &Ask, group: &str) -> bool {
        let mut candidates = self.rows.iter().filter(|row| is_candidate(row, ask));
        candidates.all(|row| refusal(row, ask, group).is_some())
    }

    /// Places one task, or says why nobody takes it.
    pub(crate) fn place(&mut self, ask: &Ask, group: &str) -> Result<(usize, String), Vec<String>> {
        let rows = &self.rows;
        let mut candidates: Vec<usize> =
            (0..rows.len()).filter(|&index| is_candidate(&rows[index], ask)).collect();
        candidates.sort_by_key(|&index| &rows[index].name);
        if candidates.is_empty() {
            let nobody = "No Container Instances were found in your capacity provider.";
            return Err(vec![nobody.to_owned()]);
        }
        let takes = |&index: &usize| refusal(&rows[index], ask, group).is_none();
        let mut left: Vec<usize> = candidates.iter().copied().filter(takes).collect();
        if left.is_empty() {
            let reason = |&index: &usize| {
                let why = refusal(&rows[index], ask, group).expect("nobody takes it");
                format!("{}: {why}", rows[index].name)
            };
            return Err(candidates.iter().map(reason).collect());
        }
        for item in ask.strategies() {
            if *item == "random" {
                left = vec![left[self.rng.pick(left.len())]];
                break;
            }
            let scores = self.scores(item, group);
            let least = left.iter().map(|&index| scores[index]).min().expect("somebody is left");
            left.retain(|&index| scores[index] == least);
        }
        let chosen = if self.by_lot { left[self.rng.pick(left.len())] } else { left[0] };
        Ok(self.put(chosen, ask, group))
    }

    /// What a strategy makes of each instance; the least is best.
    fn scores(&self, item: &str, group: &str) -> Vec<u32> {
        let score: Box<dyn Fn(&Row) -> u32> = match item.split_once(' ') {
            Some(("spread", field)) => {
                let mut counts: BTreeMap<Option<&str>, u32> = BTreeMap::new();
                for row in &self.rows {
                    *counts.entry(bucket(row, field)).or_default() += row.of_group(group);
                }
                Box::new(move |row| counts[&bucket(row, field)])
            }
            Some(("binpack", "cpu")) => Box::new(Row::cpu_left),
            Some(("binpack", "memory")) => Box::new(Row::memory_left),
            other => panic!("the twin does not know {other:?}"),
        };
        self.rows.iter().map(score).collect()
    }
}
