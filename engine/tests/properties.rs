//! What holds in every run (03 section 5.5), looked at from outside: random services, random
//! outcomes, random calls.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
mod bed;
mod invariants;

use std::collections::{BTreeMap, BTreeSet};

use bed::{Bed, Behavior, both, constraints, limits};
use proptest::prelude::*;
use serde_json::{Value, json};
use stowplan_engine::api::event::Message;
use stowplan_engine::api::{EventKind, Input, Output, Report};
use stowplan_engine::model::{
    DeploymentStatus, InstanceId, InstanceStatus, Owner, RolloutState, SchedulingStrategy,
    ServiceId, ServiceStatus, StopReason, TaskId, TaskStatus,
};
use stowplan_engine::{Engine, HealthClass, View};

/// Something that happens to the service at a random time.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Desired(u32),
    Deploy,
    ForceDeployment,
    Limits(u32, u32),
    StopDeployment,
    Protect(usize),
    Drain(usize),
    Activate(usize),
    Terminate(usize),
    Agent(usize, bool),
    Join,
    Exit(usize),
    FallIll(usize),
}

/// What the tasks need beside CPU and memory.
#[derive(Clone, Copy, Debug)]
struct Needs {
    port: bool,
    gpu: bool,
    interface: bool,
}

/// A random run.
#[derive(Clone, Debug)]
struct Plan {
    desired: u32,
    percents: (u32, u32),
    breaker: bool,
    distinct: bool,
    daemon: bool,
    rebalancing: bool,
    cpu: u32,
    needs: Needs,
    behaviors: Vec<usize>,
    happenings: Vec<(i64, Happening)>,
}

fn behavior(kind: usize) -> Behavior {
    match kind {
        0 => Behavior::unhealthy(),
        1 => Behavior::nostart(),
        2 => Behavior::crash(),
        3 => Behavior { runs_after: 75, ..Behavior::ok() },
        4 => Behavior { exits_after: Some(47), ..Behavior::ok() },
        _ => Behavior::ok(),
    }
}

fn percents() -> impl Strategy<Value = (u32, u32)> {
    (0_u32..=20, 20_u32..=60).prop_map(|(minimum, maximum)| (5 * minimum, 5 * maximum))
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => (0_u32..=8).prop_map(Happening::Desired),
        3 => Just(Happening::Deploy),
        1 => Just(Happening::ForceDeployment),
        1 => percents().prop_map(|(minimum, maximum)| Happening::Limits(minimum, maximum)),
        1 => Just(Happening::StopDeployment),
        1 => (0_usize..8).prop_map(Happening::Protect),
        1 => (0_usize..4).prop_map(Happening::Drain),
        1 => (0_usize..4).prop_map(Happening::Activate),
        1 => (0_usize..4).prop_map(Happening::Terminate),
        1 => (0_usize..4, any::<bool>()).prop_map(|(which, on)| Happening::Agent(which, on)),
        1 => Just(Happening::Join),
        2 => (0_usize..8).prop_map(Happening::Exit),
        2 => (0_usize..8).prop_map(Happening::FallIll),
    ]
}

fn needs() -> impl Strategy<Value = Needs> {
    let seldom = || prop::bool::weighted(0.2);
    (seldom(), seldom(), seldom()).prop_map(|(port, gpu, interface)| {
        // An awsvpc task has its ports to itself.
        Needs { port: port && !interface, gpu, interface }
    })
}

