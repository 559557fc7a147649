//! Times, values and places as people give them on the command line.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::failure::{Failure, Result};
use crate::find::{self, text};
use crate::session::Session;

/// A time as people write it: a timestamp, or `in 2h`.
pub(super) fn time(wanted: &str) -> Result<Timestamp> {
    if let Some(span) = wanted.trim().strip_prefix("in ") {
        let span = crate::options::duration(span).map_err(Failure::usage)?;
        return later(Timestamp::now(), span);
    }
    wanted.trim().parse().map_err(|_| {
        Failure::usage(format!("`{wanted}` is no time.")).next(
            "write 2026-01-02T03:04:05Z, with an offset like +01:00 instead of Z, or \"in 2h\"",
        )
    })
}

pub(super) fn later(at: Timestamp, by: Duration) -> Result<Timestamp> {
    at.checked_add(by)
        .map_err(|_| Failure::usage("That is too far in the future."))
}

/// Values of prompted variables by name, of `NAME=VALUE`.
pub(super) fn variables(all: &[String]) -> Result<Map<String, Value>> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), json!(value)))
        }
        _ => Err(
            Failure::usage(format!("`{text}` is no value of a variable."))
                .next("write --var NAME=VALUE"),
        ),
    };
    all.iter().map(pair).collect()
}

/// Ids of environments by their names; of the one a person chooses when none was named.
pub(super) async fn environments(
    session: &Session,
    api: &Api,
    names: &[String],
) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(text(&find::environment(api, name).await?, "Id"));
    }
    if names.is_empty() {
        if !session.may_ask() {
            return Err(Failure::usage("Which environment?").next("give --env"));
        }
        let all = api.all(&api.in_space("environments")).await?;
        let chosen = session.asked.choose("environment", "--env", &all)?;
        ids.push(text(&chosen, "Id"));
    }
    Ok(ids)
}
