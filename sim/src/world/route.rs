//! What the interface of a Fargate task reaches: the internet, or services of AWS by endpoints of
//! the VPC (02 section 1.1, 05 section 4.3).

use std::collections::BTreeSet;

use stowplan_engine::model::Span;

use super::step::Step;
use super::task::WorldTask;

/// How long an unreachable registry is tried (05 section 4.3, row 1).
const TRIED_FOR: Span = Span::from_secs(290);

/// The routes of a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    /// It has a route to an internet gateway: who has a public address can use it.
    pub public: bool,
    /// It has a route to a NAT gateway.
    pub nat: bool,
    /// Endpoints of the VPC, such as `ecr.api`.
    pub endpoints: BTreeSet<Box<str>>,
}

impl Default for Routes {
    fn default() -> Self {
        Self { public: false, nat: true, endpoints: BTreeSet::new() }
    }
}

/// Services of AWS that a VPC can have endpoints of, by what stands behind
/// `com.amazonaws.<region>.`, as far as tasks use them.
pub const ENDPOINTS: &[&str] = &[
    "dynamodb",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "elasticfilesystem",
    "events",
    "execute-api",
    "kms",
    "logs",
    "monitoring",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
    "xray",
];

impl Routes {
    /// Whether an interface with or without a public address reaches the internet.
    pub fn lead_out(&self, has_public_address: bool) -> bool {
        self.nat || (self.public && has_public_address)
    }

    /// Whether it reaches a service of AWS.
    pub fn lead_to(&self, service: &str, has_public_address: bool) -> bool {
        self.lead_out(has_public_address) || self.endpoints.contains(service)
    }
}

/// The registry of an image: its host, or none for the account's own at ECR, which is where
/// `images` and `pushImage` put what they name.
fn registry_of(image: &str) -> Option<&str> {
    let (host, _) = image.split_once('/')?;
    (host.contains(['.', ':']) || host == "localhost").then_some(host)
}

fn is_ecr(image: &str) -> bool {
    registry_of(image).is_none_or(|host| host.contains(".dkr.ecr."))
}

impl WorldTask {
    /// How long the login at ECR is tried in vain, if the task has images there and no way to it.
    pub(super) fn vain_login(&self, step: &Step<'_>) -> Option<Span> {
        let mut images = self.spec(step.view).containers.iter().map(|spec| &*spec.image);
        (images.any(is_ecr) && !self.leads_to(step, "ecr.api")).then_some(TRIED_FOR)
    }

    /// How long the download of an image is tried in vain, if there is no way to it.
    pub(super) fn vain_pull(&self, step: &Step<'_>, index: usize) -> Option<Span> {
        let image = &*self.spec(step.view).containers[index].image;
        let there = match is_ecr(image) {
            // Layers are kept in S3.
            true => self.leads_to(step, "ecr.dkr") && self.leads_to(step, "s3"),
            false => self.leads_out(step),
        };
        (!there).then_some(TRIED_FOR)
    }

    /// Why a task without a way to ECR never starts (05 section 4.3, row 1).
    pub(super) fn no_login(&self, step: &Step<'_>) -> String {
        let cluster = step.view.task(self.id).cluster;
        let region = &step.view.cluster(cluster).region;
        format!(
            "ResourceInitializationError: unable to pull secrets or registry auth: The task \
             cannot pull registry auth from Amazon ECR: There is a connection issue between the \
             task and Amazon ECR. Check your task network configuration. RequestError: send \
             request failed caused by: Post \"https://api.ecr.{region}.amazonaws.com/\": dial \
             tcp: i/o timeout"
        )
    }

    /// Why an image that cannot be reached is never pulled (05 section 4.3, row 12).
    pub(super) fn no_pull(&self, step: &Step<'_>, index: usize) -> String {
        let view = step.view;
        let host = match registry_of(&self.spec(view).containers[index].image) {
            Some(host) => host.to_owned(),
            None => {
                let (account, cluster) = (&view.config().account, view.task(self.id).cluster);
                format!("{account}.dkr.ecr.{}.amazonaws.com", view.cluster(cluster).region)
            }
        };
        format!(
            "CannotPullContainerError: The task can\u{2019}t pull the image. Check your network \
             configuration. Error response from daemon: Get \"https://{host}/v2/\": net/http: \
             request canceled while waiting for connection"
        )
    }

    fn leads_out(&self, step: &Step<'_>) -> bool {
        let public = step.view.has_public_address(self.id);
        self.routes(step).is_none_or(|routes| routes.lead_out(public))
    }

    fn leads_to(&self, step: &Step<'_>, service: &str) -> bool {
        let public = step.view.has_public_address(self.id);
        self.routes(step).is_none_or(|routes| routes.lead_to(service, public))
    }

    /// The routes of its own interface. On a container instance the agent logs in and pulls, by
    /// the instance's interface: nothing is said of that one.
    fn routes<'s>(&self, step: &'s Step<'_>) -> Option<&'s Routes> {
        let own = step.view.task(self.id).subnet.filter(|_| self.host.is_none())?;
        step.around.routes.get(own.index())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_a_host_is_the_accounts_own() {
        for own in ["web", "web:1", "team/web:1", "1.dkr.ecr.eu-west-1.amazonaws.com/web"] {
            assert!(is_ecr(own), "{own}");
        }
        for other in ["docker.io/library/nginx", "public.ecr.aws/nginx/nginx", "host:5000/web"] {
            assert!(!is_ecr(other), "{other}");
        }
    }

    #[test]
    fn a_public_subnet_leads_out_only_with_a_public_address() {
        let public = Routes { public: true, nat: false, endpoints: BTreeSet::new() };
        assert!(public.lead_out(true) && !public.lead_out(false));
        let private = Routes::default();
        assert!(private.lead_out(true) && private.lead_out(false));
        let endpoints = BTreeSet::from(["ecr.api".into()]);
        let isolated = Routes { public: false, nat: false, endpoints };
        assert!(isolated.lead_to("ecr.api", false) && !isolated.lead_to("s3", true));
    }
}
