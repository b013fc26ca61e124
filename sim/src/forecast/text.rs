//! A forecast in sentences.

use std::fmt;

use stowplan_engine::model::{LifecycleStage, Share};

use super::rolling::{Course, End, HookProblem, Limit};
use super::shifting::Phase;
use super::{Forecast, Numbers, Risk};

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_head(f)?;
        match self.course.end {
            End::Completed(_) => self.write_course(f)?,
            End::Stuck(limit) => write!(f, "It will not move: {}", self.remedy(limit))?,
            End::RolledBack { after, limit: Limit::TurnedBack, .. } => {
                write!(f, "It was given up: back on the old revision after ")?;
                write!(f, "{}.", seconds(after))?;
            }
            End::RolledBack { given_up, after, limit } => self.if_known(f, |f| {
                write!(f, "It will be given up after {}: ", seconds(given_up))?;
                write!(f, "{} Back on the old revision after ", self.remedy(limit))?;
                write!(f, "{}", seconds(after))?;
                self.write_extremes(f)
            })?,
            End::Failed { after, limit } => self.if_known(f, |f| {
                write!(f, "It will fail after {}, and not go back: ", seconds(after))?;
                f.write_str(&self.remedy(limit))?;
                self.write_remainder(f)
            })?,
        }
        self.risks.iter().try_for_each(|risk| write!(f, " {risk}"))
    }
}

