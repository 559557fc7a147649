//! OCL: what is read and written, what survives, and what is said about mistakes.

mod language;
mod process;
mod process_strategy;
mod settings;
mod variables;
