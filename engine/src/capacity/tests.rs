//! Worked examples of 04 section 9.3: data points and what they ask for.

use std::collections::BTreeMap;

use super::reservation::{Need, measure, missing};
use super::rules::ScalingRules;
use super::victims::{Member, choose};
use crate::model::{
    Capacity, InstanceId, ManagedScalingState, Reservation, Span, TerminationPolicy, Time,
};

fn rules() -> ScalingRules {
    let warmup = Span::from_secs(300);
    ScalingRules {
        target: 100,
        least_step: 1,
        most_step: 10_000,
        warmup,
        protects: false,
        drains: true,
    }
}

fn capacity(cpu: u32, memory: u32) -> Capacity {
    Capacity { cpu, memory, gpus: 0, enis: None, trunk_enis: None }
}

fn need(cpu: u32, memory: u32) -> Need {
    Need { cpu, memory, ..Need::default() }
}

fn ni(types: &[Capacity], waiting: &[(Need, u32)]) -> Option<u32> {
    missing(types, false, &waiting.iter().copied().collect::<BTreeMap<_, _>>())
}

/// M and the reservation in hundredths of a percent, rounded down.
fn seen(point: Reservation) -> (u32, u64) {
    (point.needed, 100 * point.numerator / point.denominator)
}

#[test]
fn cas_1_an_empty_group_without_tasks_is_at_its_target() {
    assert_eq!(seen(measure(0, 0, None, &rules())).1, 10_000);
    let rules = ScalingRules { target: 70, ..rules() };
    let point = measure(0, 0, None, &rules);
    assert_eq!(seen(point).1, 7000);
    assert!(point.cmp_percent(70).is_eq());
}

#[test]
fn cas_2_the_first_task_asks_for_two_instances() {
    let point = measure(0, 0, Some(1), &rules());
    assert_eq!(seen(point).1, 20_000);
    assert_eq!(rules().scale_out(&point), 2);
    assert_eq!(ScalingRules { target: 70, most_step: 1, ..rules() }.scale_out(&point), 2);
}

#[test]
fn cas_3_to_cas_5_busy_instances_are_needed() {
    assert_eq!(seen(measure(3, 3, None, &rules())), (3, 10_000));
    assert_eq!(seen(measure(3, 2, None, &rules())), (2, 6666));
    assert_eq!(seen(measure(10, 8, None, &rules())), (8, 8000));
}

#[test]
fn cas_6_five_tasks_of_which_four_fit_one_instance() {
    let missing = ni(&[capacity(2048, 7680)], &[(need(512, 1024), 5)]);
    assert_eq!(missing, Some(2));
    assert_eq!(seen(measure(4, 4, missing, &rules())), (6, 15_000));
}

#[test]
fn cas_7_the_largest_group_counts() {
    let groups = [(need(512, 1024), 9), (need(1024, 4096), 4)];
    let missing = ni(&[capacity(2048, 7680)], &groups);
    assert_eq!(missing, Some(4));
    assert_eq!(seen(measure(2, 2, missing, &rules())), (6, 30_000));
}

#[test]
fn cas_8_what_does_not_fit_the_smallest_type_asks_for_nothing() {
    let types = [capacity(2048, 3840), capacity(8192, 30_720)];
    let missing = ni(&types, &[(need(2048, 4096), 6)]);
    assert_eq!(missing, None);
    assert_eq!(seen(measure(1, 1, missing, &rules())), (1, 10_000));
}

#[test]
fn cas_9_the_largest_type_says_how_many_fit() {
    let types = [capacity(2048, 3840), capacity(8192, 30_720)];
    let missing = ni(&types, &[(need(1024, 2048), 20)]);
    assert_eq!(missing, Some(3));
    assert_eq!(seen(measure(1, 1, missing, &rules())), (4, 40_000));
}

#[test]
fn cas_10_and_11_network_interfaces_count() {
    let eni = Need { eni: true, ..need(256, 512) };
    let with = |enis| ni(&[Capacity { enis: Some(enis), ..capacity(2048, 3840) }], &[(eni, 7)]);
    assert_eq!(with(2), Some(4));
    assert_eq!(with(10), Some(1));
}

