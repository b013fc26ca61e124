//! The module of the engine with the expression language in it, fetched when a scenario needs it.

fn main() {
    #[cfg(target_arch = "wasm32")]
    stowplan_web::worker::link::serve();
}
