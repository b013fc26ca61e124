//! Cloud Map registries and Service Connect of services in an export.

use serde_json::json;
use stowplan_engine::model::Time;
use stowplan_sim::import::Options;
use stowplan_sim::import::check;
use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;
use stowplan_sim::view::describe::Query;

use crate::export::{Export, items, named, notes_about, text};

const REGISTRY: &str = "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-";

/// The sample with a registry each for a service in mode awsvpc and one in mode bridge, and with
/// Service Connect for the first.
fn discovered() -> Export {
    let services = Export::sample().with_json("describe-services.json", |json| {
        for service in json["services"].as_array_mut().expect("a list") {
            match service["serviceName"].as_str() {
                Some("admin-portal") => {
                    service["serviceRegistries"] =
                        json!([{ "registryArn": format!("{REGISTRY}portal") }]);
                    service["deployments"][0]["serviceConnectConfiguration"] = json!({
                        "enabled": true,
                        "namespace": "arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns",
                        "services": [{
                            "portName": "https", "discoveryName": "portal",
                            "clientAliases": [{ "port": 443, "dnsName": "portal" }],
                        }],
                        "logConfiguration": { "logDriver": "awslogs", "options": {} },
                    });
                    service["deployments"][0]["serviceConnectResources"] =
                        json!([{ "discoveryName": "portal", "discoveryArn": "arn:own" }]);
                }
                Some("cache-node") => {
                    service["serviceRegistries"] = json!([{
                        "registryArn": format!("{REGISTRY}cache"), "containerName": "redis",
                        "containerPort": 6379,
                    }]);
                }
                _ => {}
            }
        }
    });
    services.with_json("admin-portal-8.json", |json| {
        let container = &mut json["taskDefinition"]["containerDefinitions"][0];
        container["portMappings"][0]["name"] = json!("https");
    })
}

#[test]
fn registries_and_service_connect_are_kept() {
    let imported = discovered().import();
    let services = items(&imported.document, &["services"]);
    let portal = named(services, "serviceName", "admin-portal");
    let given = &items(portal, &["serviceRegistries"])[0];
    assert_eq!(text(given, "registryArn"), format!("{REGISTRY}portal"));
    let registries = items(&imported.document, &["registries"]);
    let kinds = |name: &str| -> Vec<&str> {
        let records = items(named(registries, "name", name), &["dnsRecords"]);
        records.iter().map(|record| text(record, "type")).collect()
    };
    assert_eq!((kinds("srv-portal"), kinds("srv-cache")), (vec!["A"], vec!["SRV"]));
    assert_eq!(notes_about(&imported, "of Cloud Map services are not in an export").len(), 1);
    let checked = check::check(&discovered().files(), &Options::default()).expect("it runs");
    assert_eq!(checked.differences, Vec::new());
}

#[test]
fn imported_tasks_are_found() {
    let scenario = Scenario::from_node(discovered().import().document).expect("a scenario");
    let mut run = Simulation::new(&scenario.plan().expect("it fits")).expect("it can be set up");
    run.run_to(Time::ZERO);
    let input = json!({ "namespaceName": "imported.local", "serviceName": "srv-cache" });
    let query = Query::read("discoverInstances", input).expect("a call").expect("it is sound");
    let answer = query.answer(&run.moment(Time::ZERO)).expect("the service is there");
    let instances = answer["instances"].as_array().expect("a list");
    assert!(!instances.is_empty());
    for instance in instances {
        assert_eq!(instance["attributes"]["AWS_INSTANCE_PORT"], "6379");
        assert_eq!(instance["attributes"]["ECS_SERVICE_NAME"], "cache-node");
    }
}

#[test]
fn made_up_names_hide_registries_and_aliases() {
    let options = Options { anonymize: true, ..Options::default() };
    let imported = discovered().try_import(&options).expect("a sound export");
    let text = stowplan_sim::document::to_yaml(&imported.document);
    for told in ["portal", "srv-", "namespace/ns", "https"] {
        assert!(!text.contains(told), "{told} is in {text}");
    }
    assert!(text.contains("registry-1") && text.contains("registry-2"));
    let scenario = Scenario::from_node(imported.document).expect("a scenario");
    scenario.plan().expect("its parts still fit together");
}
