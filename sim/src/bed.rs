//! A test bed: an engine and a world on a small cluster, driven instant by instant.

use stowplan_engine::Engine;
use stowplan_engine::api::answer::Answer;
use stowplan_engine::api::setup::GivenSubnet;
use stowplan_engine::api::{Command, CommandError, EngineConfig, Input, Output, Report, Setup};
use stowplan_engine::model::{
    Attribute, Capabilities, ClusterId, Held, InstanceStatus, Market, PortSet, Registration, Time,
};

use crate::digest::Digest;
use crate::series::{Series, Wanted};
use crate::view::record::{ApiError, Call};
use crate::view::{Clock, Moment, Record, WorldFacts, answer};
use crate::world::{World, WorldConfig};

pub(crate) struct Bed {
    pub(crate) engine: Engine,
    pub(crate) world: World,
    pub(crate) record: Record,
    pub(crate) series: Series,
    pub(crate) digest: Digest,
    pub(crate) now: Time,
}

impl Bed {
    /// One cluster `default` with a subnet and an instance in each of the zones a, b, c.
    pub(crate) fn new() -> Self {
        let networks = (0..3).map(|n| std::net::Ipv4Addr::new(10, 0, 16 * n, 0)).collect();
        let mut bed = Self {
            engine: Engine::new(EngineConfig::default(), 0).expect("the defaults are valid"),
            world: World::new(WorldConfig { networks, ..WorldConfig::default() }, 0),
            record: Record::default(),
            series: Series::new(Wanted::Everything),
            digest: Digest::default(),
            now: Time::ZERO,
        };
        let zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
        let subnet = |(position, zone): (usize, &&str)| GivenSubnet {
            name: format!("subnet-{}", ["a", "b", "c"][position]).into(),
            zone: (*zone).into(),
            vpc: "vpc-1".into(),
            addresses: 4091,
            interfaces: 1,
        };
        bed.set_up(Setup::Cluster {
            name: "default".into(),
            region: "us-east-1".into(),
            zones: zones.map(Into::into).to_vec(),
            subnets: zones.iter().enumerate().map(subnet).collect(),
            settings: Vec::new(),
        });
        for (position, zone) in zones.into_iter().enumerate() {
            bed.instance(&format!("i-{}", position + 1), zone);
        }
        bed
    }

    fn instance(&mut self, name: &str, zone: &str) {
        let zone_attribute =
            Attribute { name: "ecs.availability-zone".into(), value: Some(zone.into()) };
        let registration = Registration {
            name: name.into(),
            ec2_instance_id: Some(format!("{name}-ec2").into()),
            instance_type: Some("m5.large".into()),
            zone: zone.into(),
            vpc: "vpc-1".into(),
            status: InstanceStatus::Active,
            agent_connected: true,
            agent_version: Some("1.87.1".into()),
            registered_at: Some(Time::from_secs(-3600)),
            attributes: vec![zone_attribute],
            capabilities: Capabilities::CurrentAgent { without: Vec::new() },
            auto_scaling_group: None,
            market: Market::OnDemand,
            cpu: 2048,
            memory: 7782,
            gpus: 0,
            eni_limit: Some(2),
            trunk_enis: None,
            reserved_ports: PortSet::reserved_on_linux(),
            held: Held::default(),
        };
        let registration = Box::new(registration);
        self.set_up(Setup::Instance { cluster: ClusterId::new(0), registration });
    }

    fn set_up(&mut self, setup: Setup) {
        self.engine.step(Time::ZERO, Input::Setup(setup)).expect("the bed's own setup is valid");
    }

    /// Makes a call now, by its name and JSON input; kept under its own name.
    pub(crate) fn call(
        &mut self,
        action: &str,
        input: serde_json::Value,
    ) -> Result<(), CommandError> {
        let command = Command::read(action, input)
            .unwrap_or_else(|| panic!("{action} is an operation"))
            .expect("the test's input reads");
        let result = self.engine.step(self.now, Input::Command(command.clone()));
        self.drain();
        let (at, action) = (self.now, Box::from(action));
        let (answer, error) = match &result {
            Ok(given) => (self.answer(&command, given), None),
            Err(error) => {
                let exception = error.exception.as_str().into();
                let message = error.message.as_ref().into();
                let action = Box::clone(&action);
                let tasks = error.tasks.clone();
                let refusal = ApiError { at, action, exception, message, tasks };
                (answer::refused(command.action()), Some(refusal))
            }
        };
        let name = Some(Box::clone(&action));
        self.record.take_call(Call { at, action, name, answer, error });
        result.map(|_| ())
    }

    fn answer(&self, command: &Command, given: &Answer) -> serde_json::Value {
        self.look(|moment| answer::answer(&moment, command, given))
    }

    /// Registers `web`, one container of 256 CPU units and 512 MiB.
    pub(crate) fn register_web(&mut self) {
        self.call(
            "registerTaskDefinition",
            serde_json::json!({
                "family": "web",
                "containerDefinitions": [
                    { "name": "app", "image": "web", "cpu": 256, "memory": 512, "essential": true,
                      "portMappings": [ { "containerPort": 80 } ] },
                ],
            }),
        )
        .expect("the definition is valid");
    }

    /// A service `web` of so many tasks.
    pub(crate) fn web_service(desired: u32) -> Self {
        let mut bed = Self::new();
        bed.register_web();
        bed.call(
            "createService",
            serde_json::json!({
                "serviceName": "web", "taskDefinition": "web", "desiredCount": desired,
                "launchType": "EC2",
            }),
        )
        .expect("the service is valid");
        bed
    }

    /// Closes the present instant, then runs every one up to and including `end`.
    pub(crate) fn run_until(&mut self, end: i64) {
        let end = Time::from_secs(end);
        loop {
            self.settle();
            let next = [self.world.next_due(), self.engine.poll_timeout().map(|(at, _)| at)];
            match next.into_iter().flatten().min() {
                Some(next) if next <= end => self.now = next.max(self.now),
                _ => break,
            }
        }
        self.now = end;
        self.settle();
    }

    fn settle(&mut self) {
        self.take_reports();
        self.engine.step(self.now, Input::Wake).expect("waking is never refused");
        self.drain();
        self.take_reports();
        let facts = WorldFacts { world: &self.world };
        self.series.look(&Moment {
            engine: self.engine.view(),
            world: &facts,
            record: &self.record,
            now: self.now,
            clock: Clock::Seconds,
        });
    }

    fn take_reports(&mut self) {
        loop {
            let mut reports: Vec<Report> = Vec::new();
            self.world.due(self.now, self.engine.view(), &mut reports);
            if reports.is_empty() {
                return;
            }
            for report in reports {
                self.engine.step(self.now, Input::Report(report)).expect("reports are taken");
                self.drain();
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Effect(effect) => {
                    self.world.effect(self.now, effect, self.engine.view());
                }
                Output::Event(event) => {
                    self.digest.take(&event, self.engine.view());
                    self.record.take(&event, self.engine.view());
                }
            }
        }
    }

    /// Looks at the present moment.
    pub(crate) fn look<T>(&self, look: impl FnOnce(Moment<'_>) -> T) -> T {
        let facts = WorldFacts { world: &self.world };
        look(Moment {
            engine: self.engine.view(),
            world: &facts,
            record: &self.record,
            now: self.now,
            clock: Clock::Seconds,
        })
    }
}
