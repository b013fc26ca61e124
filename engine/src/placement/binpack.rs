//! Strategy `binpack`: the least of a resource left (01 section 4.4).

use crate::model::BinpackField;
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// Keeps the instances with the least left before placing; they all still fit.
pub(crate) fn narrow(store: &Store, field: BinpackField, set: &mut InstanceSet) {
    let left = left(store, field);
    if let Some(least) = set.iter().map(|instance| left[instance.index()]).min() {
        set.retain(|instance| left[instance.index()] == least);
    }
}

/// What each instance has left, by number.
pub(crate) fn left(store: &Store, field: BinpackField) -> &[u32] {
    match field {
        BinpackField::Cpu => store.instances.cpu_free(),
        BinpackField::Memory => store.instances.memory_free(),
    }
}
