use stowplan_engine::model::{ClusterId, InstanceId, LaunchType, TaskId, Time};

use super::{engine, free, plan, with};

#[test]
fn without_a_word_there_is_one_cluster_with_three_zones_and_their_subnets() {
    let engine = engine("version: 1\nname: x\n");
    let view = engine.view();
    let cluster = view.cluster(ClusterId::new(0));
    assert_eq!((&*cluster.name, &*cluster.region), ("default", "us-east-1"));
    let zones: Vec<&str> = cluster.zones.iter().map(|zone| view.zone_name(*zone)).collect();
    assert_eq!(zones, ["us-east-1a", "us-east-1b", "us-east-1c"]);
    let subnets: Vec<_> = cluster.subnets.iter().map(|id| view.subnet(*id)).collect();
    assert_eq!(&*subnets[1].name, "subnet-b");
    assert_eq!(subnets[1].addresses, 4091);
}

#[test]
fn eni_13_amazon_keeps_five_addresses_of_a_subnet() {
    let engine = engine(
        "version: 1\nname: x\ncluster: { subnets: [ { id: small, availabilityZone: a, \
         cidr: 10.0.1.0/24 } ] }",
    );
    let view = engine.view();
    let subnet = view.subnet(view.cluster(ClusterId::new(0)).subnets[0]);
    assert_eq!((&*subnet.name, subnet.free()), ("small", 251));
}

#[test]
fn a_count_numbers_the_ids_and_takes_zones_in_turn() {
    let engine = engine(
        "version: 1\nname: x\ncluster: { instances: [ { id: web, count: 3, \
         type: m5.large, availabilityZone: [ a, c ] }, { id: own, type: m5.large } ] }",
    );
    let instance = |index| engine.view().instance(InstanceId::from_index(index));
    let zone = |index| engine.view().zone_name(instance(index).zone);
    let named: Vec<_> = (0..4).map(|index| (&*instance(index).name, zone(index))).collect();
    assert_eq!(
        named,
        [
            ("web-1", "us-east-1a"),
            ("web-2", "us-east-1c"),
            ("web-3", "us-east-1a"),
            ("own", "us-east-1a")
        ]
    );
    assert_eq!(instance(0).registered_memory, 7782);
    assert_eq!(instance(0).eni_limit, Some(2));
}

#[test]
fn res_11_registered_memory_follows_from_that_of_the_host() {
    let memory = |more: &str| {
        let text = format!(
            "version: 1\nname: x\ncluster: {{ instances: [ {{ id: A, cpu: 2048, {more} }} ] }}"
        );
        engine(&text).view().instance(InstanceId::new(0)).registered_memory
    };
    assert_eq!(memory("hostMemoryBytes: 8373026816"), 7985);
    let kept = "hostMemoryBytes: 8373026816, agentConfig: { ECS_RESERVED_MEMORY: 256 }";
    assert_eq!(memory(kept), 7729);
}

