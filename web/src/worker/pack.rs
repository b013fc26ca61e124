//! The live part of a frame as 32-bit words, so that it is handed over without being copied.

use super::protocol::{DesiredStatus, Health, HostState, HostStatus, Task, TaskStatus};

const HEADER: usize = 2;
const HOST_WORDS: usize = 6;
const TASK_WORDS: usize = 11;
const NO_INDEX: u32 = u32::MAX;
const NO_SHORT: u16 = u16::MAX;
const NO_TIME: i64 = i64::MIN;

/// Writes instances and tasks into one buffer.
#[must_use]
pub fn pack(hosts: &[HostState], tasks: &[Task]) -> Vec<u32> {
    let mut words =
        Vec::with_capacity(HEADER + hosts.len() * HOST_WORDS + tasks.len() * TASK_WORDS);
    words.push(hosts.len() as u32);
    words.push(tasks.len() as u32);
    for host in hosts {
        push_host(&mut words, host);
    }
    for task in tasks {
        push_task(&mut words, task);
    }
    words
}

/// Reads back what [`pack`] wrote; `None` when the buffer is cut short or holds an unknown code.
#[must_use]
pub fn unpack(words: &[u32]) -> Option<(Vec<HostState>, Vec<Task>)> {
    let [host_count, task_count, rest @ ..] = words else { return None };
    let host_words = (*host_count as usize).checked_mul(HOST_WORDS)?;
    let task_words = (*task_count as usize).checked_mul(TASK_WORDS)?;
    if rest.len() != host_words.checked_add(task_words)? {
        return None;
    }
    let (hosts, tasks) = rest.split_at(host_words);
    let hosts = hosts.chunks_exact(HOST_WORDS).map(read_host).collect::<Option<Vec<_>>>()?;
    let tasks = tasks.chunks_exact(TASK_WORDS).map(read_task).collect::<Option<Vec<_>>>()?;
    Some((hosts, tasks))
}

fn push_host(words: &mut Vec<u32>, host: &HostState) {
    let [low, high] = halves(host.gone_at_ms.map_or(NO_TIME, |ms| ms as i64));
    words.extend([
        u32::from(host.status as u8) | u32::from(host.agent_connected) << 8,
        host.cpu_left,
        host.memory_left,
        host.eni_used,
        low,
        high,
    ]);
}

fn read_host(words: &[u32]) -> Option<HostState> {
    let status = match words[0] & 0xff {
        0 => HostStatus::Active,
        1 => HostStatus::Draining,
        2 => HostStatus::Registering,
        3 => HostStatus::Deregistering,
        4 => HostStatus::Gone,
        _ => return None,
    };
    Some(HostState {
        status,
        agent_connected: words[0] & 0x100 != 0,
        cpu_left: words[1],
        memory_left: words[2],
        eni_used: words[3],
        gone_at_ms: time(words[4], words[5]).map(|ms| ms as u64),
    })
}

fn push_task(words: &mut Vec<u32>, task: &Task) {
    let codes = u32::from(task.last_status as u8)
        | u32::from(task.desired_status as u8) << 4
        | u32::from(task.health as u8) << 8
        | u32::from(task.protected) << 12
        | u32::from(task.fargate) << 13
        | u32::from(task.spot) << 14;
    let [created_low, created_high] = halves(task.created_ms);
    let [started_low, started_high] = halves(task.started_ms.unwrap_or(NO_TIME));
    words.extend([
        task.key,
        u32::from(task.service.unwrap_or(NO_SHORT))
            | u32::from(task.zone.unwrap_or(NO_SHORT)) << 16,
        task.host.unwrap_or(NO_INDEX),
        u32::from(task.definition),
        codes,
        task.cpu,
        task.memory,
        created_low,
        created_high,
        started_low,
        started_high,
    ]);
}

fn read_task(words: &[u32]) -> Option<Task> {
    let codes = words[4];
    Some(Task {
        key: words[0],
        service: short(words[1]),
        zone: short(words[1] >> 16),
        host: (words[2] != NO_INDEX).then_some(words[2]),
        definition: words[3] as u16,
        last_status: *TaskStatus::ALL.get((codes & 0xf) as usize)?,
        desired_status: match codes >> 4 & 0xf {
            0 => DesiredStatus::Pending,
            1 => DesiredStatus::Running,
            2 => DesiredStatus::Stopped,
            _ => return None,
        },
        health: match codes >> 8 & 0xf {
            0 => Health::None,
            1 => Health::Unknown,
            2 => Health::Healthy,
            3 => Health::Unhealthy,
            _ => return None,
        },
        protected: codes & 1 << 12 != 0,
        fargate: codes & 1 << 13 != 0,
        spot: codes & 1 << 14 != 0,
        cpu: words[5],
        memory: words[6],
        created_ms: time(words[7], words[8])?,
        started_ms: time(words[9], words[10]),
    })
}

fn halves(ms: i64) -> [u32; 2] {
    [ms as u32, (ms >> 32) as u32]
}

fn time(low: u32, high: u32) -> Option<i64> {
    let ms = i64::from(high as i32) << 32 | i64::from(low);
    (ms != NO_TIME).then_some(ms)
}

fn short(word: u32) -> Option<u16> {
    let value = (word & 0xffff) as u16;
    (value != NO_SHORT).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> HostState {
        HostState {
            status: HostStatus::Draining,
            agent_connected: true,
            cpu_left: 512,
            memory_left: 3840,
            eni_used: 2,
            gone_at_ms: Some(5_000_000_000),
        }
    }

    fn task() -> Task {
        Task {
            key: 7,
            service: Some(3),
            host: None,
            zone: Some(2),
            definition: 4,
            last_status: TaskStatus::Deprovisioning,
            desired_status: DesiredStatus::Stopped,
            health: Health::Unhealthy,
            protected: true,
            fargate: true,
            spot: false,
            cpu: 256,
            memory: 960,
            created_ms: -86_400_000,
            started_ms: None,
        }
    }

    #[test]
    fn what_is_packed_comes_out_the_same() {
        let standalone = Task { service: None, host: Some(9), started_ms: Some(12), ..task() };
        let gone = HostState { status: HostStatus::Gone, gone_at_ms: None, ..host() };
        let words = pack(&[host(), gone], &[task(), standalone]);
        assert_eq!(unpack(&words), Some((vec![host(), gone], vec![task(), standalone])));
    }

    #[test]
    fn a_cut_or_damaged_buffer_is_refused() {
        let words = pack(&[host()], &[task()]);
        assert_eq!(unpack(&words[..words.len() - 1]), None);
        assert_eq!(unpack(&[]), None);
        assert_eq!(unpack(&[u32::MAX, u32::MAX]), None);
        let mut damaged = words;
        damaged[HEADER] = 0xff;
        assert_eq!(unpack(&damaged), None);
    }
}
