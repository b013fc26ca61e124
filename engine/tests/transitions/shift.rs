//! Every transition of a deployment that shifts traffic, one by one: it is brought to the stage,
//! the signal is given, and the engine says where it stands then (03 section 21).

use std::collections::BTreeSet;

use serde_json::json;
use stowplan_engine::api::{EngineConfig, EventKind, Output, Report};
use stowplan_engine::model::{
    Forward, HookAnswer, HookRun, ServiceDeploymentId, Shift, ShiftState, TargetState,
};

use crate::bed::{Bed, Behavior};
use crate::listing::{Listed, compare, moves};

const TABLE: &str = include_str!("shift.txt");

/// Stages at which a function is asked, and does not answer by itself.
const HELD: [&str; 8] = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
];

/// What can happen at a stage, by the name that the table has for it.
const SIGNALS: &[(&str, &[fn(&mut Run)])] = &[
    ("Passed", &[Run::pass]),
    ("Failed", &[Run::stop, Run::fail_hook]),
    ("Halted", &[Run::supersede]),
];

/// A canary of two steps under way.
struct Run {
    bed: Bed,
    record: ServiceDeploymentId,
}

impl Run {
    fn begun() -> Self {
        let usual = Behavior { targets: vec![(5, TargetState::Healthy)], ..Behavior::ok() };
        let config = EngineConfig { launches_per_minute: 1_000_000, ..EngineConfig::default() };
        let mut bed = Bed::with(config, 0, usual);
        bed.instance("big", "a", 4_000_000, 4_000_000);
        let container = json!({ "healthCheck": { "command": ["CMD", "ok"] },
            "portMappings": [{ "containerPort": 80, "hostPort": 0 }] });
        for _ in 0..3 {
            bed.define("web", 128, 128, container.clone());
        }
        for stage in HELD {
            bed.function(stage, &[(10_000_000, HookAnswer::Succeeded)]);
        }
        let hook = |stage: &&str| {
            let stages = json!([stage]);
            json!({ "hookTargetArn": stage, "roleArn": "r", "lifecycleStages": stages })
        };
        let hooks: Vec<_> = HELD.iter().map(hook).collect();
        let pair = json!({ "alternateTargetGroupArn": "green", "productionListenerRule": "prod",
            "testListenerRule": "test" });
        let configuration = json!({ "strategy": "CANARY", "bakeTimeInMinutes": 5,
            "canaryConfiguration": { "canaryPercent": 10, "canaryBakeTimeInMinutes": 2 },
            "lifecycleHooks": hooks });
        let more = json!({ "taskDefinition": "web:1",
            "deploymentConfiguration": configuration,
            "loadBalancers": [{ "targetGroupArn": "blue", "containerName": "app",
                "containerPort": 80, "advancedConfiguration": pair }] });
        bed.service("web", 2, more);
        bed.deploy("web", "web:2");
        bed.settle();
        let record = *bed.service_row("web").records.last().expect("it was deployed");
        Self { bed, record }
    }

    fn shift(&self) -> &Shift {
        let row = self.bed.engine.view().record(self.record);
        row.shift.as_ref().expect("it shifts traffic")
    }

    /// As the table calls it.
    fn state(&self) -> String {
        let Shift { state, stage, .. } = self.shift();
        match state {
            ShiftState::Forward(
                Forward::PreProductionTrafficShift { step }
                | Forward::ProductionTrafficShift { step },
            ) => format!("{stage} {step}"),
            ShiftState::Forward(_) => stage.to_string(),
            ShiftState::Back(_) => format!("back {stage}"),
            ShiftState::Over(outcome) => format!("{outcome:?}"),
        }
    }

    /// The functions of the stage answer.
    fn answer(&mut self, answer: &HookAnswer) {
        let next = self.bed.now() + 1;
        self.bed.at(next);
        let shift = self.shift();
        let runs = shift.runs.iter().enumerate().skip(shift.first_run as usize);
        let open: Vec<usize> = runs.filter(|(_, run)| run.is_open()).map(|it| it.0).collect();
        for run in open {
            let (record, run) = (self.record, u32::try_from(run).expect("few"));
            self.bed.report(Report::HookAnswer { record, run, answer: answer.clone() });
        }
        self.bed.settle();
    }

