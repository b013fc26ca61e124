//! Placement as one would write it on a blackboard.

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
    /// Live tasks.
    pub(crate) tasks: Vec<Placed>,
    /// Tasks that stop and still have their interface.
    pub(crate) leaving: Vec<usize>,
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
}

impl Row {
    fn sum(&self, of: impl Fn(&Ask) -> u32) -> u32 {
        self.tasks.iter().map(|task| of(&task.ask)).sum()
    }

    fn left(&self, registered: u32, of: impl Fn(&Ask) -> u32) -> u32 {
        registered - self.sum(of)
    }

    fn of_group(&self, group: &str) -> u32 {
        let count = self.tasks.iter().filter(|task| task.group == group).count();
        u32::try_from(count).expect("a handful")
    }
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
    if ask.cpu > row.left(row.cpu, |ask| ask.cpu) {
        return Some("RESOURCE:CPU");
    }
    if ask.memory() > row.left(row.memory, Ask::memory) {
        return Some("RESOURCE:MEMORY");
    }
    let mut used: Vec<(u16, bool)> = RESERVED.map(|port| (port, false)).to_vec();
    used.extend(row.tasks.iter().flat_map(|task| task.ask.ports.iter()));
    let conflict = ask.ports.iter().any(|port| used.contains(&port));
    if conflict || (ask.ports.count > 0 && used.len() + usize::from(ask.ports.count) > 100) {
        return Some("RESOURCE:PORTS");
    }
    if ask.gpus > row.left(row.gpus, |ask| ask.gpus) {
        return Some("RESOURCE:GPU");
    }
    let interfaces = row.sum(|ask| u32::from(ask.subnets.is_some()))
        + u32::try_from(row.leaving.len()).expect("a handful");
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

    /// An instance is gone with its tasks: their numbers.
    pub(crate) fn leave(&mut self, index: usize) -> Vec<usize> {
        self.rows.remove(index).tasks.iter().map(|task| task.number).collect()
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

    /// RunTask: the tasks it placed, by number, and what it answers.
    pub(crate) fn run(&mut self, ask: &Ask, group: &str, count: i64) -> (Vec<usize>, String) {
        let (mut numbers, mut names) = (Vec::new(), Vec::new());
        for _ in 0..count {
            match self.place(ask, group) {
                Ok((number, name)) => {
                    numbers.push(number);
                    names.push(name);
                }
                Err(reasons) => {
                    let answer = format!("{} | {}", names.join(", "), reasons.join(", "));
                    return (numbers, answer.trim_start().to_owned());
                }
            }
        }
        (numbers, names.join(", "))
    }

    /// Places one task, or says why nobody takes it.
    fn place(&mut self, ask: &Ask, group: &str) -> Result<(usize, String), Vec<String>> {
        let rows = &self.rows;
        let of_group = |row: &Row| ask.group.is_none() || row.group == ask.group;
        let is_candidate = |&index: &usize| !rows[index].draining && of_group(&rows[index]);
        let mut candidates: Vec<usize> = (0..rows.len()).filter(is_candidate).collect();
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
        let default = ["random"];
        let strategies = if ask.strategy.is_empty() { &default[..] } else { &ask.strategy[..] };
        for item in strategies {
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
            Some(("binpack", "cpu")) => Box::new(|row| row.left(row.cpu, |ask| ask.cpu)),
            Some(("binpack", "memory")) => Box::new(|row| row.left(row.memory, Ask::memory)),
            other => panic!("the twin does not know {other:?}"),
        };
        self.rows.iter().map(score).collect()
    }
}
