//! What placement has worked out before and keeps while it holds. Nothing in it is state: every
//! part follows from the rows, is mended from the journals of changes and checked against a
//! recomputation after each step of a debug build.

mod hosts;
mod question;

use std::collections::BTreeMap;

use crate::model::{ClusterId, GroupId, ProviderId, TaskDefinitionId, ZoneId};
use crate::placement::PlacementRequest;
use crate::placement::index::hosts::Hosts;
use crate::placement::index::question::Question;
use crate::store::Store;
use crate::store::bitset::InstanceSet;

/// More questions than these are not kept: the index starts anew.
const MOST_QUESTIONS: usize = 4096;

/// Questions asked before, and what was worked out to answer them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    questions: BTreeMap<Subject, Vec<Known>>,
    kept: usize,
    hosts: Vec<Hosts>,
}

/// What questions are found by.
type Subject = (TaskDefinitionId, GroupId, ClusterId, Option<ProviderId>, Option<ZoneId>);

/// A question asked before.
#[derive(Debug)]
struct Known {
    question: Question,
    /// Position of its hosts.
    hosts: usize,
}

impl Index {
    /// Instances that suit a request whatever they carry.
    pub(super) fn hosts(&mut self, store: &Store, request: &PlacementRequest<'_>) -> &InstanceSet {
        let position = self.known(store, request).hosts;
        self.hosts[position].current(store)
    }

    fn known(&mut self, store: &Store, request: &PlacementRequest<'_>) -> &Known {
        if self.kept == MOST_QUESTIONS {
            *self = Self::default();
        }
        let subject =
            (request.definition, request.group, request.cluster, request.provider, request.zone);
        let asked = self.questions.entry(subject).or_default();
        let position = asked.iter().position(|known| known.question.is_asked_by(request));
        let position = position.unwrap_or_else(|| {
            let question = Question::of(request);
            let hosts = hosts_of(&mut self.hosts, store, &question);
            asked.push(Known { question, hosts });
            self.kept += 1;
            asked.len() - 1
        });
        &asked[position]
    }

    /// Panics with a sentence when something kept is not what the rows say.
    pub(crate) fn check(&self, store: &Store) {
        for hosts in &self.hosts {
            hosts.check(store);
        }
    }
}

fn hosts_of(hosts: &mut Vec<Hosts>, store: &Store, question: &Question) -> usize {
    let known = hosts.iter().position(|hosts| hosts.answer(question, store));
    known.unwrap_or_else(|| {
        hosts.push(Hosts::new(question.clone()));
        hosts.len() - 1
    })
}
