//! The engine's side of the wire, as a page would use it.

use super::*;
use crate::presets::PRESETS;
use crate::worker::protocol::{SeriesPoint, Speed, Why};

fn preset(id: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/presets");
    std::fs::read_to_string(format!("{folder}/{id}.yaml")).expect("the preset is there")
}

/// A page that draws each frame at once.
struct Page {
    reactor: Reactor,
    frames: Vec<Frame>,
    problems: Vec<String>,
    /// What was said of tasks without being asked.
    told: Vec<Why>,
}

impl Page {
    fn open(text: String) -> Self {
        let reactor = Reactor::new(1e9, || 0.0);
        let mut page = Self { reactor, frames: Vec::new(), problems: Vec::new(), told: Vec::new() };
        page.say(ToEngine::Load { text });
        page
    }

    fn say(&mut self, order: ToEngine) {
        let mut answers = self.reactor.order(order);
        while !answers.is_empty() {
            for answer in std::mem::take(&mut answers) {
                match answer {
                    FromEngine::Frame(frame) => {
                        self.frames.push(*frame);
                        answers.extend(self.reactor.order(ToEngine::Shown));
                    }
                    FromEngine::Problem(message) => self.problems.push(message),
                    FromEngine::Why(why) => self.told.push(*why),
                    _ => {}
                }
            }
        }
    }

    fn last(&self) -> &Frame {
        self.frames.last().expect("a frame was sent")
    }

    fn play_to_the_end(&mut self) {
        self.say(ToEngine::Speed { speed: Speed::Max });
        self.say(ToEngine::Play);
        while let Some(FromEngine::Frame(frame)) = self.reactor.turn() {
            self.frames.push(*frame);
            self.say(ToEngine::Shown);
        }
    }
}

#[test]
fn a_jump_over_a_whole_life_still_tells_the_name() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Seek { ms: 480_000 });
    page.say(ToEngine::Seek { ms: 120_000 });
    let named: Vec<u32> = page.frames.iter().flat_map(|f| &f.names).map(|(key, _)| *key).collect();
    let nameless = page.last().tasks.iter().find(|task| !named.contains(&task.key));
    assert!(nameless.is_none(), "{nameless:?}");
}

#[test]
fn a_placement_is_explained_with_a_reason_for_every_instance() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Seek { ms: 480_000 });
    let newest = page.last().tasks.last().copied().expect("there are tasks");
    let answers = page.reactor.order(ToEngine::Why { key: newest.key });
    let [FromEngine::Why(why)] = answers.as_slice() else { panic!("{answers:?}") };
    let chosen: Vec<&str> =
        why.rows.iter().filter(|row| row.chosen).map(|row| row.name.as_str()).collect();
    let host = page.frames.iter().rev().find_map(|frame| frame.hosts.as_ref());
    let host = &host.expect("instances were sent")[newest.host.expect("on one") as usize];
    assert_eq!(chosen, [host.id.as_str()]);
    assert!(why.rows.iter().all(|row| !row.verdict.is_empty()));
    let tied = why.rows.iter().filter(|row| row.verdict.starts_with("as good")).count();
    assert_eq!(why.stages.last().map(|stage| stage.left as usize), Some(1 + tied));
    assert_eq!(page.reactor.order(ToEngine::Why { key: 1_000_000 }), []);
}

#[test]
fn what_a_task_waits_for_is_told_moment_by_moment() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Seek { ms: 6_000 });
    let key = page.last().tasks.last().expect("there are tasks").key;
    let answers = page.reactor.order(ToEngine::Why { key });
    let [FromEngine::Why(first)] = answers.as_slice() else { panic!("{answers:?}") };
    let first = (**first).clone();
    let shown = |page: &Page| page.told.last().unwrap_or(&first).clone();
    assert!(first.waits.starts_with("It is P") && first.waits.contains(" waits for "), "{first:?}");
    let mut waits = vec![first.waits.clone()];
    for ms in (7_000..=60_000).step_by(1_000) {
        page.say(ToEngine::Seek { ms });
        let task = TaskId::new(key);
        let head = page.reactor.run.as_ref().expect("it runs").replay.head();
        let told = shown(&page);
        assert_eq!(told.waits.is_empty(), head.why_task_waits(task).is_none(), "{told:?}");
        assert_eq!((told.sentence, told.rows), (first.sentence.clone(), first.rows.clone()));
        waits.push(told.waits);
    }
    waits.dedup();
    assert!(waits.len() >= 3 && waits.last().is_some_and(String::is_empty), "{waits:?}");
    page.say(ToEngine::Seek { ms: 6_000 });
    assert_eq!(shown(&page), first, "on the way back it is said again");
    assert_eq!(page.told.len(), waits.len(), "it is said when it changes, and only then");
}

