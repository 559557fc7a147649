//! What Octopus' Terraform provider writes, and what it reads back: what it planned must be in the answer, or an apply ends
//! with "Provider produced inconsistent result after apply"; and nothing else may be, or the next plan wants to undo it.
//!
//! Read in its sources, as the commands are; it is not run. Its library leaves out what is empty, so nothing, an empty text
//! and an empty list are the same to it.

mod access;
mod infrastructure;
mod project;

use serde_json::{Map, Value, json};

use super::client::{Client, plain};
use crate::installation::{Installation, text};
use crate::npm::traffic;

#[tokio::test(flavor = "multi_thread")]
async fn what_terraform_plans_is_what_it_reads() {
    let installation = Installation::start().await;
    let client = Client::start(&installation).await;
    infrastructure::is_applied(&client).await;
    project::is_applied(&client).await;
    access::is_applied(&client).await;
    insta::assert_snapshot!("conversation_terraform_commands", client.said());
    insta::assert_snapshot!(
        "conversation_terraform_traffic",
        traffic(&installation).await
    );
}

/// A resource is created, read, and updated with another description; answers it as it is then.
async fn applied(client: &Client<'_>, resource: &'static str, at: &str, planned: Value) -> Value {
    client.command(resource);
    let made = client.post(at, planned.clone()).await;
    is_as_planned(&planned, &made, resource);
    let own = plain(&made["Links"]["Self"]);
    let read = client.get(&own).await;
    is_as_planned(&planned, &read, resource);
    is_settled(&made, &read);
    let mut changed = planned;
    changed["Id"] = made["Id"].clone();
    if changed.get("Description").is_some() {
        changed["Description"] = json!("changed");
    }
    updated(client, &own, &changed).await
}

/// Only what must be planned is: nothing of the rest is there.
async fn applied_bare(client: &Client<'_>, at: &str, planned: Value, left_out: &[&str]) -> Value {
    client.aside();
    let made = client.post(at, planned.clone()).await;
    is_as_planned(&planned, &made, at);
    for key in left_out {
        assert_eq!(held(&made[*key]), Value::Null, "{key} of {at}");
    }
    made
}

/// The whole resource is sent again, and again read.
async fn updated(client: &Client<'_>, own: &str, planned: &Value) -> Value {
    let answered = client.put(own, planned).await;
    is_as_planned(planned, &answered, own);
    let read = client.get(own).await;
    is_settled(&answered, &read);
    read
}

/// Between a write and the next read nothing changes.
fn is_settled(written: &Value, read: &Value) {
    assert_eq!(written, read);
}

/// Everything that was sent is answered as it was sent; of a secret only that there is one.
fn is_as_planned(planned: &Value, answered: &Value, at: &str) {
    match planned {
        Value::Object(planned) if planned.contains_key("NewValue") => {
            assert_eq!(answered["HasValue"], planned["HasValue"], "{at}");
            assert!(answered["NewValue"].is_null(), "{at}");
        }
        Value::Object(planned) => {
            for (key, value) in planned {
                is_as_planned(value, &answered[key], &format!("{at}.{key}"));
            }
        }
        Value::Array(planned) if !planned.is_empty() => {
            let answered = answered.as_array();
            let answered = answered.unwrap_or_else(|| panic!("{at} is no list"));
            assert_eq!(planned.len(), answered.len(), "{at}: {answered:?}");
            for (number, (planned, answered)) in planned.iter().zip(answered).enumerate() {
                is_as_planned(planned, answered, &format!("{at}[{number}]"));
            }
        }
        _ => assert_eq!(held(planned), held(answered), "{at}"),
    }
}

/// What is empty, the library holds as nothing.
fn held(value: &Value) -> Value {
    let is_empty = match value {
        Value::Bool(flag) => !flag,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Null | Value::Object(_) => false,
    };
    if is_empty { Value::Null } else { value.clone() }
}

/// Some object with these keys beside its own.
fn with(mut object: Value, more: Value) -> Value {
    let (Value::Object(object_map), Value::Object(more)) = (&mut object, more) else {
        panic!("both are objects");
    };
    object_map.extend::<Map<String, Value>>(more);
    object
}

fn secret(value: &str) -> Value {
    json!({ "HasValue": true, "NewValue": value })
}

fn id(made: &Value) -> String {
    text(&made["Id"])
}
