//! Amazon Resource Names, as far as an export needs them.

/// `arn:aws:ecs:us-east-1:123456789012:task/web-prod/0123`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub(super) partition: &'a str,
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    /// `task`.
    pub(super) kind: &'a str,
    /// `web-prod/0123`.
    pub(super) name: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else { return None };
        let (kind, name) = resource.split_once(['/', ':']).unwrap_or(("", resource));
        Some(Self { partition, service, region, account, kind, name })
    }

    /// The cluster a task, service or container instance belongs to; ARNs of before 2018 do not
    /// tell.
    pub(super) fn cluster(&self) -> Option<&'a str> {
        self.name.split_once('/').map(|(cluster, _)| cluster)
    }

    /// The ARN of a cluster of this account and region.
    pub(super) fn of_cluster(&self, name: &str) -> String {
        let Self { partition, region, account, .. } = self;
        format!("arn:{partition}:ecs:{region}:{account}:cluster/{name}")
    }
}

/// What comes after the last slash: the name or id of what an ARN names, or the text itself.
pub(super) fn short(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_account_cluster_and_name() {
        let text = "arn:aws:ecs:eu-west-1:123456789012:task/web/0af3";
        let arn = Arn::parse(text).expect("an ARN");
        assert_eq!((arn.region, arn.account, arn.kind), ("eu-west-1", "123456789012", "task"));
        assert_eq!(arn.cluster(), Some("web"));
        assert_eq!(arn.of_cluster("web"), "arn:aws:ecs:eu-west-1:123456789012:cluster/web");
        assert_eq!(short(text), "0af3");
    }

    #[test]
    fn the_arns_of_before_2018_name_no_cluster() {
        let arn = Arn::parse("arn:aws:ecs:eu-west-1:123456789012:task/0af3").expect("an ARN");
        assert_eq!((arn.cluster(), arn.name), (None, "0af3"));
        assert_eq!(Arn::parse("web-prod"), None);
    }
}
