//! The picture: three pure steps and one impure.
//!
//! [`slots`] keeps each tile its place, [`layout`] says where things stand, [`scene`] turns the
//! board into plain shapes, [`hit`] finds what is under a point, [`motion`] tells what moved
//! between two scenes. Only `paint` touches a canvas, in the colours of `theme`.

pub mod geometry;
pub mod hit;
pub mod layout;
pub mod motion;
pub mod scene;
pub mod slots;

#[cfg(target_arch = "wasm32")]
pub mod paint;
#[cfg(target_arch = "wasm32")]
pub mod stage;
#[cfg(target_arch = "wasm32")]
pub mod theme;
#[cfg(target_arch = "wasm32")]
pub mod tile;
