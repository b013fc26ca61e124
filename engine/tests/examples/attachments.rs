//! Load balancers, service discovery and Service Connect of a call (02 sections 9.3 and 9.4).

use serde_json::{Value, json};
use stowplan_engine::api::Setup;
use stowplan_engine::api::setup::{RecordPresence, TargetType};

use crate::bed::{Bed, both, subnets};

/// A cluster with a bridge definition `bridge` and an awsvpc definition `own`, each with a port.
fn bed() -> Bed {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 4096, 8000);
    for (family, mode) in [("bridge", "bridge"), ("own", "awsvpc")] {
        let port = json!({ "containerPort": 80, "name": "http" });
        bed.define_task(json!({
            "family": family, "networkMode": mode,
            "containerDefinitions": [
                { "name": "app", "image": "i", "memory": 64, "portMappings": [port] },
            ],
        }));
    }
    bed
}

/// A Cloud Map service called `dns` with records of some kinds.
fn registry(bed: &mut Bed, kinds: &[&str]) {
    let kept = |kind: &str| match kinds.contains(&kind) {
        true => RecordPresence::Kept,
        false => RecordPresence::Absent,
    };
    let (addresses, ports) = (kept("A"), kept("SRV"));
    bed.setup(Setup::Registry { name: "dns".into(), addresses, ports });
}

fn service(family: &str, more: Value) -> Value {
    let own = match family {
        "own" => subnets(&["subnet-a"]),
        _ => json!({}),
    };
    let input = json!({ "serviceName": "web", "taskDefinition": family, "desiredCount": 1 });
    both(both(input, own), more)
}

fn discovered(more: Value) -> Value {
    json!({ "serviceRegistries": [both(json!({ "registryArn": "dns" }), more)] })
}

fn refused(bed: &mut Bed, input: Value) -> String {
    let text = bed.refused("createService", input);
    let (exception, text) = text.split_once(": ").expect("exception and message");
    assert_eq!(exception, "InvalidParameterException");
    text.to_owned()
}

#[test]
fn dns_5_a_bridge_service_names_its_container() {
    let mut bed = bed();
    registry(&mut bed, &["SRV"]);
    let text = refused(&mut bed, service("bridge", discovered(json!({ "containerPort": 80 }))));
    assert!(text.ends_with("take a containerName and a containerPort."), "{text}");
    let whole = json!({ "containerName": "app", "containerPort": 80 });
    bed.must("createService", service("bridge", discovered(whole)));
}

#[test]
fn dns_6_a_bridge_service_has_no_a_records() {
    let mut bed = bed();
    registry(&mut bed, &["A"]);
    let whole = json!({ "containerName": "app", "containerPort": 80 });
    let text = refused(&mut bed, service("bridge", discovered(whole)));
    assert!(text.ends_with("SRV records only."), "{text}");
}

#[test]
fn dns_7_a_port_or_a_container_and_not_both() {
    let mut bed = bed();
    registry(&mut bed, &["SRV"]);
    let both_ways = json!({ "port": 80, "containerName": "app", "containerPort": 80 });
    let text = refused(&mut bed, service("own", discovered(both_ways)));
    assert!(text.starts_with("A service registry takes either"), "{text}");
    let text = refused(&mut bed, service("own", discovered(json!({}))));
    assert!(text.contains("SRV records"), "{text}");
    bed.must("createService", service("own", discovered(json!({ "port": 80 }))));
}

#[test]
fn dns_11_a_thousand_tasks_are_discovered_at_most() {
    let mut bed = bed();
    registry(&mut bed, &["A"]);
    let many = |count: u32| both(discovered(json!({})), json!({ "desiredCount": count }));
    let text = refused(&mut bed, service("own", many(1001)));
    assert_eq!(text, "A service with service discovery can have at most 1000 tasks.");
    bed.must("createService", service("own", many(1000)));
    let text = bed.refused("updateService", json!({ "service": "web", "desiredCount": 1001 }));
    assert!(text.starts_with("InvalidParameterException"), "{text}");
}

