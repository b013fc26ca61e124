//! The one sentence under a service: what it does, or what it waits for.

use stowplan_engine::explain::Waiting;
use stowplan_engine::model::Time;

use super::protocol::{Deployment, Service, Waiting as Shortage};
use super::stages::{OpenHook, Stage};
use crate::words::{clock, count as counted, share_word, span, thousands};

/// All that a sentence is made of.
pub struct Telling<'a> {
    pub service: &'a Service,
    /// Where its deployment stands, if it shifts traffic.
    pub stage: Option<&'a Stage>,
    /// The revision of a definition.
    pub revision: &'a dyn Fn(u16) -> u32,
    /// What of it fits nowhere.
    pub short: Option<&'a Shortage>,
    /// When it last became steady.
    pub steady_since: Option<u64>,
    /// What its scheduler waits for.
    pub holdup: Option<Waiting>,
    pub now_ms: u64,
}

/// The sentence of a service at an instant.
#[must_use]
pub fn sentence(telling: &Telling<'_>) -> String {
    let service = telling.service;
    let name = &service.name;
    let primary = service.deployments.iter().find(|d| d.status == "PRIMARY");
    let Some(primary) = primary else { return format!("{name} has no deployment.") };
    let revision = (telling.revision)(primary.definition);
    if let Some(waiting) = telling.short {
        return held(service, primary, revision, waiting);
    }
    if let Some(stage) = telling.stage {
        return shifting(telling, stage);
    }
    if primary.rollout_state == "FAILED" {
        return format!("{name} r{revision} failed: {}", ended(&primary.rollout_reason));
    }
    let older: u32 = service.deployments.iter().filter(|d| d.status != "PRIMARY").count() as u32;
    let holdup = telling.holdup.as_ref().and_then(holdup);
    let holdup = holdup.map_or_else(String::new, |why| format!(" {why}"));
    if older > 0 {
        return rolling(service, primary, revision) + &holdup;
    }
    if primary.running < primary.desired {
        let starting = primary.pending;
        return format!(
            "{name} starts r{revision}: {} of {} run, {starting} are on their way.{holdup}",
            primary.running, primary.desired
        );
    }
    if service.running > service.desired {
        let over = service.running - service.desired;
        return format!("{name} scales in: {over} more run than the {} desired.", service.desired);
    }
    let since = telling.steady_since;
    let since = since.map_or_else(String::new, |ms| format!(" since {}", clock(ms)));
    format!("{name} is steady: {} of {} on r{revision}{since}.", service.running, service.desired)
}

/// What the scheduler waits for, beyond what the counts and the limits say.
fn holdup(waiting: &Waiting) -> Option<String> {
    let tasks = |count: &u32| counted(u64::from(*count), "task");
    let until = |time: &Time| clock(u64::try_from(time.0).unwrap_or(0));
    Some(match waiting {
        Waiting::Backoff { until: at, waves } => {
            let waves = counted(u64::from(*waves), "wave");
            format!("{waves} of starts failed in a row: the next one is at {}.", until(at))
        }
        Waiting::Stops { tasks: count, limits } => format!(
            "It waits for {} to stop: {} of at most {} places are taken.",
            tasks(count),
            limits.occupying,
            limits.upper
        ),
        Waiting::Capacity { tasks: count } => {
            format!("It waits for capacity: {} in PROVISIONING.", tasks(count))
        }
        Waiting::Health { tasks: count, .. } => {
            format!("It waits for {} to become healthy.", tasks(count))
        }
        Waiting::Protected { tasks: count } => {
            format!("It waits for the end of scale-in protection of {}.", tasks(count))
        }
        Waiting::Unhealthy { tasks: count, .. } => {
            format!("It waits for {} to be replaced for bad health.", tasks(count))
        }
        Waiting::Baking { until: at } => format!("It bakes until {}.", until(at)),
        Waiting::NoFargate { .. } => "Fargate has no capacity.".to_owned(),
        Waiting::Leaving { tasks: count } => {
            format!("It waits for {} of another revision to be gone.", tasks(count))
        }
        Waiting::CodeDeploy { until: Some(at), .. } => {
            format!("CodeDeploy goes on by itself at {}.", until(at))
        }
        Waiting::NoTaskSet => "It waits for a task set: somebody else makes them.".to_owned(),
        Waiting::Deletion { .. }
        | Waiting::RolloutFailed
        | Waiting::NoPlace { .. }
        | Waiting::Stuck(_)
        | Waiting::Running { .. }
        | Waiting::Floor { .. }
        | Waiting::Hook { .. }
        | Waiting::CodeDeploy { until: None, .. }
        | Waiting::Traffic { .. }
        | Waiting::NextPass => return None,
    })
}

