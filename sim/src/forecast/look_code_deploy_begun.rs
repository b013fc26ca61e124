//! The numbers of a blue/green deployment by CodeDeploy that is under way: where it stands, what
//! its tasks and its function are about to do.

use stowplan_engine::api::input::{CreateDeployment, StopDeployment};
use stowplan_engine::api::{Command, Report};
use stowplan_engine::model::{
    BlueGreenState, CodeDeployment, CodeDeploymentId, GreenStep, HookStatus, ServiceId, TaskId,
    Time,
};
use stowplan_engine::{HealthClass, View};

use super::code_deploy::{Begun, CodeDeploy};
use super::grid::Grid;
use super::hooks::{Answer, Said};
use super::look::{self, blind, count};
use super::look_code_deploy::plan;
use super::look_shift::said;
use super::pace::{self, Pace, Until};
use super::{Forecast, Numbers, Risk};
use crate::run::Simulation;

/// The deployment of a service that is not over.
pub(super) fn current(view: View<'_>, service: ServiceId) -> Option<CodeDeploymentId> {
    let is_it = |row: &CodeDeployment| row.service == service && !row.state.is_over();
    view.code_deployments().iter().rposition(is_it).map(CodeDeploymentId::from_index)
}

pub(super) fn running(simulation: &Simulation, now: Time, id: CodeDeploymentId) -> Forecast {
    let view = simulation.engine();
    let row = view.code_deployment(id);
    let way = Way { simulation, now, id, row };
    let (pace, room) = way.measure();
    let begun = way.begun(&pace, room);
    let numbers = CodeDeploy {
        probe: view.config().digest_probe.then(|| pace.to_known.unwrap_or(0)),
        grid: way.grid(),
        room,
        leftovers: way.leftovers(),
        begun: Some(begun),
        ..plan(simulation, view, row, &pace)
    };
    let (course, phases) = numbers.course();
    let shown = row.green.unwrap_or(row.blue);
    let risks: Vec<Risk> = blind(view, shown).into_iter().collect();
    let numbers = Numbers::CodeDeploy(Box::new(numbers));
    let at = (row.service, shown);
    let told = look::of_running(simulation, now, at, numbers, pace, course, risks);
    let definition = view.definition(row.revision.definition);
    let extra = look::extra(told.extra.tasks, &definition.demand);
    Forecast { definition: definition.label(), extra, phases, ..told }
}

/// A deployment on its way.
struct Way<'a> {
    simulation: &'a Simulation,
    now: Time,
    id: CodeDeploymentId,
    row: &'a CodeDeployment,
}

