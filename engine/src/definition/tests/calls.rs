//! Worked examples RUN-11 to RUN-17, PLC-33, ENI-18 and ENI-19: what a call gives beside its
//! definition.

use super::*;
use crate::api::input::{
    AwsVpcConfiguration, NetworkConfiguration, PlacementConstraint, PlacementStrategy,
};
use crate::definition::{
    network_configuration, placement_constraints, placement_strategies, refuse_placement_on_fargate,
};
use crate::model::{self, BinpackField, NetworkMode, SpreadField};

fn constraint(kind: &str, expression: Option<&str>) -> PlacementConstraint {
    PlacementConstraint { kind: kind.into(), expression: expression.map(Into::into) }
}

fn strategy(kind: &str, field: Option<&str>) -> PlacementStrategy {
    PlacementStrategy { kind: kind.into(), field: field.map(Into::into) }
}

fn subnets(subnets: usize, security_groups: usize) -> NetworkConfiguration {
    let named = |prefix: &str, count: usize| (0..count).map(|n| format!("{prefix}-{n}")).collect();
    let awsvpc_configuration = Some(AwsVpcConfiguration {
        subnets: named("subnet", subnets),
        security_groups: named("sg", security_groups),
        assign_public_ip: None,
    });
    NetworkConfiguration { awsvpc_configuration }
}

fn public() -> NetworkConfiguration {
    let mut configuration = subnets(1, 0);
    let awsvpc = configuration.awsvpc_configuration.as_mut().expect("just given");
    awsvpc.assign_public_ip = Some("ENABLED".into());
    configuration
}

#[test]
fn run_11_awsvpc_needs_a_network_configuration() {
    let text = "Network Configuration must be provided when networkMode 'awsvpc' is specified.";
    assert_eq!(invalid(network_configuration(NetworkMode::Awsvpc, false, None)), text);
    let empty = NetworkConfiguration::default();
    assert_eq!(invalid(network_configuration(NetworkMode::Awsvpc, true, Some(&empty))), text);
}

#[test]
fn run_12_only_awsvpc_takes_one() {
    let given = subnets(1, 0);
    for mode in [NetworkMode::Bridge, NetworkMode::Host, NetworkMode::None, NetworkMode::Default] {
        assert_eq!(
            invalid(network_configuration(mode, false, Some(&given))),
            "Network Configuration is not valid for the given networkMode of this task definition."
        );
        assert_eq!(network_configuration(mode, false, None), Ok(None));
    }
}

#[test]
fn run_13_fargate_takes_no_constraints_and_no_strategies() {
    let constraints = [constraint("distinctInstance", None)];
    let strategies = [strategy("random", None)];
    assert_eq!(
        invalid(refuse_placement_on_fargate(&[], &strategies)),
        "Placement strategies are not supported with FARGATE launch type."
    );
    assert_eq!(
        invalid(refuse_placement_on_fargate(&constraints, &strategies)),
        "Placement constraints are not supported with FARGATE launch type."
    );
    assert_eq!(refuse_placement_on_fargate(&[], &[]), Ok(()));
}

#[test]
fn run_14_ten_constraints_of_definition_and_call_together() {
    let member_of = |count| vec![constraint("memberOf", Some("attribute:stack exists")); count];
    let mut input = web(vec![container("app")]);
    input.placement_constraints = member_of(6);
    let definition = accepted(input);
    let with = |count| placement_constraints(&definition.constraints, &member_of(count));
    assert_eq!(with(4).expect("ten in all").len(), 10);
    assert_eq!(invalid(with(5)), "Too many placement constraints.");
}

#[test]
fn run_15_five_strategies() {
    let random = |count| placement_strategies(&vec![strategy("random", None); count]);
    assert_eq!(random(5), Ok(vec![model::PlacementStrategy::Random; 5]));
    assert_eq!(invalid(random(6)), "Too many placement strategies.");
}

