//! The worked examples of 01 section 13.5 and what holds of every expression.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Expression, Subject};
use crate::model::instant::parse_rfc3339_ms;

#[derive(Default)]
struct Instance {
    attributes: BTreeMap<&'static str, Option<&'static str>>,
    task_groups: Vec<&'static str>,
    agent_connected: bool,
    agent_version: Option<&'static str>,
    ec2_instance_id: Option<&'static str>,
    registered_at: Option<i64>,
}

impl Subject for Instance {
    fn attribute(&self, name: &str) -> Option<Option<&str>> {
        self.attributes.get(name).copied()
    }

    fn has_task_group(&self, predicate: &mut dyn FnMut(&str) -> bool) -> bool {
        self.task_groups.iter().any(|group| predicate(group))
    }

    fn any_task_group(&self) -> bool {
        !self.task_groups.is_empty()
    }

    fn agent_connected(&self) -> bool {
        self.agent_connected
    }

    fn agent_version(&self) -> Option<&str> {
        self.agent_version
    }

    fn ec2_instance_id(&self) -> Option<&str> {
        self.ec2_instance_id
    }

    fn registered_at_unix_ms(&self) -> Option<i64> {
        self.registered_at
    }

    fn running_tasks_count(&self) -> u32 {
        self.task_groups.len().try_into().expect("few tasks")
    }
}

fn p() -> Instance {
    Instance {
        attributes: BTreeMap::from([
            ("stack", Some("prod")),
            ("ecs.instance-type", Some("t3.large")),
            ("ecs.availability-zone", Some("us-east-1a")),
        ]),
        task_groups: vec!["service:web", "service:web", "family:job"],
        agent_connected: true,
        agent_version: Some("1.73.0"),
        ec2_instance_id: Some("i-0aaa"),
        registered_at: parse_rfc3339_ms("2026-03-01T10:00:00Z"),
    }
}

fn q() -> Instance {
    Instance {
        attributes: BTreeMap::from([
            ("stack", Some("test")),
            ("ecs.instance-type", Some("c5.xlarge")),
            ("ecs.availability-zone", Some("us-east-1b")),
        ]),
        task_groups: vec![],
        agent_connected: true,
        agent_version: Some("1.9.1"),
        ec2_instance_id: Some("i-0bbb"),
        registered_at: parse_rfc3339_ms("2026-03-02T00:00:00Z"),
    }
}

fn r() -> Instance {
    Instance {
        attributes: BTreeMap::from([
            ("ecs.instance-type", Some("t3.micro")),
            ("ecs.availability-zone", Some("us-east-1c")),
            ("gpu", None),
        ]),
        task_groups: vec!["service:web"],
        agent_connected: false,
        agent_version: Some("1.100.0"),
        ec2_instance_id: None,
        registered_at: parse_rfc3339_ms("2026-02-28T23:59:59Z"),
    }
}

