//! What a deployment would do, said before it is done: the choice, the forecast, the button.

use std::rc::Rc;

use yew::prelude::*;

use super::beside_panel::beside_panel;
use super::chooser::{Choice, choices};
use super::says::{cap, said, strong};
use crate::deck::use_deck;
use crate::model::Board;
use crate::words::{clock, span, thousands};
use crate::worker::protocol::{Ahead, Foretold, Outlook, Rollout, Service, ToEngine};

#[derive(Properties, PartialEq)]
pub struct DeployPanelProps {
    pub board: Board,
    pub service: Service,
    /// The newest forecast, of whatever was asked last.
    pub foretold: Option<Rc<Foretold>>,
}

/// What is to be deployed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Draft {
    /// Index of the definition; `None`: the one that is offered first.
    definition: Option<u16>,
    rollout: Option<Rollout>,
}

#[component]
pub fn DeployPanel(props: &DeployPanelProps) -> Html {
    let deck = use_deck();
    let draft = use_state(|| Draft { definition: None, rollout: None });
    let amounts = use_state(|| None::<(String, String)>);
    let (board, service) = (&props.board, &props.service);
    let revisions = revisions(board, service);
    let runs = service.deployments.iter().find(|d| d.status == "PRIMARY").map(|d| d.definition);
    let chosen = draft.definition.or_else(|| revisions.last().copied()).unwrap_or_default();
    let rollout = draft.rollout.unwrap_or(service.rollout);
    let entry = entry(board, service, chosen, runs == Some(chosen), rollout);
    let frame = &board.frame;
    // While time runs an answer holds for the instant at which it was asked.
    let stands = (!frame.playing).then_some(frame.now_ms);
    let run = Rc::as_ptr(&board.document).cast::<u8>() as usize;
    // Another draft is another question; the same one at another time says its time.
    let question = *use_memo((entry.clone(), run), |_| next_question());
    {
        let deck = deck.clone();
        let asked = (question, (*amounts).clone(), stands);
        let entry = entry.clone();
        use_effect_with(asked, move |(question, beside, _)| {
            let ahead = Ahead { question: *question, entry, beside: beside.clone() };
            deck.send(ToEngine::Foretell(Box::new(ahead)));
        });
    }
    let told = props.foretold.as_deref().filter(|told| told.question == question);
    let label = |definition: &u16| -> AttrValue {
        let again = if runs == Some(*definition) { " again" } else { "" };
        format!("r{}{again}", board.revision(*definition)).into()
    };
    let options: Vec<AttrValue> = revisions.iter().map(label).collect();
    let place = revisions.iter().position(|known| *known == chosen).unwrap_or(0);
    let on_revision = {
        let (draft, revisions) = (draft.clone(), revisions.clone());
        Callback::from(move |index: usize| {
            draft.set(Draft { definition: revisions.get(index).copied(), ..*draft });
        })
    };
    let of_revision = Choice {
        label: "Revision to deploy",
        options,
        chosen: place,
        on_choose: on_revision,
        testid: "deploy-revision",
    };
    let refused = told.is_some_and(|told| !told.refused.is_empty());
    let onclick = Callback::from(move |_| deck.edit(entry.clone()));
    let outlook = told.and_then(|told| told.outlook.as_ref());
    let on_amounts = {
        let amounts = amounts.clone();
        Callback::from(move |it| amounts.set(it))
    };
    if revisions.is_empty() {
        return Html::default();
    }
    html! {
        <section class="deploy" aria-label="Deploy" data-testid="deploy-panel">
            <span class="draft">
                <span class="pick">{ choices(&of_revision) }</span>
                { kinds(service, rollout, &draft) }
                <span class="grow" />
                <button class="btn deploy-go" disabled={refused} {onclick} data-testid="deploy"
                    title={refused.then_some("It would be refused: see above.")}>
                    { "Deploy" }
                    </button>
            </span>
            { under_way(told, &service.name) }
            { forecast(told) }
                { beside_panel(amounts.as_ref(), outlook, &on_amounts) }
        </section>
    }
}

