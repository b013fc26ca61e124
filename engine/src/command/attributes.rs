//! PutAttributes, DeleteAttributes (01 section 6).

use crate::api::input::{AttributeInput, DeleteAttributes, PutAttributes};
use crate::api::{Answer, CommandError, Exception};
use crate::control::Control;
use crate::model::{Attribute, ClusterId, InstanceId};
use crate::store::Store;

const MOST_IN_A_CALL: usize = 10;

pub(super) fn put(control: &mut Control, input: &PutAttributes) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let targets = targets(&control.store, cluster, &input.attributes)?;
    for (attribute, &instance) in input.attributes.iter().zip(&targets) {
        check_value(attribute)?;
        let row = control.store.instances.get(instance);
        let is_new = row.attribute(&attribute.name).is_none();
        let given = input.attributes.iter().zip(&targets);
        let added = given.filter(|(a, i)| **i == instance && row.attribute(&a.name).is_none());
        let custom = row.attributes.iter().filter(|a| !is_reserved(&a.name)).count();
        let limit = control.store.config.quotas.attributes_per_instance as usize;
        if is_new && custom + added.count() > limit {
            return Err(CommandError::new(
                Exception::AttributeLimitExceededException,
                format!("A container instance can have at most {limit} custom attributes."),
            ));
        }
    }
    for (attribute, &instance) in input.attributes.iter().zip(&targets) {
        control.store.instances.change_attributes(instance, |attributes| {
            attributes.retain(|known| *known.name != *attribute.name);
            let value = attribute.value.as_deref().map(Into::into);
            attributes.push(Attribute { name: attribute.name.as_str().into(), value });
            attributes.sort_unstable();
        });
    }
    finish(control, cluster, targets)
}

pub(super) fn delete(
    control: &mut Control,
    input: &DeleteAttributes,
) -> Result<Answer, CommandError> {
    let cluster = control.store.named_cluster(input.cluster.as_deref())?;
    let targets = targets(&control.store, cluster, &input.attributes)?;
    for (attribute, &instance) in input.attributes.iter().zip(&targets) {
        control.store.instances.change_attributes(instance, |attributes| {
            attributes.retain(|known| {
                let same_value = attribute.value.is_none()
                    || known.value.as_deref() == attribute.value.as_deref();
                !(*known.name == *attribute.name && same_value)
            });
        });
    }
    finish(control, cluster, targets)
}

fn finish(
    control: &mut Control,
    cluster: ClusterId,
    targets: Vec<InstanceId>,
) -> Result<Answer, CommandError> {
    control.room_changed(cluster);
    control.call_concerns_cluster(cluster);
    Ok(Answer::Instances(targets, Vec::new()))
}

fn targets(
    store: &Store,
    cluster: ClusterId,
    attributes: &[AttributeInput],
) -> Result<Vec<InstanceId>, CommandError> {
    if attributes.is_empty() {
        return Err(CommandError::invalid("Between 1 and 10 attributes can be given."));
    }
    if attributes.len() > MOST_IN_A_CALL {
        return Err(CommandError::new(
            Exception::AttributeLimitExceededException,
            "Between 1 and 10 attributes can be given.",
        ));
    }
    let target = |attribute: &AttributeInput| {
        check_name(&attribute.name)?;
        let name = attribute.target_id.as_deref().unwrap_or_default();
        store.find_instance(cluster, name).ok_or_else(|| {
            CommandError::new(
                Exception::TargetNotFoundException,
                format!("The specified target {name:?} wasn't found."),
            )
        })
    };
    attributes.iter().map(target).collect()
}

fn is_reserved(name: &str) -> bool {
    name.starts_with("ecs.") || name.starts_with("com.amazonaws.")
}

fn check_name(name: &str) -> Result<(), CommandError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_./\\".contains(c);
    if is_reserved(name) {
        return Err(CommandError::invalid(format!("The attribute name {name} is reserved.")));
    }
    if !(1..=128).contains(&name.len()) || !name.chars().all(legal) {
        return Err(CommandError::invalid(format!("The attribute name {name:?} is not valid.")));
    }
    Ok(())
}

fn check_value(attribute: &AttributeInput) -> Result<(), CommandError> {
    let Some(value) = attribute.value.as_deref() else { return Ok(()) };
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_./\\@: ".contains(c);
    let padded = value.starts_with(' ') || value.ends_with(' ');
    if !(1..=128).contains(&value.len()) || padded || !value.chars().all(legal) {
        return Err(CommandError::invalid(format!(
            "The value of attribute {} is not valid.",
            attribute.name
        )));
    }
    Ok(())
}
