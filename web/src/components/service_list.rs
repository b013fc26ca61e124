//! What is wanted: a row for each service, one of them open.

use yew::prelude::*;

use super::deploy_panel::DeployPanel;
use super::service_form::service_form;
use super::swatch::swatch;
use crate::deck::Deck;
use crate::state::{Action, State};
use crate::worker::protocol::Service;

pub(crate) fn service_list(deck: &Deck, state: &State) -> Html {
    let listed = &state.feed.board.frame.services;
    let services = (0u16..).zip(listed);
    html! {
        <section class="svc" aria-label="Services" data-testid="services">
            <h2 class="cap"><span>{ "Services" }</span><span>{ "running of desired" }</span></h2>
            { for services.map(|(index, service)| {
                let open = state.open_service == Some(index);
                one(deck, state, index, service, open)
            }) }
            if listed.is_empty() {
                <p class="why first">{
                    "This scenario has no service. Its tasks are started one by one." }</p>
            }
        </section>
    }
}

fn one(deck: &Deck, state: &State, index: u16, service: &Service, open: bool) -> Html {
    let board = &state.feed.board;
    let acting = deck.clone();
    let onclick = Callback::from(move |_| acting.act(Action::ToggleService(index)));
    let primary = service.deployments.iter().find(|d| d.status == "PRIMARY");
    let revision = primary.map_or(0, |d| board.revision(d.definition));
    let expanded = if open { "true" } else { "false" };
    let unsettled = service.deployments.len() > 1 || service.running != service.desired;
    html! {
        <div key={index} class={classes!("one", open.then_some("open"))}
            data-testid={format!("service-{}", service.name)}>
            <button class="row" aria-expanded={expanded} {onclick}>
                { swatch(&board.badge(Some(index))) }
                <span class={classes!(open.then_some("strong"))}>{ &service.name }</span>
                <span class="count" data-testid="count">
                    { service.running }
                    <span class="dim">{ format!(" of {}", service.desired) }</span>
                </span>
                <span class="rev">{ format!("r{revision}") }</span>
            </button>
            if open || unsettled {
                <p class={classes!("why", open.then_some("first"))} data-testid="sentence">
                    { &service.sentence }
                </p>
            }
            if open {
                { service_form(deck, service) }
                <DeployPanel board={board.clone()} service={service.clone()}
                    foretold={state.foretold.clone()} />
            }
        </div>
    }
}
