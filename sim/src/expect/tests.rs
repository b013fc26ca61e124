//! Expressions over a service of three tasks, and the quantifiers over its run.

use serde_json::{Value, json};
use stowplan_engine::model::Time;

use super::budget::Budget;
use super::*;
use crate::bed::Bed;
use crate::view::Moment;

fn sight<'a>(moment: Moment<'a>, bed: &'a Bed) -> Sight<'a> {
    Sight { moment, series: &bed.series }
}

fn evaluate(bed: &Bed, expression: &str) -> Result<Value, String> {
    let program = Program::compile(expression).map_err(|error| error.to_string())?;
    bed.look(|moment| program.value(&sight(moment, bed))).map_err(|error| error.to_string())
}

#[track_caller]
fn check(bed: &Bed, expression: &str, expected: Value) {
    assert_eq!(evaluate(bed, expression), Ok(expected), "{expression}");
}

fn settled() -> Bed {
    let mut bed = Bed::web_service(3);
    bed.run_until(120);
    bed
}

#[test]
fn numbers_compare_across_kinds_and_lists_by_element() {
    let bed = settled();
    check(&bed, "30 == 30.0", json!(true));
    check(&bed, "tasks[0].createdAt == 0", json!(true));
    check(&bed, "tasks.map(t, t.createdAt) == [0, 0, 0]", json!(true));
    check(&bed, "[0, 0, 0] == tasks.map(t, t.createdAt)", json!(true));
    check(&bed, "120 in [now]", json!(true));
}

#[test]
fn the_functions_of_the_language_work_on_the_read_model() {
    let bed = settled();
    check(&bed, "size(tasks)", json!(3));
    check(&bed, "tasks.size() + size('web') + size({'a': 1})", json!(7));
    check(&bed, "services['web'].primary.taskDefinition.endsWith('/web:1')", json!(true));
    check(&bed, "services.web.events[0].message.contains('steady state')", json!(true));
    check(&bed, "services['web'].serviceArn.matches('^arn:aws:ecs:[a-z0-9-]+:')", json!(true));
    check(&bed, "tasks.filter(t, t.instance == 'i-2').map(t, t.service)", json!(["web"]));
    check(&bed, "tasks.exists_one(t, t.instance == 'i-2')", json!(true));
    check(&bed, "tasks.all(t, t.stoppedAt == null)", json!(true));
    check(&bed, "tasks[0].lastStatus == 'RUNNING' ? 'up' : 'down'", json!("up"));
    check(&bed, "['i-1', 'i-2'].map(i, instances[i].remaining.cpu)", json!([1792, 1792]));
    check(&bed, "22 in instances['i-1'].usedPorts.tcp", json!(true));
    check(&bed, "has(services.web) && !has(services.db)", json!(true));
    check(&bed, "string(int(now)) + ' s'", json!("120 s"));
    check(&bed, "services.exists(name, services[name].runningCount == 3)", json!(true));
    check(&bed, "tasks[0].container['app'].lastStatus", json!("RUNNING"));
}

#[test]
fn objects_equal_what_is_written_down_on_either_side() {
    let bed = settled();
    let zones = "{'us-east-1a': 1, 'us-east-1b': 1, 'us-east-1c': 1}";
    check(&bed, &format!("services['web'].tasksByZone == {zones}"), json!(true));
    check(&bed, &format!("{zones} == services['web'].tasksByZone"), json!(true));
    check(&bed, "services['web'].tasksByZone == {'us-east-1a': 3}", json!(false));
    check(&bed, "stops == [] && [] == stops && placements != []", json!(true));
    check(&bed, "tasks[0] == tasks[0] && tasks[0] != tasks[1]", json!(true));
}