#[track_caller]
fn parsed(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The names of the instances of which the expression holds.
#[track_caller]
fn holding(text: &str) -> String {
    let expression = parsed(text);
    let instances = [('P', p()), ('Q', q()), ('R', r())];
    instances.iter().filter(|(_, i)| expression.holds(i)).map(|(name, _)| *name).collect()
}

#[track_caller]
fn refusal(text: &str) -> String {
    Expression::parse(text).expect_err(text).to_string()
}

#[test]
fn cql_1_equal_attribute() {
    assert_eq!(holding("attribute:stack == prod"), "P");
}

#[test]
fn cql_2_other_value_of_an_attribute() {
    assert_eq!(holding("attribute:stack != prod"), "Q");
}

#[test]
fn cql_3_not_is_the_complement() {
    assert_eq!(holding("not(attribute:stack == prod)"), "QR");
}

#[test]
fn cql_4_attribute_exists() {
    assert_eq!(holding("attribute:stack exists"), "PQ");
}

#[test]
fn cql_5_attribute_does_not_exist() {
    assert_eq!(holding("attribute:stack !exists"), "R");
    assert_eq!(holding("attribute:stack not_exists"), "R");
}

#[test]
fn cql_6_pattern() {
    assert_eq!(holding("attribute:ecs.instance-type =~ t3.*"), "PR");
}

#[test]
fn cql_7_a_pattern_must_match_the_whole_value() {
    assert_eq!(holding("attribute:ecs.instance-type =~ t3"), "");
}

#[test]
fn cql_8_values_that_do_not_match() {
    assert_eq!(holding(r"attribute:ecs.instance-type !~ t3\..*"), "Q");
}

#[test]
fn cql_9_affinity_to_a_group() {
    assert_eq!(holding("task:group == service:web"), "PR");
}

#[test]
fn cql_10_anti_affinity_to_a_group() {
    assert_eq!(holding("not(task:group == service:web)"), "Q");
}

#[test]
fn cql_11_some_other_group() {
    assert_eq!(holding("task:group != service:web"), "P");
}

#[test]
fn cql_12_no_running_task() {
    assert_eq!(holding("runningTasksCount == 0"), "Q");
}

#[test]
fn cql_13_a_few_running_tasks() {
    assert_eq!(holding("runningTasksCount >= 1 and runningTasksCount < 3"), "R");
}

#[test]
fn cql_14_versions_compare_as_numbers() {
    assert_eq!(holding("agentVersion > 1.9.1"), "PR");
}

#[test]
fn cql_15_registered_since_a_day() {
    assert_eq!(holding("registeredAt >= 2026-03-01"), "PQ");
}

#[test]
fn cql_16_a_day_is_its_midnight() {
    assert_eq!(holding("registeredAt == 2026-03-02"), "Q");
}

#[test]
fn cql_17_times_with_zone() {
    assert_eq!(holding("registeredAt < 2026-03-01T00:00:00+01:00"), "");
}

#[test]
fn cql_18_value_in_a_list() {
    assert_eq!(holding("attribute:ecs.availability-zone in [us-east-1a, us-east-1c]"), "PR");
}

#[test]
fn cql_19_value_not_in_a_quoted_list() {
    let text = "attribute:ecs.availability-zone not_in ['us-east-1a','us-east-1c']";
    assert_eq!(holding(text), "Q");
}

#[test]
fn cql_20_not_in_needs_a_value() {
    assert_eq!(holding("attribute:stack !in [prod]"), "Q");
}

#[test]
fn cql_21_and_binds_tighter_than_or() {
    let text = "attribute:stack == prod or attribute:stack == test and agentConnected == false";
    assert_eq!(holding(text), "P");
}

#[test]
fn cql_22_parentheses_override() {
    let text = "(attribute:stack == prod or attribute:stack == test) and agentConnected == false";
    assert_eq!(holding(text), "");
}

#[test]
fn cql_23_an_attribute_without_value_exists() {
    assert_eq!(holding("attribute:gpu exists"), "R");
}

#[test]
fn cql_24_an_attribute_without_value_is_empty() {
    assert_eq!(holding("attribute:gpu == ''"), "R");
}

#[test]
fn cql_25_subjects_are_case_sensitive() {
    assert_eq!(
        refusal("AGENTCONNECTED == true"),
        "Invalid expression: expected a subject (attribute:<name>, task:group, agentConnected, \
         agentVersion, ec2InstanceId, registeredAt or runningTasksCount) at position 1, found \
         `AGENTCONNECTED`."
    );
}

#[test]
fn cql_26_keywords_are_not_case_sensitive() {
    assert_eq!(holding("attribute:stack EXISTS AND agentConnected equals true"), "PQ");
}

#[test]
fn cql_27_symbols_and_words_mix() {
    assert_eq!(holding("!(attribute:stack exists) || agentVersion less_than 1.10"), "QR");
}

#[test]
fn cql_28_a_bare_pattern_may_hold_balanced_parentheses() {
    assert_eq!(holding(r"attribute:ecs.instance-type =~ (t3|c5)\.(large|xlarge)"), "PQ");
}

#[test]
fn cql_29_not_twice() {
    assert_eq!(holding("not not agentConnected == true"), "PQ");
}

#[test]
fn cql_30_values_are_case_sensitive() {
    assert_eq!(holding("attribute:stack == Prod"), "");
}

#[test]
fn cql_31_every_refusal_names_position_and_expectation() {
    for (text, position, expected) in [
        ("attribute:stack = prod", 17, "an operator"),
        ("attribute:stack ==", 19, "a value"),
        ("foo == bar", 1, "a subject"),
        ("(agentConnected == true", 24, "`and`, `or` or a closing )"),
        ("attribute:stack in []", 21, "a value"),
        ("runningTasksCount == many", 22, "an integer"),
        ("runningTasksCount =~ 1", 19, "==, !=, <, <=, > or >="),
        ("agentConnected == maybe", 19, "true or false"),
        ("", 1, "a subject"),
    ] {
        let error = Expression::parse(text).expect_err(text);
        assert_eq!(error.position(), position, "{text}: {error}");
        assert!(error.expected().starts_with(expected), "{text}: {error}");
        assert!(error.to_string().contains(&format!("at position {position}")), "{error}");
    }
}

#[test]
fn cql_32_look_around_is_named() {
    assert_eq!(
        refusal("attribute:stack =~ (?!prod).*"),
        "Invalid expression: expected a regular expression without look-around, which is not \
         supported at position 20, found `(?!prod).*`."
    );
}

#[test]
fn run_16_two_thousand_characters_and_no_more() {
    let filler = "x".repeat(2000 - "attribute:stack == ".len());
    let longest = format!("attribute:stack == {filler}");
    assert_eq!(holding(&longest), "");
    let error = Expression::parse(&format!("{longest}x")).expect_err("2001 characters");
    assert_eq!((error.position(), error.expected()), (2001, "at most 2000 characters"));
    let in_characters = longest.replace('x', "é");
    assert_eq!(holding(&in_characters), "", "characters count, not bytes");
}

#[test]
fn whitespace_is_optional_around_symbols() {
    assert_eq!(holding("attribute:stack==prod&&agentConnected==true"), "P");
    assert_eq!(holding("attribute:stack==prod||!agentConnected==true"), "PR");
    assert_eq!(holding("(attribute:stack=='prod')or(attribute:stack=='test')"), "PQ");
    assert_eq!(holding("attribute:stack in[prod,test]"), "PQ");
    assert_eq!(holding("attribute:stack!in[prod]"), "Q");
    assert_eq!(holding("runningTasksCount>=1&&runningTasksCount<3"), "R");
    assert_eq!(holding("attribute:ecs.instance-type=~(t3|m5).*&&agentConnected==true"), "P");
    assert_eq!(holding("\n attribute:stack\t==\n prod \n"), "P");
}

#[test]
fn patterns_end_where_their_parentheses_do() {
    assert_eq!(holding("(attribute:stack =~ pro.)"), "P");
    assert_eq!(holding(r"(attribute:ecs.instance-type =~ (t3)\..*)"), "PR");
    assert_eq!(holding(r"(attribute:stack =~ prod\)*)"), "P");
    assert_eq!(holding("(attribute:stack =~ prod[)]*)"), "P");
    assert_eq!(holding("attribute:stack =~ 'prod|x y'"), "P");
    assert_eq!(holding("attribute:stack =~ prod||attribute:stack =~ test"), "PQ");
    assert_eq!(holding("attribute:stack =~ (prod||test)"), "PQ");
    assert!(refusal("attribute:stack =~ (prod").contains("a closing )"));
    assert!(refusal("attribute:stack =~ prod)").contains("`and`, `or` or the end"));
    assert!(refusal("attribute:stack =~ (prod x)").contains("position 25"));
}

#[test]
fn literals_outside_lists_may_hold_commas_and_brackets() {
    assert_eq!(holding("attribute:stack != a,b[c]"), "PQ");
    assert_eq!(holding("attribute:stack in ['a,b', \"prod\"]"), "P");
    assert!(refusal("attribute:stack in [prod, ]").contains("position 27"));
    assert!(refusal("attribute:stack in [prod test]").contains("a comma or a closing ]"));
    assert!(refusal("attribute:stack in prod").contains("a list such as"));
    assert!(refusal("attribute:stack == 'prod").contains("a closing '"));
}

#[test]
fn attributes_take_ordering_operators_on_numbers() {
    let mut instance = p();
    for (value, holds) in [("10", true), ("9", true), ("1.5", false), ("many", false), ("", false)]
    {
        instance.attributes.insert("disks", Some(value));
        assert_eq!(parsed("attribute:disks > 2").holds(&instance), holds, "{value:?}");
    }
    assert!(refusal("attribute:disks > many").contains("expected a number"));
    assert_eq!(holding("attribute:disks <= 2"), "", "nothing to compare");
}

#[test]
fn every_operator_has_a_word() {
    for (word, symbol) in [
        ("equals", "=="),
        ("not_equals", "!="),
        ("greater_than", ">"),
        ("greater_than_equal", ">="),
        ("less_than", "<"),
        ("less_than_equal", "<="),
    ] {
        for count in 0..4 {
            let by_word = holding(&format!("runningTasksCount {word} {count}"));
            assert_eq!(by_word, holding(&format!("runningTasksCount {symbol} {count}")), "{word}");
        }
    }
    assert_eq!(holding("attribute:stack matches pro."), "P");
    assert_eq!(holding("attribute:stack not_matches pro."), "Q");
    assert_eq!(holding("runningTasksCount Greater_Than -1"), "PQR");
}

#[test]
fn the_other_subjects() {
    assert_eq!(holding("ec2InstanceId == i-0aaa"), "P");
    assert_eq!(holding("ec2InstanceId != i-0aaa"), "Q", "an external instance has no id");
    assert_eq!(holding("ec2InstanceId in [i-0aaa, i-0bbb]"), "PQ");
    assert_eq!(holding("ec2InstanceId !~ i-0a.*"), "Q");
    assert_eq!(holding("agentConnected != true"), "R");
    assert_eq!(holding("agentConnected in [true, false]"), "PQR");
    assert_eq!(holding("agentConnected =~ t.*"), "PQ");
    assert_eq!(holding("task:group exists"), "PR");
    assert_eq!(holding("task:group !exists"), "Q");
    assert_eq!(holding("task:group in [family:job, family:db]"), "P");
    assert_eq!(holding("task:group !in [service:web]"), "P");
    assert_eq!(holding("task:group =~ service:.*"), "PR");
    assert_eq!(holding("task:group !~ service:.*"), "P");
    assert_eq!(holding("agentVersion == 1.73"), "P");
    assert_eq!(holding("agentVersion != 1.73"), "QR");
    assert_eq!(holding("agentVersion <= 1.73.0"), "PQ");
}

#[test]
fn an_instance_that_reports_nothing_satisfies_no_comparison() {
    let silent = Instance::default();
    for text in [
        "agentVersion != 1.0",
        "registeredAt != 2026-01-01",
        "ec2InstanceId != i-1",
        "task:group != family:a",
        "attribute:a != b",
        "attribute:a !~ b",
    ] {
        assert!(!parsed(text).holds(&silent), "{text}");
        assert!(parsed(&format!("not({text})")).holds(&silent), "{text}");
    }
}

#[test]
fn operators_a_subject_does_not_take_are_refused() {
    for text in [
        "agentConnected exists",
        "agentConnected > true",
        "agentVersion exists",
        "agentVersion in [1.0]",
        "agentVersion == latest",
        "registeredAt =~ 2026.*",
        "registeredAt > yesterday",
        "ec2InstanceId exists",
        "ec2InstanceId > i-1",
        "task:group > a",
        "runningTasksCount in [1]",
        "runningTasksCount == 1.5",
        "runningTasksCount == +1",
        "agentConnected in [true, maybe]",
        "agentConnected",
        "attribute:stack",
        "attribute: stack exists",
        "attribute:stack ! exists",
        "attribute:stack exists exists",
        "agentConnected == true agentConnected == true",
        "and",
        "not",
        "()",
    ] {
        Expression::parse(text).expect_err(text);
    }
    let long = format!("attribute:{} exists", "n".repeat(129));
    assert!(refusal(&long).contains("1 to 128 characters"));
    assert_eq!(holding(&format!("attribute:{} exists", "n".repeat(128))), "");
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    let nested =
        |depth| format!("{}agentConnected == true{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(holding(&nested(Expression::MAX_NESTING)), "PQ");
    assert!(refusal(&nested(Expression::MAX_NESTING + 1)).contains("nested parentheses"));
    assert!(refusal(&nested(980)).contains("position 101"));
    assert!(refusal(&"(".repeat(2000)).contains("nested parentheses"));
    assert_eq!(holding(&format!("{}agentConnected == true", "!".repeat(1971))), "R");
    let wide = vec!["agentConnected == true"; 77].join(" or ");
    assert_eq!(holding(&wide), "PQ");
}

#[test]
fn an_expression_tells_what_it_reads() {
    let still = parsed("attribute:b == 1 or attribute:a exists and attribute:b == 2");
    assert!(still.attribute_names().eq(["a", "b"]));
    assert!(!still.reads_task_groups() && !still.reads_running_count());
    assert!(!still.reads_agent_connected());
    assert!(parsed("not(task:group exists)").reads_task_groups());
    assert!(parsed("agentVersion > 1 and runningTasksCount < 2").reads_running_count());
    assert!(parsed("agentConnected == true").reads_agent_connected());
}

fn comparison() -> impl Strategy<Value = String> {
    let texts = prop_oneof![
        Just("attribute:stack"),
        Just("attribute:gpu"),
        Just("task:group"),
        Just("ec2InstanceId"),
        Just("attribute:ecs.instance-type"),
    ];
    let literal = prop_oneof![
        Just("prod"),
        Just("'test'"),
        Just("service:web"),
        Just("''"),
        Just("t3.large"),
        Just("i-0aaa")
    ];
    let text_operator = prop_oneof![Just("=="), Just("!="), Just("=~"), Just("NOT_MATCHES")];
    let order = prop_oneof![Just("=="), Just("!="), Just("<"), Just(">="), Just("less_than_equal")];
    prop_oneof![
        (texts.clone(), text_operator, literal.clone())
            .prop_map(|(s, o, l)| format!("{s} {o} {l}")),
        (texts, literal.clone(), literal).prop_map(|(s, a, b)| format!("{s} in [{a}, {b}]")),
        Just("attribute:stack exists".to_owned()),
        (order, 0..4).prop_map(|(o, n)| format!("runningTasksCount {o} {n}")),
        any::<bool>().prop_map(|b| format!("agentConnected == {b}")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    comparison().prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.prop_map(|a| format!("not {a}")),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn texts_made_of_tokens_never_panic(
        tokens in prop::collection::vec(
            prop_oneof![
                "[()\\[\\],!<>=~&|'\" é\\\\]",
                Just("attribute:a".to_owned()),
                Just("not ".to_owned()),
                Just(" and ".to_owned()),
                Just(" =~ ".to_owned()),
                Just("registeredAt ==".to_owned()),
                Just("runningTasksCount > 1".to_owned()),
            ],
            0..30,
        ),
    ) {
        if let Err(error) = Expression::parse(&tokens.concat()) {
            prop_assert!(error.position() <= tokens.concat().chars().count() + 1);
        }
    }

    #[test]
    fn not_is_the_complement_and_parentheses_change_nothing(text in expression()) {
        let plain = parsed(&text);
        for instance in [p(), q(), r()] {
            let holds = plain.holds(&instance);
            prop_assert_eq!(parsed(&format!("not({text})")).holds(&instance), !holds);
            prop_assert_eq!(parsed(&format!("!!{text}")).holds(&instance), holds);
            prop_assert_eq!(parsed(&format!("({text})")).holds(&instance), holds);
        }
    }

    #[test]
    fn and_and_or_follow_the_laws(a in expression(), b in expression()) {
        let both = parsed(&format!("{a} and {b}"));
        let either = parsed(&format!("{a} or {b}"));
        let (a, b) = (parsed(&a), parsed(&b));
        for instance in [p(), q(), r()] {
            prop_assert_eq!(both.holds(&instance), a.holds(&instance) && b.holds(&instance));
            prop_assert_eq!(either.holds(&instance), a.holds(&instance) || b.holds(&instance));
        }
    }

    #[test]
    fn printing_gives_the_text_back(text in expression()) {
        let expression = parsed(&text);
        prop_assert_eq!(expression.to_string(), text);
        prop_assert_eq!(&parsed(&expression.to_string()), &expression);
    }
}
