//! What holds in every deployment that shifts traffic, whoever does it and whatever goes wrong
//! (03 sections 20 and 21).

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;

use bed::{Bed, Behavior};
use proptest::prelude::*;
use serde_json::{Value, json};
use stowplan_engine::api::input::CreateDeploymentGroup;
use stowplan_engine::api::{EngineConfig, EventKind, Output, Setup};
use stowplan_engine::model::{
    AlarmState, BlueGreenState, CodeDeployStatus, DeploymentStatus, Forward, GreenStep, HookAnswer,
    LifecycleEvent, LifecycleStage, ServiceDeploymentStatus, ShiftState, Slot, TargetState,
};

/// Who shifts traffic, and how.
#[derive(Clone, Copy, Debug)]
enum Shifter {
    BlueGreen,
    Linear { percent: u32, minutes: u32 },
    Canary { percent: u32, minutes: u32 },
    CodeDeployAtOnce,
    CodeDeployLinear { percent: u32, minutes: u32 },
    CodeDeployCanary { percent: u32, minutes: u32 },
}

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Nothing,
    /// The alarm goes off at this tick.
    Alarm(i64),
    /// Somebody stops it at this tick.
    Stop(i64),
    /// The hook of a stage fails.
    Hook(usize),
    /// No task of the new revision ever runs.
    NeverStarts,
}

#[derive(Clone, Debug)]
struct Plan {
    desired: u32,
    shifter: Shifter,
    /// Bake or termination wait.
    bake: u32,
    test_listener: bool,
    /// Seconds that the hook of each stage takes; none has no hook.
    hooks: Vec<Option<u64>>,
    trouble: Trouble,
}

const STAGES: &[LifecycleStage] = &[
    LifecycleStage::ReconcileService,
    LifecycleStage::PreScaleUp,
    LifecycleStage::PostScaleUp,
    LifecycleStage::PostTestTrafficShift,
    LifecycleStage::PostProductionTrafficShift,
];
const EVENTS: &[LifecycleEvent] = &[
    LifecycleEvent::BeforeInstall,
    LifecycleEvent::AfterInstall,
    LifecycleEvent::AfterAllowTestTraffic,
    LifecycleEvent::BeforeAllowTraffic,
    LifecycleEvent::AfterAllowTraffic,
];
/// From the start decision to healthy, and from the stop decision to gone, with a tick to spare.
const SCALING: i64 = 110;

