//! Names and ids: kept, or replaced by made-up ones.
//!
//! The scheduler breaks ties by names, so a made-up name is made of the rank of the real one among
//! its kind: the order, and with it every decision, stays the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Cluster,
    Service,
    Family,
    Container,
    Provider,
    Group,
    Instance,
    Machine,
    Task,
    Deployment,
    Subnet,
    Vpc,
    SecurityGroup,
    TargetGroup,
    Registry,
    Image,
    Role,
    Secret,
    LogGroup,
    Caller,
    TaskGroup,
    /// Any other text of an account's own.
    Other,
}

/// The names of one import.
#[derive(Debug)]
pub(super) enum Names {
    /// All are kept.
    Kept,
    /// All are kept and remembered.
    Noted(RefCell<BTreeMap<Class, BTreeSet<String>>>),
    /// All are replaced.
    MadeUp(BTreeMap<Class, BTreeMap<String, String>>),
}

/// The account of scenarios: one that Amazon uses in its own examples.
pub(super) const ACCOUNT: &str = "123456789012";

impl Names {
    pub(super) fn noted() -> Self {
        Self::Noted(RefCell::default())
    }

    /// Made-up names for all that were noted.
    pub(super) fn made_up(self) -> Self {
        let Self::Noted(noted) = self else { return self };
        let of_class = |(class, names): (Class, BTreeSet<String>)| {
            let count = names.len();
            let one = |(rank, name): (usize, String)| {
                let replacement = made_up_name(class, &name, rank + 1, count);
                (name, replacement)
            };
            (class, names.into_iter().enumerate().map(one).collect())
        };
        Self::MadeUp(noted.into_inner().into_iter().map(of_class).collect())
    }

    pub(super) fn are_made_up(&self) -> bool {
        matches!(self, Self::MadeUp(_))
    }

    /// The name to use for a name.
    pub(super) fn of(&self, class: Class, name: &str) -> String {
        match self {
            Self::Kept => {}
            Self::Noted(noted) => {
                noted.borrow_mut().entry(class).or_default().insert(name.to_owned());
            }
            Self::MadeUp(names) => {
                return names[&class][name].clone();
            }
        }
        name.to_owned()
    }

    /// `family:revision`.
    pub(super) fn definition(&self, label: &str) -> String {
        match label.rsplit_once(':') {
            Some((family, revision)) => format!("{}:{revision}", self.of(Class::Family, family)),
            None => self.of(Class::Family, label),
        }
    }

    /// The group of a task: `service:web`, `family:web`, or any text.
    pub(super) fn task_group(&self, group: &str) -> String {
        if let Some(name) = group.strip_prefix("service:") {
            return format!("service:{}", self.of(Class::Service, name));
        }
        if let Some(name) = group.strip_prefix("family:") {
            return format!("family:{}", self.of(Class::Family, name));
        }
        self.of(Class::TaskGroup, group)
    }

    /// An ARN whose resource is replaced and whose account is the example one.
    pub(super) fn arn(&self, class: Class, arn: &str) -> String {
        let replaced = self.of(class, arn);
        if !self.are_made_up() {
            return replaced;
        }
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, service, region, _, resource] = parts[..] else { return replaced };
        let kind = resource.split(['/', ':']).next().unwrap_or_default();
        let separator = if resource.starts_with(&format!("{kind}:")) { ':' } else { '/' };
        format!("arn:{partition}:{service}:{region}:{ACCOUNT}:{kind}{separator}{replaced}")
    }

    /// The ARN of a target group: it ends with its name and an id.
    pub(super) fn target_group(&self, arn: &str) -> String {
        let replaced = self.of(Class::TargetGroup, arn);
        if !self.are_made_up() {
            return replaced;
        }
        let id: u64 = replaced
            .bytes()
            .filter(u8::is_ascii_digit)
            .fold(0, |n, digit| n.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
        let region = arn.split(':').nth(3).unwrap_or("us-east-1");
        let prefix = format!("arn:aws:elasticloadbalancing:{region}:{ACCOUNT}");
        format!("{prefix}:targetgroup/{replaced}/{id:016x}")
    }

    /// An expression of the cluster query language; false when it may still tell a name.
    pub(super) fn expression(&self, expression: &str) -> (String, bool) {
        let Self::MadeUp(names) = self else { return (expression.to_owned(), true) };
        let known = |class: Class, name: &str| names.get(&class)?.get(name).cloned();
        let (mut out, mut clean) = (String::new(), true);
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '*');
        let mut rest = expression;
        while let Some(first) = rest.chars().next() {
            let is_this = is_word(first);
            let end = rest.find(|c| is_word(c) != is_this).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            rest = tail;
            let replaced = match word.split_once(':') {
                Some(("service", name)) => {
                    known(Class::Service, name).map(|name| format!("service:{name}"))
                }
                Some(("family", name)) => {
                    known(Class::Family, name).map(|name| format!("family:{name}"))
                }
                _ => known(Class::Machine, word),
            };
            let tells = word.starts_with("service:")
                || word.starts_with("family:")
                || word.starts_with("i-") && word.len() >= 10;
            clean &= replaced.is_some() || !tells;
            out.push_str(replaced.as_deref().unwrap_or(word));
        }
        (out, clean)
    }
}

