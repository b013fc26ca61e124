//! Probes of containers and of load balancer targets.
//!
//! What probes meet changes a few times in a run, probes come every few seconds. So probes are no
//! events but for the first that fails: from what they meet, [`Prober::next_change`] works out when
//! the verdict changes next.

use stowplan_engine::model::{Span, Time};

use super::behavior_values::ProbeResult;

/// What a prober thinks of its subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No judgement yet.
    #[default]
    New,
    /// It passes.
    Healthy,
    /// It fails.
    Unhealthy,
}

/// How a prober judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProbeRules {
    pub(super) interval: Span,
    pub(super) timeout: Span,
    /// Passes in a row that make a new subject healthy.
    pub(super) passes_when_new: u32,
    /// Passes in a row that make an unhealthy subject healthy again.
    pub(super) passes_to_recover: u32,
    /// Failures in a row that make it unhealthy.
    pub(super) failures: u32,
    /// Until the first pass, failures of probes begun before then do not count.
    pub(super) forgiven_until: Time,
    /// A probe follows the end of the one before, not its start.
    pub(super) from_end: bool,
    /// HTTP status codes that pass.
    pub(super) passing_codes: (u16, u16),
    /// How an unhealthy subject fails is told, too.
    pub(super) tells_failures: bool,
    /// The first of several failures that make it unhealthy is told, too.
    pub(super) tells_first: bool,
}

/// What probes meet in the course of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weather {
    /// They fail until then.
    pub(super) fails_until: Time,
    /// From each instant on, in order; before the first they pass.
    pub(super) changes: Vec<(Time, ProbeResult)>,
}

impl Weather {
    /// Always the same.
    pub(super) fn always(result: ProbeResult) -> Self {
        let changes = match result {
            ProbeResult::Pass => Vec::new(),
            other => vec![(Time(i64::MIN), other)],
        };
        Self { fails_until: Time(i64::MIN), changes }
    }

    fn at(&self, instant: Time) -> ProbeResult {
        if instant < self.fails_until {
            return ProbeResult::Fail;
        }
        let past = self.changes.iter().rev().find(|(from, _)| *from <= instant);
        past.map_or(ProbeResult::Pass, |&(_, result)| result)
    }

    /// When it changes next.
    fn change_after(&self, instant: Time) -> Option<Time> {
        let changes = self.changes.iter().map(|&(from, _)| from).chain([self.fails_until]);
        changes.filter(|&from| from > instant).min()
    }
}

/// One series of probes and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prober {
    /// The next probe, or the one that hangs.
    next: Time,
    /// That probe began before its surroundings changed, and hangs whatever they are now.
    hanging: bool,
    verdict: Verdict,
    /// Nothing has passed yet.
    starting: bool,
    /// Results in a row: passes above zero, failures below.
    streak: i32,
    /// How the last failure looked.
    failure: ProbeResult,
}

impl Prober {
    /// Probes that begin one interval after an instant.
    pub(super) fn begun_at(instant: Time, rules: &ProbeRules) -> Self {
        Self {
            next: instant + rules.interval,
            hanging: false,
            verdict: Verdict::New,
            starting: true,
            streak: 0,
            failure: ProbeResult::Fail,
        }
    }