#[test]
fn edits_are_taken_back_and_made_again() {
    let mut page = Page::open(preset("six-services"));
    let start = page.reactor.run.as_ref().expect("it runs").document.clone();
    let edits = [
        "{\"updateService\":{\"service\":\"web\",\"desiredCount\":9}}",
        "{\"terminateInstance\":{\"instance\":\"i-1\"}}",
        "{\"updateService\":{\"service\":\"api\",\"desiredCount\":3}}",
    ];
    for (ms, entry) in (1..).zip(edits) {
        page.say(ToEngine::Seek { ms: ms * 20_000 });
        page.say(ToEngine::Edit { entry: entry.to_owned() });
    }
    page.say(ToEngine::Seek { ms: 480_000 });
    let end = page.last().digest.clone();
    for _ in edits {
        page.say(ToEngine::Undo);
    }
    assert_eq!(page.reactor.run.as_ref().expect("it runs").document, start);
    assert_eq!(page.reactor.order(ToEngine::Undo), []);
    for _ in edits {
        page.say(ToEngine::Redo);
    }
    page.say(ToEngine::Seek { ms: 480_000 });
    assert_eq!(page.last().digest, end);
}

#[test]
fn what_the_full_module_computes_is_what_a_plain_run_does() {
    let file = "../scenarios/spec/03-W133-stop-a-deployment.yaml";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).expect("the example is there");
    assert!(text.contains("${"), "it computes nothing");
    let mut page = Page::open(text.clone());
    page.say(ToEngine::Seek { ms: u64::MAX });
    assert_eq!(page.last().digest, digest_of_a_run(&text));
}

fn digest_of_a_run(text: &str) -> String {
    let scenario = Scenario::read(text.as_bytes(), &Limits::default()).expect("valid");
    let plan = scenario.plan().expect("has a plan");
    let mut run = Simulation::new(&plan).expect("begins");
    run.run();
    run.digest().to_string()
}

#[test]
fn every_preset_played_to_the_end_has_the_digest_of_a_plain_run() {
    for preset_of in PRESETS {
        let text = preset(preset_of.id);
        let mut page = Page::open(text.clone());
        assert_eq!(page.problems, [""; 0], "{}", preset_of.id);
        page.play_to_the_end();
        assert_eq!(page.last().digest, digest_of_a_run(&text), "{}", preset_of.id);
    }
}

#[test]
fn going_back_shows_what_was_there() {
    let mut page = Page::open(preset("six-services"));
    let mut seen = Vec::new();
    for seconds in [10, 70, 200, 400] {
        page.say(ToEngine::Seek { ms: seconds * 1000 });
        seen.push((seconds, page.last().tasks.clone(), page.last().digest.clone()));
    }
    for (seconds, tasks, digest) in seen.into_iter().rev() {
        page.say(ToEngine::Seek { ms: seconds * 1000 });
        assert_eq!((&page.last().tasks, &page.last().digest), (&tasks, &digest));
    }
}

#[test]
fn the_log_is_told_once_however_often_it_is_seen() {
    let mut page = Page::open(preset("six-services"));
    for ms in [300_000, 0, 300_000, 100_000] {
        page.say(ToEngine::Seek { ms });
    }
    let times: Vec<u64> =
        page.frames.iter().flat_map(|frame| &frame.log).map(|line| line.at_ms).collect();
    assert!(times.is_sorted());
    assert!(times.len() > 20);
}

#[test]
fn an_edit_changes_the_future_and_the_document() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Seek { ms: 400_000 });
    page.say(ToEngine::Seek { ms: 100_000 });
    let entry = r#"{"updateService":{"service":"mail","desiredCount":3}}"#.to_owned();
    page.say(ToEngine::Edit { entry });
    assert_eq!(page.problems, [""; 0]);
    let mail = |page: &Page| page.last().services[5].desired;
    assert_eq!((mail(&page), page.last().fresh), (3, true));
    page.say(ToEngine::Seek { ms: 99_000 });
    assert_eq!(mail(&page), 7);
    page.say(ToEngine::Seek { ms: 200_000 });
    assert_eq!(mail(&page), 3);
}

