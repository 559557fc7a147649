//! One script: the language's bootstrap, its process, what it prints, and the ways to end it.

pub(crate) mod exit_note;
pub(crate) mod interpreter;
pub(crate) mod kept_secrets;
pub(crate) mod lines;
pub(crate) mod mask;
pub(crate) mod message;
pub(crate) mod process;
pub(crate) mod work_dir;