fn shifter() -> impl Strategy<Value = Shifter> {
    let shares = || (prop::sample::select(vec![10_u32, 25, 30, 50, 99]), 1_u32..=4);
    prop_oneof![
        Just(Shifter::BlueGreen),
        shares().prop_map(|(percent, minutes)| Shifter::Linear { percent, minutes }),
        shares().prop_map(|(percent, minutes)| Shifter::Canary { percent, minutes }),
        Just(Shifter::CodeDeployAtOnce),
        shares().prop_map(|(percent, minutes)| Shifter::CodeDeployLinear { percent, minutes }),
        shares().prop_map(|(percent, minutes)| Shifter::CodeDeployCanary { percent, minutes }),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let trouble = prop_oneof![
        2 => Just(Trouble::Nothing),
        2 => (1_i64..200).prop_map(Trouble::Alarm),
        2 => (1_i64..200).prop_map(Trouble::Stop),
        2 => (0_usize..5).prop_map(Trouble::Hook),
        1 => Just(Trouble::NeverStarts),
    ];
    let hook = prop_oneof![2 => Just(None), 1 => (0_u64..60).prop_map(Some)];
    let hooks = prop::collection::vec(hook, 5);
    (1_u32..=5, shifter(), 1_u32..=5, any::<bool>(), hooks, trouble).prop_map(
        |(desired, shifter, bake, test_listener, mut hooks, trouble)| {
            if let Trouble::Hook(which) = trouble {
                hooks[which].get_or_insert(0);
            }
            Plan { desired, shifter, bake, test_listener, hooks, trouble }
        },
    )
}

impl Shifter {
    fn by_code_deploy(self) -> bool {
        match self {
            Self::BlueGreen | Self::Linear { .. } | Self::Canary { .. } => false,
            Self::CodeDeployAtOnce
            | Self::CodeDeployLinear { .. }
            | Self::CodeDeployCanary { .. } => true,
        }
    }

    /// Production traffic of the new revision, step by step, in percent.
    fn steps(self) -> Vec<u32> {
        match self {
            Self::BlueGreen | Self::CodeDeployAtOnce => vec![100],
            Self::Linear { percent, .. } | Self::CodeDeployLinear { percent, .. } => {
                (1..=100_u32.div_ceil(percent)).map(|step| (step * percent).min(100)).collect()
            }
            Self::Canary { percent, .. } | Self::CodeDeployCanary { percent, .. } => {
                vec![percent, 100]
            }
        }
    }

    fn minutes(self) -> u32 {
        match self {
            Self::BlueGreen | Self::CodeDeployAtOnce => 0,
            Self::Linear { minutes, .. }
            | Self::Canary { minutes, .. }
            | Self::CodeDeployLinear { minutes, .. }
            | Self::CodeDeployCanary { minutes, .. } => minutes,
        }
    }
}

impl Plan {
    /// No deployment takes longer, by the formulas of 03 sections 20.6 and 21.4.
    fn longest(&self) -> i64 {
        let waits = (self.shifter.steps().len() as i64 - 1) * i64::from(self.shifter.minutes());
        let hooks: i64 = self.hooks.iter().flatten().map(|&after| after as i64 + 10).sum();
        let limit = match self.trouble {
            Trouble::NeverStarts => 3_700,
            Trouble::Nothing | Trouble::Alarm(_) | Trouble::Stop(_) | Trouble::Hook(_) => 0,
        };
        // What goes back when the old tasks are gone is a whole deployment of its own.
        let deployments = match self.trouble {
            Trouble::Alarm(_) | Trouble::Stop(_) => 2,
            Trouble::Nothing | Trouble::NeverStarts | Trouble::Hook(_) => 1,
        };
        deployments * (2 * SCALING + 60 * (waits + i64::from(self.bake)) + hooks) + limit
    }

    fn fails(&self, hook: usize) -> bool {
        matches!(self.trouble, Trouble::Hook(which) if which == hook)
    }

    fn steady(&self) -> Bed {
        let usual = Behavior {
            stops_after: 30,
            targets: vec![(5, TargetState::Healthy)],
            ..Behavior::ok()
        };
        let config = EngineConfig { launches_per_minute: 1_000_000, ..EngineConfig::default() };
        let mut bed = Bed::with(config, 0, usual);
        bed.instance("big", "a", 4_000_000, 4_000_000);
        bed.alarm("A", 60, 1, AlarmState::Ok);
        let container = json!({ "healthCheck": { "command": ["CMD", "ok"] },
            "portMappings": [{ "containerPort": 80, "hostPort": 0 }] });
        bed.define("web", 128, 128, container.clone());
        bed.service("web", self.desired, self.service());
        bed.define("web", 128, 128, container);
        if matches!(self.trouble, Trouble::NeverStarts) {
            bed.behave("web:2", Behavior::nostart());
        }
        for (hook, after) in self.hooks.iter().enumerate() {
            let answer = if self.fails(hook) { HookAnswer::Failed } else { HookAnswer::Succeeded };
            bed.function(&format!("hook-{hook}"), &[(after.unwrap_or_default(), answer)]);
        }
        bed
    }

    fn service(&self) -> Value {
        let mut balancer =
            json!({ "targetGroupArn": "blue", "containerName": "app", "containerPort": 80 });
        if self.shifter.by_code_deploy() {
            return json!({ "loadBalancers": [balancer],
                "deploymentController": { "type": "CODE_DEPLOY" } });
        }
        let mut pair =
            json!({ "alternateTargetGroupArn": "green", "productionListenerRule": "prod" });
        if self.test_listener {
            pair["testListenerRule"] = json!("test");
        }
        balancer["advancedConfiguration"] = pair;
        json!({ "loadBalancers": [balancer], "deploymentConfiguration": self.configuration() })
    }

    fn configuration(&self) -> Value {
        let hook = |(which, stage): (usize, &LifecycleStage)| {
            self.hooks[which].map(|_| {
                json!({ "hookTargetArn": format!("hook-{which}"),
                    "lifecycleStages": [stage.as_str()] })
            })
        };
        let hooks: Vec<Value> = STAGES.iter().enumerate().filter_map(hook).collect();
        let mut configuration = json!({ "bakeTimeInMinutes": self.bake, "lifecycleHooks": hooks,
            "alarms": { "alarmNames": ["A"], "enable": true, "rollback": true },
            "deploymentCircuitBreaker": { "enable": true, "rollback": true } });
        match self.shifter {
            Shifter::Linear { percent, minutes } => {
                configuration["strategy"] = json!("LINEAR");
                configuration["linearConfiguration"] =
                    json!({ "stepPercent": percent, "stepBakeTimeInMinutes": minutes });
            }
            Shifter::Canary { percent, minutes } => {
                configuration["strategy"] = json!("CANARY");
                configuration["canaryConfiguration"] =
                    json!({ "canaryPercent": percent, "canaryBakeTimeInMinutes": minutes });
            }
            Shifter::BlueGreen
            | Shifter::CodeDeployAtOnce
            | Shifter::CodeDeployLinear { .. }
            | Shifter::CodeDeployCanary { .. } => configuration["strategy"] = json!("BLUE_GREEN"),
        }
        configuration
    }

    fn begin(&self, bed: &mut Bed) {
        if !self.shifter.by_code_deploy() {
            return bed.deploy("web", "web:2");
        }
        let mut pair = json!({ "targetGroups": [{ "name": "blue" }, { "name": "green" }],
            "prodTrafficRoute": { "listenerArns": ["prod"] } });
        if self.test_listener {
            pair["testTrafficRoute"] = json!({ "listenerArns": ["test"] });
        }
        let events =
            ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"];
        let termination = json!({ "terminationWaitTimeInMinutes": self.bake });
        let group: CreateDeploymentGroup = serde_json::from_value(json!({
            "deploymentGroupName": "web", "ecsServices": [{ "serviceName": "web" }],
            "loadBalancerInfo": { "targetGroupPairInfoList": [pair] },
            "autoRollbackConfiguration": { "enabled": true, "events": events },
            "alarmConfiguration": { "enabled": true, "alarms": [{ "name": "A" }] },
            "blueGreenDeploymentConfiguration":
                { "terminateBlueInstancesOnDeploymentSuccess": termination },
        }))
        .expect("a group");
        bed.setup(Setup::DeploymentGroup(Box::new(group)));
        bed.must(
            "createDeploymentConfig",
            json!({ "deploymentConfigName": "own", "trafficRoutingConfig": self.routing() }),
        );
        let hooks = EVENTS.iter().enumerate().filter(|(which, _)| self.hooks[*which].is_some());
        let hooks: Vec<Value> =
            hooks.map(|(which, it)| json!({ it.as_str(): format!("hook-{which}") })).collect();
        bed.must(
            "createDeployment",
            json!({ "deploymentGroupName": "web", "taskDefinition": "web:2", "hooks": hooks,
                "deploymentConfigName": "own" }),
        );
    }

    fn routing(&self) -> Value {
        match self.shifter {
            Shifter::CodeDeployLinear { percent, minutes } => json!({ "type": "TimeBasedLinear",
                "timeBasedLinear": { "linearPercentage": percent, "linearInterval": minutes } }),
            Shifter::CodeDeployCanary { percent, minutes } => json!({ "type": "TimeBasedCanary",
                "timeBasedCanary": { "canaryPercentage": percent, "canaryInterval": minutes } }),
            Shifter::BlueGreen
            | Shifter::Linear { .. }
            | Shifter::Canary { .. }
            | Shifter::CodeDeployAtOnce => json!({ "type": "AllAtOnce" }),
        }
    }

    fn stop(&self, bed: &mut Bed) {
        // A deployment that is over cannot be stopped any more.
        let _ = if self.shifter.by_code_deploy() {
            bed.call("stopDeployment", json!({ "deploymentId": "d-000000001" }))
        } else {
            bed.call("stopServiceDeployment", json!({ "serviceDeploymentArn": "web" }))
        };
    }
}

/// How a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The old revision must be whole.
    BlueStays,
    /// The old revision goes: there is no way back.
    BlueGoes,
    Succeeded,
    RolledBack,
    /// It ended before anything was done.
    NothingDone,
}