#[test]
fn res_12_an_agent_that_keeps_more_than_there_is_does_not_register() {
    let text = |reserved: u32| {
        format!(
            "version: 1\nname: x\ncluster: {{ instances: [ {{ id: A, cpu: 2048, \
             hostMemoryBytes: 1048576000, \
             agentConfig: {{ ECS_RESERVED_MEMORY: {reserved} }} }} ] }}"
        )
    };
    assert_eq!(engine(&text(1000)).view().instance(InstanceId::new(0)).registered_memory, 0);
    let error = super::refusal(&text(1001));
    let expected = "api register-container-instance: reserved memory is higher than available \
                    memory on the host, total memory: 1000, reserved: 1001";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_given_tasks_do_not_explain_is_held_by_something_nameless() {
    let text = "version: 1\nname: x\n\
        cluster: { instances: [ { id: A, cpu: 1024, memory: 2000, \
        remaining: { cpu: 500, memory: 1800 }, \
        usedPorts: { tcp: [ 22, 8080 ], udp: [ 53 ] } } ] }\n\
        taskDefinitions: [ { family: t, containerDefinitions: \
        [ { name: c, image: i, cpu: 100, memory: 200 } ] } ]\n\
        tasks: [ { taskDefinition: t, instance: A } ]\n";
    let engine = engine(text);
    assert_eq!(free(&engine, 0), (500, 1800));
    let held = engine.view().instance(InstanceId::new(0)).held();
    assert_eq!((held.cpu, held.memory, held.ports.len()), (424, 0, 2));
}

#[test]
fn given_tasks_run_for_a_day_and_were_made_in_listed_order() {
    let engine = engine(&with(
        "tasks: [ { id: T, count: 2, taskDefinition: t, instance: A }, \
         { taskDefinition: t, instance: A, startedAt: -90s } ]",
    ));
    let tasks = engine.view().tasks();
    let dates: Vec<_> = tasks.iter().map(|task| (task.created_at, task.started_at())).collect();
    let day = Time::from_secs(-86_400);
    let before = |ms: i64| Time(day.0 - ms);
    assert_eq!(
        dates,
        [(before(3), Some(day)), (before(2), Some(day)), (before(1), Some(Time::from_secs(-90)))]
    );
    assert_eq!(engine.view().task_name(TaskId::new(1)), "T-2");
    assert_eq!(engine.view().task_name(TaskId::new(2)), format!("{:032x}", 3));
}

#[test]
fn a_steady_service_without_given_tasks_has_what_it_wants() {
    let engine = engine(&with(
        "start: steady\nservices: [ { serviceName: web, taskDefinition: t, desiredCount: 3 } ]",
    ));
    assert_eq!(engine.view().tasks().len(), 3);
    assert_eq!(free(&engine, 0), (724, 1400));
    let error = super::refusal(&with(
        "start: steady\nservices: [ { serviceName: web, taskDefinition: t, desiredCount: 11 } ]",
    ));
    assert!(error.contains("10 of 11 tasks fit (line 6, column 13)"), "{error}");
}

#[test]
fn the_services_of_an_empty_start_are_calls_at_time_zero() {
    let plan =
        plan(&with("services: [ { serviceName: web, taskDefinition: t, desiredCount: 3 } ]"));
    assert_eq!(plan.opening.len(), 1);
    assert_eq!(plan.opening[0].source.path, "services[0]");
    assert!(plan.engine().expect("set up").view().services().next().is_none());
}

#[test]
fn a_group_has_its_desired_capacity_spread_over_its_zones() {
    let engine = engine(
        "version: 1\nname: x\ncluster: { autoScalingGroups: [ { name: g, \
         instanceTypes: [ { type: m5.large, cpu: 2048, memory: 8000 } ], minSize: 1, maxSize: 9, \
         desiredCapacity: 4 } ], capacityProviders: [ FARGATE, { name: cp, \
         autoScalingGroupProvider: { autoScalingGroupArn: g } } ] }",
    );
    let view = engine.view();
    let zones: Vec<_> = (0..4)
        .map(|index| view.instance(InstanceId::new(index)))
        .map(|row| (&*row.name, view.zone_name(row.zone), row.registered_memory))
        .collect();
    assert_eq!(zones[0], ("g-1", "us-east-1a", 8000));
    assert_eq!(zones[3], ("g-4", "us-east-1a", 8000));
    assert_eq!(view.cluster(ClusterId::new(0)).providers.len(), 2);
}

#[test]
fn a_task_is_on_the_account_of_the_provider_whose_instance_it_is_on() {
    let engine = engine(
        "version: 1\nname: x\nstart: steady\ncluster: { autoScalingGroups: [ { name: g, \
         instanceType: m5.large, desiredCapacity: 1 } ], capacityProviders: [ { name: cp, \
         autoScalingGroupProvider: { autoScalingGroupArn: g } } ] }\ntaskDefinitions: [ { \
         family: t, containerDefinitions: [ { name: c, image: i, memory: 200 } ] } ]\nservices: \
         [ { serviceName: web, taskDefinition: t, desiredCount: 1, capacityProviderStrategy: \
         [ { capacityProvider: cp, weight: 1 } ] } ]\ntasks: [ { service: web, instance: g-1 } ]",
    );
    let task = engine.view().task(TaskId::new(0));
    assert_eq!(task.launch_type, LaunchType::Ec2);
    let provider = task.provider.expect("that of the group");
    assert_eq!(&*engine.view().provider(provider).name, "cp");
}