/// A deployment that shifts traffic: what it does at its stage, and what ends the stage.
fn shifting(telling: &Telling<'_>, stage: &Stage) -> String {
    let service = telling.service;
    let name = &service.name;
    let revision = (telling.revision)(stage.target);
    let old = stage.source.map(|source| format!("r{}", (telling.revision)(source)));
    let old = old.unwrap_or_else(|| "the old one".to_owned());
    let left = stage.until_ms.map(|until| span(until.saturating_sub(telling.now_ms)));
    let of =
        |definition: u16| service.deployments.iter().filter(move |d| d.definition == definition);
    if let Some(hook) = stage.hooks.first() {
        return waits_for_hook(telling, stage, hook, revision);
    }
    if let Some(reason) = &stage.back {
        let stopping: u32 = of(stage.target).map(|d| d.running).sum();
        let stays = match stopping {
            0 => String::new(),
            count => format!(" {} of r{revision} are left.", counted(u64::from(count), "task")),
        };
        return format!("{name} goes back to {old}: {}{stays}", ended(reason));
    }
    match (stage.name.as_str(), left) {
        ("SCALE_UP" | "Install", _) => {
            let running: u32 = of(stage.target).map(|d| d.running).sum();
            format!(
                "{name} starts r{revision} beside {old}: {running} of {} run. {old} keeps all \
                 traffic until every one is healthy.",
                service.desired
            )
        }
        ("PRODUCTION_TRAFFIC_SHIFT" | "AllowTraffic", Some(left)) => {
            let share = share_word(stage.share.unwrap_or(0));
            format!("{name} r{revision} has {share} of the traffic; more follows in {left}.")
        }
        ("TERMINATION_WAIT", Some(left)) => format!(
            "{name} r{revision} has all the traffic; {old} runs on for another {left} and is \
             deleted then. Until then a rollback starts no task."
        ),
        ("BAKE_TIME", Some(left)) => {
            let all = if stage.share.is_some() { "has all the traffic and " } else { "" };
            format!(
                "{name} r{revision} {all}bakes for another {left}. {old} stands by: to go back \
                 takes no start of a task."
            )
        }
        ("CLEAN_UP" | "deletion", _) => {
            let left: u32 = stage.source.into_iter().flat_map(of).map(|d| d.running).sum();
            let left = counted(u64::from(left), "task");
            format!("{name} r{revision} has taken over; {left} of {old} run on until they stop.")
        }
        ("READY_WAIT", Some(left)) => format!(
            "{name} r{revision} is ready and has no traffic yet: ContinueDeployment gives it some; \
             without that it is stopped in {left}."
        ),
        (stage, _) => format!("{name} r{revision} is at {stage}."),
    }
}

fn waits_for_hook(telling: &Telling<'_>, stage: &Stage, hook: &OpenHook, revision: u32) -> String {
    let head = format!("{} r{revision} waits at {}", telling.service.name, stage.name);
    match &hook.pause {
        None => format!("{head} for its hook {} to answer.", hook.name),
        Some((expires, then)) => format!(
            "{head} for somebody to continue it ({}); at {} it is {}.",
            hook.name,
            clock(*expires),
            if then == "ROLLBACK" { "rolled back" } else { "continued by itself" }
        ),
    }
}

