//! `--jq`: documents of the API through an expression of the language jq. The engine is a library, nothing is started.

use std::path::PathBuf;

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use crate::failure::{Failure, Result};

type Filter = jaq_core::compile::Filter<jaq_core::Native<JustLut<Val>>>;

const WHY_CHARS_MAX: usize = 120;

/// Whether the expression can be read.
pub(crate) fn check(expression: &str) -> std::result::Result<String, String> {
    compile(expression).map(|_| expression.to_owned())
}

/// What the expression makes of a document: texts as they are, everything else as JSON, one a line.
pub(super) fn text(expression: &str, document: &Value) -> Result<String> {
    let filter = compile(expression).map_err(|why| failed(expression, &why))?;
    let input = read::parse_single(document.to_string().as_bytes());
    let input = input.map_err(|error| failed(expression, &error.to_string()))?;
    let context = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let mut lines = String::new();
    for made in filter.id.run((context, input)).map(unwrap_valr) {
        let made = made.map_err(|error| failed(expression, &error.to_string()))?;
        let written = made.to_string();
        match serde_json::from_str(&written) {
            Ok(Value::String(text)) => lines.push_str(&text),
            _ => lines.push_str(&written),
        }
        lines.push('\n');
    }
    Ok(lines)
}

fn compile(expression: &str) -> std::result::Result<Filter, String> {
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let functions = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let program = File {
        code: expression,
        path: PathBuf::new(),
    };
    let modules = Loader::new(definitions)
        .load(&arena, program)
        .map_err(|_| "it is no expression of jq".to_owned())?;
    Compiler::default()
        .with_funs(functions)
        .compile(modules)
        .map_err(|files| {
            let unknown = files.iter().flat_map(|(_, unknown)| unknown);
            let names: Vec<&str> = unknown.map(|(name, _)| *name).collect();
            format!("jq knows no {}", names.join(", "))
        })
}

fn failed(expression: &str, why: &str) -> Failure {
    // The engine repeats whole documents.
    let why: String = match why.char_indices().nth(WHY_CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &why[..cut]),
        None => why.to_owned(),
    };
    Failure::usage(format!("--jq '{expression}': {why}."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_are_worked_out() {
        let document = json!([{ "Name": "a \"b\"", "N": 1.50, "On": null }, { "Name": "c", "N": 12_345_678_901_i64 }]);
        for (expression, expected) in [
            (".[].Name", "a \"b\"\nc\n"),
            ("map(.N) | add | floor", "12345678902\n"),
            (
                ".[0] | {Name, On}",
                "{\"Name\":\"a \\\"b\\\"\",\"On\":null}\n",
            ),
            (".[] | select(.Name == \"c\").N", "12345678901\n"),
            ("length", "2\n"),
            ("empty", ""),
            (".[].Name | @base64", "YSAiYiI=\nYw==\n"),
        ] {
            assert_eq!(
                text(expression, &document).ok().as_deref(),
                Some(expected),
                "{expression}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_before_anything_is_asked() {
        assert!(check(".[] | .Name").is_ok());
        for (bad, why) in [(".[", "no expression"), ("nonsense", "knows no nonsense")] {
            assert!(check(bad).unwrap_err().contains(why), "{bad}");
        }
        assert!(text(".Name", &json!([])).is_err());
    }
}
