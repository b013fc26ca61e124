//! Capacity providers, their association with clusters, strategies, and settings (04 sections 1
//! and 2).

use std::sync::Arc;

use crate::api::input::{
    AutoScalingGroupProvider, CapacityProviderStrategyItem, CreateCapacityProvider,
    DeleteCapacityProvider, PutAccountSetting, PutClusterCapacityProviders, UpdateCapacityProvider,
    UpdateClusterSettings,
};
use crate::api::{Answer, CommandError, Exception};
use crate::control::Control;
use crate::definition::check_launch_type;
use crate::model::{
    CapacityProvider, ClusterId, Launch, LaunchType, ProviderId, ProviderKind, ProviderStatus,
    StrategyItem, TaskDefinition,
};
use crate::store::{FARGATE, FARGATE_SPOT, Store, last_segment};

const NOT_ASSOCIATED: &str = "The specified capacity provider strategy cannot contain a capacity \
     provider that is not associated with the cluster. Associate the capacity provider with the \
     cluster and try again.";
const MIXED: &str = "A capacity provider strategy cannot contain a mix of capacity providers using \
     Auto Scaling groups and Fargate providers. Specify one or the other and try again.";
const BOTH: &str = "Specifying both a launch type and capacity provider strategy is not supported. \
     Remove one and try again.";
const MOST_ITEMS: usize = 20;

pub(super) fn create(
    control: &mut Control,
    input: CreateCapacityProvider,
) -> Result<Answer, CommandError> {
    check_name(&input.name)?;
    if input.managed_instances_provider.is_some() {
        return Err(CommandError::client("managedInstancesProvider is not built yet."));
    }
    let Some(group) = &input.auto_scaling_group_provider else {
        return Err(CommandError::invalid(
            "Exactly one of autoScalingGroupProvider and managedInstancesProvider must be given.",
        ));
    };
    check_group(group)?;
    check_protection(&control.store, group)?;
    let name = group_name(group);
    let wraps = |provider: &CapacityProvider| match &provider.kind {
        ProviderKind::AutoScalingGroup { group, .. } => {
            provider.status == ProviderStatus::Active && **group == *name
        }
        _ => false,
    };
    if control.store.find_provider(&input.name).is_some() {
        return Err(CommandError::client("The specified capacity provider already exists."));
    }
    if control.store.providers.iter().any(wraps) {
        return Err(CommandError::client(
            "The Auto Scaling group is already used by another capacity provider.",
        ));
    }
    let kind =
        ProviderKind::AutoScalingGroup { group: name.into(), managed_scaling: is_enabled(group) };
    let provider = ProviderId::from_index(control.store.providers.len());
    control.store.providers.push(CapacityProvider {
        name: input.name.as_str().into(),
        kind,
        status: ProviderStatus::Active,
        input: Some(input),
    });
    Ok(Answer::Provider(provider))
}

pub(super) fn update(
    control: &mut Control,
    input: UpdateCapacityProvider,
) -> Result<Answer, CommandError> {
    let provider = own_provider(&control.store, &input.name)?;
    let Some(change) = input.auto_scaling_group_provider else {
        return Err(CommandError::invalid("autoScalingGroupProvider must be given."));
    };
    let row = &control.store.providers[provider.index()];
    let kept = row.input.as_ref().and_then(|known| known.auto_scaling_group_provider.clone());
    let kept = kept.unwrap_or_default();
    // What the call leaves must be sound as a whole, not only what it gives.
    let group = AutoScalingGroupProvider {
        managed_scaling: change.managed_scaling.or(kept.managed_scaling),
        managed_termination_protection: change
            .managed_termination_protection
            .or(kept.managed_termination_protection),
        managed_draining: change.managed_draining.or(kept.managed_draining),
        auto_scaling_group_arn: kept.auto_scaling_group_arn,
    };
    check_group(&group)?;
    check_protection(&control.store, &group)?;
    let row = &mut control.store.providers[provider.index()];
    if let ProviderKind::AutoScalingGroup { managed_scaling, .. } = &mut row.kind {
        *managed_scaling = is_enabled(&group);
    }
    if let Some(known) = row.input.as_mut() {
        known.auto_scaling_group_provider = Some(group);
    }
    touch_users(control, provider);
    Ok(Answer::Provider(provider))
}

