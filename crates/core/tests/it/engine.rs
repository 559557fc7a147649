//! The engine through its public face: cases by name, rules as properties, whole worlds by seed.

mod cases;
mod shell;
mod text;
