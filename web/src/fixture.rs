//! Boards for tests.

use crate::model::Board;
use crate::worker::protocol::{
    Definition, Deployment, DesiredStatus, Frame, Health, Host, HostState, HostStatus, Service,
    Summary, Task, TaskStatus,
};

fn zones() -> Vec<String> {
    ["a", "b", "c"].map(|letter| format!("us-east-1{letter}")).into()
}

/// A frame under construction.
#[derive(Default)]
pub(crate) struct Builder {
    frame: Frame,
    hosts: Vec<Host>,
    definitions: Vec<Definition>,
}

impl Builder {
    pub(crate) fn service(&mut self, name: &str, revision: u32, cpu: u32, memory: u32) -> u16 {
        let definition = Definition { family: name.to_owned(), revision, cpu, memory };
        self.definitions.push(definition);
        let deployment = Deployment {
            id: format!("ecs-svc/{name}"),
            status: "PRIMARY".to_owned(),
            definition: (self.definitions.len() - 1) as u16,
            ..Deployment::default()
        };
        self.frame.services.push(Service {
            name: name.to_owned(),
            deployments: vec![deployment],
            ..Service::default()
        });
        (self.frame.services.len() - 1) as u16
    }

    pub(crate) fn host(&mut self, id: &str, kind: &str, zone: u16) -> u32 {
        let (memory, cpu) = match kind {
            "m5.large" => (7_680, 2_048),
            "m5.xlarge" => (15_360, 4_096),
            _ => (3_840, 2_048),
        };
        self.hosts.push(Host {
            id: id.to_owned(),
            instance_type: kind.to_owned(),
            zone,
            cpu,
            memory,
            ..Host::default()
        });
        self.frame.host_states.push(HostState {
            status: HostStatus::Active,
            agent_connected: true,
            cpu_left: cpu,
            memory_left: memory,
            ..HostState::default()
        });
        (self.hosts.len() - 1) as u32
    }

    pub(crate) fn state(&mut self, host: u32) -> &mut HostState {
        &mut self.frame.host_states[host as usize]
    }

    pub(crate) fn task(&mut self, service: u16, host: u32) -> &mut Task {
        let definition = self
            .definitions
            .iter()
            .rposition(|d| d.family == self.frame.services[usize::from(service)].name)
            .expect("a service has a definition");
        let (cpu, memory) = (self.definitions[definition].cpu, self.definitions[definition].memory);
        let state = &mut self.frame.host_states[host as usize];
        state.cpu_left = state.cpu_left.saturating_sub(cpu);
        state.memory_left = state.memory_left.saturating_sub(memory);
        let key = self.frame.tasks.last().map_or(1, |task| task.key + 1);
        self.frame.names.push((key, format!("t{key}")));
        self.frame.tasks.push(Task {
            key,
            service: Some(service),
            host: Some(host),
            zone: None,
            definition: definition as u16,
            last_status: TaskStatus::Running,
            desired_status: DesiredStatus::Running,
            health: Health::None,
            protected: false,
            fargate: false,
            spot: false,
            cpu,
            memory,
            created_ms: 0,
            started_ms: Some(1_000),
        });
        self.frame.tasks.last_mut().expect("just pushed")
    }

    pub(crate) fn board(mut self) -> Board {
        self.frame.hosts = Some(self.hosts);
        self.frame.definitions = Some(self.definitions);
        self.frame.fresh = true;
        let summary = Summary { zones: zones(), until_ms: 600_000, ..Summary::default() };
        Board::new(summary).with(self.frame)
    }
}

/// Twelve instances of three sizes in three zones, and some tasks of three services.
pub(crate) fn six_services() -> Board {
    let mut builder = Builder::default();
    let web = builder.service("web", 2, 256, 960);
    let search = builder.service("search", 1, 512, 1_920);
    let batch = builder.service("batch", 1, 1_024, 3_840);
    let kinds = [
        ("i-1", "m5.large", 0),
        ("i-2", "m5.xlarge", 0),
        ("i-3", "c5.large", 0),
        ("i-10", "m5.large", 0),
        ("i-4", "m5.large", 1),
        ("i-5", "m5.large", 1),
        ("i-7", "m5.large", 1),
        ("i-8", "m5.large", 1),
        ("i-6", "m5.xlarge", 2),
        ("i-9", "m5.large", 2),
        ("i-11", "c5.large", 2),
        ("i-12", "m5.large", 2),
    ];
    let hosts = kinds.map(|(id, kind, zone)| builder.host(id, kind, zone));
    builder.state(hosts[5]).status = HostStatus::Draining;
    for host in [hosts[0], hosts[4], hosts[6]] {
        builder.task(web, host);
        builder.task(search, host);
    }
    builder.task(batch, hosts[1]).protected = true;
    builder.task(web, hosts[6]).last_status = TaskStatus::Activating;
    builder.task(web, hosts[8]).health = Health::Unhealthy;
    builder.board()
}

/// So many instances over the zones, each with so many tasks.
pub(crate) fn many(instances: u32, tasks_each: u32) -> Board {
    let mut builder = Builder::default();
    let web = builder.service("web", 1, 128, 480);
    for index in 0..instances {
        let host = builder.host(&format!("i-{index}"), "m5.large", (index % 3) as u16);
        for _ in 0..tasks_each {
            builder.task(web, host);
        }
    }
    builder.board()
}

/// Tasks on Fargate, over the zones in turn.
pub(crate) fn on_fargate(tasks: u32) -> Board {
    let mut builder = Builder::default();
    let web = builder.service("web", 1, 256, 512);
    let host = builder.host("none", "c5.large", 0);
    for index in 0..tasks {
        let task = builder.task(web, host);
        (task.host, task.fargate, task.zone) = (None, true, Some((index % 3) as u16));
    }
    builder.state(host).status = HostStatus::Gone;
    builder.board()
}