#[test]
fn dns_13_service_connect_needs_task_level_memory() {
    let mut bed = bed();
    let connect = |port: &str| {
        let services = json!([{ "portName": port }]);
        json!({ "serviceConnectConfiguration": { "enabled": true, "services": services } })
    };
    let text = refused(&mut bed, service("own", connect("http")));
    assert_eq!(text, "Service Connect requires task-level memory in the task definition.");
    let port = json!({ "containerPort": 80, "name": "http" });
    bed.define_task(json!({
        "family": "bridge", "networkMode": "bridge", "memory": "512",
        "containerDefinitions": [{ "name": "app", "image": "i", "portMappings": [port] }],
    }));
    let text = refused(&mut bed, service("bridge", connect("grpc")));
    assert!(text.contains("port name grpc"), "{text}");
    bed.must("createService", service("bridge", connect("http")));
}

/// Definitions `bridge` and `own` with task-level memory, and Service Connect on for their port.
fn connected(bed: &mut Bed) -> Value {
    for (family, mode) in [("bridge", "bridge"), ("own", "awsvpc")] {
        let port = json!({ "containerPort": 80, "name": "http" });
        bed.define_task(json!({
            "family": family, "networkMode": mode, "memory": "512",
            "containerDefinitions": [{ "name": "app", "image": "i", "portMappings": [port] }],
        }));
    }
    let services = json!([{ "portName": "http" }]);
    json!({ "serviceConnectConfiguration": { "enabled": true, "services": services } })
}

#[test]
fn service_connect_is_not_for_code_deploy() {
    let mut bed = bed();
    let connect = connected(&mut bed);
    let code_deploy = json!({ "deploymentController": { "type": "CODE_DEPLOY" } });
    let text = refused(&mut bed, service("bridge", both(connect, code_deploy)));
    assert_eq!(text, "Service Connect is not supported with the CODE_DEPLOY controller.");
}

#[test]
fn service_connect_reaches_a_thousand_tasks_at_most() {
    let mut bed = bed();
    let connect = connected(&mut bed);
    let many = |count: u32| both(connect.clone(), json!({ "desiredCount": count }));
    let text = refused(&mut bed, service("own", many(1001)));
    assert_eq!(text, "A service with Service Connect can have at most 1000 tasks.");
    bed.must("createService", service("own", many(1000)));
    let text = bed.refused("updateService", json!({ "service": "web", "desiredCount": 1001 }));
    assert!(text.contains("at most 1000 tasks"), "it counts although the call is silent: {text}");
}

/// What one service of Service Connect says besides its port.
fn offering(more: Value) -> Value {
    let services = json!([both(json!({ "portName": "http" }), more)]);
    json!({ "serviceConnectConfiguration": { "enabled": true, "services": services } })
}

#[test]
fn service_connect_has_names_and_ports_within_bounds() {
    let mut bed = bed();
    connected(&mut bed);
    let alias = |more: Value| json!({ "clientAliases": [both(json!({ "port": 80 }), more)] });
    let refusals = [
        (json!({ "portName": "grpc" }), "The port name grpc of the Service Connect"),
        (json!({ "discoveryName": "d".repeat(65) }), "A discoveryName can have up to 64"),
        (json!({ "ingressPortOverride": 65_536 }), "An ingressPortOverride must be between"),
        (json!({ "timeout": { "idleTimeoutSeconds": -1 } }), "A Service Connect timeout must be"),
        (alias(json!({ "dnsName": "n".repeat(128) })), "A dnsName can have up to 127"),
        (alias(json!({ "port": 0 })), "A client alias needs a port between 1 and 65535."),
        (json!({ "clientAliases": [{ "dnsName": "n" }] }), "A client alias needs a port"),
        (json!({ "clientAliases": [{ "port": 1 }, { "port": 2 }] }), "at most one client alias."),
    ];
    for (more, why) in refusals {
        let text = refused(&mut bed, service("own", offering(more)));
        assert!(text.contains(why), "{text}");
    }
    let twice = json!([{ "portName": "http" }, { "portName": "http" }]);
    let twice = json!({ "serviceConnectConfiguration": { "enabled": true, "services": twice } });
    let text = refused(&mut bed, service("own", twice));
    assert_eq!(text, "The discovery name http is used by two Service Connect services.");
    let most = both(
        json!({ "discoveryName": "d".repeat(64), "ingressPortOverride": 65_535,
            "timeout": { "perRequestTimeoutSeconds": 0 } }),
        alias(json!({ "dnsName": "n".repeat(127), "port": 65_535 })),
    );
    bed.must("createService", service("own", offering(most)));
}