impl Way<'_> {
    fn view(&self) -> View<'_> {
        self.simulation.engine()
    }

    /// ms after its creation.
    fn since(&self, at: Time) -> u64 {
        u64::try_from(at.0 - self.row.created_at.0).unwrap_or(0)
    }

    fn grid(&self) -> Grid {
        look::grid(self.view(), self.row.created_at)
    }

    /// Tasks of sets that an earlier deployment left and this one has not deleted yet.
    fn leftovers(&self) -> u32 {
        let view = self.view();
        let is_left = |&&id: &&TaskId| {
            let (task, row) = (view.task(id), self.row);
            let owner = task.owner.map(|owner| owner.deployment);
            task.is_occupying() && owner != Some(row.blue) && owner != row.green
        };
        count(view.service(self.row.service).tasks.iter().filter(is_left).count())
    }

    /// How long a task takes, and what there is room for, as far as any is still to start.
    fn measure(&self) -> (Pace, Option<u32>) {
        let (mut pace, room) = match self.row.state {
            BlueGreenState::Created | BlueGreenState::Forward(GreenStep::BeforeInstall) => {
                self.measure_anew().unwrap_or_default()
            }
            BlueGreenState::Forward(GreenStep::Install) => self.measure_on(),
            BlueGreenState::Forward(_) | BlueGreenState::Back(_) | BlueGreenState::Over(_) => {
                (Pace::default(), None)
            }
        };
        let view = self.view();
        let mut running = view.service(self.row.service).tasks.iter().copied();
        let old = running.find(|&id| view.task(id).is_running());
        pace.to_stop = old.and_then(|task| pace::to_stop(self.simulation, self.now, task));
        (pace, room)
    }

    /// A function may keep green from being installed: a copy in which the deployment is stopped
    /// and made again, without any, shows it.
    fn measure_anew(&self) -> Option<(Pace, Option<u32>)> {
        let stop = StopDeployment {
            deployment_id: self.view().code_deployment_name(self.id),
            auto_rollback_enabled: Some(false),
        };
        let create = CreateDeployment {
            deployment_group_name: self.row.group.to_string(),
            task_definition: Some(self.view().definition(self.row.revision.definition).label()),
            ..CreateDeployment::default()
        };
        let copy = self.simulation.unprobed();
        let copy = copy.after_call(self.now, Command::StopDeployment(Box::new(stop))).ok()?;
        let copy = copy.after_call(self.now, Command::CreateDeployment(Box::new(create))).ok()?;
        let green = copy.engine().code_deployments().last()?.green?;
        let room = pace::room(&copy, green);
        Some((pace::measure(copy, green, self.now, Until::Healthy), room))
    }

    /// Green has begun: a copy goes on.
    fn measure_on(&self) -> (Pace, Option<u32>) {
        match self.row.green {
            Some(green) => look::measure_on(self.simulation, self.now, green),
            None => (Pace::default(), None),
        }
    }

    fn begun(&self, pace: &Pace, room: Option<u32>) -> Begun {
        let (view, row) = (self.view(), self.row);
        let counts = view.counts(row.service, self.now);
        let slot = view.deployment(row.blue).slot;
        let green = row.green.map_or(0, |it| view.deployment_counts(it, self.now).active());
        let (settled, coming) = self.tasks(pace, room);
        Begun {
            now: self.since(self.now),
            state: row.state,
            entered: self.since(row.entered_at),
            answer: self.answer(),
            settled,
            production: view.service(row.service).traffic.production_of(slot).rest(),
            occupying: counts.occupying(),
            healthy: counts.healthy,
            green,
            coming,
        }
    }

    /// What the function that was asked where it stands answers.
    fn answer(&self) -> Option<Answer> {
        let execution = self.row.execution.as_ref()?;
        let entered = self.row.entered_at;
        let known = self.since(self.now) - self.since(entered);
        let mut answers = self.simulation.world().answers_on_their_way();
        let own = answers.find_map(|(at, report)| match report {
            Report::LifecycleEventAnswer { deployment, answer, .. } if *deployment == self.id => {
                Some(Answer { after: self.since(at) - self.since(entered), said: said(answer) })
            }
            _ => None,
        });
        Some(match execution.status {
            HookStatus::Succeeded => Answer { after: known, said: Said::Succeeded },
            HookStatus::Failed => Answer { after: known, said: Said::Failed },
            // What it has not done yet it may still report, but nothing says that it will.
            HookStatus::InProgress | HookStatus::AwaitingAction | HookStatus::TimedOut => {
                own.unwrap_or(Answer { after: 0, said: Said::InProgress(0) })
            }
        })
    }

    /// When the tasks that are waited for have come or gone, and how many are still to start.
    fn tasks(&self, pace: &Pace, room: Option<u32>) -> (Option<u64>, u32) {
        let installs = self.row.state == BlueGreenState::Forward(GreenStep::Install);
        let waits = match self.row.state {
            BlueGreenState::Forward(GreenStep::DeleteBlue) | BlueGreenState::Back(_) => true,
            BlueGreenState::Created | BlueGreenState::Forward(_) | BlueGreenState::Over(_) => {
                installs
            }
        };
        if !waits {
            return (None, 0);
        }
        let (view, row) = (self.view(), self.row);
        let is_waited_for = |id: TaskId| {
            let task = view.task(id);
            let owner = task.owner.map(|owner| owner.deployment);
            let is_well = view.health_class(id, self.now) == HealthClass::Healthy;
            match installs {
                true if owner == row.green => task.is_live() && !is_well,
                true => task.is_occupying() && owner != Some(row.blue),
                false => !task.is_live() && task.is_occupying(),
            }
        };
        let tasks = view.service(row.service).tasks.iter().copied();
        let moving: Vec<TaskId> = tasks.filter(|&id| is_waited_for(id)).collect();
        let dues = pace::dues(self.simulation.undisturbed(), &moving, self.now);
        let last = dues.values().copied().max().unwrap_or(0);
        let known = (dues.len() == moving.len()).then_some(last);
        let (settled, coming) = match (installs, row.green) {
            (true, Some(green)) => {
                look::all_there(self.simulation, self.now, green, pace, room, known)
            }
            _ => (known, 0),
        };
        (settled.map(|settled| self.since(self.now) + settled), coming)
    }
}