fn standing(bed: &Bed) -> Standing {
    let view = bed.engine.view();
    if let [first, rest @ ..] = view.code_deployments() {
        let last = rest.last().unwrap_or(first);
        let leaves = [first, last].iter().any(|row| match row.state {
            BlueGreenState::Forward(step) => step == GreenStep::DeleteBlue,
            BlueGreenState::Created | BlueGreenState::Back(_) | BlueGreenState::Over(_) => false,
        });
        // After blue is gone a rollback is a whole deployment of its own.
        let anew = last.triggered_by.is_some() && last.blue != first.blue;
        return match (last.state.is_over(), last.state.status()) {
            (false, _) if leaves || anew => Standing::BlueGoes,
            (false, _) => Standing::BlueStays,
            (true, CodeDeployStatus::Succeeded) if rest.is_empty() => Standing::Succeeded,
            (true, CodeDeployStatus::Succeeded) => Standing::RolledBack,
            (true, _) => Standing::NothingDone,
        };
    }
    let newest = *bed.service_row("web").records.last().expect("it was deployed");
    let row = view.record(newest);
    match row.status {
        ServiceDeploymentStatus::Successful => Standing::Succeeded,
        ServiceDeploymentStatus::RollbackSuccessful => Standing::RolledBack,
        status => {
            let shift = row.shift.as_ref().expect("it shifts traffic");
            assert!(
                status != ServiceDeploymentStatus::RollbackFailed,
                "no hook is on the way back"
            );
            match shift.state {
                ShiftState::Forward(Forward::CleanUp) => Standing::BlueGoes,
                ShiftState::Forward(_) | ShiftState::Back(_) | ShiftState::Over(_) => {
                    Standing::BlueStays
                }
            }
        }
    }
}

