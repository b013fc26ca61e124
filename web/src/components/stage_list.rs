//! The stages of the newest deployment that shifts traffic, as a list: the timeline's row in words.

use yew::prelude::*;

use super::says::cap;
use crate::feed::Shelf;
use crate::words::{clock, share_word, span};
use crate::worker::protocol::{Happening, Milestone};

pub(super) fn stage_list(service: u16, now_ms: u64, milestones: &Shelf<Milestone>) -> Html {
    let all = milestones.items();
    let until_now = all.partition_point(|milestone| milestone.at_ms <= now_ms);
    let own = all[..until_now].iter().filter(|milestone| milestone.service == service);
    let own: Vec<&Milestone> = own.collect();
    let newest = newest(&own);
    if newest.is_empty() {
        return Html::default();
    }
    // A stage lasts until the next one begins, whatever its hooks do meanwhile.
    let end = |index: usize| {
        let next = newest[index + 1..].iter().find(|it| !is_hook(&it.what));
        next.map_or(now_ms, |next| next.at_ms)
    };
    let current = newest.iter().rposition(|it| !is_hook(&it.what));
    let rows = newest.iter().enumerate().filter(|(index, milestone)| {
        // What is over in the instant in which it begins is only in the way.
        let lasts = end(*index) > milestone.at_ms;
        Some(*index) == current || lasts || !is_stage(&milestone.what)
    });
    html! {
        <>
            { cap("Stages of the newest deployment") }
            <ol class="stages" data-testid="stage-list">
                { for rows.map(|(index, milestone)| {
                    row(milestone, end(index), Some(index) == current)
                }) }
            </ol>
        </>
    }
}

fn is_stage(what: &Happening) -> bool {
    matches!(what, Happening::Stage { .. })
}

fn is_hook(what: &Happening) -> bool {
    matches!(what, Happening::Hook { .. })
}

fn is_first(what: &Happening) -> bool {
    match what {
        Happening::Stage { name, .. } => name == "RECONCILE_SERVICE" || name == "BeforeInstall",
        Happening::Hook { .. } | Happening::Over(_) => false,
    }
}

/// From the first stage of the newest deployment on.
fn newest<'a, 'b>(all: &'a [&'b Milestone]) -> &'a [&'b Milestone] {
    let begin = all.iter().rposition(|milestone| is_first(&milestone.what)).unwrap_or(0);
    &all[begin..]
}

fn row(milestone: &Milestone, end_ms: u64, current: bool) -> Html {
    let lasted = span(end_ms.saturating_sub(milestone.at_ms));
    let (class, words, lasted) = match &milestone.what {
        Happening::Stage { name, back: false, share } => {
            let share = share.map_or_else(String::new, |share| format!(" {}", share_word(share)));
            ("", format!("{name}{share}"), lasted)
        }
        Happening::Stage { name, back: true, .. } => ("bad", format!("back: {name}"), lasted),
        Happening::Hook { name, status, .. } => {
            let class = if status == "FAILED" { "bad" } else { "mid" };
            (class, format!("hook {name} {status}"), String::new())
        }
        Happening::Over(status) => ("", status.clone(), String::new()),
    };
    let step = (current && is_stage(&milestone.what)).then_some("step");
    html! {
        <li key={format!("{} {words}", milestone.at_ms)} aria-current={step}
            class={classes!(current.then_some("strong"))}>
            <time class="dim">{ clock(milestone.at_ms) }</time>
            <span {class}>{ words }</span>
            <span class="num">{ lasted }</span>
        </li>
    }
}
