//! The inputs of the API calls, in Amazon's own shapes: a fragment of a real `aws ecs ...` call
//! reads as it stands. Numbers are wide and enums are text here, because a bad value is answered
//! with an exception, not with a parse error; the module `command` checks them.

mod capacity;
mod code_deploy;
mod service;
mod task;
mod task_definition;
mod task_set;

pub use capacity::*;
pub use code_deploy::*;
pub use service::*;
pub use task::*;
pub use task_definition::*;
pub use task_set::*;

/// Declares the input structs of the API: serde by Amazon's names, unknown keys refused.
macro_rules! inputs {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident { $($(#[$field_meta:meta])* $field:ident : $type:ty,)* }
    )*) => {
        $(
            $(#[$meta])*
            #[derive(
                Clone, Debug, Default, PartialEq, Eq, Hash,
                serde::Serialize, serde::Deserialize,
            )]
            #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
            pub struct $name {
                $($(#[$field_meta])* pub $field: $type,)*
            }
        )*
    };
}
pub(crate) use inputs;
