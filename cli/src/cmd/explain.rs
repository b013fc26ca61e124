//! `stowplan explain`: why a task goes where it goes, and what a service waits for.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use comfy_table::{Table, presets};
use serde_json::json;
use stowplan_engine::View;
use stowplan_engine::api::input::RunTask;
use stowplan_engine::explain::{
    Candidate, Field, PlacementReport, Question, Split, Tie, Witnessed,
};
use stowplan_engine::model::{ServiceId, SubnetId, TaskId, Time};
use stowplan_sim::document::Limits;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::{Plan, Scenario};
use stowplan_sim::view::explain;
use stowplan_sim::world::task_wait_text;

use crate::cmd::run::duration;
use crate::files;

/// Says why a task goes where it goes, and what a service waits for
///
/// For every instance: the first gate that refused it, with the amounts, or what each strategy saw
/// of it; and the smallest single changes with another answer.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A scenario file, YAML or JSON; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The service whose next task is asked about; with several clusters `cluster/name`
    #[arg(long, value_name = "NAME", required_unless_present_any = ["task", "run_task"])]
    service: Option<String>,
    /// A task of the run by its id, in place of a service: how it was placed, what it waits for,
    /// and why it stopped
    #[arg(long, value_name = "ID", conflicts_with = "service")]
    task: Option<String>,
    /// A RunTask that nobody makes, as JSON, in place of a service: where its first task would go
    #[arg(long, value_name = "JSON", conflicts_with_all = ["service", "task"])]
    run_task: Option<String>,
    /// When to look, such as `90s` or `1h30m`; the end of the run without it
    #[arg(long, value_name = "TIME", value_parser = duration)]
    at: Option<Time>,
    /// Print JSON instead
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let name = args.file.display().to_string();
    let bad = |error: stowplan_sim::document::DocumentError| anyhow!("{name}: {error}");
    let scenario = Scenario::read(&files::content(&args.file)?, &Limits::default()).map_err(bad)?;
    let plan = scenario.plan().map_err(bad)?;
    let mut simulation = Simulation::new(&plan).map_err(bad)?;
    simulation.run_to(args.at.unwrap_or(scenario.until).min(scenario.until));
    let mut out = std::io::stdout().lock();
    match (&args.task, &args.run_task) {
        (Some(task), _) => of_task(&mut out, &plan, &simulation, task, args.json)?,
        (None, Some(call)) => of_call(&mut out, &simulation, call, args.json)?,
        (None, None) => {
            let key = args.service.as_deref().unwrap_or_default();
            let now = args.at.unwrap_or(scenario.until);
            let Some(service) = simulation.moment(now).find_service(key) else {
                bail!("{name}: there is no service {key} at {now}");
            };
            of_service(&mut out, &simulation, service, args.json)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn of_service(
    out: &mut impl Write,
    simulation: &Simulation,
    service: ServiceId,
    json: bool,
) -> Result<()> {
    let view = simulation.engine();
    let waiting = simulation.why_waiting(service);
    let waiting = waiting.map(|waiting| view.waiting_text(service, &waiting));
    let next = simulation.explain(&Question::NextTask(service)).context("the next task")?;
    if json {
        let value = json!({
            "service": view.service(service).name,
            "waits": waiting,
            "nextTask": next.map(|report| explain::placement(view, &report)),
        });
        return Ok(writeln!(out, "{value:#}")?);
    }
    let steady = || format!("{} is steady.", view.service(service).name);
    writeln!(out, "{}", waiting.unwrap_or_else(steady))?;
    match next {
        Some(report) => {
            writeln!(out, "\nThe next task of {}", view.service(service).name)?;
            write_placement(out, view, &report)
        }
        None => Ok(writeln!(out, "It wants no task.")?),
    }
}

/// A call that nobody makes.
fn of_call(out: &mut impl Write, simulation: &Simulation, call: &str, json: bool) -> Result<()> {
    let call: RunTask = serde_json::from_str(call).context("--run-task")?;
    let view = simulation.engine();
    let definition = call.task_definition.clone();
    let asked = simulation.explain(&Question::RunTask(Box::new(call)));
    let report = asked.map_err(|refusal| anyhow!("RunTask is refused: {refusal}"))?;
    let report = report.context("a call asks for a task")?;
    if json {
        return Ok(writeln!(out, "{:#}", explain::placement(view, &report))?);
    }
    writeln!(out, "The first task of a RunTask of {definition}")?;
    write_placement(out, view, &report)
}

fn of_task(
    out: &mut impl Write,
    plan: &Plan,
    simulation: &Simulation,
    name: &str,
    json: bool,
) -> Result<()> {
    let view = simulation.engine();
    let Some(task) = view.find_task(name) else { bail!("there is no task {name} in the run") };
    let placed = witnessed(plan, task, view.task(task).created_at)?;
    let left = view.task(task).stopping_at().map(|at| witnessed(plan, task, at)).transpose()?;
    let stop = view.why_stopped(task).map(|why| view.stop_text(task, &why));
    let waits = simulation.why_task_waits(task).map(|wait| task_wait_text(view, task, &wait));
    let chosen = match &left {
        Some(Some(Witnessed::ScaleIn(report))) => Some(report),
        _ => None,
    };
    let report = match &placed {
        Some(Witnessed::Placement(report)) => Some(report),
        _ => None,
    };
    if json {
        let value = json!({
            "task": view.task_name(task),
            "placement": report.map(|report| explain::placement(view, report)),
            "waits": waits,
            "stopped": stop,
            "scaleIn": chosen.map(|report| explain::scale_in(view, report)),
        });
        return Ok(writeln!(out, "{value:#}")?);
    }
    match report {
        Some(report) => {
            let at = view.task(task).created_at;
            writeln!(out, "Placement of task {} at {at}", view.task_name(task))?;
            write_placement(out, view, report)?;
        }
        None if view.task(task).created_at < Time::ZERO => {
            writeln!(out, "task {} was there before the run.", view.task_name(task))?;
        }
        None => writeln!(out, "task {} was told its instance.", view.task_name(task))?,
    }
    let chosen = chosen.map(|report| view.scale_in_text(report));
    for sentence in [waits, stop, chosen].into_iter().flatten() {
        writeln!(out, "{sentence}")?;
    }
    Ok(())
}

/// What is seen of a task at an instant when the run is done once more.
fn witnessed(plan: &Plan, task: TaskId, at: Time) -> Result<Option<Witnessed>> {
    let mut again = Simulation::new(plan).map_err(|error| anyhow!("{error}"))?;
    again.run_to(Time(at.0 - 1));
    Ok(again.run_watching(task, at))
}

fn write_placement(out: &mut impl Write, view: View<'_>, report: &PlacementReport) -> Result<()> {
    writeln!(out, "{}", view.placement_text(report))?;
    match &report.field {
        Field::Fargate(field) => {
            writeln!(out, "{}", view.platform_text(field))?;
            let mut table = table(["zone", "tasks", "subnets", "verdict"]);
            for zone in field.iter() {
                let subnet = |&(subnet, free): &(SubnetId, u32)| {
                    format!("{} ({free} free)", view.subnet(subnet).name)
                };
                let subnets: Vec<String> = zone.subnets.iter().map(subnet).collect();
                table.add_row([
                    view.zone_name(zone.zone),
                    &zone.tasks.to_string(),
                    &subnets.join(", "),
                    &view.zone_text(zone),
                ]);
            }
            writeln!(out, "{table}")?;
        }
        Field::Instances { candidates, left, tie, .. } => {
            writeln!(out, "{}", stages(view, report, left, *tie))?;
            let ranks = report.strategy.iter().map(|strategy| view.strategy_text(strategy));
            let head = ["instance".to_owned(), "zone".to_owned()].into_iter().chain(ranks);
            let mut table = table(head.chain(["verdict".to_owned()]));
            for candidate in candidates {
                table.add_row(row(view, report, candidate));
            }
            writeln!(out, "{table}")?;
        }
    }
    if let Some(split) = &report.split {
        write_split(out, view, split)?;
    }
    if !report.changes().is_empty() {
        writeln!(out, "What would change it?")?;
    }
    for change in report.changes() {
        writeln!(out, "* {}", view.suggestion_text(report, change))?;
    }
    Ok(())
}

/// The items of the capacity provider strategy, and the terms by which one gives the task.
fn write_split(out: &mut impl Write, view: View<'_>, split: &Split) -> Result<()> {
    let head = ["capacity provider", "base", "weight", "tasks", "behind its share", "verdict"];
    let mut table = table(head);
    for (position, item) in split.items.iter().enumerate() {
        table.add_row([
            view.provider(item.provider).name.to_string(),
            item.base.to_string(),
            item.weight.to_string(),
            item.tasks.to_string(),
            item.behind.map_or_else(String::new, |behind| behind.to_string()),
            if position == split.chosen { "CHOSEN".to_owned() } else { String::new() },
        ]);
    }
    Ok(writeln!(out, "{table}")?)
}

/// `candidates 4 -> checks 3 -> binpack(memory) 1`.
fn stages(view: View<'_>, report: &PlacementReport, left: &[u32], tie: Tie) -> String {
    let strategies = report.strategy.iter().map(|strategy| view.strategy_text(strategy));
    let names = ["candidates".to_owned(), "checks".to_owned()].into_iter().chain(strategies);
    let stages: Vec<String> =
        names.zip(left).map(|(name, left)| format!("{name} {left}")).collect();
    let tie = match tie {
        Tie::None => "",
        Tie::LowestId => " -> tie: lowest id",
        Tie::Drawn => " -> drawn",
    };
    stages.join(" -> ") + tie
}

fn row(view: View<'_>, report: &PlacementReport, candidate: &Candidate) -> Vec<String> {
    let instance = view.instance(candidate.instance);
    let mut row = vec![instance.name.to_string(), view.zone_name(instance.zone).to_owned()];
    for position in 0..report.strategy.len() {
        let rank = candidate.ranks.get(position);
        row.push(rank.map_or_else(String::new, u32::to_string));
    }
    row.push(view.verdict_text(report, &candidate.verdict));
    row
}

fn table(head: impl IntoIterator<Item = impl Into<comfy_table::Cell>>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let head: Vec<comfy_table::Cell> = head.into_iter().map(Into::into).collect();
    table.set_header(head);
    table
}