#[test]
fn who_cannot_have_service_connect() {
    let mut bed = bed();
    let connect = connected(&mut bed);
    let port = json!({ "containerPort": 80, "name": "http" });
    let definition = json!({ "memory": "512",
        "containerDefinitions": [{ "name": "app", "image": "i", "portMappings": [port] }] });
    let host = json!({ "family": "host", "networkMode": "host" });
    bed.define_task(both(host, definition.clone()));
    let system = json!({ "operatingSystemFamily": "WINDOWS_SERVER_2022_FULL" });
    let windows = json!({ "family": "windows", "runtimePlatform": system });
    bed.define_task(both(windows, definition));
    for (family, more, why) in [
        ("host", json!({}), "with network modes host and none."),
        ("windows", json!({}), "on Windows."),
        ("bridge", json!({ "launchType": "EXTERNAL" }), "for the EXTERNAL launch type."),
    ] {
        let text = refused(&mut bed, service(family, both(connect.clone(), more)));
        assert_eq!(text, format!("Service Connect is not supported {why}"));
    }
    let off = json!({ "serviceConnectConfiguration": { "enabled": false } });
    bed.must("createService", service("host", off));
}

/// 02 section 5.1: what a registry of each kind asks of each network mode.
#[test]
fn a_registry_suits_the_network_of_its_tasks() {
    let whole = json!({ "containerName": "app", "containerPort": 80 });
    let half = json!({ "containerName": "app" });
    let port = json!({ "port": 80 });
    let nothing = json!({});
    let cases = [
        ("own", &["A"][..], &nothing, true),
        ("own", &["A"], &port, false),
        ("own", &["A"], &whole, false),
        ("own", &["SRV"], &nothing, false),
        ("own", &["SRV"], &port, true),
        ("own", &["SRV"], &whole, true),
        ("own", &["SRV"], &half, false),
        ("own", &["A", "SRV"], &nothing, false),
        ("own", &["A", "SRV"], &port, true),
        ("own", &["A", "SRV"], &whole, true),
        ("bridge", &["SRV"], &whole, true),
        ("bridge", &["SRV"], &half, false),
        ("bridge", &["SRV"], &port, false),
        ("bridge", &["A", "SRV"], &whole, false),
        ("host", &["SRV"], &whole, true),
        ("host", &["A"], &whole, false),
        ("none", &["SRV"], &whole, false),
        ("none", &["A"], &nothing, false),
    ];
    for (family, kinds, given, suits) in cases {
        let mut bed = bed();
        registry(&mut bed, kinds);
        let port = json!({ "containerPort": 80 });
        for (mode, ports) in [("host", json!([port])), ("none", json!([]))] {
            let app = json!({ "name": "app", "image": "i", "memory": 64, "portMappings": ports });
            bed.define_task(json!({
                "family": mode, "networkMode": mode, "containerDefinitions": [app] }));
        }
        let input = service(family, discovered(given.clone()));
        if suits {
            bed.must("createService", input);
        } else {
            refused(&mut bed, input);
        }
    }
}

#[test]
fn a_registry_has_a_port_that_there_is() {
    let mut bed = bed();
    registry(&mut bed, &["SRV"]);
    for port in [0, 65_536] {
        let text = refused(&mut bed, service("own", discovered(json!({ "port": port }))));
        assert_eq!(text, "The port of a service registry must be between 1 and 65535.");
    }
    bed.must("createService", service("own", discovered(json!({ "port": 65_535 }))));
}

