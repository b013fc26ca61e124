//! Broken exports, as they come out of shells and pastes: each is refused with file, place and
//! remedy. `broken_exports.txt` has what a person sees. The process stays below 256 MB throughout.

use expect_test::expect_file;
use stowplan_sim::import::{self, Options, check};

const CLUSTER: &str = r#"{"clusters":[{
"clusterArn":"arn:aws:ecs:us-east-1:123456789012:cluster/c","clusterName":"c"}]}"#;
const INSTANCE: &str = r#"{"containerInstances":[{
"containerInstanceArn":"arn:aws:ecs:us-east-1:123456789012:container-instance/c/i",
"status":"ACTIVE","agentConnected":true,
"registeredResources":[{"name":"CPU","type":"INTEGER","integerValue":1024},
{"name":"MEMORY","type":"INTEGER","integerValue":2000}],
"remainingResources":[{"name":"CPU","type":"INTEGER","integerValue":1024},
{"name":"MEMORY","type":"INTEGER","integerValue":2000}],
"attributes":[{"name":"ecs.availability-zone","value":"us-east-1a"}]}]}"#;
const DEFINITION: &str = r#"{"taskDefinition":{
"taskDefinitionArn":"arn:aws:ecs:us-east-1:123456789012:task-definition/t:1",
"family":"t","revision":1,"status":"ACTIVE",
"containerDefinitions":[{"name":"a","image":"i","memory":100}]}}"#;
const TASK: &str = r#"{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:123456789012:task/c/x",
"taskDefinitionArn":"arn:aws:ecs:us-east-1:123456789012:task-definition/t:1",
"containerInstanceArn":"arn:aws:ecs:us-east-1:123456789012:container-instance/c/i",
"desiredStatus":"RUNNING","lastStatus":"RUNNING","launchType":"EC2"}]}"#;
const SERVICE: &str = r#"{"services":[{
"serviceArn":"arn:aws:ecs:us-east-1:123456789012:service/c/w","serviceName":"w",
"status":"ACTIVE","desiredCount":1,"launchType":"EC2",
"taskDefinition":"arn:aws:ecs:us-east-1:123456789012:task-definition/t:1",
"deployments":[{"id":"ecs-svc/1","status":"PRIMARY","desiredCount":1,
"taskDefinition":"arn:aws:ecs:us-east-1:123456789012:task-definition/t:1"}]}]}"#;

/// A file with one text in place of another, beside the sound other files.
fn with(file: &str, from: &str, to: &str) -> Files {
    let sound = [
        ("clusters.json", CLUSTER),
        ("instances.json", INSTANCE),
        ("definition.json", DEFINITION),
        ("tasks.json", TASK),
        ("services.json", SERVICE),
    ];
    let change = |(name, text): (&'static str, &str)| {
        assert!(name != file || text.contains(from), "{from} is in {file}");
        let text = if name == file { text.replacen(from, to, 1) } else { text.to_owned() };
        (name, text.into_bytes())
    };
    sound.into_iter().map(change).collect()
}