fn plan() -> impl Strategy<Value = Plan> {
    let kinds = (any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    let service = (0_u32..=8, percents(), kinds, any::<bool>());
    let world = (
        prop::sample::select(vec![100_u32, 400, 900]),
        needs(),
        prop::collection::vec(0_usize..12, 1..10),
        prop::collection::vec((1_i64..90, happening()), 0..14),
    );
    (service, world).prop_map(|(service, (cpu, needs, behaviors, happenings))| {
        let (desired, percents, (breaker, distinct, daemon), rebalancing) = service;
        Plan {
            desired,
            percents,
            breaker,
            distinct,
            daemon,
            rebalancing,
            cpu,
            needs,
            behaviors,
            happenings,
        }
    })
}

fn configuration(plan: &Plan) -> Value {
    let breaker = json!({ "enable": plan.breaker, "rollback": plan.breaker });
    let maximum = if plan.daemon { 100 } else { plan.percents.1 };
    let mut service = both(
        limits(plan.percents.0, maximum),
        json!({ "deploymentConfiguration": { "deploymentCircuitBreaker": breaker } }),
    );
    if !plan.rebalancing {
        bed::merge(&mut service, json!({ "availabilityZoneRebalancing": "DISABLED" }));
    }
    if plan.daemon {
        bed::merge(&mut service, json!({ "schedulingStrategy": "DAEMON" }));
    }
    if plan.needs.interface {
        bed::merge(&mut service, bed::subnets(&["subnet-a", "subnet-b", "subnet-c"]));
    }
    if plan.distinct {
        bed::merge(&mut service, constraints(&["distinctInstance"]));
    }
    service
}

/// The next revision of the service, with a health check.
fn define(bed: &mut Bed, needs: Needs, cpu: u32, memory: u32) -> String {
    let mut container = json!({ "name": "app", "image": "app:1", "cpu": cpu, "memory": memory,
        "healthCheck": { "command": ["CMD", "ok"] } });
    if needs.port {
        container["portMappings"] = json!([{ "containerPort": 8080, "hostPort": 8080 }]);
    }
    if needs.gpu {
        container["resourceRequirements"] = json!([{ "type": "GPU", "value": "1" }]);
    }
    let mode = if needs.interface { "awsvpc" } else { "bridge" };
    bed.define_task(json!({ "family": "web", "networkMode": mode,
        "containerDefinitions": [container] }))
}

/// Carries out a plan; every pass on the way is looked at.
fn run(plan: &Plan) -> Bed {
    let mut bed = Bed::profile_p();
    bed.on_wake = Some(look_at_pass);
    bed.on_step = Some(invariants::look_at_step);
    carry_out(bed, plan)
}

fn carry_out(mut bed: Bed, plan: &Plan) -> Bed {
    for (name, zone) in [("i-1", "a"), ("i-2", "b"), ("i-3", "c"), ("i-10", "a")] {
        bed.instance_with(name, zone, 2000, 2000, |given| {
            given.gpus = 2;
            given.eni_limit = Some(2);
        });
    }
    define(&mut bed, plan.needs, plan.cpu, 100);
    bed.given_service("web", plan.desired, configuration(plan));
    let behaviors = || plan.behaviors.iter().map(|&kind| behavior(kind)).collect::<Vec<_>>();
    bed.behave_in_turn("web:1", behaviors());
    let mut now = 0;
    for (number, &(after, happening)) in plan.happenings.iter().enumerate() {
        now += after;
        bed.at(now);
        happen(&mut bed, plan.needs, happening, number, &behaviors());
    }
    bed.run_until(now + 600);
    bed
}

fn happen(
    bed: &mut Bed,
    needs: Needs,
    happening: Happening,
    number: usize,
    behaviors: &[Behavior],
) {
    let instance = |which: usize| ["i-1", "i-2", "i-3", "i-10"][which];
    let task = |bed: &Bed, which: usize| bed.tasks_of("web").get(which).copied();
    // A call may be refused: that is no business of this test.
    let mut call = |action: &str, input: Value| drop(bed.call(action, input));
    let update = |change: Value| both(json!({ "service": "web" }), change);
    let state = |which: usize, status: &str| {
        let name = instance(which);
        json!({ "containerInstances": [name], "status": status })
    };
    match happening {
        Happening::Desired(desired) => {
            call("updateService", update(json!({ "desiredCount": desired })));
        }
        Happening::Deploy => {
            let label = define(bed, needs, 100 + 100 * (number as u32 % 4), 100);
            bed.behave_in_turn(&label, behaviors.to_vec());
            bed.deploy("web", &label);
        }
        Happening::ForceDeployment => {
            call("updateService", update(json!({ "forceNewDeployment": true })));
        }
        Happening::Limits(minimum, maximum) => {
            call("updateService", update(limits(minimum, maximum)));
        }
        Happening::StopDeployment => {
            call("stopServiceDeployment", json!({ "serviceDeploymentArn": "web" }));
        }
        Happening::Drain(which) => {
            call("updateContainerInstancesState", state(which, "DRAINING"));
        }
        Happening::Activate(which) => {
            call("updateContainerInstancesState", state(which, "ACTIVE"));
        }
        Happening::Terminate(which) => {
            let id = bed.instance_id(instance(which));
            bed.terminate(id);
        }
        Happening::Agent(which, connected) => {
            let id = bed.instance_id(instance(which));
            bed.report(Report::AgentConnection(id, connected));
        }
        Happening::Join => {
            let mut more = bed::registration(&format!("new-{number}"), "b", 2000, 2000);
            (more.gpus, more.eni_limit) = (2, Some(2));
            bed.join_with(more);
        }
        Happening::Protect(which) => {
            if let Some(task) = task(bed, which) {
                let name = bed.engine.view().task_name(task);
                let input = json!({
                    "tasks": [name], "protectionEnabled": true, "expiresInMinutes": 4,
                });
                bed.must("updateTaskProtection", input);
            }
        }
        Happening::Exit(which) => {
            if let Some(task) = task(bed, which) {
                bed.exit(task);
            }
        }
        Happening::FallIll(which) => {
            if let Some(task) = task(bed, which) {
                bed.fall_ill(task);
            }
        }
    }
}

/// Looks at one scheduler step: the engine before it, after it, and what it did.
fn look_at_pass(before: &Engine, after: &Engine, outputs: &[Output]) {
    for (service, row) in after.view().services() {
        let known = before.view().services().any(|(id, _)| id == service);
        if !known || row.status != ServiceStatus::Active {
            continue;
        }
        let pass = Pass { before, after, outputs, service };
        pass.the_ceiling_is_kept();
        pass.the_floor_is_kept();
        pass.one_deployment_is_primary();
        pass.old_revisions_only_shrink();
        pass.one_unhealthy_task_at_a_time();
        pass.a_failed_deployment_starts_nothing();
        pass.nothing_is_left_of_a_service_scaled_to_zero();
        pass.a_completed_deployment_is_all_there_is();
        pass.a_second_pass_does_nothing();
    }
}

struct Pass<'a> {
    before: &'a Engine,
    after: &'a Engine,
    outputs: &'a [Output],
    service: ServiceId,
}

