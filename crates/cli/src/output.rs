//! Data on standard output, in the shape that was asked for. Messages for people go to standard error.

pub(crate) mod jq;
mod table;
mod template;
mod yaml;

use std::io::Write as _;

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::signs::Signs;
use crate::text::visible;

pub(crate) use table::{Column, cell_text};

/// Shape of the data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Format {
    #[default]
    Table,
    Wide,
    Json,
    JsonLines,
    Yaml,
    Id,
    Template(String),
    /// JSON, through an expression.
    Jq(String),
}

const WORDS: [(&str, Format); 6] = [
    ("table", Format::Table),
    ("wide", Format::Wide),
    ("json", Format::Json),
    ("jsonl", Format::JsonLines),
    ("yaml", Format::Yaml),
    ("id", Format::Id),
];

impl Format {
    pub(crate) fn parse(text: &str) -> std::result::Result<Self, String> {
        if let Some(template) = text.strip_prefix("template=") {
            regatta_core::template::parse::template(template).map_err(|error| error.to_string())?;
            return Ok(Self::Template(template.to_owned()));
        }
        let known = WORDS.into_iter().find(|(word, _)| *word == text);
        known
            .map(|(_, format)| format)
            .ok_or_else(|| "use table, wide, json, jsonl, yaml, id or template=TEXT".to_owned())
    }

    /// As [`Format::parse`] reads it.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Template(text) => format!("template={text}"),
            other => {
                let known = WORDS.iter().find(|(_, format)| format == other);
                known.map_or("json", |(word, _)| word).to_owned()
            }
        }
    }

    pub(crate) const fn is_json(&self) -> bool {
        matches!(self, Self::Json | Self::JsonLines | Self::Jq(_))
    }
}

/// Where data and messages go, and how they look.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) quiet: bool,
    pub(crate) signs: Signs,
}

impl Output {
    /// A list of API documents: `columns` for people, the documents themselves for programs.
    pub(crate) fn list(&self, columns: &[Column], items: &[Value]) -> Result<()> {
        let text = match &self.format {
            Format::Table | Format::Wide if !self.quiet => {
                let wide = self.format == Format::Wide;
                if self.signs == Signs::Spoken {
                    table::as_lists(columns, items, wide)
                } else {
                    table::table(columns, items, wide)
                }
            }
            Format::Json => pretty(&Value::Array(items.to_vec())),
            Format::JsonLines => items.iter().map(|item| format!("{item}\n")).collect(),
            Format::Yaml => yaml::text(&Value::Array(items.to_vec())),
            Format::Jq(expression) => jq::text(expression, &Value::Array(items.to_vec()))?,
            Format::Template(template) => {
                let lines = items.iter().map(|item| template::line(template, item));
                lines.collect::<Result<String>>()?
            }
            Format::Table | Format::Wide | Format::Id => items.iter().map(id_line).collect(),
        };
        raw(&text)
    }

    /// One API document; `fields` are what people see of it.
    pub(crate) fn one(&self, fields: &[(&str, String)], item: &Value) -> Result<()> {
        let text = match &self.format {
            Format::Table | Format::Wide if !self.quiet => table::fields(fields),
            Format::Json => pretty(item),
            Format::JsonLines => format!("{item}\n"),
            Format::Yaml => yaml::text(item),
            Format::Jq(expression) => jq::text(expression, item)?,
            Format::Template(template) => template::line(template, item)?,
            Format::Table | Format::Wide | Format::Id => id_line(item),
        };
        raw(&text)
    }

    /// Whether data is for people rather than for programs.
    pub(crate) const fn is_for_people(&self) -> bool {
        matches!(self.format, Format::Table | Format::Wide) && !self.quiet
    }

    /// A message for people, on standard error.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            eprintln!("{}", visible(text));
        }
    }
}

/// Writes data as it is.
pub(crate) fn raw(text: &str) -> Result<()> {
    bytes(text.as_bytes()).map(|_| ())
}

/// The same for what need not be text; whether anybody still reads. A reader that has gone, as `head` does, is no error.
pub(crate) fn bytes(bytes: &[u8]) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::unexpected(format!(
            "Standard output cannot be written: {error}."
        ))),
    }
}

pub(crate) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

pub(crate) fn yaml(value: &Value) -> String {
    yaml::text(value)
}

fn id_line(item: &Value) -> String {
    let id = ["Id", "Slug", "Name"]
        .into_iter()
        .find_map(|key| item.get(key).and_then(Value::as_str))
        .unwrap_or_default();
    format!("{id}\n")
}
