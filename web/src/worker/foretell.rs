//! What an entry of the timeline would bring about: looked up on copies, the run stays as it is.

use stowplan_engine::model::Time;
use stowplan_sim::forecast::kubernetes::{Amount, RollingUpdate};
use stowplan_sim::forecast::rolling::End;
use stowplan_sim::forecast::{self, Forecast, ForecastAnswer, Numbers};
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::TimelineEntry;

use super::protocol::{Beside, Foretold, Moment, Outlook};

/// What an entry would bring about at an instant, with `maxSurge` and `maxUnavailable` of a
/// Deployment that is to be compared. `wide` is the same entry with limits that hold nothing up:
/// where it cannot move by itself, its pace is measured there.
pub(super) fn foretell(
    head: &Simulation,
    entry: &TimelineEntry,
    at_ms: u64,
    amounts: Option<&(String, String)>,
    wide: impl FnOnce() -> Option<TimelineEntry>,
) -> Foretold {
    let at = Time(i64::try_from(at_ms).unwrap_or(i64::MAX));
    let refused = refusal(head, entry);
    let of = |entry: &TimelineEntry| Forecast::of_entry(head, at, entry).into_iter().next();
    let forecast = if refused.is_none() { of(entry) } else { None };
    let outlook = forecast.map(|forecast| {
        let outlook = outlook(forecast.answer());
        let Some(given) = amounts else { return outlook };
        let stands = forecast.pace.to_healthy.is_none();
        let measured = stands.then(wide).flatten().and_then(|wide| of(&wide));
        Outlook { beside: Some(beside(&forecast, measured.as_ref(), given)), ..outlook }
    });
    let refused = refused.unwrap_or_default();
    Foretold { at_ms, refused, outlook, ..Foretold::default() }
}

/// What is left, from an instant on, of deployments that are under way.
pub(super) fn under_way(head: &Simulation, now_ms: u64) -> Vec<(String, String)> {
    let now = Time(i64::try_from(now_ms).unwrap_or(i64::MAX));
    let under_way = Forecast::under_way(head, now).into_iter();
    under_way.map(|it| (it.service.clone(), it.to_string())).collect()
}

/// Why the call would be refused.
fn refusal(head: &Simulation, entry: &TimelineEntry) -> Option<String> {
    let mut copy = head.clone();
    let before = copy.record().calls().len();
    copy.add_entry(entry.clone());
    copy.run_to(entry.at);
    let error = copy.record().calls().get(before)?.error.as_ref()?;
    Some(format!("{}: {}", error.exception, error.message))
}

fn outlook(answer: ForecastAnswer) -> Outlook {
    let ms = |seconds: f64| (seconds * 1000.0).round() as u64;
    let ends = answer.end == "completed";
    let stuck = if ends { String::new() } else { problem(&answer) };
    Outlook {
        strategy: answer.strategy,
        desired: answer.desired_count,
        floor: answer.floor,
        ceiling: answer.ceiling,
        waves: answer.waves,
        peak: answer.peak,
        extra_memory: answer.extra_memory,
        lowest: answer.lowest_healthy,
        duration_ms: answer.duration.map(ms),
        rollback_ms: answer.rollback.map(ms),
        rollback_traffic_ms: answer.rollback_traffic.map(ms),
        stuck,
        risks: answer.risks,
        text: answer.text,
        beside: None,
    }
}

/// What of the sentences is not said by a figure or a risk: why it does not get there.
fn problem(answer: &ForecastAnswer) -> String {
    let text = answer.text.split_once(" at once. ").map_or(&*answer.text, |(_, rest)| rest);
    let mut text = text.to_owned();
    for risk in &answer.risks {
        text = text.replace(risk, "");
    }
    text.trim().to_owned()
}

/// The rolling step of both for the same workload.
fn beside(forecast: &Forecast, measured: Option<&Forecast>, given: &(String, String)) -> Beside {
    let read = |name: &str, text: &str| {
        let amount = text.trim().parse::<Amount>();
        amount.map_err(|problem| format!("{name} “{}”: {problem}.", text.trim()))
    };
    let amounts =
        read("maxSurge", &given.0).and_then(|surge| Ok((surge, read("maxUnavailable", &given.1)?)));
    let empty = Beside { amounts: given.clone(), ..Beside::default() };
    let (surge, unavailable) = match amounts {
        Ok(amounts) => amounts,
        Err(problem) => return Beside { problem, ..empty },
    };
    let paced = measured.unwrap_or(forecast);
    let known = paced.pace.to_healthy.is_some() && paced.pace.to_stop.is_some();
    let update = RollingUpdate {
        replicas: forecast.desired,
        ..RollingUpdate::beside(paced, surge, unavailable)
    };
    let course = update.course();
    let duration_ms = match course.end {
        End::Completed(after) if known => Some(after),
        _ => None,
    };
    let ecs = match &forecast.numbers {
        Numbers::Rolling(rolling, _) => rolling.moments(),
        Numbers::Daemon(_)
        | Numbers::Shifting(..)
        | Numbers::CodeDeploy(_)
        | Numbers::TaskSets(_) => Vec::new(),
    };
    let told = |moments: Vec<forecast::Moment>| moments.iter().map(moment).collect();
    Beside {
        floor: update.floor(),
        ceiling: update.ceiling(),
        waves: course.waves,
        peak: course.peak,
        lowest: course.lowest,
        duration_ms,
        ecs: told(ecs),
        kubernetes: if known { told(update.moments()) } else { Vec::new() },
        ..empty
    }
}

fn moment(moment: &forecast::Moment) -> Moment {
    let forecast::Moment { after, started, stopped, old, new } = *moment;
    Moment { after_ms: after, started, stopped, old, new }
}
