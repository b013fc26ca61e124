use proptest::{collection::vec, prelude::*};
use stowplan_sim::document::{
    Entry, Key, Limits, Node, Number, Value, decode, from_json, merge_patch, parse, parse_json,
    parse_yaml, to_json, to_yaml,
};

fn limits() -> Limits {
    Limits::default()
}

/// Texts that YAML could take for something else, and any others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_./:@ -]{0,12}",
        "[-?:,\\[\\]{}#&*!|>'\"%@` \\\\\t\n\r0-9eExo.+~=<a-z]{0,8}",
        any::<String>().prop_filter("YAML reads no bare NUL", |text| !text.contains('\0')),
        prop::sample::select(vec![
            "null",
            "~",
            "yes",
            "True",
            "010",
            "0x1f",
            "1e3",
            ".inf",
            "-",
            "---",
            "...",
            "<<",
            "",
            "2026-01-01",
            "12:30",
            "1_000",
            "90s",
            "web:1",
            "\u{feff}x",
            "a: b",
            "a #b",
            "\u{85}",
            "\u{2028}",
            "-1",
            "+.5",
            "=",
            "!x",
            "&x",
            "*x",
            "a ",
            " a",
            "a\n\nb\n",
            "\u{ffff}",
        ])
        .prop_map(str::to_owned),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?"
            .prop_filter_map("in range", |text| Number::parse(&text)),
    ]
}

fn tree() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number().prop_map(Value::Number),
        text().prop_map(Value::String),
    ]
    .prop_map(Node::from);
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(|items| Node::from(Value::List(items))),
            vec((text(), inner), 0..8).prop_map(|pairs| {
                let mut map = Node::from(Value::Map(Vec::new()));
                pairs.into_iter().for_each(|(name, value)| map.set(&name, value));
                map
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, &limits());
        let _ = parse_json(&bytes, &limits());
        let _ = parse_yaml(&bytes, &limits());
    }

    #[test]
    fn any_characters_of_yaml_are_read_or_refused_at_a_place(
        text in "([-?:,\\[\\]{}#&*!|>'\"%@` \\\\\t\n\r~<a-b0-1]|- |: |\n  |\r\n|\
            é|--- |&a |\\*a|<<: ){0,60}"
    ) {
        let readings =
            [parse_json(text.as_bytes(), &limits()), parse_yaml(text.as_bytes(), &limits())];
        for result in readings {
            if let Err(error) = result {
                prop_assert!(error.line > 0 && error.column > 0, "{error}");
                prop_assert!(!error.message.is_empty());
            }
        }
    }

    #[test]
    fn what_is_written_as_yaml_is_read_again(tree in tree()) {
        let written = to_yaml(&tree);
        let read = parse_yaml(written.as_bytes(), &limits());
        prop_assert_eq!(read.as_ref(), Ok(&tree), "{}", written);
        prop_assert!(written.lines().all(|line| line == line.trim_end()), "{}", written);
    }

    #[test]
    fn json_and_yaml_agree_on_json(tree in tree()) {
        let json = serde_json::to_string_pretty(&tree).expect("a tree is JSON");
        let by_json = parse_json(json.as_bytes(), &limits()).expect("sound JSON");
        let by_yaml = parse_yaml(json.as_bytes(), &limits()).expect("JSON is YAML");
        prop_assert_eq!(&by_json, &by_yaml);
        prop_assert_eq!(to_json(&by_json), to_json(&tree));
        let places = |node: &Node| format!("{node:?}");
        prop_assert_eq!(places(&by_json), places(&by_yaml));
    }

    #[test]
    fn a_tree_survives_json_and_serde(tree in tree()) {
        let json = to_json(&tree);
        prop_assert_eq!(&to_json(&from_json(&json)), &json);
        prop_assert_eq!(decode::<Node>(&tree), Ok(tree));
        let by_serde: Node = serde_json::from_value(json.clone()).expect("any JSON is a tree");
        prop_assert_eq!(to_json(&by_serde), json);
    }

    #[test]
    fn a_patch_that_is_applied_twice_changes_nothing_more(tree in tree(), patch in tree()) {
        let mut once = tree;
        merge_patch(&mut once, &patch);
        let mut twice = once.clone();
        merge_patch(&mut twice, &patch);
        prop_assert_eq!(once, twice);
    }
}

#[test]
fn a_key_longer_than_yaml_looks_for_its_colon_is_read_again() {
    let name = "k".repeat(5000);
    let inner = Node::from(Value::List(vec![Node::from(&*"v".repeat(200)); 2]));
    let map = Node::from(Value::Map(vec![Entry { key: Key::from(&*name), value: inner }]));
    let list = Node::from(Value::List(vec![map]));
    assert_eq!(parse_yaml(to_yaml(&list).as_bytes(), &limits()).as_ref(), Ok(&list));
}

#[test]
fn yaml_is_written_as_people_write_it() {
    let tree = parse(
        br#"{"version": 1, "name": "a b", "services": [
            {"serviceName": "web", "taskDefinition": "web:1", "desiredCount": 3},
            {"serviceName": "no", "placementStrategy": [
                {"type": "spread", "field": "attribute:ecs.availability-zone"},
                {"type": "binpack", "field": "memory"}], "empty": [], "none": {}, "at": "90s"}],
            "lambdas": {}}"#,
        &limits(),
    )
    .expect("sound");
    expect_test::expect![[r#"
        version: 1
        name: a b
        services:
          - { serviceName: web, taskDefinition: "web:1", desiredCount: 3 }
          - serviceName: "no"
            placementStrategy:
              - { type: spread, field: "attribute:ecs.availability-zone" }
              - { type: binpack, field: memory }
            empty: []
            none: {}
            at: 90s
        lambdas: {}
    "#]]
    .assert_eq(&to_yaml(&tree));
}
