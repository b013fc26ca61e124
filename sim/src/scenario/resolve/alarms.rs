//! Alarms on metrics: what they watch, and whether it is there.

use stowplan_engine::model::{ClusterId, Span};

use super::{Resolved, clusters, services};
use crate::alarms::{Metric, MetricAlarm, RESOLUTION, Rule, Subject, SubjectKind};
use crate::document::DocumentError;
use crate::scenario::alarms::AlarmKeys;
use crate::scenario::at::Origin;
use crate::scenario::names::{nothing_called, short, target_group_name};

/// A week of minutes: CloudWatch looks no further back.
const LONGEST_RANGE: u64 = 7 * 24 * 60;

pub(super) fn on_metrics(resolved: &Resolved<'_>) -> Result<Vec<MetricAlarm>, DocumentError> {
    let alarms = resolved.scenario.alarms.iter();
    let on_metrics = alarms.filter(|(alarm, _)| alarm.metric_name.is_some());
    on_metrics.map(|(alarm, origin)| on_metric(resolved, alarm, origin)).collect()
}

fn on_metric(
    resolved: &Resolved<'_>,
    alarm: &AlarmKeys,
    origin: &Origin,
) -> Result<MetricAlarm, DocumentError> {
    let metric = metric(resolved, alarm, origin)?;
    let missing = |key: &str| {
        let error = resolved.error(origin, format!("`{key}` is missing"));
        error.with_remedy(format!("Add the key `{key}`"))
    };
    let evaluation_periods = alarm.evaluation_periods.unwrap_or(1);
    let datapoints = alarm.datapoints_to_alarm.unwrap_or(evaluation_periods);
    if !(1..=evaluation_periods).contains(&datapoints) {
        let message = format!("`datapointsToAlarm` must be from 1 to {evaluation_periods}");
        let error = resolved.error(&origin.key("datapointsToAlarm"), message);
        return Err(error.with_remedy("Leave it out for all of `evaluationPeriods`"));
    }
    Ok(MetricAlarm {
        name: alarm.alarm_name.as_str().into(),
        metric,
        subject: subject(resolved, metric, alarm, origin)?,
        period: period(resolved, alarm, origin)?,
        rule: Rule {
            statistic: alarm.statistic.unwrap_or_default(),
            comparison: alarm.comparison_operator.ok_or_else(|| missing("comparisonOperator"))?,
            threshold: alarm.threshold.ok_or_else(|| missing("threshold"))?,
            evaluation_periods,
            datapoints_to_alarm: datapoints,
            missing: alarm.treat_missing_data.unwrap_or_default(),
        },
    })
}

/// A metric that the simulation has; those of requests and of CPU need the load model.
fn metric(
    resolved: &Resolved<'_>,
    alarm: &AlarmKeys,
    origin: &Origin,
) -> Result<Metric, DocumentError> {
    let name = alarm.metric_name.as_deref().unwrap_or_default();
    let Some(metric) = Metric::parse(name) else {
        let message = format!("the metric `{}` is not built yet", crate::document::excerpt(name));
        let error = resolved.error(&origin.key("metricName"), message);
        let remedy = format!("Write one of: {}", Metric::NAMES.join(", "));
        return Err(error.with_remedy(remedy));
    };
    match alarm.namespace.as_deref() {
        Some("AWS/NetworkELB") if metric.kind() == SubjectKind::TargetGroup => Ok(metric),
        Some(namespace) if namespace != metric.namespace() => {
            let message = format!("`{name}` is a metric of {}", metric.namespace());
            let error = resolved.error(&origin.key("namespace"), message);
            Err(error.with_remedy(format!("Write {}, or leave it out", metric.namespace())))
        }
        _ => Ok(metric),
    }
}