/// Live tasks of a revision, and how many of them run.
fn tasks_of(bed: &Bed, revision: u32) -> (u32, u32) {
    let view = bed.engine.view();
    let own = view
        .tasks()
        .iter()
        .filter(|task| task.is_live() && view.definition(task.definition).revision == revision);
    own.fold((0, 0), |(live, running), task| (live + 1, running + u32::from(task.is_running())))
}

/// Production traffic of the listed revisions that are not being deleted.
fn shares(bed: &Bed) -> Vec<u32> {
    let view = bed.engine.view();
    let row = bed.service_row("web");
    let listed = row.deployments.iter().map(|&it| view.deployment(it));
    let kept = listed.filter(|it| it.status != DeploymentStatus::Draining);
    kept.map(|it| row.traffic.production_of(it.slot).0).collect()
}

struct Run {
    bed: Bed,
    /// Each value that production traffic of the new revision had, in thousandths of a percent.
    weights: Vec<u32>,
    end: Standing,
}

/// Runs a plan to its end, and checks at each settled tick what must always hold.
fn run(plan: &Plan) -> Result<Run, TestCaseError> {
    let mut bed = plan.steady();
    plan.begin(&mut bed);
    let mut weights = vec![0];
    let longest = plan.longest();
    for tick in 0.. {
        let now = 10 * tick;
        if now > 0 {
            bed.at(now);
        }
        match plan.trouble {
            Trouble::Alarm(at) if at == tick => bed.set_alarm("A", AlarmState::Alarm),
            Trouble::Stop(at) if at == tick => plan.stop(&mut bed),
            _ => {}
        }
        bed.run_until(now);
        let green = bed.service_row("web").traffic.production_of(Slot::Alternate).0;
        if weights.last() != Some(&green) {
            weights.push(green);
        }
        let shares = shares(&bed);
        if shares.len() == 2 {
            prop_assert_eq!(shares.iter().sum::<u32>(), 100_000, "weights sum to 100 at {}", now);
        }
        let end = standing(&bed);
        match end {
            Standing::BlueStays | Standing::RolledBack | Standing::NothingDone => {
                prop_assert_eq!(tasks_of(&bed, 1).1, plan.desired, "blue is whole at {}", now);
            }
            Standing::BlueGoes | Standing::Succeeded => {}
        }
        prop_assert!(now <= longest, "it is not over after {} s: {:?}", longest, end);
        match end {
            Standing::BlueStays | Standing::BlueGoes => {}
            Standing::Succeeded | Standing::RolledBack | Standing::NothingDone => {
                return Ok(Run { bed, weights, end });
            }
        }
    }
    unreachable!("the loop ends by its own limit")
}

