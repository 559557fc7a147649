//! What every client command takes, and where else it may come from.

use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

use crate::completion;
use crate::config::Config;

const HEADING: &str = "Options of client commands";

/// Options that mean the same for all client commands.
#[derive(Args, Debug, Clone, Default)]
pub struct Options {
    /// Shape of the data: table, wide, json, jsonl, yaml, id, or template=TEXT with #{Key}.
    #[arg(short = 'o', long, global = true, value_name = "FORMAT", help_heading = HEADING, value_parser = crate::output::Format::parse)]
    pub(crate) output: Option<crate::output::Format>,
    /// The data as JSON, through an expression of jq: texts as they are, everything else as JSON.
    #[arg(long, global = true, value_name = "EXPR", help_heading = HEADING, conflicts_with = "output", value_parser = crate::output::jq::check)]
    pub(crate) jq: Option<String>,
    /// Only ids, and no messages.
    #[arg(short, long, global = true, help_heading = HEADING)]
    pub(crate) quiet: bool,
    /// Address of the server, like http://127.0.0.1:8065.
    #[arg(long, global = true, value_name = "URL", help_heading = HEADING)]
    pub(crate) server: Option<String>,
    /// Space: name, slug or id; the default space unless given.
    #[arg(long, global = true, help_heading = HEADING, add = completion::Named::Spaces.of_server())]
    pub(crate) space: Option<String>,
    /// Project: name, slug or id.
    #[arg(short, long, global = true, help_heading = HEADING, add = completion::Named::Projects.of_server())]
    pub(crate) project: Option<String>,
    /// Named set of settings.
    #[arg(long, global = true, value_name = "NAME", help_heading = HEADING, add = completion::profiles())]
    pub(crate) profile: Option<String>,
    /// Never ask; fail where an answer is needed. Implied without a terminal.
    #[arg(long, global = true, help_heading = HEADING)]
    pub(crate) no_prompt: bool,
    /// Answer yes to questions.
    #[arg(short, long, global = true, help_heading = HEADING)]
    pub(crate) yes: bool,
    /// How a wait is shown: auto, live, full, plain, json or none.
    #[arg(long, global = true, value_name = "MODE", help_heading = HEADING, hide_possible_values = true)]
    pub(crate) progress: Option<Progress>,
    /// auto, always or never.
    #[arg(long, global = true, value_name = "WHEN", help_heading = HEADING, hide_possible_values = true)]
    pub(crate) color: Option<Color>,
    /// Say which requests are made; twice, also what is answered and how soon.
    #[arg(short, long, global = true, help_heading = HEADING, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Longest wait, like 90s, 10m or 1h.
    #[arg(long, global = true, value_name = "TIME", help_heading = HEADING, value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    Auto,
    /// A region of the screen that is drawn over.
    Live,
    /// The whole screen.
    Full,
    Plain,
    Json,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Progress {
    /// Whether a picture is drawn over and over.
    pub(crate) const fn is_drawn(self) -> bool {
        matches!(self, Self::Auto | Self::Live | Self::Full)
    }
}

impl Options {
    /// Whether errors should be JSON, too, like the data would have been.
    pub(crate) fn wants_json(&self) -> bool {
        if self.jq.is_some() {
            return true;
        }
        // What is wrong may be the configuration itself.
        let config = Config::read(self).ok();
        let format = config.and_then(|config| config.format(self).ok());
        let format = format.as_ref().or(self.output.as_ref());
        format.is_some_and(crate::output::Format::is_json)
    }

    /// What was given for a setting.
    pub(crate) fn given(&self, setting: &str) -> Option<String> {
        match setting {
            "server" => self.server.clone(),
            "space" => self.space.clone(),
            "project" => self.project.clone(),
            "output" => self.output.as_ref().map(crate::output::Format::written),
            "progress" => self.progress.as_ref().and_then(word),
            "color" => self.color.as_ref().and_then(word),
            _ => None,
        }
    }
}

fn word(value: &impl ValueEnum) -> Option<String> {
    Some(value.to_possible_value()?.get_name().to_owned())
}

/// `90s`, `10m`, `1h`, `250ms`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let factor_ms = match unit.trim() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    let ms = digits
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(factor_ms));
    match ms {
        Some(ms) if factor_ms > 0 => Ok(Duration::from_millis(ms)),
        _ => Err(format!("`{text}` is no time; write 90s, 10m or 1h")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(duration("2h").unwrap(), Duration::from_secs(7200));
        for bad in ["", "x", "1y", "-1s", "99999999999999999999h", "1.5h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
