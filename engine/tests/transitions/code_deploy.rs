//! Every transition of a deployment by CodeDeploy, one by one: it is brought to the step, the
//! signal is given, and the engine says where it stands then (03 section 20).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stowplan_engine::api::input::CreateDeploymentGroup;
use stowplan_engine::api::{EngineConfig, EventKind, Output, Report, Setup};
use stowplan_engine::model::{
    BlueGreenState, CodeDeployment, CodeDeploymentId, GreenStep, HookAnswer, LifecycleEvent,
    TargetState,
};

use crate::bed::{Bed, Behavior, both};
use crate::listing::{Listed, compare, moves};

const TABLE: &str = include_str!("code-deploy.txt");

/// Events at which a function is asked, and does not answer by itself.
const HELD: [&str; 5] = [
    "BeforeInstall",
    "AfterInstall",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AfterAllowTraffic",
];

/// What can happen at a step, by the name that the table has for it.
const SIGNALS: &[(&str, &[fn(&mut Run)])] = &[
    ("Passed", &[Run::pass]),
    ("Failed", &[Run::fail_hook, Run::fail_to_scale, Run::fail_to_install]),
    ("Stopped", &[Run::stop]),
];

const AT_ONCE: &str = "it is passed in the instant in which it is entered";

const NEVER: &[(&str, &str, &str)] = &[
    ("Created", "Failed", AT_ONCE),
    ("AllowTestTraffic", "Failed", AT_ONCE),
    ("AllowTestTraffic", "Stopped", AT_ONCE),
    ("AllowTraffic 2", "Failed", AT_ONCE),
    ("AllowTraffic 2", "Stopped", AT_ONCE),
    ("back AllowTraffic", "Failed", AT_ONCE),
    ("back AllowTraffic", "Stopped", AT_ONCE),
];

/// A canary of two steps under way.
struct Run {
    bed: Bed,
    /// Position of the deployment that is looked at: the last one, when it was stopped to go back.
    deployment: usize,
}