fn held(service: &Service, primary: &Deployment, revision: u32, waiting: &Shortage) -> String {
    let name = &service.name;
    let why = ended(&waiting.reason);
    if service.deployments.len() > 1 {
        let (floor, ceiling) = (service.floor, service.ceiling);
        return format!(
            "{name} r{revision} waits: {} of {} could start, but {why} The limits are {floor} at \
             least and {ceiling} at most.",
            service.ceiling.saturating_sub(service.running + service.pending).max(1),
            primary.desired,
        );
    }
    let fit = if waiting.count == 1 {
        "1 task fits".to_owned()
    } else {
        format!("{} tasks fit", thousands(u64::from(waiting.count)))
    };
    format!("{name} waits: {fit} nowhere; {why}")
}

fn rolling(service: &Service, primary: &Deployment, revision: u32) -> String {
    let (name, floor, ceiling) = (&service.name, service.floor, service.ceiling);
    let all = service.running + service.pending;
    let may_start = ceiling
        .saturating_sub(all)
        .min(primary.desired.saturating_sub(primary.running + primary.pending));
    let may_stop = service.healthy.saturating_sub(floor);
    if primary.running + primary.pending == 0 && may_start == 0 && may_stop == 0 {
        return format!(
            "{name} r{revision} waits: starting one more would make {} of at most {ceiling}; \
             stopping one would leave {} of at least {floor}.",
            all + 1,
            service.healthy.saturating_sub(1),
        );
    }
    let starting = match primary.pending {
        0 => String::new(),
        1 => ", 1 is starting".to_owned(),
        more => format!(", {more} are starting"),
    };
    let old: u32 =
        service.deployments.iter().filter(|d| d.status != "PRIMARY").map(|d| d.running).sum();
    let left = match old {
        0 => "the old ones are gone".to_owned(),
        1 => "1 of the old ones is left".to_owned(),
        more => format!("{more} of the old ones are left"),
    };
    format!(
        "{name} rolls out r{revision}: {} of {} run{starting}, {left}. At most {ceiling} may be \
         there and at least {floor} stay healthy.",
        primary.running, primary.desired,
    )
}