impl Pass<'_> {
    fn events(&self) -> impl Iterator<Item = &EventKind> {
        self.outputs.iter().filter_map(|output| match output {
            Output::Event(event) => Some(&event.kind),
            Output::Effect(_) => None,
        })
    }

    /// Tasks of the service that the scheduler told to stop.
    fn stopped(&self) -> Vec<TaskId> {
        let own = |task: &TaskId| self.owner(*task).is_some();
        let stops = self.events().filter_map(|kind| match kind {
            EventKind::TaskStopDecided(task) => Some(*task),
            _ => None,
        });
        stops.filter(own).collect()
    }

    fn owner(&self, task: TaskId) -> Option<Owner> {
        self.after.view().task(task).owner.filter(|owner| owner.service == self.service)
    }

    fn class_before(&self, task: TaskId) -> HealthClass {
        self.before.view().health_class(task, self.after.now())
    }

    /// The service before and after, for the reader of a failure.
    fn story(&self) -> String {
        let now = self.after.now();
        let tell = |engine: &Engine| {
            let view = engine.view();
            let row = view.service(self.service);
            let limits = (row.desired, row.lower_limit(), row.upper_limit());
            let mut text = format!("desired, floor, ceiling {limits:?}");
            for &id in &row.deployments {
                let it = view.deployment(id);
                text += &format!("\n  {id:?} {} {} wants {}", it.status, it.rollout, it.desired);
            }
            for task in row.tasks.iter().map(|&task| view.task(task)) {
                let class = view.health_class(task.id, now);
                let (id, last, wanted) = (task.id, task.last_status, task.desired_status);
                let deployment = task.owner.map(|owner| owner.deployment);
                text += &format!("\n    {id:?} of {deployment:?} {last} {wanted} {class:?}");
            }
            text
        };
        format!("at {now}, before: {}\nafter: {}", tell(self.before), tell(self.after))
    }

    /// I1. For daemon services the ceiling is one task an instance.
    fn the_ceiling_is_kept(&self) {
        let (view, now) = (self.after.view(), self.after.now());
        let row = view.service(self.service);
        if row.scheduling == SchedulingStrategy::Daemon {
            let mut taken: BTreeSet<InstanceId> = BTreeSet::new();
            let tasks = row.tasks.iter().map(|&task| view.task(task));
            for instance in tasks.filter(|it| it.is_occupying()).filter_map(|it| it.instance) {
                assert!(taken.insert(instance), "an instance has one daemon of a service");
            }
            return;
        }
        let occupying = self.after.view().counts(self.service, now).occupying();
        let earlier = self.before.view().counts(self.service, now).occupying();
        let ceiling = self.after.view().service(self.service).upper_limit();
        assert!(
            occupying <= ceiling.max(earlier),
            "a pass starts nothing above the ceiling: {occupying} occupy, {earlier} did, the \
             ceiling is {ceiling}"
        );
    }

    /// I2
    fn the_floor_is_kept(&self) {
        let now = self.after.now();
        let healthy = self.after.view().counts(self.service, now).healthy;
        let floor = self.after.view().service(self.service).lower_limit();
        let given_up = self.stopped();
        let given_up =
            given_up.iter().filter(|&&task| self.class_before(task) == HealthClass::Healthy);
        let (given_up, surplus) = (given_up.count(), self.surplus_before());
        assert!(
            healthy >= floor || given_up <= surplus,
            "a pass gives up no healthy task below the floor: {healthy} are left of at least \
             {floor}, {given_up} were stopped, {surplus} of them surplus"
        );
    }

    /// Tasks beyond what is wanted of each deployment: P3.2 stops them, floor or not.
    fn surplus_before(&self) -> usize {
        let view = self.before.view();
        let row = view.service(self.service);
        let present = |task: &TaskId| {
            let task = view.task(*task);
            let drained = task
                .instance
                .is_some_and(|it| view.instance(it).status == InstanceStatus::Draining);
            task.is_live() && !drained && self.class_before(task.id) != HealthClass::Unhealthy
        };
        let of = |deployment| {
            let tasks = row.tasks.iter().copied().filter(present);
            let own = tasks
                .filter(|&task| self.owner(task).is_some_and(|it| it.deployment == deployment));
            own.count().saturating_sub(view.deployment(deployment).desired as usize)
        };
        row.deployments.iter().map(|&deployment| of(deployment)).sum()
    }

    /// I3
    fn one_deployment_is_primary(&self) {
        let view = self.after.view();
        let row = view.service(self.service);
        let is_primary = |id: &&_| view.deployment(**id).status == DeploymentStatus::Primary;
        let primaries: Vec<_> = row.deployments.iter().filter(is_primary).collect();
        assert_eq!(primaries.len(), 1, "an ACTIVE service has exactly one PRIMARY deployment");
        let primary = view.deployment(*primaries[0]);
        assert!(
            primary.rollout == RolloutState::Failed || primary.desired == row.desired,
            "the PRIMARY deployment is to have every task, unless it failed"
        );
    }

    /// I4
    fn old_revisions_only_shrink(&self) {
        let wanted = |view: View<'_>| -> u32 {
            let row = view.service(self.service);
            let deployments = row.deployments.iter().map(|&id| view.deployment(id));
            let sources = deployments.filter(|it| it.status == DeploymentStatus::Active);
            sources.map(|it| it.desired).sum()
        };
        let turned = self.events().any(|kind| matches!(kind, EventKind::Rollout(..)));
        let (earlier, later) = (wanted(self.before.view()), wanted(self.after.view()));
        assert!(
            turned || later <= earlier,
            "a pass never wants more of old revisions: {earlier} became {later}"
        );
    }

    /// I5
    fn one_unhealthy_task_at_a_time(&self) {
        let view = self.before.view();
        let row = view.service(self.service);
        if row.deployments.len() != 1 {
            return;
        }
        let counts = view.counts(self.service, self.after.now());
        let surplus = (counts.healthy + counts.unhealthy).saturating_sub(row.desired);
        let for_health = |task: &&TaskId| {
            let stop = self.after.view().task(**task).stop();
            stop.is_some_and(|stop| stop.reason == StopReason::ContainerHealth)
        };
        let stopped = self.stopped();
        let stopped = u32::try_from(stopped.iter().filter(for_health).count()).expect("few");
        let tripped = self.events().any(|kind| matches!(kind, EventKind::Rollout(..)));
        assert!(
            tripped || stopped <= surplus + 1,
            "beyond the surplus one unhealthy task stops before its replacement starts: {stopped} \
             stopped, {surplus} were surplus"
        );
    }

    /// I6
    fn a_failed_deployment_starts_nothing(&self) {
        for kind in self.events() {
            if let EventKind::TaskCreated(task) = kind
                && let Some(owner) = self.owner(*task)
            {
                let rollout = self.after.view().deployment(owner.deployment).rollout;
                assert_ne!(rollout, RolloutState::Failed, "a FAILED deployment starts nothing");
            }
        }
    }

    /// I8
    fn nothing_is_left_of_a_service_scaled_to_zero(&self) {
        let (view, now) = (self.after.view(), self.after.now());
        let row = view.service(self.service);
        let quota = view.config().quotas.tasks_per_service;
        assert!(view.counts(self.service, now).active() <= quota, "the quota of tasks is kept");
        if row.desired == 0 && row.scheduling == SchedulingStrategy::Replica {
            let left = row.tasks.iter().map(|&task| view.task(task)).filter(|task| task.is_live());
            let all_protected = left.into_iter().all(|task| task.is_protected(now));
            let failed = view
                .primary(self.service)
                .is_some_and(|primary| view.deployment(primary).rollout == RolloutState::Failed);
            assert!(
                all_protected || failed,
                "scaled to zero, one pass leaves nothing but protected tasks"
            );
        }
    }

    /// I10
    fn a_completed_deployment_is_all_there_is(&self) {
        let (view, now) = (self.after.view(), self.after.now());
        for kind in self.events() {
            if let EventKind::Rollout(deployment, RolloutState::Completed) = kind
                && view.deployment(*deployment).service == self.service
            {
                let desired = view.service(self.service).desired;
                let own = view.deployment_counts(*deployment, now).active();
                let all = view.counts(self.service, now).active();
                assert_eq!(
                    (own, all),
                    (desired, desired),
                    "a completed deployment has every task that is wanted, and nobody else any"
                );
            }
        }
    }

    /// I7. What a pass did may call for more in the next one; a pass that did nothing is followed
    /// by nothing.
    fn a_second_pass_does_nothing(&self) {
        let acted = self.events().any(|kind| match kind {
            EventKind::TaskCreated(_)
            | EventKind::TaskStopDecided(_)
            | EventKind::Rollout(..)
            | EventKind::PlacementFailed(_) => true,
            // What a call threw away is the output of the pass that tells of it.
            EventKind::Message(_, message) => matches!(**message, Message::StoppedPending(_)),
            _ => false,
        });
        if acted {
            return;
        }
        let row = self.after.view().service(self.service);
        let mut twin = self.after.clone();
        while twin.poll_output().is_some() {}
        let nothing = json!({ "service": &*row.name });
        let call = stowplan_engine::api::Command::read("updateService", nothing);
        let call = call.expect("an operation").expect("an input");
        twin.step(self.after.now(), Input::Command(call)).expect("it asks for nothing");
        twin.step(self.after.now(), Input::Wake).expect("a wake is never refused");
        while let Some(output) = twin.poll_output() {
            if let Output::Event(event) = output {
                let acts = matches!(
                    event.kind,
                    EventKind::TaskCreated(_)
                        | EventKind::TaskStopDecided(_)
                        | EventKind::Message(..)
                        | EventKind::Rollout(..)
                );
                assert!(
                    !acts,
                    "a second pass at once does nothing: {:?}\n{}",
                    event.kind,
                    self.story()
                );
            }
        }
    }
}

