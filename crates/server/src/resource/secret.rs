//! Secrets inside documents, found by the shape of the document: sealed on the way in, hidden on the way out.
//!
//! In a stored body a secret is `{HasValue, Hint, Sealed}`; in an answer `{HasValue, NewValue: null, Hint}`.

use serde_json::{Map, Value, json};

use super::Body;
use crate::shape::{Object, Shape};

const SEALED: &str = "Sealed";

/// Takes the ciphertext out of everything that may hold one.
pub(crate) fn hide(object: &Object, body: &mut Body) {
    for_each(object, body, "", &mut |_, secret| {
        let has_value = secret.get(SEALED).is_some();
        let hint = secret.get("Hint").cloned().unwrap_or(Value::Null);
        let shown = json!({ "HasValue": has_value, "NewValue": null, "Hint": hint });
        *secret = shown.as_object().cloned().unwrap_or_default();
    });
}

/// Seals new secrets, keeps those the client could only say "there is one" about, and drops forged ciphertext.
/// `seal` gets the path of the field, which the ciphertext is bound to.
pub(crate) fn seal<E>(
    object: &Object,
    body: &mut Body,
    before: Option<&Body>,
    mut seal: impl FnMut(&str, &str) -> Result<String, E>,
) -> Result<(), E> {
    let mut kept: Map<String, Value> = Map::new();
    if let Some(before) = before {
        let mut before = before.clone();
        for_each(object, &mut before, "", &mut |path, secret| {
            if let Some(sealed) = secret.get(SEALED) {
                kept.insert(path.to_owned(), sealed.clone());
            }
        });
    }
    let mut failed = None;
    for_each(object, body, "", &mut |path, secret| {
        let new = secret
            .get("NewValue")
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned);
        let says_kept = secret
            .get("HasValue")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        let sealed = match new {
            Some(new) => match seal(path, &new) {
                Ok(sealed) => Some(Value::from(sealed)),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            },
            None => kept.get(path).filter(|_| says_kept).cloned(),
        };
        let hint = secret.get("Hint").cloned().unwrap_or(Value::Null);
        let mut stored = Map::new();
        stored.insert("HasValue".to_owned(), Value::from(sealed.is_some()));
        stored.insert("Hint".to_owned(), hint);
        if let Some(sealed) = sealed {
            stored.insert(SEALED.to_owned(), sealed);
        }
        *secret = stored;
    });
    failed.map_or(Ok(()), Err)
}

/// Puts every secret of a stored body there as a client would send it, so that [`seal`] binds it to another document.
pub(crate) fn open<E>(
    object: &Object,
    body: &mut Body,
    mut open: impl FnMut(&str, &str) -> Result<String, E>,
) -> Result<(), E> {
    let mut failed = None;
    for_each(object, body, "", &mut |path, secret| {
        let Some(Value::String(sealed)) = secret.remove(SEALED) else {
            return;
        };
        match open(path, &sealed) {
            Ok(plain) => drop(secret.insert("NewValue".to_owned(), Value::from(plain))),
            Err(error) => failed = Some(error),
        }
    });
    failed.map_or(Ok(()), Err)
}

fn for_each(object: &Object, body: &mut Body, path: &str, visit: &mut dyn FnMut(&str, &mut Body)) {
    for field in object.fields {
        if let Some(value) = body.get_mut(field.name) {
            let place = if path.is_empty() {
                field.name.to_owned()
            } else {
                format!("{path}.{}", field.name)
            };
            in_value(&field.shape, value, &place, visit);
        }
    }
}

fn in_value(shape: &Shape, value: &mut Value, path: &str, visit: &mut dyn FnMut(&str, &mut Body)) {
    match (shape, value) {
        (Shape::Sensitive | Shape::Property, Value::Object(secret)) => visit(path, secret),
        (Shape::Object(object), Value::Object(body)) => for_each(object, body, path, visit),
        (Shape::Map(item), Value::Object(entries)) => {
            for (key, value) in entries {
                in_value(item, value, &format!("{path}.{key}"), visit);
            }
        }
        (Shape::List(item), Value::Array(items)) => {
            for (i, value) in items.iter_mut().enumerate() {
                // By its id where it has one: a secret stays with its item when the list is put into another order.
                let own = value
                    .get("Id")
                    .and_then(Value::as_str)
                    .filter(|id| !id.is_empty())
                    .map_or_else(|| i.to_string(), str::to_owned);
                in_value(item, value, &format!("{path}[{own}]"), visit);
            }
        }
        _ => {}
    }
}
