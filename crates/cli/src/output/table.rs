//! Tables for people: no borders, aligned, head in capitals, never cut.

use serde_json::Value;

use crate::text::{pad, visible, width};

/// One column of a table.
pub(crate) struct Column {
    pub(crate) head: &'static str,
    /// Shown with `-o wide` only.
    pub(crate) wide: bool,
    pub(crate) cell: Box<dyn Fn(&Value) -> String>,
}

impl Column {
    pub(crate) fn new(head: &'static str, cell: impl Fn(&Value) -> String + 'static) -> Self {
        Self {
            head,
            wide: false,
            cell: Box::new(cell),
        }
    }

    /// The text of a key.
    pub(crate) fn key(head: &'static str, key: &'static str) -> Self {
        Self::new(head, move |item| cell_text(&item[key]))
    }

    pub(crate) fn wide(mut self) -> Self {
        self.wide = true;
        self
    }
}

/// A value in a cell: nothing for null, entries separated by commas.
pub(crate) fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Array(items) => items.iter().map(cell_text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn shown(columns: &[Column], wide: bool) -> impl Iterator<Item = &Column> {
    columns.iter().filter(move |column| wide || !column.wide)
}

pub(super) fn table(columns: &[Column], items: &[Value], wide: bool) -> String {
    let heads: Vec<String> = shown(columns, wide)
        .map(|column| column.head.to_owned())
        .collect();
    let row = |item| {
        shown(columns, wide)
            .map(|column| visible(&(column.cell)(item)))
            .collect()
    };
    let rows: Vec<Vec<String>> = items.iter().map(row).collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|at| {
            rows.iter()
                .chain([&heads])
                .map(|row| width(&row[at]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    [&heads]
        .into_iter()
        .chain(&rows)
        .map(|row| line(row, &widths))
        .collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| pad(cell, *width))
        .collect();
    format!("{}\n", cells.join("  ").trim_end())
}

/// The same without columns, for people who listen.
pub(super) fn as_lists(columns: &[Column], items: &[Value], wide: bool) -> String {
    let entry = |item: &Value| {
        let lines = shown(columns, wide).map(|column| {
            format!(
                "{}: {}\n",
                column.head.to_lowercase(),
                visible(&(column.cell)(item))
            )
        });
        format!("{}\n", lines.collect::<String>())
    };
    items.iter().map(entry).collect()
}

pub(super) fn fields(fields: &[(&str, String)]) -> String {
    let widest = fields
        .iter()
        .map(|(name, _)| width(name))
        .max()
        .unwrap_or(0);
    let line = |(name, text): &(&str, String)| {
        format!("{}  {}\n", pad(name, widest), visible(text))
            .trim_end()
            .to_owned()
            + "\n"
    };
    fields.iter().map(line).collect()
}