fn period(
    resolved: &Resolved<'_>,
    alarm: &AlarmKeys,
    origin: &Origin,
) -> Result<Span, DocumentError> {
    let period = Span::from_secs(alarm.period.unwrap_or(60).into());
    let origin = origin.key("period");
    if !period.0.is_multiple_of(RESOLUTION.0) {
        let error = resolved.error(&origin, "a period is a whole number of minutes here");
        return Err(error.with_remedy("Write a multiple of 60"));
    }
    let minutes = period.0 / RESOLUTION.0;
    if minutes * u64::from(alarm.evaluation_periods.unwrap_or(1)) > LONGEST_RANGE {
        let error = resolved.error(&origin, "the alarm looks back over more than seven days");
        return Err(error.with_remedy("Shorten `period` or `evaluationPeriods`"));
    }
    Ok(period)
}

fn subject(
    resolved: &Resolved<'_>,
    metric: Metric,
    alarm: &AlarmKeys,
    origin: &Origin,
) -> Result<Subject, DocumentError> {
    let named = |name: &str| {
        let mut dimensions = alarm.dimensions.iter();
        dimensions.find(|dimension| dimension.name == name).map(|it| it.value.as_str())
    };
    let at = origin.key("dimensions");
    let cluster = named("ClusterName").map(|name| clusters::find(resolved, Some(name), &at));
    let cluster = cluster.transpose()?;
    let of_service = |name: &str, at: &Origin| {
        let service = &resolved.services[services::named(resolved, cluster, name, at)?];
        Ok(Subject::Service(key(resolved, service.cluster, service.name())))
    };
    match (metric.kind(), alarm.service.as_deref(), named("TargetGroup")) {
        (SubjectKind::Service | SubjectKind::TargetGroup, Some(service), _) => {
            of_service(service, &origin.key("service"))
        }
        (SubjectKind::Service, None, _) => {
            of_service(named("ServiceName").ok_or_else(|| nameless(resolved, origin))?, &at)
        }
        (SubjectKind::TargetGroup, None, Some(group)) => {
            let known = || resolved.scenario.target_groups.iter().map(|(group, _)| &*group.name);
            let wanted = target_group(group);
            if !known().any(|name| name == wanted) {
                return Err(resolved.at(&at, nothing_called("target group", wanted, known())));
            }
            Ok(Subject::TargetGroup(wanted.to_owned()))
        }
        (SubjectKind::TargetGroup, None, None) => Err(nameless(resolved, origin)),
        (SubjectKind::Cluster, _, _) => {
            let cluster = cluster.map_or_else(|| clusters::find(resolved, None, origin), Ok)?;
            Ok(Subject::Cluster(resolved.clusters[cluster.index()].name.clone()))
        }
        (SubjectKind::Provider, _, _) => {
            let name = named("CapacityProviderName");
            let name = short(name.ok_or_else(|| nameless(resolved, origin))?);
            let cluster = cluster.map_or_else(|| clusters::find(resolved, None, origin), Ok)?;
            let known = &resolved.clusters[cluster.index()].providers;
            if !known.iter().any(|provider| provider == name) {
                let known = known.iter().map(String::as_str);
                return Err(resolved.at(&at, nothing_called("capacity provider", name, known)));
            }
            Ok(Subject::Provider(key(resolved, cluster, name)))
        }
    }
}

fn nameless(resolved: &Resolved<'_>, origin: &Origin) -> DocumentError {
    let error = resolved.error(origin, "what the metric is of is not said");
    error.with_remedy("Add `service`, or the dimensions that CloudWatch has for the metric")
}

/// `targetgroup/blue/0123`, an ARN, or the name itself.
fn target_group(name: &str) -> &str {
    let name = name.strip_prefix("targetgroup/").unwrap_or_else(|| target_group_name(name));
    name.split('/').next().unwrap_or(name)
}

/// With several clusters it is `cluster/name`.
fn key(resolved: &Resolved<'_>, cluster: ClusterId, name: &str) -> String {
    if resolved.clusters.len() == 1 {
        name.to_owned()
    } else {
        format!("{}/{name}", resolved.clusters[cluster.index()].name)
    }
}