#[test]
fn the_functions_of_the_format_answer() {
    let bed = settled();
    check(&bed, "trace('web')[0]", json!("0 start 3 web:1"));
    check(&bed, "maxOf('services.web.occupyingCount')", json!(3.0));
    check(&bed, "minOf('services.web.runningCount', 60, 120)", json!(3.0));
    check(&bed, "valueAt('services.web.desiredCount', 0)", json!(3.0));
    check(&bed, "integralOf('services.web.desiredCount', 0, 100) == 3 * 100", json!(true));
    check(&bed, "matching('attribute:ecs.availability-zone != us-east-1a')", json!(["i-2", "i-3"]));
    check(&bed, "near(0.333, 1.0 / 3.0, 0.001) && near(1, 2, 1)", json!(true));
    check(&bed, "[max([1, 3.5, 2]), min([4, 2])]", json!([3.5, 2]));
    check(&bed, "servicesStable('web')", json!(true));
    check(&bed, "fargateFit(512, 5000) == {'cpu': 1024, 'memory': 5120}", json!(true));
    check(&bed, "fargateFit(256, 2049) == {'cpu': 512, 'memory': 3072}", json!(true));
}

#[test]
fn what_cannot_be_compiled_is_said_at_load() {
    let error = |text: &str| Program::compile(text).expect_err(text).to_string();
    assert_eq!(error("sevices['web']"), "there is no name 'sevices'; did you mean 'services'?");
    assert_eq!(error("trase('web')"), "there is no function 'trase'; did you mean 'trace'?");
    assert_eq!(error("iam('r', 'a', 'b') == 'Allow'"), "the function 'iam' is not built yet");
    assert_eq!(error("near(1, 2)"), "'near' takes 3 arguments, not 2");
    assert_eq!(error("tasks.exists(t)"), "'exists' is written list.exists(x, expression)");
    assert!(error("1 +").starts_with("at character"), "{}", error("1 +"));
    assert!(error("").contains("character"), "{}", error(""));
    assert!(!error("@trace['web']").is_empty());
}

#[test]
fn what_comes_to_nothing_is_said_when_it_runs() {
    let bed = settled();
    let error = |text: &str| evaluate(&bed, text).expect_err(text);
    assert_eq!(
        error("services['web'].helthyCount"),
        "there is no 'helthyCount'; did you mean 'healthyCount'?"
    );
    assert_eq!(error("services['wep']"), "there is no 'wep'; did you mean 'web'?");
    assert_eq!(error("tasks[7].id"), "the list has no element 7");
    assert_eq!(error("tasks[0].stoppedAt + 1"), "'+' does not take (null, int)");
    assert_eq!(error("trace('db')"), "trace: there is no service 'db'");
    assert_eq!(
        error("valueAt('services.web.runningCount', 500)"),
        "valueAt: 500 s has not come yet"
    );
    assert_eq!(error("'a'.matches('(')").lines().next(), Some("matches: regex parse error:"));
    assert_eq!(error("max([])"), "max: the list is empty");
}

#[test]
fn hostile_expressions_end_soon_and_say_why() {
    let bed = settled();
    let evaluate = |text: &str| {
        let program = Program::compile(text).map_err(|error| error.to_string())?;
        let few = Budget::of(20_000);
        let result = |value: &dyn cel::common::value::Val| Ok(value.get_type().name().to_owned());
        let ended = bed.look(|m| program.evaluate_within(&sight(m, &bed), &few, result));
        ended.map_err(|error| error.to_string())
    };
    let refused = |text: &str| {
        let error = evaluate(text).expect_err("it must not come to an end");
        assert!(
            error.contains("too many steps")
                || error.contains("nests too deeply")
                || error.contains("longer than"),
            "{error}"
        );
    };
    let digits = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
    let loops = |macro_name: &str| {
        let open: String =
            "abcdefgh".chars().map(|name| format!("{digits}.{macro_name}({name}, ")).collect();
        format!("{open}1 == 2{}", ")".repeat(8))
    };
    refused(&loops("exists"));
    refused(&loops("exists_one"));
    refused(&loops("map"));
    // `all` ends at the first false, so it is asked for truth.
    refused(&loops("all").replace("1 == 2", "1 == 1"));
    refused(&format!("['x']{}.size()", ".map(s, s + s)".repeat(60)));
    refused(&format!("[[1]]{}.size()", ".map(s, [s, s, s, s])".repeat(40)));
    refused(&format!("[{{'a': 1}}]{}.size()", ".map(s, {'a': s, 'b': s})".repeat(60)));
    refused(&format!("{}1{}", "(".repeat(500), ")".repeat(500)));
    refused(&format!("{}1{}", "[".repeat(500), "]".repeat(500)));
    refused(&vec!["1"; 1500].join("+"));
    refused(&format!("true{}", " ? true : true".repeat(200)));
    refused(&format!("{}true", "!(".repeat(100)));
    refused(&"tasks.".repeat(1000));
    refused(&format!("{}true", "!".repeat(1000)));
    refused(&format!("{}1{}", "(1 + ".repeat(40), ")".repeat(40)));
    refused(&format!("{}1{}", "(".repeat(40), " + 1)".repeat(40)));
    let wide = vec!["tasks.all(t, t.revision == 1)"; 100].join(" && ");
    check(&bed, &wide, json!(true));
}

