use std::fmt::Write as _;

use serde_json::json;
use stowplan_sim::document::{self, Limits, Place, Value, to_json};

use crate::read;

#[test]
fn a_scenario_in_yaml_keeps_order_places_and_whole_numbers() {
    let tree =
        read("version: 1\nseed: 18446744073709551615\nservices:\n  - { serviceName: web }\n");
    let names: Vec<_> = tree.entries().iter().map(|entry| &*entry.key.name).collect();
    assert_eq!(names, ["version", "seed", "services"]);
    assert_eq!(tree.get("seed").and_then(|seed| seed.as_integer()), Some(u64::MAX.into()));
    let service = &tree.get("services").expect("there").items()[0];
    assert_eq!(service.place, Place::new(4, 5));
    assert_eq!(service.entries()[0].key.place, Place::new(4, 7));
    assert_eq!(service.entries()[0].value.place, Place::new(4, 20));
}

#[test]
fn json_has_the_same_places() {
    let tree = read("{\r\n\t\"é\": [1,\n  \"x\"] }");
    let list = tree.get("é").expect("there");
    assert_eq!(list.place, Place::new(2, 7));
    assert_eq!(list.items()[1].place, Place::new(3, 3));
}

#[test]
fn anchors_aliases_and_merge_keys_work() {
    let tree = read(
        "base: &base { a: 1, b: 2 }\nother: &other { b: 3, c: 4 }\nuse: *base\n\
         one: { <<: *base, b: 9 }\nmany: { x: 0, <<: [ *base, *other ], y: 5 }\n",
    );
    let json = to_json(&tree);
    assert_eq!(json["use"], json!({ "a": 1, "b": 2 }));
    assert_eq!(json["one"], json!({ "a": 1, "b": 9 }));
    assert_eq!(json["many"], json!({ "x": 0, "a": 1, "b": 2, "c": 4, "y": 5 }));
    assert_eq!(to_json(&read("x: { \"<<\": 1 }")), json!({ "x": { "<<": 1 } }));
}

#[test]
fn scalars_are_those_of_the_core_schema() {
    let tree = read(
        "[yes, no, 010, 0o17, 0x1f, 1.50, ~, null, \"null\", True, 'it''s', web:1, !!str 5, ! 6, \
            -.5,\n 1e3]"
            .replacen('[', "- [", 1)
            .as_str(),
    );
    assert_eq!(
        to_json(&tree),
        json!([[
            "yes", "no", 10, 15, 31, 1.5, null, null, "null", true, "it's", "web:1", "5", "6",
            -0.5, 1000.0
        ]])
    );
    let Value::Number(number) = &tree.items()[0].items()[5].value else { panic!("a number") };
    assert_eq!(number.literal(), "1.50");
}

#[test]
fn a_byte_order_mark_comments_and_folded_texts_are_fine() {
    let tree = read("\u{feff}# a comment\ntext: >-\n  one\n  two\nlines: |\n  a\n  b\n");
    assert_eq!(to_json(&tree), json!({ "text": "one two", "lines": "a\nb\n" }));
    assert_eq!(to_json(&read("\u{feff} {\"a\": []}")), json!({ "a": [] }));
}

#[test]
fn escapes_of_json_are_read() {
    let tree = read(r#"["\u00e9\ud83d\ude00\n\/\\\"", "tab	less"]"#.replace('\t', " ").as_str());
    assert_eq!(to_json(&tree), json!(["é😀\n/\\\"", "tab less"]));
}

#[test]
fn a_document_can_be_read_as_one_notation_only() {
    let text = b"{ a: 1, }";
    let limits = Limits::default();
    assert!(document::parse_json(text, &limits).is_err());
    let tree = document::parse_yaml(text, &limits).expect("YAML allows it");
    assert_eq!(to_json(&tree), json!({ "a": 1 }));
}

#[test]
fn hundreds_of_thousands_of_keys_are_read_in_time() {
    let mut keys = String::from("x: 1\n");
    for key in 0..200_000 {
        writeln!(keys, "k{key}: {key}").expect("a string takes all");
    }
    let tree = read(&keys);
    assert_eq!(tree.entries().len(), 200_001);
}