    /// Probes that began long ago and led to a verdict; the next one is not before `now`.
    pub(super) fn settled(begun: Time, verdict: Verdict, rules: &ProbeRules, now: Time) -> Self {
        let mut prober = Self { verdict, starting: false, ..Self::begun_at(begun, rules) };
        prober.skip_to(now, rules.interval);
        prober
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// How the last failure looked.
    pub(super) fn failure(&self) -> ProbeResult {
        self.failure
    }

    /// When the verdict changes next, or how an unhealthy subject fails, or the first probe fails
    /// if that is told; and how the prober stands then.
    pub(super) fn next_change(
        &self,
        rules: &ProbeRules,
        weather: &Weather,
    ) -> Option<(Time, Self)> {
        let mut prober = *self;
        loop {
            let result = prober.result(weather);
            if prober.is_settled(result, rules) {
                let until = weather.change_after(prober.next)?;
                prober.skip(result, until, rules);
                continue;
            }
            let passed = prober.streak >= 0;
            let end = prober.probe(result, rules);
            let is_first = rules.tells_first && passed && prober.is_failing(rules);
            if is_first
                || prober.verdict != self.verdict
                || prober.tells_failure_unlike(self, rules)
            {
                return Some((end, prober));
            }
        }
    }

    /// How many probes failed in a row, while that is not enough to make it unhealthy.
    pub(super) fn failing(&self) -> Option<u32> {
        let counts = self.streak < 0 && self.verdict != Verdict::Unhealthy;
        counts.then(|| self.streak.unsigned_abs())
    }

    fn is_failing(&self, rules: &ProbeRules) -> bool {
        self.failing().is_some_and(|failed| failed < rules.failures)
    }

    fn tells_failure_unlike(&self, before: &Self, rules: &ProbeRules) -> bool {
        rules.tells_failures && self.verdict == Verdict::Unhealthy && self.failure != before.failure
    }

    /// Carries out every probe that began up to an instant, before the weather changes there.
    pub(super) fn catch_up(&mut self, now: Time, rules: &ProbeRules, weather: &Weather) {
        while self.next <= now && !self.hanging {
            let result = self.result(weather);
            if self.is_settled(result, rules) {
                let change = weather.change_after(self.next);
                let until = change.map_or(Time(now.0 + 1), |change| change.min(Time(now.0 + 1)));
                self.skip(result, until, rules);
            } else if result == ProbeResult::Hang && self.next + rules.timeout > now {
                self.hanging = true;
            } else {
                self.probe(result, rules);
            }
        }
    }

    fn result(&self, weather: &Weather) -> ProbeResult {
        if self.hanging { ProbeResult::Hang } else { weather.at(self.next) }
    }

    /// Whether more of the same result changes nothing.
    fn is_settled(&self, result: ProbeResult, rules: &ProbeRules) -> bool {
        match self.verdict {
            Verdict::New => false,
            Verdict::Healthy => passes(result, rules),
            Verdict::Unhealthy => {
                !passes(result, rules) && (result == self.failure || !rules.tells_failures)
            }
        }
    }

    /// Passes over probes up to an instant whose results change nothing.
    fn skip(&mut self, result: ProbeResult, until: Time, rules: &ProbeRules) {
        if !passes(result, rules) {
            self.failure = result;
        }
        self.hanging = false;
        self.streak = 0;
        self.skip_to(until, period(result, rules));
    }

    fn skip_to(&mut self, until: Time, period: Span) {
        let period = i64::try_from(period.0.max(1)).unwrap_or(i64::MAX);
        let missing = until.0.saturating_sub(self.next.0);
        if missing > 0 {
            let periods = (missing - 1) / period + 1;
            self.next = Time(self.next.0.saturating_add(periods.saturating_mul(period)));
        }
    }

    /// Carries out one probe; answers when it ended.
    fn probe(&mut self, result: ProbeResult, rules: &ProbeRules) -> Time {
        let start = self.next;
        let end = if result == ProbeResult::Hang { start + rules.timeout } else { start };
        self.next = start + period(result, rules);
        self.hanging = false;
        if passes(result, rules) {
            self.pass(rules);
        } else if !(self.starting && start < rules.forgiven_until) {
            self.fail(result, rules);
        }
        end
    }

    fn pass(&mut self, rules: &ProbeRules) {
        self.starting = false;
        self.streak = self.streak.max(0).saturating_add(1);
        let needed = match self.verdict {
            Verdict::New => rules.passes_when_new,
            Verdict::Unhealthy => rules.passes_to_recover,
            Verdict::Healthy => return,
        };
        if self.streak.unsigned_abs() >= needed {
            self.verdict = Verdict::Healthy;
        }
    }

    fn fail(&mut self, result: ProbeResult, rules: &ProbeRules) {
        self.failure = result;
        self.streak = self.streak.min(0).saturating_sub(1);
        if self.streak.unsigned_abs() >= rules.failures {
            self.verdict = Verdict::Unhealthy;
        }
    }
}

/// From the start of a probe with this result to the start of the next.
fn period(result: ProbeResult, rules: &ProbeRules) -> Span {
    if result == ProbeResult::Hang && rules.from_end {
        rules.interval + rules.timeout
    } else {
        rules.interval
    }
}

fn passes(result: ProbeResult, rules: &ProbeRules) -> bool {
    match result {
        ProbeResult::Pass => true,
        ProbeResult::Fail | ProbeResult::Hang => false,
        ProbeResult::Code(code) => (rules.passing_codes.0..=rules.passing_codes.1).contains(&code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProbeResult::{Fail, Hang, Pass};
    use proptest::prelude::*;

    const CONTAINER: ProbeRules = ProbeRules {
        interval: Span::from_secs(30),
        timeout: Span::from_secs(5),
        passes_when_new: 1,
        passes_to_recover: 1,
        failures: 3,
        forgiven_until: Time::ZERO,
        from_end: true,
        passing_codes: (200, 399),
        tells_failures: false,
        tells_first: false,
    };
    const TARGET: ProbeRules = ProbeRules {
        passes_to_recover: 5,
        failures: 2,
        from_end: false,
        passing_codes: (200, 200),
        tells_failures: true,
        ..CONTAINER
    };

    fn every(seconds: u64, rules: ProbeRules) -> ProbeRules {
        ProbeRules { interval: Span::from_secs(seconds), ..rules }
    }

    fn weather(changes: &[(i64, ProbeResult)]) -> Weather {
        let changes = changes.iter().map(|&(at, result)| (Time::from_secs(at), result)).collect();
        Weather { fails_until: Time(i64::MIN), changes }
    }

    fn up_at(seconds: i64) -> Weather {
        Weather { fails_until: Time::from_secs(seconds), changes: Vec::new() }
    }

    /// When the verdict changes, from probes begun at 0, and to what: `h`ealthy or `u`nhealthy, for
    /// `c`odes or `t`imeouts.
    fn changes(rules: &ProbeRules, weather: &Weather) -> Vec<(i64, char)> {
        let mut prober = Prober::begun_at(Time::ZERO, rules);
        let mut changes = Vec::new();
        while let Some((at, then)) = prober.next_change(rules, weather) {
            let letter = match (then.verdict, then.failure) {
                (Verdict::Healthy, _) => 'h',
                (_, Hang) => 't',
                (_, ProbeResult::Code(_)) => 'c',
                _ => 'u',
            };
            changes.push((at.0 / 1000, letter));
            prober = then;
        }
        changes
    }

    #[test]
    fn hlc_1_three_failures_at_once() {
        assert_eq!(changes(&CONTAINER, &Weather::always(Fail)), [(90, 'u')]);
    }

    #[test]
    fn the_first_failure_is_told_before_the_verdict() {
        let rules = ProbeRules { tells_first: true, ..TARGET };
        let prober = Prober::begun_at(Time::ZERO, &rules);
        let failing = Weather::always(Fail);
        let (at, then) = prober.next_change(&rules, &failing).expect("it fails");
        assert_eq!(
            (at, then.failing(), then.verdict()),
            (Time::from_secs(30), Some(1), Verdict::New)
        );
        let (at, then) = then.next_change(&rules, &failing).expect("it fails again");
        assert_eq!((at, then.failing()), (Time::from_secs(60), None));
        assert_eq!(then.verdict(), Verdict::Unhealthy);
    }

    #[test]
    fn hlc_2_three_probes_that_hang() {
        assert_eq!(changes(&CONTAINER, &Weather::always(Hang)), [(105, 't')]);
    }

    #[test]
    fn hlc_3_a_failure_in_the_start_period_does_not_count() {
        let rules = ProbeRules { forgiven_until: Time::from_secs(60), ..CONTAINER };
        assert_eq!(changes(&rules, &Weather::always(Fail)), [(120, 'u')]);
    }

    #[test]
    fn hlc_4_two_failures_in_the_start_period_do_not_count() {
        let forgiven_until = Time::from_secs(25);
        let timeout = Span::from_secs(2);
        let rules = ProbeRules { failures: 2, forgiven_until, timeout, ..every(10, CONTAINER) };
        assert_eq!(changes(&rules, &Weather::always(Fail)), [(40, 'u')]);
    }

    #[test]
    fn hlc_5_a_pass_in_between_begins_anew() {
        let weather = weather(&[(0, Fail), (30, Pass), (40, Fail)]);
        assert_eq!(changes(&every(10, CONTAINER), &weather), [(30, 'h'), (60, 'u')]);
    }

    #[test]
    fn hlc_6_the_first_pass_ends_the_start_period() {
        let rules = ProbeRules { forgiven_until: Time::from_secs(300), ..CONTAINER };
        let weather = weather(&[(31, Fail)]);
        assert_eq!(changes(&rules, &weather), [(30, 'h'), (120, 'u')]);
    }

    #[test]
    fn hlc_7_one_retry() {
        let rules = ProbeRules { failures: 1, ..CONTAINER };
        assert_eq!(changes(&rules, &Weather::always(Fail)), [(30, 'u')]);
    }

    #[test]
    fn hlc_8_an_unhealthy_container_recovers_with_one_pass() {
        assert_eq!(changes(&CONTAINER, &up_at(91)), [(90, 'u'), (120, 'h')]);
    }

    #[test]
    fn lbh_1_one_success_makes_a_new_target_healthy() {
        assert_eq!(changes(&TARGET, &Weather::always(Pass)), [(30, 'h')]);
    }

    #[test]
    fn lbh_2_a_target_that_hangs_from_100_on() {
        assert_eq!(changes(&TARGET, &weather(&[(100, Hang)])), [(30, 'h'), (155, 't')]);
    }

    #[test]
    fn lbh_3_and_4_wrong_codes_and_five_passes_to_recover() {
        let weather = weather(&[(100, ProbeResult::Code(500)), (160, Pass)]);
        assert_eq!(changes(&TARGET, &weather), [(30, 'h'), (150, 'c'), (300, 'h')]);
    }

    #[test]
    fn lbh_5_to_8_an_app_that_is_up_after_50() {
        let rules = every(10, TARGET);
        assert_eq!(changes(&rules, &up_at(50)), [(20, 'u'), (90, 'h')]);
        let rules = ProbeRules { passes_to_recover: 2, ..rules };
        assert_eq!(changes(&rules, &up_at(50)), [(20, 'u'), (60, 'h')]);
    }

    #[test]
    fn lbh_9_two_failures_of_three_then_healthy() {
        let rules = ProbeRules { failures: 3, ..every(10, TARGET) };
        assert_eq!(changes(&rules, &up_at(25)), [(30, 'h')]);
    }

    #[test]
    fn a_new_target_may_need_the_whole_threshold() {
        let rules = ProbeRules { passes_when_new: 5, ..TARGET };
        assert_eq!(changes(&rules, &Weather::always(Pass)), [(150, 'h')]);
    }

    #[test]
    fn an_unhealthy_target_tells_that_it_fails_in_another_way() {
        let weather =
            weather(&[(0, ProbeResult::Code(500)), (100, Hang), (200, Fail), (310, Pass)]);
        let told = [(60, 'c'), (125, 't'), (210, 'u'), (450, 'h')];
        assert_eq!(changes(&TARGET, &weather), told);
        let container = ProbeRules { failures: 2, passes_to_recover: 5, ..CONTAINER };
        let container = ProbeRules { from_end: false, ..container };
        assert_eq!(changes(&container, &weather), [(60, 'c'), (450, 'h')], "nobody is told");
    }

    #[test]
    fn a_probe_that_hangs_stays_hanging_when_the_weather_changes() {
        let rules = ProbeRules { failures: 1, ..CONTAINER };
        let mut prober = Prober::begun_at(Time::ZERO, &rules);
        prober.catch_up(Time::from_secs(32), &rules, &Weather::always(Hang));
        let (at, then) = prober.next_change(&rules, &Weather::always(Pass)).expect("it fails");
        assert_eq!((at, then.verdict), (Time::from_secs(35), Verdict::Unhealthy));
        let (at, _) = then.next_change(&rules, &Weather::always(Pass)).expect("it recovers");
        assert_eq!(at, Time::from_secs(65));
    }

    #[test]
    fn probes_of_long_ago_keep_their_phase() {
        let begun = Time::from_secs(-86_400);
        let prober = Prober::settled(begun, Verdict::Healthy, &CONTAINER, Time::from_secs(1));
        let (at, _) = prober.next_change(&CONTAINER, &Weather::always(Fail)).expect("it fails");
        assert_eq!(at, Time::from_secs(90), "failures at 30, 60 and 90");
    }

    /// A verdict, and how an unhealthy subject fails if that is told.
    fn told(prober: &Prober, rules: &ProbeRules) -> (Verdict, Option<ProbeResult>) {
        let is_told = rules.tells_failures && prober.verdict == Verdict::Unhealthy;
        (prober.verdict, is_told.then_some(prober.failure))
    }

    type Told = (Time, (Verdict, Option<ProbeResult>));

    /// Every probe one by one: the obvious way.
    fn slowly(rules: &ProbeRules, weather: &Weather, until: Time) -> Vec<Told> {
        let mut prober = Prober::begun_at(Time::ZERO, rules);
        let mut changes = Vec::new();
        while prober.next <= until {
            let before = told(&prober, rules);
            let end = prober.probe(weather.at(prober.next), rules);
            if told(&prober, rules) != before {
                changes.push((end, told(&prober, rules)));
            }
        }
        changes
    }

    fn result() -> impl Strategy<Value = ProbeResult> {
        prop_oneof![Just(Pass), Just(Fail), Just(Hang), Just(ProbeResult::Code(503))]
    }

    proptest! {
        #[test]
        fn skipping_probes_tells_the_same_story(
            mut changes in prop::collection::vec((0_i64..2_000, result()), 0..6),
            fails_until in -10_i64..500,
            failures in 1_u32..5,
            passes_to_recover in 1_u32..5,
            forgiven in 0_i64..200,
            from_end: bool,
            tells_failures: bool,
            change_at in 0_i64..2_000,
        ) {
            changes.sort_by_key(|&(at, _)| at);
            let mut weather = weather(&changes);
            weather.fails_until = Time::from_secs(fails_until);
            let forgiven_until = Time::from_secs(forgiven);
            let rules = ProbeRules {
                failures,
                passes_to_recover,
                forgiven_until,
                from_end,
                tells_failures,
                ..every(10, CONTAINER)
            };
            let until = Time::from_secs(3_000);
            let mut fast = Vec::new();
            let mut prober = Prober::begun_at(Time::ZERO, &rules);
            let mut caught_up = false;
            while let Some((at, then)) = prober.next_change(&rules, &weather) {
                if !caught_up && at > Time::from_secs(change_at) {
                    caught_up = true;
                    prober.catch_up(Time::from_secs(change_at), &rules, &weather);
                    continue;
                }
                fast.push((at, told(&then, &rules)));
                prober = then;
            }
            prop_assert_eq!(fast, slowly(&rules, &weather, until));
        }
    }
}