pub(super) fn delete(
    control: &mut Control,
    input: &DeleteCapacityProvider,
) -> Result<Answer, CommandError> {
    let provider = own_provider(&control.store, &input.capacity_provider)?;
    let associated =
        control.store.clusters.iter().any(|cluster| cluster.providers.contains(&provider));
    if associated || is_used(&control.store, provider) {
        return Err(CommandError::client("The capacity provider is in use and cannot be deleted."));
    }
    control.store.providers[provider.index()].status = ProviderStatus::Inactive;
    Ok(Answer::Provider(provider))
}

pub(super) fn associate(
    control: &mut Control,
    input: &PutClusterCapacityProviders,
) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let limit = control.store.config.quotas.providers_per_cluster as usize;
    if input.capacity_providers.len() > limit {
        return Err(CommandError::invalid(format!(
            "A cluster can have at most {limit} capacity providers."
        )));
    }
    let find = |name: &String| {
        control.store.find_provider(name).ok_or_else(|| {
            CommandError::invalid(format!("The specified capacity provider {name} was not found."))
        })
    };
    let providers = input.capacity_providers.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let gone = |provider: &&ProviderId| !providers.contains(provider);
    let current = &control.store.cluster(cluster).providers;
    let used = |provider: &ProviderId| {
        control.store.tasks.iter().any(|task| {
            task.cluster == cluster && task.provider == Some(*provider) && task.is_occupying()
        })
    };
    if current.iter().filter(gone).any(used) {
        return Err(CommandError::new(
            Exception::ResourceInUseException,
            "The capacity provider is used by tasks of the cluster.",
        ));
    }
    let default =
        read_items(&control.store, &providers, &input.default_capacity_provider_strategy)?;
    let row = &mut control.store.clusters[cluster.index()];
    row.providers = providers;
    row.default_strategy = default;
    control.call_concerns_cluster(cluster);
    Ok(Answer::Cluster(cluster))
}

pub(super) fn settings(
    control: &mut Control,
    input: UpdateClusterSettings,
) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let row = &mut control.store.clusters[cluster.index()];
    for setting in input.settings {
        row.settings.retain(|known| known.name != setting.name);
        row.settings.push(setting);
    }
    Ok(Answer::Cluster(cluster))
}

pub(super) fn account_setting(
    control: &mut Control,
    input: &PutAccountSetting,
) -> Result<Answer, CommandError> {
    if input.name == TRUNKING && trunking(&input.value).is_none() {
        return Err(CommandError::invalid(format!(
            "{TRUNKING} can be enabled or disabled, not {:?}.",
            input.value
        )));
    }
    let name = input.name.as_str().into();
    control.store.account_settings.insert(name, input.value.as_str().into());
    Ok(Answer::None)
}

/// The account setting that gives new instances a trunk (02 section 3.4).
const TRUNKING: &str = "awsvpcTrunking";

fn trunking(value: &str) -> Option<bool> {
    match value {
        "enabled" => Some(true),
        "disabled" => Some(false),
        _ => None,
    }
}

/// Whether instances that register now get a trunk, if they can have one.
pub(crate) fn has_trunking(store: &Store) -> bool {
    store.account_settings.get(TRUNKING).and_then(|value| trunking(value)).unwrap_or(false)
}

fn check_name(name: &str) -> Result<(), CommandError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let lower = name.to_ascii_lowercase();
    let reserved = ["aws", "ecs", "fargate"].iter().any(|prefix| lower.starts_with(prefix));
    if !(1..=255).contains(&name.len()) || !name.chars().all(legal) || reserved {
        return Err(CommandError::invalid(format!(
            "The specified capacity provider name {name:?} is not valid."
        )));
    }
    Ok(())
}