fn run(entries: Vec<Entry>, bed: &mut Bed, instants: &[i64]) -> Vec<Verdict> {
    let mut expectations = Expectations::compile(entries).expect("the entries compile");
    for &instant in instants {
        bed.run_until(instant);
        bed.look(|moment| expectations.look(&sight(moment, bed)));
    }
    bed.look(|moment| expectations.finish(&sight(moment, bed)));
    expectations.verdicts()
}

fn entry(form: Form, expression: &str) -> Entry {
    Entry { form, expression: expression.to_owned(), label: None }
}

const END: Time = Time::from_secs(120);

#[test]
fn the_quantifiers_hold_when_the_format_says_so() {
    let all = |expression| entry(Form::Always { from: Time::ZERO, to: END }, expression);
    let none = |expression| entry(Form::Never { from: Time::from_secs(60), to: END }, expression);
    let mut bed = Bed::web_service(3);
    let entries = vec![
        all("services['web'].desiredCount == 3"),
        all("services['web'].healthyCount == 3"),
        none("services['web'].healthyCount < 3"),
        none("services['web'].runningCount == 3"),
        entry(Form::Eventually { by: END }, "services['web'].healthyCount == 3"),
        entry(Form::Eventually { by: Time::from_secs(10) }, "services['web'].healthyCount == 3"),
        entry(Form::At(Time::from_secs(60)), "now == 60"),
        entry(Form::At(Time::from_secs(300)), "now == 300"),
        entry(Form::Finally, "now == 120"),
    ];
    let verdicts = run(entries, &mut bed, &[0, 10, 60, 120]);
    let passed: Vec<bool> = verdicts.iter().map(|verdict| verdict.passed).collect();
    assert_eq!(passed, [true, false, true, false, true, false, true, true, true]);
    assert_eq!(verdicts[1].at, Some(Time::ZERO));
    assert_eq!(verdicts[3].at, Some(Time::from_secs(60)));
    assert_eq!(verdicts[5].at, Some(Time::from_secs(10)));
}

#[test]
fn an_error_fails_every_form_but_eventually() {
    let mut bed = Bed::web_service(3);
    let wrong = "tasks[5].lastStatus == 'RUNNING'";
    let entries = vec![
        entry(Form::Always { from: Time::ZERO, to: END }, wrong),
        entry(Form::Never { from: Time::ZERO, to: END }, wrong),
        entry(Form::At(Time::ZERO), wrong),
        entry(Form::Finally, wrong),
        entry(Form::Eventually { by: END }, "placements.size() == 3 && stops[0].at >= 60"),
    ];
    let mut expectations = Expectations::compile(entries).expect("the entries compile");
    bed.run_until(60);
    bed.look(|moment| expectations.look(&sight(moment, &bed)));
    bed.call("updateService", json!({ "service": "web", "desiredCount": 2 })).expect("it may");
    bed.run_until(120);
    bed.look(|moment| expectations.look(&sight(moment, &bed)));
    bed.look(|moment| expectations.finish(&sight(moment, &bed)));
    let verdicts = expectations.verdicts();
    for verdict in &verdicts[..4] {
        assert_eq!(verdict.error.as_deref(), Some("the list has no element 5"), "{verdict}");
    }
    assert!(verdicts[4].passed, "{}", verdicts[4]);
}