#[test]
fn a_bad_edit_and_a_bad_document_are_refused_and_change_nothing() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Seek { ms: 100_000 });
    let before = page.last().clone();
    for entry in ["{", "{\"fly\":{}}", "{\"updateService\":{\"service\":7}}"] {
        page.say(ToEngine::Edit { entry: entry.to_owned() });
    }
    page.say(ToEngine::Load { text: "version: 2".to_owned() });
    assert_eq!(page.problems.len(), 4, "{:?}", page.problems);
    page.say(ToEngine::Pause);
    assert_eq!(page.last().digest, before.digest);
}

#[test]
fn a_rollout_that_fits_nowhere_says_what_is_missing() {
    let mut page = Page::open(preset("surge-needs-room"));
    page.say(ToEngine::Seek { ms: 120_000 });
    let waiting = &page.last().waiting[0];
    assert_eq!(waiting.reason, "no instance has 3,500 MiB left in one place.");
    let sentence = &page.last().services[0].sentence;
    assert!(sentence.contains("4 at least and 8 at most"), "{sentence}");
}

#[test]
fn steps_stop_at_decisions() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Step { by: StepBy::Decision, back: false });
    let first = page.last().now_ms;
    page.say(ToEngine::Step { by: StepBy::Decision, back: false });
    assert!(first >= 5_000 && page.last().now_ms > first);
    page.say(ToEngine::Step { by: StepBy::Decision, back: true });
    assert_eq!(page.last().now_ms, first);
}

/// A clock that goes on by a fifth of a second whenever it is looked at.
fn ticking() -> f64 {
    use std::cell::Cell;
    thread_local!(static WALL: Cell<f64> = const { Cell::new(0.0) });
    WALL.with(|wall| {
        wall.set(wall.get() + 200.0);
        wall.get()
    })
}

fn deploy(definition: &str) -> String {
    let call = serde_json::json!({ "service": "web", "taskDefinition": definition });
    serde_json::json!({ "updateService": call }).to_string()
}

#[test]
fn the_newest_question_is_foretold_and_nothing_is_done() {
    let mut page = Page::open(preset("six-services"));
    page.reactor.wall = ticking;
    page.say(ToEngine::Seek { ms: 0 });
    let digest = page.last().digest.clone();
    for (question, definition) in [(1, "web:7"), (2, "web:2")] {
        let entry = deploy(definition);
        page.say(ToEngine::Foretell(Box::new(Ahead { question, entry, beside: None })));
    }
    let Some(FromEngine::Foretold(told)) = page.reactor.turn() else { panic!("no answer") };
    assert_eq!((told.question, told.refused.as_str()), (2, ""));
    let outlook = told.outlook.expect("it starts a deployment");
    assert_eq!((outlook.peak, outlook.lowest, outlook.floor, outlook.ceiling), (12, 8, 8, 12));
    assert!(outlook.duration_ms.is_some() && outlook.stuck.is_empty());
    assert_eq!(page.reactor.turn(), None);
    page.say(ToEngine::Seek { ms: 0 });
    assert_eq!(page.last().digest, digest);
}

#[test]
fn what_would_be_refused_is_foretold_with_the_exception() {
    let mut page = Page::open(preset("six-services"));
    page.reactor.wall = ticking;
    let call = serde_json::json!({ "updateService": { "service": "web", "desiredCount": -1 } });
    let ahead = Ahead { question: 1, entry: call.to_string(), beside: None };
    page.say(ToEngine::Foretell(Box::new(ahead)));
    let Some(FromEngine::Foretold(told)) = page.reactor.turn() else { panic!("no answer") };
    assert!(told.refused.contains("InvalidParameterException"), "{told:?}");
    assert_eq!(told.outlook, None);
}

#[test]
fn what_cannot_move_is_compared_at_the_pace_it_would_have() {
    let mut page = Page::open(preset("surge-needs-room"));
    page.reactor.wall = ticking;
    let beside = Some(("25%".to_owned(), "25%".to_owned()));
    let ahead = Ahead { question: 1, entry: deploy("web:2"), beside };
    page.say(ToEngine::Foretell(Box::new(ahead)));
    let Some(FromEngine::Foretold(told)) = page.reactor.turn() else { panic!("no answer") };
    let outlook = told.outlook.expect("it starts a deployment");
    assert!(outlook.duration_ms.is_none() && !outlook.stuck.is_empty(), "{outlook:?}");
    let beside = outlook.beside.expect("it was asked for");
    assert!(beside.duration_ms.is_some() && beside.kubernetes.len() > 1, "{beside:?}");
    assert!(beside.ecs.iter().all(|moment| moment.started == 0 && moment.stopped == 0));
}