fn check_group(group: &AutoScalingGroupProvider) -> Result<(), CommandError> {
    let enabled = is_enabled(group);
    if group.managed_termination_protection.as_deref() == Some("ENABLED") && !enabled {
        return Err(CommandError::invalid(
            "Managed termination protection needs managed scaling to be ENABLED.",
        ));
    }
    let Some(scaling) = &group.managed_scaling else { return Ok(()) };
    let ranges = [
        ("targetCapacity", scaling.target_capacity, 1..=100),
        ("minimumScalingStepSize", scaling.minimum_scaling_step_size, 1..=10_000),
        ("maximumScalingStepSize", scaling.maximum_scaling_step_size, 1..=10_000),
        ("instanceWarmupPeriod", scaling.instance_warmup_period, 0..=10_000),
    ];
    for (field, value, range) in ranges {
        if value.is_some_and(|value| !range.contains(&value)) {
            return Err(CommandError::invalid(format!(
                "{field} must be between {} and {}.",
                range.start(),
                range.end()
            )));
        }
    }
    let (least, most) = (scaling.minimum_scaling_step_size, scaling.maximum_scaling_step_size);
    if least.unwrap_or(1) > most.unwrap_or(10_000) {
        return Err(CommandError::client(
            "minimumScalingStepSize must not be greater than maximumScalingStepSize.",
        ));
    }
    Ok(())
}

/// Managed termination protection needs that of the group, if the group is known.
fn check_protection(store: &Store, group: &AutoScalingGroupProvider) -> Result<(), CommandError> {
    let protects = group.managed_termination_protection.as_deref() == Some("ENABLED");
    let mut groups = store.scaling_groups.iter().filter(|known| *known.name == *group_name(group));
    if protects && groups.any(|known| !known.protects_new) {
        return Err(CommandError::invalid(
            "The managed termination protection setting for the capacity provider is invalid. To \
             enable managed termination protection for a capacity provider, the Auto Scaling group \
             must have instance protection from scale in enabled.",
        ));
    }
    Ok(())
}

fn is_enabled(group: &AutoScalingGroupProvider) -> bool {
    let status = group.managed_scaling.as_ref().and_then(|scaling| scaling.status.as_deref());
    status == Some("ENABLED")
}

fn group_name(group: &AutoScalingGroupProvider) -> &str {
    last_segment(&group.auto_scaling_group_arn)
}

/// A provider that users made: the predefined ones cannot be changed.
fn own_provider(store: &Store, name: &str) -> Result<ProviderId, CommandError> {
    match store.find_provider(last_segment(name)) {
        Some(FARGATE | FARGATE_SPOT) => Err(CommandError::invalid(
            "The FARGATE and FARGATE_SPOT capacity providers cannot be changed.",
        )),
        Some(provider) => Ok(provider),
        None => Err(CommandError::client("The specified capacity provider was not found.")),
    }
}

fn is_used(store: &Store, provider: ProviderId) -> bool {
    store.services.iter().flat_map(|service| &service.deployments).any(|&deployment| {
        match &store.deployment(deployment).launch {
            Launch::Type(_) => false,
            Launch::Strategy(items) => items.iter().any(|item| item.provider == provider),
        }
    })
}

fn touch_users(control: &mut Control, provider: ProviderId) {
    for index in 0..control.store.clusters.len() {
        if control.store.clusters[index].providers.contains(&provider) {
            control.call_concerns_cluster(ClusterId::from_index(index));
        }
    }
}

/// What a call launches on (04 section 2.3): its strategy, its launch type, the cluster's default
/// strategy, EC2, in that order; checked in the order of 04 section 2.2.
pub(crate) fn resolve_launch(
    store: &Store,
    cluster: ClusterId,
    launch_type: Option<&str>,
    strategy: Option<&[CapacityProviderStrategyItem]>,
    definition: &TaskDefinition,
) -> Result<Launch, CommandError> {
    let strategy = strategy.filter(|items| !items.is_empty());
    let row = store.cluster(cluster);
    let (items, which) = match (strategy, launch_type) {
        (Some(_), Some(_)) => return Err(CommandError::invalid(BOTH)),
        (Some(items), None) => (read_items(store, &row.providers, items)?, "specified"),
        (None, Some(name)) => {
            let launch_type = name
                .parse::<LaunchType>()
                .map_err(|_| CommandError::invalid(format!("Unknown launch type {name}.")))?;
            check_launch_type(definition, launch_type)?;
            return Ok(Launch::Type(launch_type));
        }
        (None, None) if row.default_strategy.is_empty() => {
            check_launch_type(definition, LaunchType::Ec2)?;
            return Ok(Launch::Type(LaunchType::Ec2));
        }
        (None, None) => (row.default_strategy.clone(), "default"),
    };
    if items.iter().all(|item| item.weight == 0) {
        return Err(CommandError::invalid(format!(
            "There are no capacity providers with a weight value greater than zero defined in the \
             {which} capacity provider strategy. At least one capacity provider must have a \
             weight value greater than zero specified. Update the cluster's default capacity \
             provider strategy or specify a valid capacity provider strategy and try again."
        )));
    }
    for item in &items {
        if store.provider(item.provider).kind.is_fargate() {
            check_launch_type(definition, LaunchType::Fargate)?;
            if item.provider == FARGATE_SPOT && is_windows(definition) {
                return Err(CommandError::new(
                    Exception::PlatformTaskDefinitionIncompatibilityException,
                    "FARGATE_SPOT does not run Windows tasks.",
                ));
            }
        }
    }
    Ok(Launch::Strategy(Arc::from(items)))
}

