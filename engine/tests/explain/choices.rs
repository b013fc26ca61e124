//! Placements and scale-in choices of the past, explained as they are made again.

use serde_json::json;
use stowplan_engine::explain::{Change, Field, Outcome, Question, Verdict, Witnessed};
use stowplan_engine::model::{Capabilities, InstanceId, TaskId};

use crate::bed::{Bed, both, strategy};

/// Six small tasks over two zones, then four.
fn shrinking(watched: TaskId) -> (Bed, Option<Witnessed>) {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 2000);
    bed.instance("B", "b", 1024, 2000);
    bed.plain("web", 64, 64);
    bed.engine.watch(watched);
    bed.create("web", 3, strategy(&["spread attribute:ecs.availability-zone"]));
    bed.run_until(60);
    bed.at(65).update("web", json!({ "desiredCount": 2 }));
    bed.run_until(100);
    let seen = bed.engine.take_witnessed();
    (bed, seen)
}

#[test]
fn a_placement_is_seen_as_it_was_decided() {
    let (bed, seen) = shrinking(TaskId::new(1));
    let Some(Witnessed::Placement(report)) = seen else { panic!("the second task was placed") };
    let Field::Instances { candidates, left, .. } = &report.field else { panic!("on instances") };
    let verdicts: Vec<(&str, &Verdict, &[u32])> = candidates
        .iter()
        .map(|it| (&*bed.engine.view().instance(it.instance).name, &it.verdict, &*it.ranks))
        .collect();
    assert_eq!(verdicts, [("A", &Verdict::Outranked(0), &[1][..]), ("B", &Verdict::Chosen, &[0])]);
    assert_eq!(left[..], [2, 2, 1]);
    assert_eq!(bed.engine.view().task(TaskId::new(1)).instance, report.chosen());
}

#[test]
fn a_task_with_a_proxy_is_said_to_need_room_for_it() {
    let mut bed = Bed::instant();
    bed.instance_with("old", "a", 1024, 2000, |it| {
        let without = vec!["ecs.capability.service-connect-v1".into()];
        it.capabilities = Capabilities::CurrentAgent { without };
    });
    bed.define_task(json!({ "family": "web", "memory": "512",
        "containerDefinitions": [{ "name": "app", "image": "i" }] }));
    for connected in [true, false] {
        let connect = json!({ "serviceConnectConfiguration": { "enabled": connected } });
        let name = if connected { "connected" } else { "plain" };
        bed.create(name, 1, both(connect, json!({ "taskDefinition": "web" })));
        let service = bed.service_id(name);
        let report = bed.engine.explain(&Question::NextTask(service));
        let report = report.expect("it has a deployment").expect("on instances");
        let told = bed.engine.view().placement_text(&report);
        assert_eq!(told.contains("let the task's size hold 256 CPU units and 64 MiB"), connected);
        assert_eq!(told.contains("lacks ecs.capability.service-connect-v1"), connected, "{told}");
    }
}

#[test]
fn a_scale_in_choice_is_seen_as_it_was_decided() {
    let (bed, seen) = shrinking(TaskId::new(2));
    let Some(Witnessed::ScaleIn(report)) = seen else { panic!("the third task leaves") };
    assert_eq!(report.chosen, TaskId::new(2));
    let kept: Vec<Option<usize>> = report.candidates.iter().map(|it| it.kept_by).collect();
    assert_eq!(kept, [None, Some(0), None]);
    assert_eq!(
        bed.engine.view().scale_in_text(&report),
        "task 00000000000000000000000000000003 leaves, of 3 that could: \
         spread(attribute:ecs.availability-zone) undone keeps 1, 1 as good is older."
    );
}

#[test]
fn a_change_is_tried_on_a_placement_of_the_past_and_the_task_goes_where_it_went() {
    let (bed, _) = shrinking(TaskId::new(1));
    let mut again = Bed::instant();
    again.instance("A", "a", 1024, 2000);
    again.instance("B", "b", 1024, 2000);
    again.plain("web", 64, 64);
    again.engine.watch_with(TaskId::new(1), Change::OneMoreLike(InstanceId::new(1)));
    again.create("web", 3, strategy(&["spread attribute:ecs.availability-zone"]));
    again.run_until(60);
    let Some(Witnessed::Tried(tried)) = again.engine.take_witnessed() else { panic!("tried") };
    // Two in the zone now: the lower id is the one that was there.
    assert_eq!(tried.outcome(), Outcome::On(InstanceId::new(1)));
    let Field::Instances { candidates, .. } = &tried.report.field else { panic!("on instances") };
    let names: Vec<&str> =
        candidates.iter().map(|it| &*tried.view().instance(it.instance).name).collect();
    assert_eq!(names, ["A", "B", "B+"]);
    again.at(65).update("web", json!({ "desiredCount": 2 }));
    again.run_until(100);
    assert_eq!(again.engine.state_hash(), bed.engine.state_hash());
}

#[test]
fn watching_is_no_part_of_the_state() {
    let (watched, _) = shrinking(TaskId::new(2));
    let (other, _) = shrinking(TaskId::new(77));
    assert_eq!(watched.engine.state_hash(), other.engine.state_hash());
}

/// That an instance has one daemon of a service is no constraint that anybody could leave out.
#[test]
fn a_daemon_has_no_place_beside_itself_whatever_is_left_out() {
    let mut bed = Bed::instant();
    bed.instance("A", "a", 1024, 2000);
    bed.plain("log", 64, 64);
    bed.must(
        "createService",
        json!({ "serviceName": "log", "taskDefinition": "log", "schedulingStrategy": "DAEMON" }),
    );
    bed.run_until(60);
    let question = Question::NextTask(bed.service_id("log"));
    let report = bed.engine.explain(&question).expect("it is asked well").expect("an order");
    let told = report.changes().iter();
    let told: Vec<String> = told.map(|it| bed.engine.view().suggestion_text(&report, it)).collect();
    assert_eq!(told, ["one more instance like A: the new instance"]);
}