#[test]
fn cas_11_new_instances_have_a_trunk_by_what_the_account_says_now() {
    let eni = Need { eni: true, ..need(256, 512) };
    let large = Capacity { enis: Some(2), trunk_enis: Some(10), ..capacity(2048, 3840) };
    let waiting = BTreeMap::from([(eni, 7)]);
    assert_eq!(missing(&[large], false, &waiting), Some(4));
    assert_eq!(missing(&[large], true, &waiting), Some(1));
    let windows = Capacity { trunk_enis: None, ..large };
    assert_eq!(missing(&[windows], true, &waiting), Some(4), "it can have none");
}

#[test]
fn cas_12_distinct_instances_are_one_each() {
    let alone = Need { alone: true, ..need(256, 512) };
    assert_eq!(ni(&[capacity(2048, 7680)], &[(alone, 5)]), Some(5));
}

#[test]
fn cas_13_and_14_steps_bound_the_additional_instances() {
    let small = ScalingRules { least_step: 3, ..rules() };
    let point = measure(2, 2, Some(1), &small);
    assert_eq!((seen(point), small.scale_out(&point)), ((5, 25_000), 5));
    let large = ScalingRules { most_step: 10, ..rules() };
    let point = measure(20, 20, Some(40), &large);
    assert_eq!((seen(point), large.scale_out(&point)), ((30, 15_000), 30));
}

#[test]
fn cas_15_and_16_the_target_decides_the_size() {
    let half = ScalingRules { target: 50, ..rules() };
    let point = measure(4, 4, None, &half);
    assert!(point.cmp_percent(50).is_gt());
    assert_eq!(half.scale_out(&point), 8);
    let eighty = ScalingRules { target: 80, ..rules() };
    let point = measure(7, 5, None, &eighty);
    assert!(point.cmp_percent(80).is_lt());
    assert_eq!((seen(point).1, eighty.scale_in(&point, 7, 0)), (7142, 0));
}

#[test]
fn cas_27_less_than_half_goes_in_a_minute() {
    let steps = |desired| rules().scale_in(&measure(desired, 3, None, &rules()), desired, 0);
    assert_eq!([steps(10), steps(6), steps(4), steps(3)], [4, 2, 1, 0]);
    let point = measure(10, 3, None, &rules());
    assert_eq!(rules().scale_in(&point, 10, 9), 1, "never below the minimum");
}

#[test]
fn cas_33_one_point_at_the_target_ends_the_streak() {
    let mut state = ManagedScalingState::default();
    let (low, full) = (measure(2, 1, None, &rules()), measure(2, 2, None, &rules()));
    let mut take = |count: usize, point| {
        (0..count).for_each(|_| state.take(point, 100));
        state.may_scale_in(Time::ZERO)
    };
    assert!(!take(10, low));
    assert!(!take(1, full));
    assert!(!take(14, low));
    assert!(take(1, low));
}

fn member(id: u32, zone: &'static str, launched: i64, protected: bool) -> Member<'static> {
    let name = ["g-1", "g-2", "g-3", "g-4", "g-5"][id as usize];
    let launched_at = Time::from_secs(launched);
    Member { instance: InstanceId::new(id), name, zone, launched_at, protected }
}

#[test]
fn a_victim_is_in_the_fullest_zone_and_closest_to_its_next_hour() {
    let members = || {
        vec![
            member(0, "a", 0, false),
            member(1, "b", 1000, false),
            member(2, "b", 600, false),
            member(3, "b", 600, false),
        ]
    };
    let chosen = |policies: &[TerminationPolicy], count| {
        let chosen = choose(members(), policies, Time::from_secs(4000), count);
        chosen.iter().map(|instance| instance.number()).collect::<Vec<_>>()
    };
    // At 4000 s the ages are 4000 (400 into its hour), 3000, 3400 and 3400.
    assert_eq!(chosen(&[], 4), [2, 3, 1, 0]);
    assert_eq!(chosen(&[TerminationPolicy::NewestInstance], 2), [1, 2]);
    assert_eq!(chosen(&[TerminationPolicy::OldestInstance], 2), [2, 3]);
}

#[test]
fn the_protected_stay_and_do_not_hide_others() {
    let members = vec![
        member(0, "a", 0, true),
        member(1, "a", 0, true),
        member(2, "b", 0, false),
        member(3, "c", 0, true),
    ];
    assert_eq!(choose(members, &[], Time::from_secs(9), 3), [InstanceId::new(2)]);
}