fn made_up_name(class: Class, name: &str, rank: usize, count: usize) -> String {
    let width = count.to_string().len();
    let numbered = |word: &str| format!("{word}-{rank:0width$}");
    match class {
        Class::Cluster => numbered("cluster"),
        Class::Service => numbered("service"),
        Class::Family => numbered("app"),
        Class::Container => numbered("container"),
        // The names of Amazon's own providers tell nothing and mean something.
        Class::Provider if matches!(name, "FARGATE" | "FARGATE_SPOT") => name.to_owned(),
        Class::Provider => numbered("capacity"),
        Class::Group => numbered("group"),
        Class::Instance | Class::Task => format!("{rank:032x}"),
        Class::Machine => format!("i-{rank:017x}"),
        Class::Deployment => format!("ecs-svc/{rank:019}"),
        Class::Subnet => format!("subnet-{rank:017x}"),
        Class::Vpc => format!("vpc-{rank:017x}"),
        Class::SecurityGroup => format!("sg-{rank:017x}"),
        Class::TargetGroup => numbered("targets"),
        Class::Registry => numbered("registry"),
        Class::Image => made_up_image(name, &numbered("image")),
        Class::Role => numbered("role"),
        Class::Secret => numbered("secret"),
        Class::LogGroup => numbered("logs"),
        Class::Caller => numbered("caller"),
        Class::TaskGroup => numbered("group"),
        Class::Other => numbered("text"),
    }
}

/// An image of Amazon's registry needs a capability that others do not.
fn made_up_image(image: &str, name: &str) -> String {
    let host = image.split('/').next().unwrap_or_default();
    match host.split_once(".dkr.ecr.") {
        Some((_, region)) => format!("{ACCOUNT}.dkr.ecr.{region}/{name}"),
        None if host == "public.ecr.aws" => format!("{host}/{name}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_up(names: &[(Class, &str)]) -> Names {
        let noted = Names::noted();
        for (class, name) in names {
            noted.of(*class, name);
        }
        noted.made_up()
    }

    #[test]
    fn made_up_names_keep_the_order_of_the_real_ones() {
        let real: Vec<String> = (0..12).map(|n| format!("svc{n}")).collect();
        let names = made_up(&real.iter().map(|name| (Class::Service, &**name)).collect::<Vec<_>>());
        let mut sorted = real;
        sorted.sort();
        let replaced: Vec<String> =
            sorted.iter().map(|name| names.of(Class::Service, name)).collect();
        assert!(replaced.is_sorted());
        assert_eq!(names.of(Class::Service, "svc0"), "service-01");
    }

    #[test]
    fn images_of_amazons_registry_stay_there() {
        let ecr = "999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/api:42";
        let names = made_up(&[(Class::Image, ecr), (Class::Image, "redis:7")]);
        let expected = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image-1";
        assert_eq!(names.of(Class::Image, ecr), expected);
        assert_eq!(names.of(Class::Image, "redis:7"), "image-2");
    }

    #[test]
    fn expressions_follow_the_groups_they_name() {
        let names = made_up(&[(Class::Service, "shop"), (Class::Machine, "i-0123456789abcdef0")]);
        let (text, clean) = names.expression("not(task:group == service:shop)");
        assert_eq!((&*text, clean), ("not(task:group == service:service-1)", true));
        let (text, clean) = names.expression("ec2InstanceId in [i-0123456789abcdef0]");
        assert_eq!((&*text, clean), ("ec2InstanceId in [i-00000000000000001]", true));
        let (_, clean) = names.expression("task:group =~ service:sh.*");
        assert!(!clean);
        let (text, clean) = names.expression("attribute:service-tier == web");
        assert_eq!((&*text, clean), ("attribute:service-tier == web", true));
    }
}