#[test]
fn run_16_an_expression_of_two_thousand_characters() {
    let padded = |length: usize| {
        let expression = format!("agentConnected == true{}", " ".repeat(length - 22));
        assert_eq!(expression.len(), length);
        placement_constraints(&[], &[constraint("memberOf", Some(&expression))])
    };
    assert!(padded(2000).is_ok());
    assert!(invalid(padded(2001)).starts_with("placementConstraints[0]: "));
}

#[test]
fn run_17_distinct_instance_takes_no_expression() {
    let alone = placement_constraints(&[], &[constraint("distinctInstance", None)]);
    assert_eq!(alone, Ok(vec![model::PlacementConstraint::DistinctInstance]));
    let with = constraint("distinctInstance", Some("attribute:x == y"));
    let message = invalid(placement_constraints(&[], &[with]));
    assert_eq!(message, "placementConstraints[0]: distinctInstance takes no expression");
}

#[test]
fn r12_member_of_needs_an_expression_that_can_be_read() {
    for bad in [None, Some(""), Some("attribute:stack = prod"), Some("foo == bar")] {
        let call = [constraint("distinctInstance", None), constraint("memberOf", bad)];
        let message = invalid(placement_constraints(&[], &call));
        assert!(message.starts_with("placementConstraints[1]: "), "{message}");
    }
    let unknown = [constraint("member_of", Some("attribute:stack == prod"))];
    assert!(invalid(placement_constraints(&[], &unknown)).contains("'member_of'"));
}

#[test]
fn plc_33_a_strategy_that_is_none() {
    for bad in [
        strategy("binpack", Some("disk")),
        strategy("binpack", None),
        strategy("spread", None),
        strategy("spread", Some("zone")),
        strategy("spread", Some("attribute:")),
        strategy("pack", None),
    ] {
        let message = invalid(placement_strategies(&[strategy("random", None), bad]));
        assert!(message.starts_with("placementStrategy[1]: "), "{message}");
    }
}

#[test]
fn fields_of_strategies_have_the_spellings_of_calls_and_exports() {
    let read = |kind, field| {
        placement_strategies(&[strategy(kind, Some(field))]).expect("a strategy").remove(0)
    };
    for field in ["cpu", "CPU"] {
        assert_eq!(read("binpack", field), model::PlacementStrategy::Binpack(BinpackField::Cpu));
    }
    for field in ["memory", "MEMORY"] {
        let memory = model::PlacementStrategy::Binpack(BinpackField::Memory);
        assert_eq!(read("binpack", field), memory);
    }
    for field in ["instanceId", "host"] {
        assert_eq!(read("spread", field), model::PlacementStrategy::Spread(SpreadField::Instance));
    }
    assert_eq!(
        read("spread", "attribute:ecs.availability-zone"),
        model::PlacementStrategy::Spread(SpreadField::zone())
    );
}

#[test]
fn eni_18_one_to_sixteen_subnets_and_at_most_five_security_groups() {
    for (given, fits) in
        [((1, 0), true), ((16, 5), true), ((17, 0), false), ((1, 6), false), ((0, 0), false)]
    {
        let configuration = subnets(given.0, given.1);
        for on_fargate in [false, true] {
            let mode = NetworkMode::Awsvpc;
            let answer = network_configuration(mode, on_fargate, Some(&configuration));
            if fits {
                assert_eq!(answer, Ok(configuration.awsvpc_configuration.as_ref()), "{given:?}");
            } else {
                invalid(answer);
            }
        }
    }
}

#[test]
fn eni_19_a_public_address_only_on_fargate() {
    let configuration = public();
    let ask =
        |on_fargate| network_configuration(NetworkMode::Awsvpc, on_fargate, Some(&configuration));
    let text = "Assign public IP is not supported for this launch type.";
    assert_eq!(invalid(ask(false)), text);
    assert!(ask(true).is_ok());
}
