//! Markdown to HTML.

use pulldown_cmark::{Options, Parser, html};

use super::Input;

/// CommonMark with tables, strikethrough and the other usual extras. HTML in the text is kept,
/// as in Octopus: the result is a value, and whoever shows it must treat it as one.
pub(super) fn to_html(input: &Input<'_>) -> Option<String> {
    let value = input.alone()?;
    let extras = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_SUBSCRIPT
        | Options::ENABLE_SUPERSCRIPT;
    let mut out = String::with_capacity(value.len() * 2);
    html::push_html(&mut out, Parser::new_ext(value, extras));
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Some(out)
}
