//! Dense ids. They are never reused within a run, and they are creation order: where the
//! specification breaks a tie by "lowest task id" or "lowest deployment id" it means exactly this.
//! Container instances and services tie by *name*; see [`crate::store`] for their rank.

/// Declares a dense id.
macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        $(
            $(#[$meta])*
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
                serde::Serialize, serde::Deserialize,
            )]
            #[serde(transparent)]
            pub struct $name(pub u32);

            impl $name {
                /// The position in the table of its kind.
                pub const fn index(self) -> usize {
                    self.0 as usize
                }

                /// The id of a table's position.
                pub fn from_index(index: usize) -> Self {
                    Self(u32::try_from(index).expect("a table holds fewer than 2^32 rows"))
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