    /// Its functions let it go on, and its work gets done.
    fn pass(&mut self) {
        let before = self.state();
        self.answer(&HookAnswer::Succeeded);
        for _ in 0..100 {
            if self.state() != before {
                return;
            }
            let next = self.bed.now() + 10;
            self.bed.run_until(next);
        }
    }

    /// Somebody stops it.
    fn stop(&mut self) {
        let next = self.bed.now() + 1;
        let arn = self.bed.engine.view().service_deployment_arn(self.record);
        let _ =
            self.bed.at(next).call("stopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
        self.bed.settle();
    }

    fn fail_hook(&mut self) {
        let shift = self.shift();
        if shift.runs.iter().skip(shift.first_run as usize).any(HookRun::is_open) {
            self.answer(&HookAnswer::Failed);
            let next = self.bed.now() + 10;
            self.bed.run_until(next);
        }
    }

    /// A newer deployment takes over.
    fn supersede(&mut self) {
        let next = self.bed.now() + 1;
        self.bed.at(next).deploy("web", "web:3");
        self.bed.settle();
    }

    /// A run that stands at a state: straight on, or turned back as late as it takes.
    fn at(state: &str) -> Self {
        for turned in [None, Some("SCALE_UP"), Some("TEST_TRAFFIC_SHIFT"), Some("BAKE_TIME")] {
            let mut run = Self::begun();
            for _ in 0..30 {
                let now = run.state();
                if now == state {
                    return run;
                }
                if Some(&*now) == turned { run.stop() } else { run.pass() }
            }
        }
        let mut run = Self::begun();
        if state == "Halted" {
            run.supersede();
        } else {
            while run.state() != "BAKE_TIME" {
                run.pass();
            }
            run.stop();
            run.fail_hook();
        }
        assert_eq!(run.state(), state, "nothing leads there");
        run
    }
}

/// Where it stood since, and stands: what is passed at once on the way back shows in the events.
fn way(run: &Run, from: &str, outputs: usize) -> Vec<String> {
    let mut way = vec![from.to_owned()];
    for output in &run.bed.outputs[outputs..] {
        if let Output::Event(event) = output
            && let EventKind::Stage(record, stage) = event.kind
            && record == run.record
        {
            way.push(format!("back {stage}"));
        }
    }
    let to = run.state();
    if way.last() != Some(&to) {
        way.push(to);
    }
    way
}

#[test]
fn every_transition_of_a_shift_that_is_listed_is_reached() {
    let states: BTreeSet<String> = moves(TABLE).into_iter().map(|listed| listed.from).collect();
    let mut reached = BTreeSet::new();
    for from in states {
        for (signal, ways) in SIGNALS {
            for bring_about in *ways {
                let mut run = Run::at(&from);
                let outputs = run.bed.outputs.len();
                bring_about(&mut run);
                let way = match *signal {
                    "Failed" => way(&run, &from, outputs),
                    _ => vec![from.clone(), run.state()],
                };
                let signals = [*signal].into_iter().chain(std::iter::repeat("Passed"));
                for (pair, signal) in way.windows(2).zip(signals) {
                    let (from, to) = (pair[0].clone(), pair[1].clone());
                    if from != to {
                        reached.insert(Listed { from, signal: signal.to_owned(), to });
                    }
                }
            }
        }
    }
    compare(TABLE, &reached, &[]);
}

#[test]
fn what_stays_stays() {
    for state in
        ["CLEAN_UP", "back CLEAN_UP", "Succeeded", "RolledBack", "RollbackFailed", "Halted"]
    {
        let mut run = Run::at(state);
        run.stop();
        assert_eq!(run.state(), state, "stopped");
    }
}
