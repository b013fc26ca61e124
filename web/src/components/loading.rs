//! The regions before there is a scenario: what the page waits for, and how much of it is there.

use yew::prelude::*;

/// `share`: in percent; `None` where nobody knows.
pub(crate) fn loading(sentence: &str, share: Option<u64>) -> Html {
    let bar = match share {
        Some(0) => Html::default(),
        Some(share) => html! {
            <progress max="100" value={share.to_string()} aria-label="Loading" />
        },
        None => html! { <progress max="100" aria-label="Loading" /> },
    };
    html! {
        <>
            <section class="svc" aria-label="Services" data-testid="services">
                <h2 class="cap"><span>{ "Services" }</span></h2>
                <p class="why first">{ sentence.to_owned() }</p>
            </section>
            <main class="pic" aria-label="Picture of the cluster" aria-busy="true">
                <div class="loading" data-testid="loading">
                    <p class="read" role="status">{ sentence.to_owned() }</p>
                    { bar }
                </div>
            </main>
            <aside class="insp" aria-label="Selection" />
            <div class="strip cap-l" />
            <div class="strip cap-m" />
            <div class="strip cap-r" />
            <div class="logh" />
            <div class="log" />
        </>
    }
}
