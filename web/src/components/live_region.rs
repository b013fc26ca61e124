//! Tells those who do not see the picture what happens: at most one thing every two seconds, the
//! most important first.

use yew::prelude::*;

use crate::feed::Feed;
use crate::player::wall_ms;
use crate::words::clock;
use crate::worker::protocol::{LogLine, Tone};

const PAUSE_MS: f64 = 2000.0;

#[derive(Properties, PartialEq)]
pub struct LiveRegionProps {
    pub feed: Feed,
}

#[component]
pub fn LiveRegion(props: &LiveRegionProps) -> Html {
    let said = use_state(String::new);
    let last = use_mut_ref(|| (f64::NEG_INFINITY, 0usize, 0u64));
    {
        let said = said.clone();
        use_effect_with(props.feed.clone(), move |feed| {
            let now = wall_ms();
            let frame = &feed.board.frame;
            let mut last = last.borrow_mut();
            let (at, heard, stood) = *last;
            if now - at < PAUSE_MS && frame.playing {
                return;
            }
            let lines = feed.lines_until_now();
            let jumped = !frame.playing && frame.now_ms != stood;
            let news = {
                let log = feed.log.items();
                log[heard.min(lines)..lines].iter().max_by_key(weight).map(|l| l.message.clone())
            };
            let text = if jumped && news.is_none() {
                Some(format!("At {}: {}", clock(frame.now_ms), summary(feed)))
            } else {
                news
            };
            *last = (now, lines, frame.now_ms);
            if let Some(text) = text {
                said.set(text);
            }
        });
    }
    html! { <p class="sr" role="status" aria-live="polite" data-testid="live">{ &*said }</p> }
}

fn weight(line: &&LogLine) -> u8 {
    match line.tone {
        Tone::Bad => 2,
        Tone::Edit => 1,
        Tone::Plain => 0,
    }
}

/// The cluster in one sentence.
#[must_use]
pub fn summary(feed: &Feed) -> String {
    let totals = feed.board.totals();
    let waiting: u32 = feed.board.frame.waiting.iter().map(|w| w.count).sum();
    format!(
        "{} instances, {} tasks running, {} starting, {} stopping, {waiting} waiting.",
        feed.board.live_hosts().count(),
        totals.running,
        totals.starting,
        totals.stopping,
    )
}