/// Questions are told apart over all panels.
fn next_question() -> u32 {
    thread_local!(static ASKED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
    ASKED.with(|asked| {
        asked.set(asked.get().wrapping_add(1));
        asked.get()
    })
}

/// The revisions of the service's family, oldest first: what it runs decides which family it is.
fn revisions(board: &Board, service: &Service) -> Vec<u16> {
    let runs = service.deployments.iter().find(|d| d.status == "PRIMARY");
    let family = runs.and_then(|d| board.definitions.get(usize::from(d.definition)));
    let Some(family) = family.map(|definition| &definition.family) else { return Vec::new() };
    let listed = (0u16..).zip(board.definitions.iter());
    let own = listed.filter(|(_, definition)| definition.family == *family);
    own.map(|(index, _)| index).collect()
}

/// The call as an entry of the timeline. Only what differs is said.
fn entry(
    board: &Board,
    service: &Service,
    definition: u16,
    again: bool,
    rollout: Rollout,
) -> String {
    use crate::words::json_text;
    let name = json_text(&service.name);
    let label = json_text(&board.definition_name(definition));
    if service.rollout == Rollout::CodeDeploy {
        let group = json_text(&service.deployment_group);
        let fields = format!("\"deploymentGroupName\":{group},\"taskDefinition\":{label}");
        return format!("{{\"createDeployment\":{{{fields}}}}}");
    }
    let mut fields = format!("\"service\":{name},\"taskDefinition\":{label}");
    if again {
        fields.push_str(",\"forceNewDeployment\":true");
    }
    if rollout != service.rollout {
        let limits = format!(
            "\"minimumHealthyPercent\":{},\"maximumPercent\":{}",
            service.minimum_percent, service.maximum_percent
        );
        let strategy = rollout.word();
        fields.push_str(&format!(
            ",\"deploymentConfiguration\":{{{limits},\"strategy\":\"{strategy}\"}}"
        ));
    }
    format!("{{\"updateService\":{{{fields}}}}}")
}

fn kinds(service: &Service, chosen: Rollout, draft: &UseStateHandle<Draft>) -> Html {
    if matches!(service.rollout, Rollout::External | Rollout::CodeDeploy) {
        return Html::default();
    }
    let options: Vec<AttrValue> = Rollout::OFFERED.iter().map(|kind| kind.word().into()).collect();
    let place = Rollout::OFFERED.iter().position(|kind| *kind == chosen).unwrap_or(0);
    let draft = draft.clone();
    let on_choose = Callback::from(move |index: usize| {
        draft.set(Draft { rollout: Rollout::OFFERED.get(index).copied(), ..*draft });
    });
    let (label, testid) = ("Deployment strategy", "deploy-kind");
    let choice = Choice { label, options, chosen: place, on_choose, testid };
    html! { <span class="pick">{ choices(&choice) }</span> }
}

/// What is left of the deployment that is under way.
fn under_way(told: Option<&Foretold>, service: &str) -> Html {
    let all = told.into_iter().flat_map(|told| &told.under_way);
    let own = all.filter(|(name, _)| name == service).map(|(_, text)| text);
    own.map(|text| said("foretold hint", Some("under-way"), text)).collect()
}

/// What would come of it.
fn forecast(told: Option<&Foretold>) -> Html {
    let Some(told) = told else {
        return html! { <p class="foretold hint" role="status">{ "The forecast is computed." }</p> };
    };
    if !told.refused.is_empty() {
        return html! {
            <p class="foretold bad" role="status" data-testid="foretold">
                { format!("! It would be refused. {}", told.refused) }
            </p>
        };
    }
    let Some(outlook) = &told.outlook else {
        return html! {
            <p class="foretold hint" role="status" data-testid="foretold">
                { "It would start no deployment." }
            </p>
        };
    };
    html! {
        <div class="foretold" role="status" data-testid="foretold" title={outlook.text.clone()}>
            { cap(&format!("Forecast at {}", clock(told.at_ms))) }
            <dl>{ numbers(outlook) }</dl>
            if !outlook.stuck.is_empty() {
                <p class="bad" data-testid="foretold-stuck">{ format!("! {}", outlook.stuck) }</p>
            }
            <ul>{ for outlook.risks.iter().map(|risk| html! { <li>{ risk }</li> }) }</ul>
        </div>
    }
}

fn numbers(outlook: &Outlook) -> Html {
    let row = |name: &'static str, figure: String, more: String| {
        html! { <><dt>{ name }</dt><dd>{ strong(&figure) }{ more }</dd></> }
    };
    let waves = match outlook.waves {
        0 => String::new(),
        1 => ", 1 wave".to_owned(),
        more => format!(", {more} waves"),
    };
    let time = |ms: Option<u64>| ms.map_or_else(|| "no end in sight".to_owned(), span);
    let traffic = outlook.rollback_traffic_ms.filter(|ms| Some(*ms) != outlook.rollback_ms);
    let traffic = traffic.map_or_else(String::new, |ms| format!(", traffic after {}", span(ms)));
    html! {
        <>
            { row("most tasks", outlook.peak.to_string(),
                format!(" of at most {}", outlook.ceiling)) }
            if outlook.extra_memory > 0 {
                { row("room for them", format!("{} MiB", thousands(outlook.extra_memory)),
                    " more".to_owned()) }
            }
            { row("fewest healthy", outlook.lowest.to_string(),
                format!(" of at least {}", outlook.floor)) }
            { row("done in", time(outlook.duration_ms), waves) }
            if outlook.rollback_ms.is_some() {
                { row("back again in", time(outlook.rollback_ms), traffic) }
            }
        </>
    }
}
