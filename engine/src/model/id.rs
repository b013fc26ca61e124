//! Dense ids. They are never reused within a run, and they are creation order: where the
//! specification breaks a tie by "lowest task id" or "lowest deployment id" it means exactly this.
//! Container instances and services tie by *name*; see [`crate::store`] for their rank.
//!
//! An id that may be absent takes no more room than one that is there.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;

/// Declares a dense id.
macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        $(
            $(#[$meta])*
            #[derive(
                Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            )]
            #[serde(from = "u32", into = "u32")]
            pub struct $name(NonZeroU32);

            impl $name {
                /// The id with a number; the highest number that there is belongs to nothing.
                pub const fn new(number: u32) -> Self {
                    Self(NonZeroU32::MIN.saturating_add(number))
                }

                /// Its number: how many of its kind were made before.
                pub const fn number(self) -> u32 {
                    self.0.get() - 1
                }

                /// The position in the table of its kind.
                pub const fn index(self) -> usize {
                    self.number() as usize
                }

                /// The id of a table's position.
                pub fn from_index(index: usize) -> Self {
                    Self::new(u32::try_from(index).expect("a table holds fewer than 2^32 rows"))
                }
            }

            impl From<u32> for $name {
                fn from(number: u32) -> Self {
                    Self::new(number)
                }
            }

            impl From<$name> for u32 {
                fn from(id: $name) -> Self {
                    id.number()
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "{}({})", stringify!($name), self.number())
                }
            }

            // Digests see the number, not how it is kept.
            impl Hash for $name {
                fn hash<H: Hasher>(&self, state: &mut H) {
                    self.number().hash(state);
                }
            }
        )*
    };
}

ids! {
    /// A cluster.
    ClusterId,
    /// A container instance.
    InstanceId,
    /// A task; lowest = created first.
    TaskId,
    /// A task definition revision.
    TaskDefinitionId,
    /// A service.
    ServiceId,
    /// A deployment; lowest = created first.
    DeploymentId,
    /// A service deployment record.
    ServiceDeploymentId,
    /// A deployment of CodeDeploy.
    CodeDeploymentId,
    /// A capacity provider.
    ProviderId,
    /// An Auto Scaling group.
    ScalingGroupId,
    /// A task group, such as `service:web`.
    GroupId,
    /// An availability zone, by full name.
    ZoneId,
    /// A subnet.
    SubnetId,
}