/// What Fargate has from platform version 1.4.0 on: sizes of 8 vCPU and more (01 section 2.4), and
/// ARM64 on FARGATE_SPOT (E11 of 04 section 2.2).
pub(super) fn check_platform(
    launch: &Launch,
    definition: &TaskDefinition,
    platform_version: Option<&str>,
) -> Result<(), CommandError> {
    if !platform_version.is_some_and(is_before_1_4) {
        return Ok(());
    }
    let exception = Exception::PlatformTaskDefinitionIncompatibilityException;
    let has = |provider| match launch {
        Launch::Strategy(items) => items.iter().any(|item| item.provider == provider),
        Launch::Type(launch_type) => provider == FARGATE && *launch_type == LaunchType::Fargate,
    };
    if has(FARGATE_SPOT) && definition.cpu_architecture.as_deref() == Some("arm64") {
        let text = "FARGATE_SPOT runs ARM64 tasks on platform version 1.4.0 and later.";
        return Err(CommandError::new(exception, text));
    }
    let is_large = definition.cpu.is_some_and(|cpu| cpu >= 8192);
    if is_large && (has(FARGATE) || has(FARGATE_SPOT)) {
        let text = "Fargate runs tasks of 8 vCPU and more on platform version 1.4.0 and later.";
        return Err(CommandError::new(exception, text));
    }
    Ok(())
}

/// LATEST, and what is no number, is no old version.
fn is_before_1_4(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (1, 4),
        _ => false,
    }
}

fn is_windows(definition: &TaskDefinition) -> bool {
    definition.os_family.as_deref().is_some_and(|os| os.starts_with("WINDOWS"))
}

/// E2 to E9 of 04 section 2.2.
fn read_items(
    store: &Store,
    associated: &[ProviderId],
    items: &[CapacityProviderStrategyItem],
) -> Result<Vec<StrategyItem>, CommandError> {
    if items.len() > MOST_ITEMS {
        return Err(CommandError::invalid(
            "A capacity provider strategy can have at most 20 items.",
        ));
    }
    let mut read: Vec<StrategyItem> = Vec::with_capacity(items.len());
    for item in items {
        let provider = store
            .find_provider(&item.capacity_provider)
            .filter(|provider| associated.contains(provider))
            .ok_or_else(|| CommandError::invalid(NOT_ASSOCIATED))?;
        if read.iter().any(|known| known.provider == provider) {
            return Err(CommandError::invalid(format!(
                "The capacity provider {} is given twice.",
                item.capacity_provider
            )));
        }
        let base = in_range("base", item.base, 100_000)?;
        let weight = in_range("weight", item.weight, 1000)?;
        read.push(StrategyItem { provider, base, weight });
    }
    if read.iter().filter(|item| item.base > 0).count() > 1 {
        return Err(CommandError::invalid(
            "Only one capacity provider in a strategy can have a base defined.",
        ));
    }
    let on_fargate = |item: &StrategyItem| store.provider(item.provider).kind.is_fargate();
    if read.iter().any(on_fargate) && !read.iter().all(on_fargate) {
        return Err(CommandError::invalid(MIXED));
    }
    Ok(read)
}

fn in_range(field: &str, value: Option<i64>, most: u32) -> Result<u32, CommandError> {
    u32::try_from(value.unwrap_or(0))
        .ok()
        .filter(|&value| value <= most)
        .ok_or_else(|| CommandError::invalid(format!("{field} must be between 0 and {most}.")))
}
