//! What is written can be opened again, and runs as what was imported.

use stowplan_sim::document::{Limits, Node, to_json, to_yaml};
use stowplan_sim::import::Options;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

use crate::export::Export;
use crate::fargate;

fn digest(scenario: &Scenario) -> u64 {
    let mut run = Simulation::new(&scenario.plan().expect("it fits")).expect("it can be set up");
    run.run();
    run.digest().value()
}

fn opened(text: &str) -> u64 {
    digest(&Scenario::read(text.as_bytes(), &Limits::default()).expect("it can be read"))
}

fn check(document: &Node) {
    let imported = digest(&Scenario::from_node(document.clone()).expect("a scenario"));
    assert_eq!(opened(&to_yaml(document)), imported);
    assert_eq!(opened(&to_json(document).to_string()), imported);
}

#[test]
fn a_scenario_saved_and_opened_has_the_digest_of_the_import() {
    check(&Export::sample().import().document);
    check(&fargate::export().import().document);
}

#[test]
fn so_has_one_with_made_up_names() {
    let options = Options { anonymize: true, ..Options::default() };
    check(&Export::sample().try_import(&options).expect("a sound export").document);
}

#[test]
fn compact_files_and_a_byte_order_mark_import_the_same() {
    let pretty = Export::sample().import();
    let mut compact = Export::only("paste", "");
    for (position, (_, bytes)) in Export::sample().files().iter().enumerate() {
        let json: serde_json::Value = serde_json::from_slice(bytes).expect("the sample is JSON");
        compact = compact.and(&format!("part {position}.txt"), format!("\u{feff}{json}"));
    }
    assert_eq!(compact.without("paste").import().document, pretty.document);
}