/// I9, and: a task's status only moves forward.
fn tasks_keep_their_deployment_and_their_direction(bed: &Bed) {
    let mut reached: BTreeMap<TaskId, TaskStatus> = BTreeMap::new();
    for output in &bed.outputs {
        let Output::Event(event) = output else { continue };
        if let EventKind::TaskStatus(task, status) = event.kind {
            let earlier = reached.insert(task, status);
            assert!(earlier < Some(status), "a task's status only moves forward: {status}");
        }
    }
    let view = bed.engine.view();
    for task in view.tasks() {
        if let Some(owner) = task.owner {
            let service = view.deployment(owner.deployment).service;
            assert_eq!(service, owner.service, "a task's deployment is of its service");
        }
    }
}

/// Everything that was reserved is released when the tasks are gone.
fn all_is_given_back(bed: &mut Bed) {
    let end = bed.now() + 1;
    bed.at(end).must("deleteService", json!({ "service": "web", "force": true }));
    bed.run_until(end + 200);
    let view = bed.engine.view();
    for (id, row) in view.instances() {
        let free = view.instance_free(id);
        let all = (row.registered_cpu, row.registered_memory);
        assert_eq!((free.cpu, free.memory), all, "{} gives back what was reserved", row.name);
        assert!(row.tasks.is_empty(), "{} has no task left", row.name);
        assert_eq!(*row.used_ports(), row.reserved_ports, "{} gives ports back", row.name);
    }
}