/// The text with a full stop at its end.
fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(status: &str, desired: u32, running: u32, pending: u32) -> Deployment {
        let (id, status) = ("ecs-svc/1".to_owned(), status.to_owned());
        Deployment { id, status, desired, running, pending, ..Deployment::default() }
    }

    fn web(deployments: Vec<Deployment>) -> Service {
        let running = deployments.iter().map(|d| d.running).sum();
        Service {
            name: "web".to_owned(),
            desired: 4,
            running,
            pending: deployments.iter().map(|d| d.pending).sum(),
            healthy: running,
            floor: 4,
            ceiling: 8,
            deployments,
            ..Service::default()
        }
    }

    fn say(service: &Service, short: Option<&Shortage>, since: Option<u64>) -> String {
        sentence(&telling(service, short, since))
    }

    fn telling<'a>(
        service: &'a Service,
        short: Option<&'a Shortage>,
        steady_since: Option<u64>,
    ) -> Telling<'a> {
        let revision = &|definition| u32::from(2 - definition);
        Telling {
            service,
            stage: None,
            revision,
            short,
            steady_since,
            holdup: None,
            now_ms: 60_000,
        }
    }

    /// r2 is definition 0 here, r1 definition 1.
    fn shifts(stage: Stage) -> String {
        let old = Deployment { definition: 1, ..deployment("ACTIVE", 4, 4, 0) };
        let web = web(vec![deployment("PRIMARY", 4, 3, 1), old]);
        let stage = Stage { source: Some(1), share: Some(10_000), ..stage };
        sentence(&Telling { stage: Some(&stage), ..telling(&web, None, None) })
    }

    #[test]
    fn a_stage_says_who_has_the_traffic_and_what_ends_it() {
        let stage = |name: &str, until_ms| {
            shifts(Stage { name: name.to_owned(), until_ms, ..Stage::default() })
        };
        assert_eq!(
            stage("PRODUCTION_TRAFFIC_SHIFT", Some(252_000)),
            "web r2 has 10% of the traffic; more follows in 3 m 12 s."
        );
        assert_eq!(
            stage("SCALE_UP", None),
            "web starts r2 beside r1: 3 of 4 run. r1 keeps all traffic until every one is healthy."
        );
        assert_eq!(
            stage("CLEAN_UP", None),
            "web r2 has taken over; 4 tasks of r1 run on until they stop."
        );
    }

    #[test]
    fn a_stage_that_waits_for_a_hook_names_it() {
        let stage = |pause| {
            let hooks = vec![OpenHook { name: "smoke".to_owned(), pause }];
            shifts(Stage { name: "POST_SCALE_UP".to_owned(), hooks, ..Stage::default() })
        };
        assert_eq!(stage(None), "web r2 waits at POST_SCALE_UP for its hook smoke to answer.");
        assert_eq!(
            stage(Some((90_000, "ROLLBACK".to_owned()))),
            "web r2 waits at POST_SCALE_UP for somebody to continue it (smoke); at 00:01:30 it is \
             rolled back."
        );
    }

    #[test]
    fn the_way_back_says_why() {
        let back = Some("an alarm".to_owned());
        assert_eq!(
            shifts(Stage { back, ..Stage::default() }),
            "web goes back to r1: an alarm. 3 tasks of r2 are left."
        );
    }

    #[test]
    fn a_rollout_that_stands_still_says_what_for() {
        let web = web(vec![deployment("PRIMARY", 4, 2, 0), deployment("ACTIVE", 4, 3, 0)]);
        let holdup = Some(Waiting::Protected { tasks: 3 });
        let told = sentence(&Telling { holdup, ..telling(&web, None, None) });
        assert!(
            told.ends_with("It waits for the end of scale-in protection of 3 tasks."),
            "{told}"
        );
    }

    #[test]
    fn a_steady_service_says_since_when() {
        let web = web(vec![deployment("PRIMARY", 4, 4, 0)]);
        assert_eq!(say(&web, None, Some(314_000)), "web is steady: 4 of 4 on r2 since 00:05:14.");
    }

    #[test]
    fn a_rollout_says_how_far_it_is_and_its_limits() {
        let web = web(vec![deployment("PRIMARY", 4, 2, 1), deployment("ACTIVE", 4, 3, 0)]);
        assert_eq!(
            say(&web, None, None),
            "web rolls out r2: 2 of 4 run, 1 is starting, 3 of the old ones are left. At most 8 \
             may be there and at least 4 stay healthy."
        );
    }

    #[test]
    fn a_deadlock_names_both_limits() {
        let mut web = web(vec![deployment("PRIMARY", 1, 0, 0), deployment("ACTIVE", 1, 1, 0)]);
        (web.desired, web.floor, web.ceiling) = (1, 1, 1);
        assert_eq!(
            say(&web, None, None),
            "web r2 waits: starting one more would make 2 of at most 1; stopping one would leave \
             0 of at least 1."
        );
    }

    #[test]
    fn what_fits_nowhere_names_the_resource_and_both_limits() {
        let web = web(vec![deployment("PRIMARY", 4, 0, 0), deployment("ACTIVE", 4, 4, 0)]);
        let reason = "no instance has 3,500 MiB left".to_owned();
        let waiting = Shortage { count: 4, reason, ..Shortage::default() };
        assert_eq!(
            say(&web, Some(&waiting), None),
            "web r2 waits: 4 of 4 could start, but no instance has 3,500 MiB left. The limits are \
             4 at least and 8 at most."
        );
    }
}
