//! The one sentence under a service: what it does, or what it waits for.

use super::protocol::{Deployment, Service, Waiting};
use crate::words::{clock, thousands};

/// The sentence of a service at an instant. `waiting` is what of it fits nowhere; `since` is when
/// it last became steady.
#[must_use]
pub fn sentence(
    service: &Service,
    revisions: &dyn Fn(&Deployment) -> u32,
    waiting: Option<&Waiting>,
    steady_since: Option<u64>,
) -> String {
    let name = &service.name;
    let primary = service.deployments.iter().find(|d| d.status == "PRIMARY");
    let Some(primary) = primary else { return format!("{name} has no deployment.") };
    let revision = revisions(primary);
    if let Some(waiting) = waiting {
        return held(service, primary, revision, waiting);
    }
    if primary.rollout_state == "FAILED" {
        return format!("{name} r{revision} failed: {}", ended(&primary.rollout_reason));
    }
    let older: u32 = service.deployments.iter().filter(|d| d.status != "PRIMARY").count() as u32;
    if older > 0 {
        return rolling(service, primary, revision);
    }
    if primary.running < primary.desired {
        let starting = primary.pending;
        return format!(
            "{name} starts r{revision}: {} of {} run, {starting} are on their way.",
            primary.running, primary.desired
        );
    }
    if service.running > service.desired {
        let over = service.running - service.desired;
        return format!("{name} scales in: {over} more run than the {} desired.", service.desired);
    }
    let since = steady_since.map_or_else(String::new, |ms| format!(" since {}", clock(ms)));
    format!("{name} is steady: {} of {} on r{revision}{since}.", service.running, service.desired)
}

fn held(service: &Service, primary: &Deployment, revision: u32, waiting: &Waiting) -> String {
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

    fn say(service: &Service, waiting: Option<&Waiting>, since: Option<u64>) -> String {
        sentence(service, &|_| 2, waiting, since)
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
        let waiting = Waiting { count: 4, reason, ..Waiting::default() };
        assert_eq!(
            say(&web, Some(&waiting), None),
            "web r2 waits: 4 of 4 could start, but no instance has 3,500 MiB left. The limits are \
             4 at least and 8 at most."
        );
    }
}