fn config() -> ProptestConfig {
    let cases = if cfg!(debug_assertions) { 150 } else { 2000 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_service_keeps_its_promises(plan in plan()) {
        let mut bed = run(&plan);
        tasks_keep_their_deployment_and_their_direction(&bed);
        all_is_given_back(&mut bed);
    }

    /// The engine skips passes in which nothing can happen. Had they been run, nothing would have.
    #[test]
    fn skipped_passes_change_nothing(plan in plan()) {
        let lazy = carry_out(Bed::profile_p(), &plan);
        let mut eager = Bed::profile_p();
        eager.eager = true;
        let eager = carry_out(eager, &plan);
        prop_assert_eq!(lazy.trace("web"), eager.trace("web"));
        prop_assert_eq!(lazy.transcript(), eager.transcript());
    }

    /// With the faults off, room for everybody and limits that let it move, a deployment of a
    /// sound revision ends.
    #[test]
    fn a_sound_revision_gets_there_in_the_end(plan in plan()) {
        let mut bed = run(&plan);
        let now = bed.now() + 1;
        bed.at(now);
        for number in 1..20 {
            let mut more = bed::registration(&format!("spacious-{number}"), "a", 100_000, 100_000);
            more.gpus = 8;
            bed.join_with(more);
        }
        let maximum = if plan.daemon { 100 } else { 200 };
        let sound = define(&mut bed, plan.needs, 10, 10);
        bed.update("web", both(limits(0, maximum), json!({ "taskDefinition": sound })));
        bed.run_until(now + 1200);
        let desired = bed.service_row("web").desired;
        let expected = format!("PRIMARY COMPLETED {sound} {desired}");
        prop_assert_eq!(bed.deployments("web"), [expected], "{}", bed.trace("web"));
        prop_assert_eq!(bed.counts("web").healthy, desired);
    }
}