#[test]
fn a_registry_that_does_not_exist_is_refused() {
    let mut bed = bed();
    let text = refused(&mut bed, service("own", discovered(json!({}))));
    assert_eq!(text, "The service registry dns does not exist.");
}

#[test]
fn the_container_of_a_registry_is_in_the_definition() {
    let mut bed = bed();
    registry(&mut bed, &["SRV"]);
    let of =
        |name: &str, port: u32| discovered(json!({ "containerName": name, "containerPort": port }));
    let text = refused(&mut bed, service("bridge", of("db", 80)));
    assert_eq!(text, "The container db does not exist in the task definition.");
    let text = refused(&mut bed, service("bridge", of("app", 81)));
    assert_eq!(text, "The container app did not have a container port 81 defined.");
    bed.must("createService", service("bridge", of("app", 80)));
}

#[test]
fn a_change_of_the_registries_starts_a_deployment() {
    let mut bed = bed();
    registry(&mut bed, &["A"]);
    bed.must("createService", service("own", json!({})));
    bed.at(60);
    let registries = discovered(json!({}));
    let change = both(json!({ "service": "web" }), registries);
    bed.must("updateService", change.clone());
    assert_eq!(bed.deployments("web").len(), 2);
    bed.must("updateService", change);
    assert_eq!(bed.deployments("web").len(), 2, "the same again changes nothing");
}

fn behind(groups: u32) -> Value {
    let at = json!({ "containerName": "app", "containerPort": 80 });
    let group = |n| both(at.clone(), json!({ "targetGroupArn": format!("tg-{n}") }));
    json!({ "loadBalancers": (0..groups).map(group).collect::<Vec<_>>() })
}

#[test]
fn lbh_16_an_awsvpc_service_needs_targets_by_address() {
    let mut bed = bed();
    let name = "tg-0".into();
    bed.setup(Setup::TargetGroup { name, target_type: TargetType::Instance });
    assert_eq!(
        refused(&mut bed, service("own", behind(1))),
        "The provided target group tg-0 has target type instance, which is incompatible with the \
         awsvpc network mode specified in the task definition."
    );
    bed.must("createService", service("bridge", behind(1)));
}

#[test]
fn lbh_17_five_target_groups_at_most() {
    let mut bed = bed();
    let text = refused(&mut bed, service("bridge", behind(6)));
    assert_eq!(text, "A service can have at most 5 target groups.");
    bed.must("createService", service("bridge", behind(5)));
}

#[test]
fn lbh_21_the_grace_period_has_its_bounds() {
    let mut bed = bed();
    let grace = |seconds: i64| json!({ "healthCheckGracePeriodSeconds": seconds });
    for seconds in [-1, 2_147_483_648] {
        let text = refused(&mut bed, service("bridge", both(behind(1), grace(seconds))));
        assert_eq!(text, "healthCheckGracePeriodSeconds must be between 0 and 2147483647.");
    }
    bed.must("createService", service("bridge", both(behind(1), grace(2_147_483_647))));
}

#[test]
fn a_classic_load_balancer_stands_alone_and_on_the_instances_own_network() {
    let mut bed = bed();
    let balancer = json!({ "containerName": "app", "containerPort": 80 });
    let classic = |name: &str| both(balancer.clone(), json!({ "loadBalancerName": name }));
    let two = json!({ "loadBalancers": [classic("one"), classic("two")] });
    assert_eq!(
        refused(&mut bed, service("bridge", two)),
        "A service can have at most 1 Classic Load Balancer."
    );
    let own = json!({ "loadBalancers": [classic("one")] });
    assert_eq!(
        refused(&mut bed, service("own", own)),
        "Classic Load Balancers are not supported with network mode awsvpc."
    );
    let group = json!({ "targetGroupArn": "tg", "containerName": "app", "containerPort": 80 });
    let external = json!({ "launchType": "EXTERNAL", "loadBalancers": [group] });
    assert_eq!(
        refused(&mut bed, service("bridge", external)),
        "Load balancers are not supported for the EXTERNAL launch type."
    );
}