/// The weights are the configured steps as far as it came, and then nothing, if it went back.
fn check_weights(plan: &Plan, run: &Run) -> Result<(), TestCaseError> {
    let steps: Vec<u32> = plan.shifter.steps().iter().map(|percent| 1000 * percent).collect();
    let came = run.weights[1..].iter().zip(&steps).take_while(|(seen, step)| seen == step).count();
    let rest = &run.weights[1 + came..];
    match run.end {
        Standing::Succeeded => prop_assert_eq!((came, rest.len()), (steps.len(), 0)),
        // Behind the last step the old tasks may be gone: the way back is a deployment, by steps.
        Standing::RolledBack if came == steps.len() && rest.len() == steps.len() => {
            prop_assert!(steps.iter().zip(rest).all(|(step, back)| step + back == 100_000));
        }
        Standing::RolledBack if came > 0 => prop_assert_eq!(rest, &[0][..]),
        Standing::RolledBack | Standing::NothingDone => prop_assert!(rest.is_empty()),
        Standing::BlueStays | Standing::BlueGoes => unreachable!("a run ends at its end"),
    }
    Ok(())
}

/// Stages, or lifecycle events, come in their order; production steps repeat their pair of stages;
/// on the way back traffic goes back before tasks stop.
fn check_order(plan: &Plan, run: &Run) -> Result<(), TestCaseError> {
    let mut stages: Vec<LifecycleStage> = Vec::new();
    let mut events: Vec<(u32, LifecycleEvent)> = Vec::new();
    for output in &run.bed.outputs {
        let Output::Event(event) = output else { continue };
        match event.kind {
            EventKind::Stage(_, stage) => stages.push(stage),
            EventKind::LifecycleEvent(deployment, event) => {
                events.push((deployment.number(), event))
            }
            _ => {}
        }
    }
    prop_assert!(events.is_sorted(), "lifecycle events keep their order: {:?}", events);
    let steps = plan.shifter.steps().len();
    let mut expected = vec![
        LifecycleStage::ReconcileService,
        LifecycleStage::PreScaleUp,
        LifecycleStage::ScaleUp,
        LifecycleStage::PostScaleUp,
        LifecycleStage::TestTrafficShift,
        LifecycleStage::PostTestTrafficShift,
    ];
    for _ in 0..steps {
        expected.push(LifecycleStage::PreProductionTrafficShift);
        expected.push(LifecycleStage::ProductionTrafficShift);
    }
    expected.push(LifecycleStage::PostProductionTrafficShift);
    expected.extend([LifecycleStage::BakeTime, LifecycleStage::CleanUp]);
    let forward = stages.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    let back = &stages[forward..];
    let backwards = [
        LifecycleStage::ProductionTrafficShift,
        LifecycleStage::TestTrafficShift,
        LifecycleStage::CleanUp,
    ];
    prop_assert!(backwards.ends_with(back), "{:?} and then {:?}", &stages[..forward], back);
    if run.end == Standing::Succeeded {
        prop_assert!(back.is_empty(), "no stage comes after the last");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn traffic_moves_in_its_steps_and_blue_stays_until_there_is_no_way_back(plan in plan()) {
        let run = run(&plan)?;
        check_weights(&plan, &run)?;
        check_order(&plan, &run)?;
        let (blue, green) = (tasks_of(&run.bed, 1), tasks_of(&run.bed, 2));
        match run.end {
            Standing::Succeeded => {
                prop_assert_eq!((blue.0, green.1), (0, plan.desired), "green alone is left");
            }
            Standing::RolledBack | Standing::NothingDone => {
                prop_assert_eq!((green.0, blue.1), (0, plan.desired), "blue alone is left");
                prop_assert!(!matches!(plan.trouble, Trouble::Nothing), "nothing was wrong");
            }
            Standing::BlueStays | Standing::BlueGoes => unreachable!("a run ends at its end"),
        }
        if matches!(plan.trouble, Trouble::NeverStarts | Trouble::Hook(_)) {
            prop_assert!(run.end != Standing::Succeeded, "what fails does not succeed");
        }
    }
}
