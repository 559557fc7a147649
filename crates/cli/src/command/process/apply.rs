//! `process apply`: a file becomes the process, and people see first what that means.

use std::path::PathBuf;

use clap::Args;
use regatta_core::diff;
use serde_json::{Value, json};

use super::{Of, file, refusal};
use crate::command::Ended;
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::{name_of, text};
use crate::session::Session;
use crate::text::visible;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta process apply -p web-shop -f deployment_process.ocl --dry-run\n  regatta process apply -p web-shop -f process.json --yes --if-version 12"
)]
pub struct Apply {
    /// OCL or JSON; - for standard input.
    #[arg(short, long)]
    file: PathBuf,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Only if the process still has this version; ends with 5 otherwise.
    #[arg(long, value_name = "N")]
    if_version: Option<i64>,
}

impl Apply {
    pub(super) async fn run(self, of: &Of<'_>) -> Ended {
        let mut after = file::document(of, &self.file).await?;
        if let Some(version) = self.if_version {
            after["Version"] = json!(version);
        }
        let changes = changes(of, &after)?;
        let lint = of.api.post(&of.path("/lint"), &after).await?;
        let problems = lint["Problems"].as_array().cloned().unwrap_or_default();
        let (refused, noted): (Vec<Value>, Vec<Value>) = problems
            .into_iter()
            .partition(|problem| problem["PreventsSaving"] == true);
        if !refused.is_empty() {
            return Err(refusal(&refused));
        }
        show(of.session, &changes, &noted);
        if changes.is_empty() && self.if_version.is_none() {
            of.session.out.say("Nothing to change.");
            return Ok(Exit::Done);
        }
        if self.dry_run {
            of.session
                .out
                .say("Nothing was changed: this was a dry run.");
            return Ok(Exit::Done);
        }
        of.session
            .confirm(&format!("Apply to {}?", name_of(of.project)))?;
        let saved = of.save(&after).await?;
        of.session
            .out
            .say(&format!("Saved version {}.", saved["Version"]));
        if !of.session.out.is_for_people() {
            of.session.out.one(&[], &saved)?;
        }
        Ok(Exit::Done)
    }
}

/// What changes, in sentences.
fn changes(of: &Of<'_>, after: &Value) -> Result<Vec<String>> {
    let before = of.typed()?;
    let mut after = file::typed(after)?;
    // New parts have no ids yet; the server gives them.
    after.adopt(Some(&before), &mut String::new);
    let changes = diff::process(&before, &after);
    Ok(changes.iter().map(ToString::to_string).collect())
}

fn show(session: &Session, changes: &[String], noted: &[Value]) {
    if session.out.quiet {
        return;
    }
    for change in changes {
        eprintln!("  {}", visible(change));
    }
    for problem in noted {
        let level = text(problem, "Level").to_lowercase();
        eprintln!("  {level}: {}", visible(&text(problem, "Message")));
    }
}