impl Forecast {
    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, definition, desired, .. } = self;
        let (floor, ceiling) = self.limits();
        let to = if self.under_way { "on its way to" } else { "to" };
        write!(f, "{service} {to} {definition}: {}", tasks(*desired))?;
        match &self.numbers {
            Numbers::Rolling(..) => {
                write!(f, ", never fewer than {floor} healthy ")?;
                write!(f, "and never more than {ceiling} at once. ")
            }
            Numbers::Daemon(_) => {
                write!(f, ", one an instance, never fewer than {floor} healthy. ")
            }
            Numbers::Shifting(shifting, _) => self.write_steps(f, &shifting.steps),
            Numbers::CodeDeploy(plan) => self.write_steps(f, &plan.steps),
            Numbers::TaskSets(_) => write!(f, " in all task sets. "),
        }
    }

    /// Of a rolling deployment that is given up, what it costs on the way.
    fn write_extremes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Course { peak, lowest, .. } = self.course;
        match &self.failing {
            Some(_) => write!(f, "; at most {}, at least {lowest} healthy.", tasks(peak)),
            None => f.write_str("."),
        }
    }

    fn write_remainder(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Course { peak, lowest, .. } = self.course;
        match &self.failing {
            Some(_) => write!(f, " At most {}, at least {lowest} healthy.", tasks(peak)),
            None => Ok(()),
        }
    }

    fn write_steps(&self, f: &mut fmt::Formatter<'_>, steps: &[(Share, u64)]) -> fmt::Result {
        write!(f, " beside {} old ones, ", self.desired)?;
        let percent = |(share, _): &(Share, u64)| format!("{}", f64::from(share.0) / 1000.0);
        let weights: Vec<String> = steps.iter().map(percent).collect();
        match &weights[..] {
            [_] => write!(f, "then all traffic at once. "),
            [first @ .., last] if weights.len() <= 6 => {
                write!(f, "then {} and {last} % of traffic. ", first.join(", "))
            }
            _ => {
                let (step, all) = (&weights[0], weights.len());
                write!(f, "then traffic in {all} steps of {step} %. ")
            }
        }
    }

    /// What follows from durations is said when they are known.
    fn if_known(
        &self,
        f: &mut fmt::Formatter<'_>,
        say: impl FnOnce(&mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        if self.is_known() {
            return say(f);
        }
        self.write_no_end(f)?;
        f.write_str(".")
    }

    fn write_no_end(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pace.first_failure {
            Some(reason) => {
                write!(f, "No end in sight: the first new task stops before it is healthy ")?;
                write!(f, "({reason}); only the circuit breaker or you end it")
            }
            None => write!(f, "No end in sight: no new task is healthy within two hours"),
        }
    }

    fn write_course(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let course = &self.course;
        match self.duration() {
            Some(duration) => {
                write!(f, "Done after {}", seconds(duration))?;
                if let Numbers::Rolling(..) | Numbers::Daemon(_) = &self.numbers {
                    match course.waves {
                        0 => {}
                        1 => f.write_str(" in 1 wave")?,
                        waves => write!(f, " in {waves} waves")?,
                    }
                }
            }
            None => self.write_no_end(f)?,
        }
        write!(f, "; at most {}, at least {} healthy.", tasks(course.peak), course.lowest)?;
        if let (Some(healthy), Some(stop)) = (self.pace.to_healthy, self.pace.to_stop) {
            let (healthy, stop) = (seconds(healthy), seconds(stop));
            write!(f, " A new task is healthy after {healthy}, an old one gone after {stop}.")?;
        }
        self.write_phases(f)?;
        self.write_way_back(f)
    }

    fn write_phases(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_shift = |phase: &&Phase| {
            !phase.back && matches!(phase.stage, "PRODUCTION_TRAFFIC_SHIFT" | "AllowTraffic")
        };
        let is_watch = |phase: &&Phase| matches!(phase.stage, "BAKE_TIME" | "TERMINATION_WAIT");
        let Some(shift) = self.phases.iter().find(is_shift) else { return Ok(()) };
        match shift.from {
            0 if self.under_way => write!(f, " Traffic shifts")?,
            from => write!(f, " Traffic shifts from {}", seconds(from))?,
        }
        match self.phases.iter().rfind(is_watch) {
            Some(bake) if bake.to > bake.from => {
                let (from, to) = (seconds(bake.from), seconds(bake.to));
                write!(f, ", all of it is watched from {from} to {to}.")
            }
            _ => write!(f, "."),
        }
    }

    fn write_way_back(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(back) = self.way_back().filter(|back| back.whole > 0) else { return Ok(()) };
        match &self.numbers {
            Numbers::Rolling(..) => {
                write!(f, " Back again: at once until the first old task stops, at the end ")?;
                write!(f, "{}.", seconds(back.whole))
            }
            Numbers::Shifting(..) | Numbers::CodeDeploy(_) => {
                let traffic = match back.traffic {
                    0 => "at once".to_owned(),
                    traffic => format!("after {}", seconds(traffic)),
                };
                write!(f, " Back again until the old revision stops: traffic {traffic}, ")?;
                write!(f, "the new revision gone after {}.", seconds(back.whole))
            }
            Numbers::Daemon(_) | Numbers::TaskSets(_) => Ok(()),
        }
    }

    /// What stands in the way, and what would help.
    fn remedy(&self, limit: Limit) -> String {
        let desired = self.desired;
        let (floor, ceiling) = self.limits();
        let desired_wide = u64::from(desired.max(1));
        // The smallest maximum that rounds down to one more, the largest minimum that rounds up to
        // one less (03 section 3.2).
        let maximum = (100 * (desired_wide + 1)).div_ceil(desired_wide);
        let minimum = 100 * (desired_wide - 1) / desired_wide;
        match (limit, &self.numbers) {
            (Limit::Percentages, Numbers::Daemon(_)) => format!(
                "minimumHealthyPercent rounds up to {floor} of {desired}, so nothing may stop, and \
                 an instance has one daemon at a time. Lower minimumHealthyPercent to {minimum}."
            ),
            (Limit::Percentages, _) => format!(
                "minimumHealthyPercent rounds up to {floor} of {desired} and maximumPercent down \
                 to {ceiling}, so nothing may stop and nothing may start. Raise maximumPercent to \
                 {maximum} or lower minimumHealthyPercent to {minimum}."
            ),
            (Limit::Room, Numbers::Rolling(..)) => format!(
                "no instance has room for another task, and minimumHealthyPercent lets none of \
                 the {desired} stop. Add room for one task or lower minimumHealthyPercent to \
                 {minimum}."
            ),
            (Limit::Room, Numbers::Daemon(_)) => {
                "an instance has no room for the new task when the old one is gone. Make the task \
                 smaller or the instance larger."
                    .to_owned()
            }
            (Limit::Room, _) => {
                let room = self.room().unwrap_or(0);
                let coming = match &self.numbers {
                    Numbers::TaskSets(sets) => sets.coming(),
                    _ => desired,
                };
                let short = coming.saturating_sub(room);
                format!(
                    "the cluster has room for {room} of {coming} new tasks. Add room for {}.",
                    tasks(short)
                )
            }
            (Limit::Hook(hook, stage, problem), _) => self.hook_text(hook, stage, problem),
            (Limit::Stage(stage), _) => format!("{stage} takes longer than it may."),
            (Limit::Event(event, problem), _) => match problem {
                HookProblem::Fails => format!("the function of {event} fails."),
                HookProblem::NoAnswer => {
                    format!("the function of {event} does not answer in time.")
                }
                HookProblem::TimesOut => format!("{event} takes longer than it may."),
            },
            (Limit::Failures(failures), _) => {
                let reason = self.pace.first_failure.as_deref().unwrap_or("nobody knows why");
                format!(
                    "every new task fails ({reason}), and the circuit breaker trips at {failures} \
                     failures."
                )
            }
            (Limit::TurnedBack, _) => "it is on its way back already.".to_owned(),
            (Limit::ReadyWait, _) => {
                "nobody calls ContinueDeployment before the end of the wait.".to_owned()
            }
        }
    }

    fn hook_text(&self, hook: usize, stage: LifecycleStage, problem: HookProblem) -> String {
        let name = match &self.numbers {
            Numbers::Shifting(shifting, _) => shifting.hooks.get(hook).map(|hook| &*hook.name),
            _ => None,
        };
        let name = name.unwrap_or("a hook");
        match problem {
            HookProblem::Fails => format!("{name} fails at {stage}."),
            HookProblem::NoAnswer => format!("{name} does not answer in time at {stage}."),
            HookProblem::TimesOut => {
                format!("{name} at {stage} times out when nobody calls ContinueServiceDeployment.")
            }
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutageCertain => f.write_str("Outage: all tasks may be gone at once."),
            Self::ReducedCapacity(1) => f.write_str("One task may be missing on the way."),
            Self::ReducedCapacity(tasks) => write!(f, "{tasks} tasks may be missing on the way."),
            Self::Blind => f.write_str(
                "Nothing checks the new tasks: one that lives through its first seconds counts \
                 as healthy.",
            ),
            Self::SurgeCut(tasks) => {
                write!(f, "The cluster has room for {tasks} fewer new tasks than may be there.")
            }
            Self::WaitsForInstances(waiting) => {
                let text = tasks(*waiting);
                write!(f, "{text} first need instances that are launched for them.")
            }
            Self::NothingShifts => {
                f.write_str("The service has no load balancer, so no traffic shifts.")
            }
        }
    }
}

fn tasks(tasks: u32) -> String {
    if tasks == 1 { "1 task".to_owned() } else { format!("{tasks} tasks") }
}

/// Milliseconds as `90 s`.
fn seconds(millis: u64) -> String {
    match millis % 1000 {
        0 => format!("{} s", millis / 1000),
        rest => format!("{}.{rest:03} s", millis / 1000),
    }
}
