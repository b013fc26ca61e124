use std::collections::BTreeMap;

use serde::Deserialize;
use stowplan_sim::document::{
    Decimal, DocumentError, Duration, EitherCase, Node, Offset, Raw, Timestamp, decode, either_case,
};

use crate::read;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Service {
    service_name: String,
    #[serde(default)]
    desired_count: u32,
    #[serde(default)]
    capacity_provider_strategy: Vec<StrategyItem>,
    strategy: Option<Strategy>,
    grace: Option<Duration>,
    ratio: Option<f64>,
    #[serde(default)]
    protected: bool,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StrategyItem {
    capacity_provider: String,
    weight: Weight,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(try_from = "i64")]
struct Weight(i64);

impl TryFrom<i64> for Weight {
    type Error = DocumentError;

    fn try_from(weight: i64) -> Result<Self, DocumentError> {
        if weight <= 1000 {
            return Ok(Self(weight));
        }
        let error = DocumentError::new(format!("{weight} is over the maximum 1000"));
        Err(error.with_remedy("Divide all weights by a common factor"))
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Strategy {
    Replica,
    Daemon,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    services: Vec<Service>,
}

fn complaint(text: &str) -> String {
    decode::<Scenario>(&read(text)).expect_err(text).to_string()
}

#[test]
fn a_service_is_read_from_either_notation() {
    let yaml = read("services: [ { serviceName: web, desiredCount: 3, grace: 1m30s } ]");
    let json = read(r#"{"services": [{"serviceName": "web", "desiredCount": 3, "grace": 90}]}"#);
    let [yaml, json] = [&yaml, &json].map(|tree| decode::<Scenario>(tree).expect("sound"));
    assert_eq!(yaml.services, json.services);
    assert_eq!(json.services[0].grace, Some(Duration::from_secs(90)));
}

#[test]
fn a_refusal_names_path_place_and_remedy() {
    assert_eq!(
        complaint(
            "services:\n  - serviceName: a\n  - serviceName: b\n    capacityProviderStrategy:\n\
             \x20     - { capacityProvider: x, weight: 1001 }\n"
        ),
        "services[1].capacityProviderStrategy[0].weight: 1001 is over the maximum 1000 \
         (line 5, column 40). Divide all weights by a common factor"
    );
    assert_eq!(
        complaint("services: [ { serviceName: a, desiredcount: 1 } ]"),
        "services[0].desiredcount: unknown key (line 1, column 31). Did you mean `desiredCount`?"
    );
    assert_eq!(
        complaint("services: [ { serviceName: a, replicas: 1 } ]"),
        "services[0].replicas: unknown key (line 1, column 31). Allowed here: serviceName, \
         desiredCount, capacityProviderStrategy, strategy, grace, ratio, protected"
    );
    assert_eq!(
        complaint("services:\n  - desiredCount: 1"),
        "services[0]: `serviceName` is missing (line 2, column 5). Add the key `serviceName`"
    );
    assert_eq!(
        complaint("services: [ { serviceName: a, strategy: DAEMN } ]"),
        "services[0].strategy: `DAEMN` is not one of the values here (line 1, column 41). \
         Did you mean `DAEMON`?"
    );
    assert_eq!(
        complaint("services: [ { serviceName: a, grace: 5 minutes } ]"),
        "services[0].grace: ` minutes` is no unit of time (line 1, column 38). \
         Write 500ms, 90s, 5m or 1h30m, or a number of seconds"
    );
    assert_eq!(
        complaint("service: []"),
        "service: unknown key (line 1, column 1). Did you mean `services`?"
    );
}

#[test]
fn a_wrong_type_is_told_in_plain_words() {
    let with = |part: &str| complaint(&format!("services: [ {{ serviceName: a, {part} }} ]"));
    assert_eq!(
        with("desiredCount: \"3\""),
        "services[0].desiredCount: expected a whole number, found the text \"3\" \
         (line 1, column 45). Leave out the quotes"
    );
    assert!(with("desiredCount: 2.5").contains("expected a whole number, found the number 2.5"));
    assert!(with("desiredCount: -1").contains("-1 is under the minimum 0"));
    assert!(with("desiredCount: 4294967296").contains("is over the maximum 4294967295"));
    assert!(with("desiredCount: ").contains("expected a whole number, found nothing"));
    assert!(with("protected: yes").contains("Write true or false, without quotes"));
    assert!(with("capacityProviderStrategy: { a: 1 }").contains("a list, found a map (`a: ...`)"));
    assert!(with("grace: -5").contains("`-5` is negative"));
    assert!(with("grace: 0.0005").contains("no whole number of milliseconds"));
    assert!(with("ratio: []").contains("expected a number, found a list of 0"));
    assert_eq!(
        complaint("services: [ { serviceName: 010 } ]"),
        "services[0].serviceName: expected a text, found the number 010 (line 1, column 28). \
         Write it in quotes: \"010\""
    );
    assert_eq!(
        complaint("services:\n"),
        "services: expected a list, found nothing (line 1, column 9). \
         Write [] for an empty list, or leave the key out"
    );
    assert_eq!(
        complaint("- 1"),
        "expected a map, found a list of 1 (line 1, column 1). Write `key: value`"
    );
}

#[derive(Debug, Deserialize)]
struct Entry {
    at: Option<Offset>,
    #[serde(flatten)]
    rest: BTreeMap<String, Raw>,
}

#[test]
fn a_part_can_be_kept_and_decoded_later_with_its_place() {
    let tree = read("timeline:\n  - at: 60s\n    patch:\n      - serviceName: 5\n");
    let timeline: BTreeMap<String, Vec<Raw>> = decode(&tree).expect("any parts");
    let [entry] = &timeline["timeline"][..] else { panic!("one entry") };
    assert_eq!(entry.path, "timeline[0]");
    let (_, patch) = entry.entries().nth(1).expect("two keys");
    let error = patch.decode::<Vec<Service>>().expect_err("a number for a name");
    assert_eq!(error.path, "timeline[0].patch[0].serviceName");
    assert_eq!((error.line, error.column), (4, 22));

    let node: Node = decode(&tree).expect("any tree");
    assert_eq!(node, tree);
    assert_eq!(node.place, tree.place);
    let flattened: Entry = decode(&entry.node).expect("flatten works");
    assert_eq!(flattened.at, Some(Offset::from_millis(60_000)));
    assert_eq!(flattened.rest["patch"].node.items().len(), 1);
}

#[test]
fn an_error_found_while_decoding_a_part_keeps_its_place() {
    #[derive(Debug)]
    struct Lazy;
    impl<'de> Deserialize<'de> for Lazy {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let raw = Raw::deserialize(deserializer)?;
            raw.decode::<Vec<Service>>().map_err(serde::de::Error::custom)?;
            Ok(Self)
        }
    }
    let tree = read("a:\n - b:\n   - serviceName: x\n     desiredCount: y");
    let error = decode::<BTreeMap<String, Vec<BTreeMap<String, Lazy>>>>(&tree).expect_err("text");
    assert_eq!(
        error.to_string(),
        "a[0].b[0].desiredCount: expected a whole number, found the text \"y\" (line 4, column \
            20). \
         Write a number such as 3, without a fraction"
    );
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Alarm {
    alarm_name: String,
    #[serde(default)]
    ok_actions: Vec<String>,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Alarms {
    #[serde(deserialize_with = "either_case")]
    alarms: Vec<Alarm>,
    other: Option<EitherCase<Alarm>>,
    strict: Option<Alarm>,
}

#[test]
fn pascal_case_is_accepted_where_it_is_asked_for() {
    let tree = read(
        "alarms: [ { AlarmName: hot, OKActions: [ x ], dimensions: { Cluster: c } } ]\n\
         other: { AlarmName: cold }\n",
    );
    let alarms: Alarms = decode(&tree).expect("both cases");
    assert_eq!(alarms.alarms[0].ok_actions, ["x"]);
    assert_eq!(alarms.alarms[0].dimensions["Cluster"], "c");
    assert_eq!(alarms.other.expect("given").0.alarm_name, "cold");
    assert!(alarms.strict.is_none());
    for (text, complaint) in [
        ("alarms: []\nstrict: { AlarmName: x }", "strict.AlarmName: unknown key"),
        ("alarms: [ { Alarmname: x } ]", "alarms[0].Alarmname: unknown key"),
        ("alarms: [ { AlarmName: x, alarmName: y } ]", "alarms[0]: `alarmName` is given twice"),
    ] {
        let error = decode::<Alarms>(&read(text)).expect_err(text).to_string();
        assert!(error.starts_with(complaint), "{error}");
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Action {
    StopTask { task: String },
    SetLoad(u32),
    Nothing,
}

#[test]
fn enums_are_read_as_a_name_or_a_map_of_one_key() {
    let actions: Vec<Action> =
        decode(&read("- stopTask: { task: t }\n- setLoad: 5\n- nothing\n")).expect("sound");
    assert_eq!(
        actions,
        [Action::StopTask { task: "t".to_owned() }, Action::SetLoad(5), Action::Nothing]
    );
    let complaint = |text: &str| decode::<Vec<Action>>(&read(text)).expect_err(text).to_string();
    assert_eq!(
        complaint("- stopTaks: { task: t }"),
        "[0].stopTaks: `stopTaks` is not one of the values here (line 1, column 3). \
         Did you mean `stopTask`?"
    );
    assert_eq!(
        complaint("- setLoad: x"),
        "[0].setLoad: expected a whole number, found the text \"x\" (line 1, column 12). \
         Write a number such as 3, without a fraction"
    );
    assert!(complaint("- { setLoad: 1, nothing: 2 }").contains("a map of one key"));
}

#[test]
fn decimals_instants_and_other_scalars_are_exact() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Scalars {
        price: Decimal,
        since: Timestamp,
        epoch: Timestamp,
        before: Offset,
        letter: char,
        by_port: BTreeMap<u16, bool>,
        pair: (u8, i8),
    }
    let tree = read(
        "{ \"price\": 0.09600, \"since\": \"2026-09-09T10:00:00.000000+00:00\", \
         \"epoch\": 1.0005, \"before\": -86400, \"letter\": \"a\", \"by_port\": {\"80\": true}, \
         \"pair\": [255, -128] }",
    );
    let scalars: Scalars = decode(&tree).expect("sound");
    assert_eq!(scalars.price.to_string(), "0.096");
    assert_eq!(scalars.since.to_string(), "2026-09-09T10:00:00Z");
    assert_eq!(scalars.epoch.unix_millis(), 1000);
    assert_eq!(scalars.before.millis(), -86_400_000);
    let json: Duration = serde_json::from_str("0.5").expect("works outside documents too");
    assert_eq!(json.millis(), 500);
    let error = decode::<(u8, u8)>(&read("[1, 2, 3]")).expect_err("three");
    assert_eq!(error.message, "a list of 3 is not valid here: expected fewer elements");
}
