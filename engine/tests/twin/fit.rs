//! Whether an instance takes a task (01 sections 4.2 and 4.3).

use super::{Ask, Row, Wish, count, zone_of};

/// TCP ports that the agent of a Linux instance keeps.
const RESERVED: [u16; 5] = [22, 2375, 2376, 51_678, 51_679];

impl Row {
    fn sum(&self, of: impl Fn(&Ask) -> u32) -> u32 {
        self.tasks.iter().map(|task| of(&task.wish.ask)).sum()
    }

    fn left(&self, registered: u32, held: u32, of: impl Fn(&Ask) -> u32) -> u32 {
        registered - held - self.sum(of)
    }

    pub(super) fn cpu_left(&self) -> u32 {
        self.left(self.cpu, self.held.cpu, |ask| ask.cpu)
    }

    pub(super) fn memory_left(&self) -> u32 {
        self.left(self.memory, self.held.memory, Ask::memory)
    }

    pub(super) fn of_group(&self, group: &str) -> u32 {
        count(self.tasks.iter().filter(|task| task.wish.group == group).count())
    }
}

/// ACTIVE, of the capacity provider if one was chosen, and in the zone if there is no other.
pub(super) fn is_candidate(row: &Row, wish: &Wish) -> bool {
    !row.draining
        && (wish.provider.is_none() || row.provider == wish.provider)
        && wish.zone.is_none_or(|zone| zone == row.zone)
}

/// The reported reason, or nothing when the instance takes the task.
pub(super) fn refusal(row: &Row, wish: &Wish) -> Option<&'static str> {
    unfit(row, wish)
        .or_else(|| without_room(row, &wish.ask))
        .or_else(|| unwanted(row, &wish.ask, &wish.group))
}

/// What the instance is: checks 1 to 3.
pub(super) fn unfit(row: &Row, wish: &Wish) -> Option<&'static str> {
    let ask = &wish.ask;
    if !row.connected {
        return Some("AGENT");
    }
    let other = ask.architecture.is_some_and(|wanted| wanted != row.architecture);
    if other || (ask.subnets.is_some() && !(row.attaches && row.home)) {
        return Some("ATTRIBUTE");
    }
    let elsewhere = |subnets: &Vec<&str>| subnets.iter().all(|subnet| zone_of(subnet) != row.zone);
    ask.subnets.as_ref().is_some_and(elsewhere).then_some("LOCATION")
}

/// What it has left: checks 4 to 8.
pub(super) fn without_room(row: &Row, ask: &Ask) -> Option<&'static str> {
    if ask.cpu > row.cpu_left() {
        return Some("RESOURCE:CPU");
    }
    if ask.memory() > row.memory_left() {
        return Some("RESOURCE:MEMORY");
    }
    let mut used: Vec<(u16, bool)> = RESERVED.map(|port| (port, false)).to_vec();
    used.extend(row.held.port.map(|port| (port, false)));
    used.extend(row.tasks.iter().flat_map(|task| task.wish.ask.ports.iter()));
    let conflict = ask.ports.iter().any(|port| used.contains(&port));
    if conflict || (ask.ports.count > 0 && used.len() + usize::from(ask.ports.count) > 100) {
        return Some("RESOURCE:PORTS");
    }
    if ask.gpus > row.left(row.gpus, row.held.gpus, |ask| ask.gpus) {
        return Some("RESOURCE:GPU");
    }
    let interfaces =
        row.sum(|ask| u32::from(ask.subnets.is_some())) + count(row.leaving.len()) + row.held.enis;
    if ask.subnets.is_some() && row.enis.is_some_and(|limit| interfaces >= limit) {
        return Some("RESOURCE:ENI");
    }
    None
}

/// The constraints: checks 9 and 10.
pub(super) fn unwanted(row: &Row, ask: &Ask, group: &str) -> Option<&'static str> {
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
pub(super) fn bucket<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    match field {
        "instanceId" => Some(&row.name),
        "az" => Some(row.zone),
        "attribute:rack" => row.rack,
        other => panic!("the twin does not know {other}"),
    }
}
