//! Which runs a sweep has, and what a row says.

use super::*;
use crate::document::{Limits, parse};

const WEB: &str = "
version: 1
name: web
start: steady
until: 10m
cluster: { instances: [{ id: i, count: 4, cpu: 4096, memory: 8192 }] }
taskDefinitions:
  - { family: web, containerDefinitions: [{ name: app, image: web, cpu: 256, memory: 512 }] }
  - { family: web, containerDefinitions: [{ name: app, image: web, cpu: 256, memory: 512 }] }
services: [{ serviceName: web, taskDefinition: 'web:1', desiredCount: 4 }]
timeline: [{ at: 1m, updateService: { service: web, taskDefinition: 'web:2' } }]
expect: [{ finally: \"services.web.primary.rolloutState == 'COMPLETED'\" }]
";

fn sweep(settings: &[&str], seeds: &str, measures: &[&str]) -> Result<Sweep, DocumentError> {
    let document = parse(WEB.as_bytes(), &Limits::default())?;
    let settings = settings.iter().map(|it| Setting::read(it)).collect::<Result<_, _>>()?;
    let measures = measures.iter().map(|it| Measure::read(it)).collect::<Result<_, _>>()?;
    Sweep::new(document, settings, Seeds::read(seeds)?, measures)
}

fn refusal(settings: &[&str], seeds: &str, measures: &[&str]) -> String {
    sweep(settings, seeds, measures).expect_err("it is refused").to_string()
}

/// A run's cells by the name of their column.
fn row(sweep: &Sweep, number: u64) -> impl Fn(&str) -> String + use<> {
    let cells = sweep.run(number, &mut Workplace::default()).expect("it runs");
    let columns = sweep.columns();
    assert_eq!(cells.len(), columns.len());
    move |name| {
        let at = columns.iter().position(|column| column.name == name);
        cells[at.unwrap_or_else(|| panic!("there is no column {name}"))].to_string()
    }
}

#[test]
fn the_first_setting_changes_slowest_and_the_seed_fastest() {
    let settings = ["services[web].desiredCount=2,4", "until=5m,10m"];
    let sweep = sweep(&settings, "7..9", &[]).expect("fits");
    assert_eq!(sweep.runs(), 12);
    let told = |number: u64| {
        sweep.identity(number).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let all: Vec<String> = [0, 2, 3, 5, 6, 11].map(told).to_vec();
    assert_eq!(all, ["0 2 5m 7", "2 2 5m 9", "3 2 10m 7", "5 2 10m 9", "6 4 5m 7", "11 4 10m 9"]);
}

#[test]
fn a_row_says_what_became_of_the_run() {
    let measures = ["peak=maxOf('services.web.occupyingCount')", "all=services.web.runningCount"];
    let sweep = sweep(&["services[0].desiredCount=4,6"], "1", &measures).expect("fits");
    let of = row(&sweep, 1);
    let expected = [
        ("services[0].desiredCount", "6"),
        ("seed", "1"),
        ("passed", "true"),
        ("failedExpectations", "0"),
        ("placements", "6"),
        ("placementFailures", "0"),
        ("stops", "6"),
        ("peakTasks", "12"),
        ("tasksAtEnd", "6"),
        ("waitingAtEnd", "0"),
        ("deploymentsCompleted", "1"),
        ("deploymentsFailed", "0"),
        ("peak", "12"),
        ("all", "6"),
    ];
    for (name, value) in expected {
        assert_eq!(of(name), value, "{name}");
    }
    assert_eq!(of("digest").len(), 16);
}

#[test]
fn a_run_is_what_the_scenario_with_its_values_written_in_is() {
    let swept = row(&sweep(&["services[web].desiredCount=5"], "3", &[]).expect("fits"), 0);
    let written = WEB
        .replace("desiredCount: 4", "desiredCount: 5")
        .replace("name: web\n", "name: web\nseed: 3\n");
    let scenario = Scenario::read(written.as_bytes(), &Limits::default()).expect("valid");
    let plan = scenario.plan().expect("fits");
    let outcome = Trial::new(&scenario, &plan, false).expect("compiles").finish();
    assert_eq!(swept("digest"), format!("{:016x}", outcome.digest));
}

#[test]
fn a_run_does_not_depend_on_the_runs_before_it() {
    let sweep = sweep(&["services[web].desiredCount=2,3"], "1..2", &[]).expect("fits");
    let mut workplace = Workplace::default();
    let one_after_the_other: Vec<_> =
        (0..4).map(|number| sweep.run(number, &mut workplace).expect("it runs")).collect();
    for number in [3, 0, 2, 1] {
        let alone = sweep.run(number, &mut Workplace::default()).expect("it runs");
        assert_eq!(alone, one_after_the_other[number as usize]);
    }
}

#[test]
fn a_setting_may_add_a_key_and_name_what_it_means() {
    let settings = [
        "services[web].deploymentConfiguration.minimumHealthyPercent=0,100",
        "taskDefinitions[web].containerDefinitions[app].cpu=128,512",
        "services[web].placementStrategy=[],[{ type: spread, field: 'attribute:a,b' }]",
    ];
    let sweep = sweep(&settings, "1", &[]).expect("fits");
    assert_eq!(sweep.runs(), 8);
    assert_eq!(
        sweep.identity(7)[3].to_string(),
        "[{\"type\":\"spread\",\"field\":\"attribute:a,b\"}]"
    );
}

#[test]
fn what_does_not_fit_is_refused_before_the_first_run_with_its_place() {
    let told = [
        (refusal(&["services[web].desiredCount"], "1", &[]), "it has no `=`"),
        (refusal(&["services..x=1"], "1", &[]), "`services..x` is no path into a scenario"),
        (refusal(&["services[api].desiredCount=1"], "1", &[]), "called `api`; there are: web"),
        (refusal(&["services[3].desiredCount=1"], "1", &[]), "a list of 1 has no [3]"),
        (refusal(&["services[web].wishes=1"], "1", &[]), "wishes"),
        (refusal(&["services[web].desiredCount=1,many"], "1", &[]), "desiredCount"),
        (refusal(&["name.x=1"], "1", &[]), "what stands there has no `x`"),
        (refusal(&["until="], "1", &[]), "is given no value"),
        (refusal(&["seed=1,2"], "1", &[]), "Give them with --seeds"),
        (refusal(&["until=1m", "until=2m"], "1", &[]), "two columns called `until`"),
        (refusal(&[], "9..1", &[]), "no range of seeds"),
        (refusal(&[], "1..2000000000", &[]), "more than the maximum"),
        (refusal(&[], "1", &["x"]), "`x` is no measure"),
        (refusal(&[], "1", &["x=nothing()"]), "the measure `x`"),
        (refusal(&[], "1", &["seed=1"]), "two columns called `seed`"),
    ];
    for (told, expected) in told {
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_measure_that_cannot_be_taken_names_the_run() {
    let measure = ["x=services.web.deployments[3].runningCount"];
    let sweep = sweep(&["until=1m"], "5", &measure).expect("fits");
    let told = sweep.run(0, &mut Workplace::default()).expect_err("there is no such deployment");
    let told = told.to_string();
    assert!(
        told.contains("the measure `x`: ") && told.contains("(run 0, until 1m, seed 5)"),
        "{told}"
    );
}

#[test]
fn parts_share_no_run_and_together_are_the_whole() {
    for (runs, count) in [(0, 3), (1, 1), (10, 3), (10, 8), (3, 8), (1_000_000_000, 7)] {
        let parts = (1..=count).map(|index| Shard::new(index, count).expect("there is").of(runs));
        let mut next = 0;
        for part in parts {
            assert_eq!(part.start, next);
            assert!(part.end - part.start <= runs / count + 1);
            next = part.end;
        }
        assert_eq!(next, runs);
    }
}

#[test]
fn what_is_no_part_is_refused() {
    assert_eq!(Shard::read("2/8").map(|it| it.to_string()).as_deref(), Ok("2/8"));
    for text in ["0/8", "9/8", "1", "1/0", "a/b", "", "-1/2"] {
        let told = Shard::read(text).expect_err("it is refused").to_string();
        assert!(told.contains("no part of a sweep"), "{told}");
    }
}

#[test]
fn a_cell_is_read_back_as_it_was_written() {
    let cells = [
        (Kind::Text, Cell::Text("a, \"b\"".into())),
        (Kind::Whole, Cell::Whole(u64::MAX)),
        (Kind::Number, Cell::Number(Some(0.1 + 0.2))),
        (Kind::Number, Cell::Number(None)),
        (Kind::Flag, Cell::Flag(true)),
    ];
    for (kind, cell) in cells {
        assert_eq!(kind.read(&cell.to_string()), Some(cell));
    }
    assert_eq!(Kind::Whole.read("1.5"), None);
    assert_eq!(Kind::Number.read("NaN"), None);
}
