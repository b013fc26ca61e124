//! The deployments of a service, as DescribeServices lists them.

use yew::prelude::*;

use super::stage_list::StageList;
use crate::feed::Shelf;
use crate::model::Board;
use crate::worker::protocol::{Milestone, Service};

#[derive(Properties, PartialEq)]
pub struct DeploymentCardProps {
    pub board: Board,
    pub service: u16,
    /// What happened to deployments that shift traffic, of any service.
    pub milestones: Shelf<Milestone>,
}

#[component]
pub fn DeploymentCard(props: &DeploymentCardProps) -> Html {
    let Some(service) = props.board.service(props.service) else { return Html::default() };
    html! {
        <section data-testid="deployments">
            <h3 class="cap">{ format!("Deployments of {}", service.name) }</h3>
            <table class="rollout">
                <thead><tr>
                    <th>{ "status" }</th><th>{ "definition" }</th><th>{ "rollout" }</th>
                    <th class="num">{ "running" }</th><th class="num">{ "pending" }</th>
                    <th class="num">{ "failed" }</th>
                </tr></thead>
                <tbody>{ rows(&props.board, service) }</tbody>
            </table>
            <StageList service={props.service} now_ms={props.board.frame.now_ms}
                milestones={props.milestones.clone()} />
        </section>
    }
}

fn rows(board: &Board, service: &Service) -> Html {
    let row = |deployment: &crate::worker::protocol::Deployment| {
        let failed = deployment.failed > 0;
        html! {
            <tr key={deployment.id.clone()} title={deployment.rollout_reason.clone()}>
                <td class="strong">{ &deployment.status }</td>
                <td>{ board.definition_name(deployment.definition) }</td>
                <td class="mid">{ &deployment.rollout_state }</td>
                <td class="num"><b class="strong">{ deployment.running }</b>
                    <span class="dim">{ format!(" of {}", deployment.desired) }</span></td>
                <td class="num">{ deployment.pending }</td>
                <td class={classes!("num", failed.then_some("bad"))}>{ deployment.failed }</td>
            </tr>
        }
    };
    service.deployments.iter().map(row).collect()
}