impl Run {
    /// Before its first pass.
    fn created(termination: &Value) -> Self {
        // What is told to go takes longer than the five minutes that scaling may take.
        let targets = vec![(5, TargetState::Healthy)];
        let usual = Behavior { stops_after: 800, targets, ..Behavior::ok() };
        let config = EngineConfig { launches_per_minute: 1_000_000, ..EngineConfig::default() };
        let mut bed = Bed::with(config, 0, usual);
        bed.instance("big", "a", 4_000_000, 4_000_000);
        let container = json!({ "healthCheck": { "command": ["CMD", "ok"] },
            "portMappings": [{ "containerPort": 80, "hostPort": 0 }] });
        bed.define("web", 128, 128, container.clone());
        let balancer =
            json!([{ "targetGroupArn": "blue", "containerName": "app", "containerPort": 80 }]);
        bed.service(
            "web",
            2,
            json!({ "loadBalancers": balancer,
                "deploymentController": { "type": "CODE_DEPLOY" } }),
        );
        bed.define("web", 128, 128, container);
        let pair = json!({ "targetGroups": [{ "name": "blue" }, { "name": "green" }],
            "prodTrafficRoute": { "listenerArns": ["prod"] },
            "testTrafficRoute": { "listenerArns": ["test"] } });
        let group = json!({ "deploymentGroupName": "web",
            "deploymentConfigName": "CodeDeployDefault.ECSCanary10Percent15Minutes",
            "ecsServices": [{ "serviceName": "web" }],
            "loadBalancerInfo": { "targetGroupPairInfoList": [pair] },
            "autoRollbackConfiguration":
                { "enabled": true, "events": ["DEPLOYMENT_STOP_ON_REQUEST"] },
            "blueGreenDeploymentConfiguration": {
                "deploymentReadyOption":
                    { "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 600 },
                "terminateBlueInstancesOnDeploymentSuccess": termination } });
        let input: CreateDeploymentGroup = serde_json::from_value(group).expect("a group");
        bed.setup(Setup::DeploymentGroup(Box::new(input)));
        for event in HELD {
            bed.function(event, &[(10_000_000, HookAnswer::Succeeded)]);
        }
        let hooks: serde_json::Map<String, Value> =
            HELD.iter().map(|event| ((*event).to_owned(), json!(event))).collect();
        let call = json!({ "deploymentGroupName": "web", "taskDefinition": "web:2" });
        bed.must("createDeployment", both(call, json!({ "hooks": hooks })));
        Self { bed, deployment: 0 }
    }

    fn terminating() -> Self {
        let wait = json!({ "action": "TERMINATE", "terminationWaitTimeInMinutes": 30 });
        Self::created(&wait)
    }

    fn row(&self) -> &CodeDeployment {
        &self.bed.engine.view().code_deployments()[self.deployment]
    }

    /// As the table calls it.
    fn state(&self) -> String {
        match self.row().state {
            BlueGreenState::Created => "Created".to_owned(),
            BlueGreenState::Forward(GreenStep::AllowTraffic { step }) => {
                format!("AllowTraffic {step}")
            }
            BlueGreenState::Forward(step) => format!("{step:?}"),
            BlueGreenState::Back(step) => format!("back {step:?}"),
            BlueGreenState::Over(end) => format!("{end:?}"),
        }
    }

    /// A later instant; what was open settles.
    fn later(&mut self, seconds: i64) {
        let next = self.bed.now() + seconds;
        self.bed.at(next);
    }

    /// The function of the step answers.
    fn answer(&mut self, answer: HookAnswer) {
        let asked = self.row().execution.is_some();
        if let Some(event) = self.row().event.filter(|_| asked) {
            let deployment = CodeDeploymentId::from_index(self.deployment);
            self.bed.report(Report::LifecycleEventAnswer { deployment, event, answer });
        }
    }

    fn wait_for_a_change(&mut self, seconds: i64) {
        let before = self.state();
        for _ in 0..seconds / 10 {
            self.bed.settle();
            if self.state() != before {
                return;
            }
            self.later(10);
        }
        self.bed.settle();
    }

    fn pass(&mut self) {
        if self.state() != "Created" {
            self.later(1);
            self.answer(HookAnswer::Succeeded);
        }
        if self.state() == "ReadyWait" {
            let id = self.id();
            self.bed.must("continueDeployment", json!({ "deploymentId": id }));
        }
        self.wait_for_a_change(3_000);
    }

    fn id(&self) -> String {
        let id = CodeDeploymentId::from_index(self.deployment);
        self.bed.engine.view().code_deployment_name(id)
    }

    fn stop(&mut self) {
        if self.state() != "Created" {
            self.later(1);
        }
        let id = self.id();
        let _ = self.bed.call("stopDeployment", json!({ "deploymentId": id }));
        self.bed.settle();
    }

    fn fail_hook(&mut self) {
        if self.row().execution.is_some() {
            self.later(1);
            self.answer(HookAnswer::Failed);
            self.wait_for_a_change(10);
        }
    }

    /// The service is scaled out, and what starts never runs.
    fn fail_to_scale(&mut self) {
        if self.state() != "Created" {
            self.later(1);
            for revision in ["web:1", "web:2"] {
                self.bed.behave(revision, Behavior { stops_after: 800, ..Behavior::nostart() });
            }
            self.bed.update("web", json!({ "desiredCount": 4 }));
            self.wait_for_a_change(320);
        }
    }

    /// Green does not become steady in time.
    fn fail_to_install(&mut self) {
        if self.state() == "Install" {
            *self = Self::terminating();
            self.bed.behave("web:2", Behavior::nostart());
            self.pass();
            self.pass();
            self.wait_for_a_change(3_700);
        }
    }

    /// A run that stands at a step, if one can.
    fn at(state: &str) -> Option<Self> {
        for turned in [None, Some("TerminationWait")] {
            let mut run = Self::terminating();
            for _ in 0..20 {
                if run.state() == state {
                    return Some(run);
                }
                if Some(&*run.state()) == turned && run.deployment == 0 {
                    run.stop();
                    run.deployment = 1;
                } else {
                    run.pass();
                }
            }
        }
        None
    }

    /// What it came by from one state to where it stands: what is passed at once shows in the
    /// events.
    fn way(&self, from: &str, outputs: usize) -> Vec<String> {
        let mut way = vec![from.to_owned()];
        let own = CodeDeploymentId::from_index(self.deployment);
        for output in &self.bed.outputs[outputs..] {
            let Output::Event(event) = output else { continue };
            match event.kind {
                EventKind::LifecycleEvent(of, LifecycleEvent::AllowTestTraffic) if of == own => {
                    way.push("AllowTestTraffic".to_owned());
                }
                EventKind::Traffic(..) if from == "AllowTraffic 1" => {
                    way.push("AllowTraffic 2".to_owned());
                }
                _ => {}
            }
        }
        let to = self.state();
        if way.last() != Some(&to) {
            way.push(to);
        }
        way
    }
}

fn add(reached: &mut BTreeSet<Listed>, way: &[String], signal: &str) {
    for pair in way.windows(2) {
        let [from, to] = pair else { continue };
        let (from, signal, to) = (from.clone(), signal.to_owned(), to.clone());
        reached.insert(Listed { from, signal, to });
    }
}

/// A rollback is a deployment of its own: created, it turns traffic back at once.
fn add_rollback(reached: &mut BTreeSet<Listed>) {
    let mut run = Run::at("TerminationWait").expect("it gets there");
    run.stop();
    run.deployment = 1;
    let event = |output: &Output| match output {
        Output::Event(event) => match event.kind {
            EventKind::LifecycleEvent(of, event) if of.index() == 1 => Some(event),
            _ => None,
        },
        Output::Effect(_) => None,
    };
    let events: Vec<LifecycleEvent> = run.bed.outputs.iter().filter_map(event).collect();
    assert_eq!(events, [LifecycleEvent::AllowTraffic], "it comes by the step");
    let step = |from: &str, signal: &str, to: &str| Listed {
        from: from.to_owned(),
        signal: signal.to_owned(),
        to: to.to_owned(),
    };
    reached.insert(step("Created", "Passed, a rollback", "back AllowTraffic"));
    reached.insert(step("back AllowTraffic", "Passed", &run.state()));
}

fn add_kept_blue(reached: &mut BTreeSet<Listed>) {
    let mut run = Run::created(&json!({ "action": "KEEP_ALIVE" }));
    while run.state() != "AfterAllowTraffic" {
        run.pass();
    }
    run.pass();
    let (from, to) = ("AfterAllowTraffic".to_owned(), run.state());
    reached.insert(Listed { from, signal: "Passed, blue is kept".to_owned(), to });
}

#[test]
fn every_transition_of_code_deploy_that_is_listed_is_reached() {
    let states: BTreeSet<String> = moves(TABLE).into_iter().map(|listed| listed.from).collect();
    let mut reached = BTreeSet::new();
    add_rollback(&mut reached);
    add_kept_blue(&mut reached);
    for from in states {
        for (signal, ways) in SIGNALS {
            for way in *ways {
                let Some(mut run) = Run::at(&from) else { continue };
                let outputs = run.bed.outputs.len();
                way(&mut run);
                let way = run.way(&from, outputs);
                let ended = way.last().is_some_and(|to| to == signal);
                if *signal == "Passed" || ended {
                    let seen = if ended { vec![from.clone(), (*signal).to_owned()] } else { way };
                    add(&mut reached, &seen, signal);
                }
            }
        }
    }
    compare(TABLE, &reached, NEVER);
}
