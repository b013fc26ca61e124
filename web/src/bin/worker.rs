//! The module of the engine.

fn main() {
    #[cfg(target_arch = "wasm32")]
    stowplan_web::worker::link::serve();
}
