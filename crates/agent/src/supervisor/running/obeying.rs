//! What a running script asks for with service messages: variables, files to collect, words about its progress.

use std::path::Path;

use regatta_wire::proto::{Level, Progress, Variable};

use crate::clock::now_ms;
use crate::journal::{self, Kind};
use crate::script::message::ServiceMessage;
use crate::supervisor::Supervisor;
use crate::supervisor::open_ticket::{Artifact, OpenTicket};
use crate::ticket::TicketId;

const SET_VARIABLE: &str = "setVariable";
/// Files of one script that are collected; the server keeps fewer.
const ARTIFACTS_MAX: usize = 2_000;
/// Names of files beyond this are cut.
const NAME_MAX_BYTES: usize = 1_000;
/// What a script says about its progress or its end is cut beyond this.
const TEXT_MAX_BYTES: usize = 16 * 1024;

impl Supervisor {
    /// A supervisor that takes the script over hides it, too. An output variable is kept with its name
    /// ([`Self::set_variable`]).
    pub(super) fn keep_mask(&self, id: TicketId, message: &ServiceMessage) {
        let secret = message.secret().filter(|_| message.name != SET_VARIABLE);
        let (Some(secrets), Some(secret)) = (&self.secrets, secret) else {
            return;
        };
        if let Err(error) = secrets.add_mask(&id.to_string(), secret) {
            tracing::warn!(%error, ticket = %id, "what a script wants hidden cannot be kept: it is hidden for as long as this process lives");
        }
    }

    /// Does what a script asks for.
    pub(super) fn obey(&mut self, id: TicketId, message: &ServiceMessage) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let get = |key| message.get(key).unwrap_or_default().to_owned();
        match message.name.as_str() {
            SET_VARIABLE => {
                let sensitive = message
                    .get("sensitive")
                    .is_some_and(|value| value.eq_ignore_ascii_case("true"));
                let variable = Variable {
                    name: get("name"),
                    value: get("value"),
                    sensitive,
                };
                self.set_variable(id, variable);
            }
            "createArtifact" => self.collect_later(id, message),
            "progress" => self.report_progress(id, message),
            "resultMessage" => {
                if let Some(running) = &mut ticket.running {
                    let message = running.masker.mask(&get("message"));
                    cut(&message, TEXT_MAX_BYTES).clone_into(&mut running.message);
                }
            }
            // Counted when the line was read.
            "mask" => {}
            other => {
                let line =
                    format!("The service message \"{other}\" is not supported and was ignored.");
                ticket.spool.push(&line, Level::Verbose, now_ms());
            }
        }
    }

    fn collect_later(&mut self, id: TicketId, message: &ServiceMessage) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let path = message.get("path").unwrap_or_default().to_owned();
        let file_name = Path::new(&path)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let given = message.get("name").filter(|name| !name.is_empty());
        let name = cut(given.unwrap_or(&file_name), NAME_MAX_BYTES).to_owned();
        if ticket.artifacts.len() >= ARTIFACTS_MAX {
            ticket.refused_artifacts += 1;
            return;
        }
        let noted = journal::Artifact {
            ticket: id.to_bytes(),
            name: name.clone(),
            path: path.clone(),
        };
        ticket.artifacts.push(Artifact {
            name,
            path,
            length_bytes: 0,
        });
        self.note(Kind::Artifact(noted));
    }

    fn report_progress(&mut self, id: TicketId, message: &ServiceMessage) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let percentage = message
            .get("percentage")
            .and_then(|text| text.trim().parse().ok());
        let percentage: f64 = percentage.unwrap_or_default();
        // Of a NaN the cast makes 0.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped"
        )]
        let percentage = percentage.clamp(0.0, 100.0) as u32;
        let text = message.get("message").unwrap_or_default();
        let message = ticket.running.as_ref().map(|it| it.masker.mask(text));
        // Never before it is masked: half a secret is not found.
        let message = cut(&message.unwrap_or_default(), TEXT_MAX_BYTES).to_owned();
        ticket.said.progress = Some(Progress {
            ticket: ticket.text.clone(),
            percentage,
            message,
        });
        self.has_news(id);
    }
}

/// The beginning of a text, at most this long.
fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

/// Looks which of the files a script wanted collected are there.
pub(in crate::supervisor) fn check_artifacts(ticket: &mut OpenTicket, work_dir: Option<&Path>) {
    let refused = std::mem::take(&mut ticket.refused_artifacts);
    if refused > 0 {
        let line = format!(
            "{refused} more artifacts were not collected: one script may hand over {ARTIFACTS_MAX}."
        );
        ticket.spool.push(&line, Level::Warning, now_ms());
    }
    let OpenTicket {
        artifacts, spool, ..
    } = ticket;
    artifacts.retain_mut(|artifact| {
        let path = work_dir.map_or_else(
            || Path::new(&artifact.path).to_owned(),
            |dir| dir.join(&artifact.path),
        );
        match std::fs::metadata(&path) {
            Ok(found) if found.is_file() => {
                artifact.length_bytes = found.len();
                artifact.path = path.to_string_lossy().into_owned();
                true
            }
            Ok(_) => {
                spool.push(
                    &format!(
                        "The artifact {:?} is not a file: it was not collected.",
                        artifact.path
                    ),
                    Level::Warning,
                    now_ms(),
                );
                false
            }
            Err(error) => {
                spool.push(
                    &format!(
                        "The artifact {:?} was not collected: {error}.",
                        artifact.path
                    ),
                    Level::Warning,
                    now_ms(),
                );
                false
            }
        }
    });
}
