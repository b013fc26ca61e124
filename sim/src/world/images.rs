//! Images: which there are, where, and how long they take to pull (05 section 2.3).

use std::collections::BTreeMap;

use serde::Deserialize;
use stowplan_engine::model::{Span, Time};

/// An image of the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// As task definitions write it, or without its tag.
    pub name: Box<str>,
    /// Compressed size.
    #[serde(rename = "sizeMB", default = "default_size")]
    pub size_mb: u32,
    /// For which processors it is built; for any when empty.
    #[serde(default)]
    pub architectures: Vec<Box<str>>,
}

/// Size of an image that is not given.
const DEFAULT_SIZE_MB: u32 = 40;

fn default_size() -> u32 {
    DEFAULT_SIZE_MB
}

/// An image by its name, for short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ImageId(u32);

/// How fast images arrive: `pullMBPerSecond`, `extractMBPerSecond`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullRates {
    /// Download.
    pub pull_mb_per_second: u32,
    /// Extraction.
    pub extract_mb_per_second: u32,
}

impl Default for PullRates {
    fn default() -> Self {
        Self { pull_mb_per_second: 50, extract_mb_per_second: 100 }
    }
}

/// All images of a run.
#[derive(Clone, Debug)]
pub(super) struct Images {
    /// Only images that are given exist.
    closed: bool,
    rates: PullRates,
    /// `imageReplicationSeconds`.
    replication: Span,
    given: BTreeMap<Box<str>, Given>,
    ids: BTreeMap<Box<str>, ImageId>,
    names: Vec<Box<str>>,
}

#[derive(Clone, Debug)]
struct Given {
    size_mb: u32,
    /// Pushed to a region at an instant; there everywhere from the beginning otherwise.
    pushed: Option<(Box<str>, Time)>,
}

impl Images {
    pub(super) fn new(given: Option<&[Image]>, rates: PullRates, replication: Span) -> Self {
        let entry =
            |image: &Image| (image.name.clone(), Given { size_mb: image.size_mb, pushed: None });
        Self {
            closed: given.is_some(),
            rates,
            replication,
            given: given.unwrap_or_default().iter().map(entry).collect(),
            ids: BTreeMap::new(),
            names: Vec::new(),
        }
    }

    /// An image is pushed to a region; the others get it later.
    pub(super) fn push(&mut self, now: Time, name: &str, size_mb: u32, region: &str) {
        let pushed = Some((region.into(), now));
        self.given.insert(name.into(), Given { size_mb, pushed });
    }

    pub(super) fn id(&mut self, name: &str) -> ImageId {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = ImageId(u32::try_from(self.names.len()).expect("fewer than 2^32 images"));
        self.ids.insert(name.into(), id);
        self.names.push(name.into());
        id
    }

    /// Whether it can be pulled in a region.
    pub(super) fn exists(&self, image: ImageId, region: &str, now: Time) -> bool {
        match self.given(image) {
            None => !self.closed,
            Some(Given { pushed: None, .. }) => true,
            Some(Given { pushed: Some((home, at)), .. }) if **home == *region => *at <= now,
            Some(Given { pushed: Some((_, at)), .. }) => *at + self.replication <= now,
        }
    }

    /// How long it takes a host that does not have it.
    pub(super) fn pull_time(&self, image: ImageId) -> Span {
        let size = self.given(image).map_or(DEFAULT_SIZE_MB, |given| given.size_mb);
        let at_rate = |rate: u32| Span(u64::from(size) * 1000 / u64::from(rate.max(1)));
        at_rate(self.rates.pull_mb_per_second) + at_rate(self.rates.extract_mb_per_second)
    }

    fn given(&self, image: ImageId) -> Option<&Given> {
        let name = &*self.names[image.0 as usize];
        self.given.get(name).or_else(|| self.given.get(without_tag(name)))
    }
}

/// An image's name without `:tag` and `@digest`.
fn without_tag(name: &str) -> &str {
    let name = name.split('@').next().unwrap_or(name);
    match name.rsplit_once(':') {
        // A port of the registry is no tag.
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(given: Option<&[Image]>) -> Images {
        Images::new(given, PullRates::default(), Span::from_secs(300))
    }

    #[test]
    fn forty_megabytes_take_a_second_and_a_fifth() {
        let mut images = images(None);
        let id = images.id("web:1");
        assert_eq!(images.pull_time(id), Span(1_200));
        assert!(images.exists(id, "us-east-1", Time::ZERO));
    }

    #[test]
    fn an_image_may_be_given_without_its_tag() {
        let web = Image { name: "repo:5000/web".into(), size_mb: 500, architectures: Vec::new() };
        let mut images = images(Some(&[web]));
        let id = images.id("repo:5000/web:7");
        assert_eq!(images.pull_time(id), Span::from_secs(15));
        assert!(images.exists(id, "us-east-1", Time::ZERO));
        let other = images.id("repo:5000/db");
        assert!(!images.exists(other, "us-east-1", Time::ZERO));
    }

    #[test]
    fn mr_6_an_image_reaches_the_other_regions_later() {
        let mut images = images(Some(&[]));
        let id = images.id("i");
        assert!(!images.exists(id, "us-east-1", Time::ZERO));
        images.push(Time::ZERO, "i", 40, "us-east-1");
        assert!(images.exists(id, "us-east-1", Time::ZERO));
        assert!(!images.exists(id, "eu-west-1", Time::from_secs(299)));
        assert!(images.exists(id, "eu-west-1", Time::from_secs(300)));
    }
}
