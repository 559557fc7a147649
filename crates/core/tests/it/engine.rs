//! The engine through its public face: cases by name, rules as properties, whole worlds by seed.

mod cases;
mod checklist;
mod draw;
mod effect;
mod excluded;
mod forecast;
mod play;
mod properties;
mod reference;
mod replay;
mod rng;
mod shell;
mod sim;
mod text;