fn read(files: &[(&'static str, Vec<u8>)]) -> Result<import::Imported, import::ImportError> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, &**bytes)).collect();
    import::read(&files, &Options::default())
}

type Files = Vec<(&'static str, Vec<u8>)>;

/// Slips within otherwise sound files.
fn slips() -> Vec<(&'static str, Files)> {
    let tasks = |from: &str, to: &str| with("tasks.json", from, to);
    let services = |from: &str, to: &str| with("services.json", from, to);
    vec![
        ("a bracket is missing", tasks("}]}", "}")),
        ("cut off in a text", tasks(r#"UNNING","launchType":"EC2"}]}"#, "UNN")),
        ("a comma is missing", tasks(r#"","lastStatus"#, r#"""lastStatus"#)),
        ("single quotes", tasks(r#""EC2""#, "'EC2'")),
        ("a trailing comma", tasks("}]}", "},]}")),
        ("a comment", tasks("{", "// of today\n{")),
        ("not a number", services(r#""desiredCount":1"#, r#""desiredCount":NaN"#)),
        ("a key twice", tasks(r#""launchType""#, r#""lastStatus":"PENDING","launchType""#)),
        ("a map in place of a list", tasks("[", "{\"a\":[")),
        ("tasks that are a map", tasks(r#"{"tasks":[{"#, r#"{"tasks":{"a":{"#)),
        ("a task that is a text", tasks(r#"[{"#, r#"["x",{"#)),
        ("a status that is none", tasks("RUNNING", "JUMPING")),
        ("a launch type that is none", tasks("EC2", "EC3")),
        ("an instant that is none", tasks(r#"EC2""#, r#"EC2","createdAt":"yesterday""#)),
        ("a task without an ARN", tasks("taskArn", "taskArm")),
        ("a task of an unknown definition", tasks("definition/t:1", "definition/t:2")),
        ("a task on an unknown instance", tasks("instance/c/i", "instance/c/j")),
    ]
}

/// More of them, in what is no task.
fn slips_elsewhere() -> Vec<(&'static str, Files)> {
    let services = |from: &str, to: &str| with("services.json", from, to);
    let instances = |from: &str, to: &str| with("instances.json", from, to);
    let definition = |from: &str, to: &str| with("definition.json", from, to);
    vec![
        ("a definition of no family", definition(r#""family":"t","#, "")),
        (
            "a definition without containers",
            definition(r#"[{"name":"a","image":"i","memory":100}]"#, "[]"),
        ),
        (
            "a definition with two containers a",
            definition(r#"[{"#, r#"[{"name":"a","image":"j","memory":5},{"#),
        ),
        ("a definition with a text for memory", definition("100", "\"lots\"")),
        ("a revision that is none", definition(r#""revision":1"#, r#""revision":-1"#)),
        ("a count below zero", services(r#""desiredCount":1"#, r#""desiredCount":-1"#)),
        (
            "a count over the limit of numbers",
            services(r#""desiredCount":1"#, r#""desiredCount":99999999999"#),
        ),
        ("a fraction of a count", services(r#""desiredCount":1"#, r#""desiredCount":1.5"#)),
        ("a service of an unknown definition", services("definition/t:1", "definition/u:1")),
        (
            "a deployment twice",
            services(
                r#""deployments":["#,
                r#""deployments":[{"id":"ecs-svc/1","status":"ACTIVE","taskDefinition":"t:1"},"#,
            ),
        ),
        (
            "two primary deployments",
            services(
                r#""deployments":["#,
                r#""deployments":[{"id":"ecs-svc/2","status":"PRIMARY","taskDefinition":"t:1"},"#,
            ),
        ),
        ("a deployment status that is none", services("PRIMARY", "SECONDARY")),
        (
            "a scheduling strategy that is none",
            services(r#""launchType""#, r#""schedulingStrategy":"SOMEHOW","launchType""#),
        ),
        (
            "an instance without memory",
            instances(r#"{"name":"MEMORY","type":"INTEGER","integerValue":2000}"#, "{}"),
        ),
        ("an instance with a text for memory", instances("2000", "\"2000\"")),
        ("an instance status that is none", instances(r#""ACTIVE""#, r#""SLEEPING""#)),
        (
            "a cluster without a name or an ARN",
            with(
                "clusters.json",
                r#""clusterArn":"arn:aws:ecs:us-east-1:123456789012:cluster/c","clusterName":"c""#,
                "",
            ),
        ),
    ]
}

#[test]
fn each_broken_export_is_refused_with_its_place_and_a_remedy() {
    read(&with("tasks.json", "EC2", "EC2")).expect("without a slip it is sound");
    let mut seen = String::new();
    let mut refused = |what: &str, files: &[(&'static str, Vec<u8>)]| {
        let error = read(files).map(drop).expect_err(what);
        seen.push_str(&format!("{what}\n  {error}\n"));
        assert!(!error.file.is_empty() && error.problem.remedy.is_some(), "{what}: {error:?}");
        check_peak(what);
    };
    assert!(slips().len() + slips_elsewhere().len() + whole_files().len() >= 40);
    for (what, files) in slips().into_iter().chain(slips_elsewhere()) {
        refused(what, &files);
    }
    for (what, bytes) in whole_files() {
        refused(what, &[("paste", bytes)]);
    }
    let repeated = |element: &str, count: usize| vec![element; count].join(",");
    for (what, list) in [
        ("a million values", format!("[{}]", repeated("0", 1_000_001))),
        ("a million tasks", format!("{{\"tasks\":[{}]}}", repeated("{\"a\":1}", 1_000_000))),
    ] {
        refused(what, &[("paste", list.into_bytes())]);
    }
    expect_file!["./broken_exports.txt"].assert_eq(&seen);
    many_files_are_read_within_bounds();
}

fn whole_files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a page of a proxy", b"<html><body>502 Bad Gateway</body></html>".to_vec()),
        (
            "what the AWS CLI prints to tell of an error",
            b"An error occurred (AccessDeniedException)".to_vec(),
        ),
        ("a table", b"-----------\n| ListTasks |\n".to_vec()),
        ("not UTF-8", b"{\"tasks\":[{\"group\":\"\xff\xfe\"}]}".to_vec()),
        ("UTF-16", b"\xff\xfe{\0\"\0t\0".to_vec()),
        ("two answers without anything between", b"{\"tasks\":[]}{\"tasks\":".to_vec()),
        ("brackets 10,000 deep", "[".repeat(10_000).into_bytes()),
        ("maps 10,000 deep", "{\"tasks\":".repeat(10_000).into_bytes()),
        ("a YAML alias bomb", bomb().into_bytes()),
        ("a text of 2 MiB", format!("{{\"tasks\":\"{}\"}}", "x".repeat(2 << 20)).into_bytes()),
        ("100 MB", vec![b' '; 100 << 20]),
    ]
}

fn many_files_are_read_within_bounds() {
    let mut files = with("tasks.json", "EC2", "EC2");
    let many = format!("{{\"tasks\":[{}]}}", vec!["{}"; 900].join(","));
    files.extend((0..2_000).map(|_| ("more.json", many.clone().into_bytes())));
    let error = read(&files).expect_err("more values than fit");
    assert!(error.problem.remedy.is_some(), "{error}");
    check_peak("many files");
}

/// Ten to the power of ten texts, were they written out.
fn bomb() -> String {
    let copies = |of: usize| vec![format!("*a{of}"); 10].join(", ");
    let lines = (1..=10).map(|n| format!("a{n}: &a{n} [ {} ]\n", copies(n - 1)));
    format!("a0: &a0 lol\n{}", lines.collect::<String>())
}

#[test]
fn a_check_refuses_what_an_import_refuses() {
    let files = [("tasks.json", &b"{"[..])];
    let error = check::check(&files, &Options::default()).expect_err("cut off");
    assert_eq!(
        error.to_string(),
        import::read(&files, &Options::default()).expect_err("cut off").to_string()
    );
}

#[cfg(target_os = "linux")]
fn check_peak(reading: &str) {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("so has this");
    let kibibytes: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kibibytes < 256 * 1000, "{kibibytes} KiB at the peak of reading {reading}");
}

#[cfg(not(target_os = "linux"))]
fn check_peak(_reading: &str) {}