#[test]
fn a_canary_tells_its_stages_its_hook_and_its_shares() {
    use crate::worker::protocol::Happening;
    let mut page = Page::open(preset("ten-percent-first"));
    page.say(ToEngine::Seek { ms: 160_000 });
    let web = &page.last().services[0];
    assert_eq!(web.stage.as_deref(), Some("PRODUCTION_TRAFFIC_SHIFT"));
    assert!(web.sentence.contains("has 10% of the traffic; more follows in 1 m 40 s"));
    let points = page.frames.iter().flat_map(|frame| &frame.series);
    let shares = points.last().map(|point| point.shares.clone());
    assert_eq!(shares.as_deref(), Some(&[(0, 90_000), (1, 10_000)][..]));
    page.say(ToEngine::Seek { ms: 960_000 });
    assert_eq!(page.last().services[0].stage, None);
    let told: Vec<&Happening> =
        page.frames.iter().flat_map(|frame| &frame.milestones).map(|it| &it.what).collect();
    let hooks = told.iter().filter(|it| {
        matches!(it, Happening::Hook { name, status, .. }
            if name == "smoke-test" && status == "SUCCEEDED")
    });
    assert_eq!(hooks.count(), 2);
    let ends: Vec<_> = told
        .iter()
        .filter_map(
            |it| if let Happening::Over(status) = it { Some(status.as_str()) } else { None },
        )
        .collect();
    assert_eq!(ends, ["SUCCESSFUL", "ROLLBACK_SUCCESSFUL"]);
    let back = told.iter().any(|it| matches!(it, Happening::Stage { back: true, .. }));
    assert!(back, "nothing goes back");
}

#[test]
fn a_suggested_change_is_tried_and_gives_the_answer_it_names() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Seek { ms: 480_000 });
    let digest = page.last().digest.clone();
    let key = page.last().tasks.last().expect("there are tasks").key;
    let answers = page.reactor.order(ToEngine::Why { key });
    let [FromEngine::Why(why)] = answers.as_slice() else { panic!("{answers:?}") };
    assert!(!why.changes.is_empty());
    for (change, words) in (0..).zip(&why.changes) {
        let answers = page.reactor.order(ToEngine::Try { key, change });
        let [FromEngine::Tried(tried, why)] = answers.as_slice() else { panic!("{answers:?}") };
        assert_eq!(*tried, change);
        let what = words.rsplit_once(": ").expect("a change names its answer").0;
        assert!(why.sentence.starts_with(&format!("With {what}: ")), "{}", why.sentence);
    }
    assert_eq!(page.reactor.order(ToEngine::Try { key, change: 99 }), []);
    page.say(ToEngine::Seek { ms: 480_000 });
    assert_eq!(page.last().digest, digest);
}

/// Every suggestion for the newest tasks of a run, as the page tells it when it is tried.
fn trials(page: &mut Page, tasks: usize) -> Vec<(u32, u32, Why)> {
    let keys: Vec<u32> = page.last().tasks.iter().rev().take(tasks).map(|task| task.key).collect();
    let mut trials = Vec::new();
    for key in keys {
        let answers = page.reactor.order(ToEngine::Why { key });
        let [FromEngine::Why(why)] = answers.as_slice() else { panic!("{answers:?}") };
        for change in 0..why.changes.len() as u32 {
            let answers = page.reactor.order(ToEngine::Try { key, change });
            let [FromEngine::Tried(_, why)] = answers.as_slice() else { panic!("{answers:?}") };
            trials.push((key, change, (**why).clone()));
        }
    }
    trials
}

fn chosen(why: &Why) -> Option<&str> {
    why.rows.iter().find(|row| row.chosen).map(|row| row.name.as_str())
}

/// Whether a task of the same instant, decided about before this one, has the instance.
fn is_taken(page: &Page, instance: &str, key: u32) -> bool {
    let hosts = page.frames.iter().rev().find_map(|frame| frame.hosts.as_ref());
    let hosts = hosts.expect("instances were sent");
    let now = i64::try_from(page.last().now_ms).expect("a time");
    let earlier = page.last().tasks.iter().filter(|it| it.key < key && it.created_ms == now);
    let mut places = earlier.filter_map(|task| task.host);
    places.any(|host| hosts[host as usize].id == instance)
}

