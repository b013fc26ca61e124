//! Availability Zone rebalancing (01 section 10): which zone gets a task, and which one gives one.

use std::collections::BTreeMap;

use super::split::{self, Counts};
use super::{Ask, Launch, Placed, Twin, Wish, count, fit, zone_of};

/// Tasks that are balanced together.
#[derive(Debug)]
pub(crate) struct Pool {
    /// On Fargate each provider's tasks are balanced by themselves.
    pub(crate) provider: Option<&'static str>,
    /// Live tasks by zone, and how many there should be.
    zones: BTreeMap<&'static str, (u32, u32)>,
    desired: u32,
}

impl Pool {
    pub(crate) fn is_balanced(&self) -> bool {
        let counts = || self.zones.values().map(|&(tasks, _)| tasks);
        let (Some(least), Some(most)) = (counts().min(), counts().max()) else { return true };
        most - least <= 1 && (least >= 1 || self.desired < count(self.zones.len()))
    }

    /// Of the zones below their target the one with the fewest tasks, the first name of several.
    pub(crate) fn poorest(&self) -> Option<&'static str> {
        let below = self.zones.iter().filter(|(_, (tasks, target))| tasks < target);
        below.min_by_key(|&(&zone, &(tasks, _))| (tasks, zone)).map(|(&zone, _)| zone)
    }

    /// Of the zones above their target the one with most tasks, the first name of several.
    pub(crate) fn richest(&self) -> Option<&'static str> {
        let above = self.zones.iter().filter(|(_, (tasks, target))| tasks > target);
        let least = above.min_by_key(|&(&zone, &(tasks, _))| (std::cmp::Reverse(tasks), zone));
        least.map(|(&zone, _)| zone)
    }
}

impl Twin {
    /// Live tasks of a service that have a place.
    pub(crate) fn of_service<'t>(&'t self, group: &'t str) -> impl Iterator<Item = &'t Placed> {
        let on_instances = self.rows.iter().flat_map(|row| &row.tasks);
        let all = on_instances.chain(&self.away);
        all.filter(move |task| task.wish.ask.of_service && task.wish.group == group)
    }

    /// The pools of a service; `moving` is the provider of a task that is here beside the others.
    pub(crate) fn pools(
        &self,
        ask: &Ask,
        group: &str,
        desired: u32,
        moving: Option<Option<&'static str>>,
    ) -> Vec<Pool> {
        match &ask.launch {
            Launch::Split(items) if ask.is_away() => {
                let pool = |item: &split::Item| {
                    let provider = Some(item.provider);
                    let has = self.of_service(group).filter(|it| it.wish.provider == provider);
                    let extra = u32::from(moving == Some(provider));
                    self.pool(ask, group, provider, count(has.count()) - extra)
                };
                items.iter().map(pool).collect()
            }
            _ => vec![self.pool(ask, group, None, desired)],
        }
    }

    fn pool(&self, ask: &Ask, group: &str, provider: Option<&'static str>, desired: u32) -> Pool {
        let mut zones: BTreeMap<&'static str, (u32, u32)> = BTreeMap::new();
        for zone in ["a", "b", "c"] {
            if self.is_usable(ask, group, zone) {
                zones.insert(zone, (0, 0));
            }
        }
        for task in self.of_service(group) {
            if (provider.is_none() || task.wish.provider == provider)
                && let Some((tasks, _)) = zones.get_mut(task.zone)
            {
                *tasks += 1;
            }
        }
        let (base, extra) =
            (desired / count(zones.len()).max(1), desired % count(zones.len()).max(1));
        let mut fullest: Vec<(&'static str, u32)> =
            zones.iter().map(|(&zone, &(tasks, _))| (zone, tasks)).collect();
        fullest.sort_by_key(|&(zone, tasks)| (std::cmp::Reverse(tasks), zone));
        for (position, (zone, tasks)) in fullest.into_iter().enumerate() {
            zones.insert(zone, (tasks, base + u32::from(count(position) < extra)));
        }
        Pool { provider, zones, desired }
    }

    /// A zone counts that has an instance which suits the task, room or not; on Fargate each zone
    /// of the subnets does.
    fn is_usable(&self, ask: &Ask, group: &str, zone: &'static str) -> bool {
        match &ask.launch {
            Launch::Ec2 => self.has_instance(ask, group, None, zone),
            Launch::Split(items) if !ask.is_away() => {
                items.iter().any(|it| self.has_instance(ask, group, Some(it.provider), zone))
            }
            Launch::Fargate | Launch::Split(_) => {
                ask.subnets.iter().flatten().any(|subnet| zone_of(subnet) == zone)
            }
        }
    }

    fn has_instance(
        &self,
        ask: &Ask,
        group: &str,
        provider: Option<&'static str>,
        zone: &'static str,
    ) -> bool {
        let wish = Wish { ask: ask.clone(), group: group.to_owned(), provider, zone: Some(zone) };
        let mut rows = self.rows.iter().filter(|row| fit::is_candidate(row, &wish));
        rows.any(|row| {
            let mine = |task: &Placed| task.wish.ask.of_service && task.wish.group == group;
            row.tasks.iter().any(mine)
                || fit::unfit(row, &wish).or_else(|| fit::unwanted(row, ask, group)).is_none()
        })
    }

    /// On what a task of a service is launched that is to come into a zone.
    pub(crate) fn provider_into(
        &self,
        ask: &Ask,
        group: &str,
        zone: &'static str,
        counts: &Counts,
    ) -> Option<&'static str> {
        let Launch::Split(items) = &ask.launch else { return split::next(&ask.launch, counts) };
        let here = |item: &split::Item| self.has_instance(ask, group, Some(item.provider), zone);
        let usable: Vec<split::Item> = items.iter().copied().filter(here).collect();
        split::among(&usable, counts).or_else(|| split::next(&ask.launch, counts))
    }

    /// Which of a service's tasks in a zone may go (01 section 9.1): the strategy, undone.
    pub(crate) fn leavers(&self, group: &str, pool: &Pool, zone: &str) -> Vec<usize> {
        let host = |number: usize| {
            self.rows.iter().find(|row| row.tasks.iter().any(|task| task.number == number))
        };
        let here = self.of_service(group).filter(|task| {
            task.zone == zone && (pool.provider.is_none() || task.wish.provider == pool.provider)
        });
        let mut left: Vec<&Placed> = here.collect();
        let Some(first) = left.first() else { return Vec::new() };
        for item in first.wish.ask.strategies() {
            let score = |task: &&Placed| match (item.split_once(' '), host(task.number)) {
                (Some(("spread", "az")) | None, _) | (_, None) => 0,
                (Some(("spread", field)), Some(row)) => {
                    let same =
                        |other: &&super::Row| fit::bucket(other, field) == fit::bucket(row, field);
                    self.rows.iter().filter(same).map(|row| row.of_group(group)).sum()
                }
                (Some((_, "cpu")), Some(row)) => row.cpu_left() + task.wish.ask.cpu,
                (Some(_), Some(row)) => row.memory_left() + task.wish.ask.memory(),
            };
            let most = left.iter().map(score).max();
            left.retain(|task| Some(score(task)) == most);
        }
        left.iter().map(|task| task.number).collect()
    }
}
