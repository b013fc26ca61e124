//! The full rolling deployment of 100,000 tasks on 10,000 instances, some times over: natively, and
//! as a module in a browser, which tells the same line in its `globalThis.stowplanBench`.

use stowplan_bench::deployment;

const TIMES: usize = 5;

fn main() {
    #[cfg(not(target_arch = "wasm32"))]
    {
        let began = std::time::Instant::now();
        println!("{}", measure(|| began.elapsed().as_secs_f64() * 1e3));
    }
    #[cfg(target_arch = "wasm32")]
    {
        let line = measure(js_sys::Date::now);
        let told = js_sys::Reflect::set(&js_sys::global(), &"stowplanBench".into(), &line.into());
        told.expect("the global object takes values");
    }
}

/// Milliseconds of each deployment, by a clock.
fn measure(clock: impl Fn() -> f64) -> String {
    let [.., case] = deployment::cases();
    let (prepared, service) = case.prepare();
    let mut line = format!("rollout/{case}");
    for _ in 0..TIMES {
        let mut driver = prepared.clone();
        let start = clock();
        deployment::deploy(&mut driver, service);
        line.push_str(&format!(" {:.0}", clock() - start));
    }
    line
}