#[test]
fn what_was_tried_is_applied_and_comes_true() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Seek { ms: 480_000 });
    let start = page.reactor.run.as_ref().expect("it runs").document.clone();
    let (mut exact, mut edited) = (0, 0);
    for (key, change, tried) in trials(&mut page, 8) {
        if !tried.applies {
            let why = "cannot start steady";
            assert!(tried.edit.contains(why), "{}: {}", tried.sentence, tried.edit);
            continue;
        }
        page.say(ToEngine::Apply { key, change });
        assert_eq!(page.problems, Vec::<String>::new(), "{}", tried.edit);
        let run = page.reactor.run.as_ref().expect("it runs");
        assert_ne!(run.document, start, "{}", tried.edit);
        // What holds from the start makes another run; what is done at the decision flips it.
        if tried.edit.contains("from the start") {
            edited += 1;
        } else {
            let answers = page.reactor.order(ToEngine::Why { key });
            let [FromEngine::Why(why)] = answers.as_slice() else { panic!("{}", tried.edit) };
            let wanted = chosen(&tried).expect("it has a place");
            let flipped = chosen(why) == Some(wanted) || is_taken(&page, wanted, key);
            assert!(flipped, "{}: {:?}, not {wanted}", tried.edit, chosen(why));
            assert_eq!(Some(page.last().now_ms), why.at_ms, "the reader stands at the decision");
            exact += 1;
        }
        page.say(ToEngine::Undo);
        assert_eq!(page.reactor.run.as_ref().expect("it runs").document, start);
        page.say(ToEngine::Seek { ms: 480_000 });
    }
    assert!(exact >= 3 && edited >= 3, "{exact} at the decision, {edited} from the start");
}

#[test]
fn a_change_that_nobody_suggested_is_not_applied() {
    let mut page = Page::open(preset("six-services"));
    page.say(ToEngine::Seek { ms: 480_000 });
    let start = page.reactor.run.as_ref().expect("it runs").document.clone();
    let key = page.last().tasks.last().expect("there are tasks").key;
    page.say(ToEngine::Apply { key, change: 99 });
    page.say(ToEngine::Apply { key: 1_000_000, change: 0 });
    assert_eq!(page.problems.len(), 2, "{:?}", page.problems);
    assert_eq!(page.reactor.run.as_ref().expect("it runs").document, start);
}

#[test]
fn code_deploy_tells_its_steps_and_who_has_which_traffic() {
    let file = "../scenarios/spec/03-W112-codedeploy-stopped-canary.yaml";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).expect("the example is there");
    let mut page = Page::open(text);
    let say = |page: &mut Page, ms: u64| {
        page.say(ToEngine::Seek { ms });
        page.last().services[0].sentence.clone()
    };
    let at_first = say(&mut page, 35_000);
    assert!(at_first.starts_with("web starts r2 beside r1: "), "{at_first}");
    let canary = say(&mut page, 160_000);
    assert_eq!(canary, "web r2 has 10% of the traffic; more follows in 3 m 00 s.");
    let back = say(&mut page, 230_000);
    assert!(back.starts_with("web goes back to r1: The deployment was stopped"), "{back}");
    page.say(ToEngine::Seek { ms: u64::MAX });
    let mut points: Vec<_> = page.frames.iter().flat_map(|frame| &frame.series).collect();
    points
        .dedup_by(|point, before| (&point.shares, &point.tests) == (&before.shares, &before.tests));
    let told = |point: &&SeriesPoint| {
        format!("{}: {:?}, test {:?}", point.at_ms, point.shares, point.tests)
    };
    let seen: Vec<String> = points.iter().map(told).collect();
    let wanted = [
        "0: [(0, 100000)], test [(0, 100000)]",
        "40000: [(0, 90000), (1, 10000)], test [(1, 100000)]",
        "220000: [(0, 100000)], test [(0, 100000)]",
    ];
    assert_eq!(seen, wanted);
    let milestones = page.frames.iter().flat_map(|frame| &frame.milestones);
    let words: Vec<String> = milestones.map(|it| format!("{} {:?}", it.at_ms, it.what)).collect();
    let words = words.join("\n");
    for part in ["40000 Stage { name: \"AllowTraffic\", back: false", "220000 Over(\"Stopped\")"] {
        assert!(words.contains(part), "{part} is not told:\n{words}");
    }
    assert!(words.contains("name: \"AllowTraffic\", back: true"), "{words}");
    assert!(words.ends_with("260000 Over(\"Succeeded\")"), "{words}");
}