#[test]
fn a_failure_names_the_time_the_values_and_what_came_before() {
    let mut bed = Bed::web_service(3);
    let expression = "services['web'].healthyCount >= 4 || \
                      tasks.exists(t, t.instance == instances['i-9'].id) || \
                      maxOf('services.web.runningCount') > 3";
    let mut wanted = entry(Form::At(END), expression);
    wanted.label = Some("four are healthy".to_owned());
    let verdict = run(vec![wanted], &mut bed, &[120]).remove(0);
    assert_eq!(verdict.at, Some(END));
    let named = |name: &str| verdict.values.iter().find(|(known, _)| known == name);
    assert_eq!(named("services['web'].healthyCount").map(|(_, v)| v.as_str()), Some("3"));
    assert_eq!(named("tasks").map(|(_, v)| v.as_str()), Some("3 elements"));
    assert_eq!(named("maxOf('services.web.runningCount')").map(|(_, v)| v.as_str()), Some("3"));
    let text = verdict.to_string();
    assert!(text.starts_with("FAILED  at 120 s: four are healthy\n        at 120 s\n"), "{text}");
    assert!(text.contains("(service web) has reached a steady state."), "{text}");
}

#[test]
fn only_the_numbers_that_are_asked_for_are_kept() {
    let wanted = |expression: &str| {
        let entries = vec![entry(Form::Finally, expression)];
        Expectations::compile(entries).expect("it compiles").wanted()
    };
    use crate::series::Wanted;
    assert_eq!(wanted("now == 0"), Wanted::Nothing);
    assert_eq!(
        wanted("maxOf('services.web.runningCount') == minOf('instances.i-1.tasks', 0)"),
        Wanted::Paths(vec!["instances.i-1.tasks".into(), "services.web.runningCount".into()])
    );
    assert_eq!(wanted("['a'].all(s, maxOf('services.' + s) > 0)"), Wanted::Everything);
}

#[test]
fn strings_of_a_timeline_entry_are_filled_in() {
    let bed = settled();
    let fill = |input: Value| {
        let made = Interpolation::compile(&input).map_err(|error| error.to_string())?;
        let Some(made) = made else { return Ok(None) };
        let filled = bed.look(|moment| made.fill(&sight(moment, &bed)));
        filled.map(Some).map_err(|error| error.to_string())
    };
    assert_eq!(
        fill(json!({ "task": "${tasks[1].id}", "reason": "at ${now}: ${'a}b'}$${x}" })),
        Ok(Some(json!({
            "task": "00000000000000000000000000000002", "reason": "at 120: a}b${x}",
        })))
    );
    assert_eq!(
        fill(json!({ "desiredCount": "${services['web'].desiredCount + 1}" })),
        Ok(Some(json!({ "desiredCount": 4 })))
    );
    assert_eq!(fill(json!({ "task": "T1", "list": [1, null] })), Ok(None));
    assert_eq!(
        fill(json!({ "tasks": ["${tasks[9].id}"] })),
        Err("tasks[0]: the list has no element 9".to_owned())
    );
    assert_eq!(
        fill(json!("${now")),
        Err(": '${' is not closed by '}'; a plain '${' is '$${'".to_owned())
    );
    assert!(fill(json!("x ${tasks}")).is_err());
    assert!(fill(json!("${nothing}")).is_err());
}

#[test]
fn a_program_is_shared_between_threads() {
    fn is_sync<T: Send + Sync>() {}
    is_sync::<Program>();
    is_sync::<Expectations>();
}
