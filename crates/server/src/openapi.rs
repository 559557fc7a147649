//! The OpenAPI 3.1 document, generated from the operation table. The portal's client is generated from it.

use serde_json::{Map, Value, json};

use crate::operation::{Access, Answers, From, Operation, Place};
use crate::shape::schema::Schemas;
use crate::shape::{Object, Shape, TEXT, TEXTS, field};

static ERROR: Object = Object {
    name: "Error",
    fields: &[
        field("ErrorMessage", TEXT).required(),
        field("Code", TEXT)
            .required()
            .about("Stable; for programs."),
        field("Errors", TEXTS).about("Only with status 400."),
        field("HelpText", TEXT).about("How to get past the error."),
        field("Facts", Shape::Any).about("For programs, beside the message."),
        field("ParsedHelpLinks", TEXTS),
    ],
};

/// The document for these operations.
#[must_use]
pub fn document(operations: &[Operation]) -> Value {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for operation in operations {
        for (path, in_space) in paths_of(operation) {
            let entry = paths.entry(path).or_insert_with(|| json!({}));
            entry[operation.method.as_str().to_ascii_lowercase()] =
                describe(operation, in_space, &mut schemas);
        }
    }
    let error = schemas.object(&ERROR);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Regatta",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "The REST API of Octopus Deploy with additions. Keys of request bodies are read in any case of letters.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.into_components(),
            "responses": { "Error": { "description": "What went wrong, and how to get past it.", "content": { "application/json": { "schema": error } } } },
            "securitySchemes": {
                "ApiKey": { "type": "apiKey", "in": "header", "name": "X-Octopus-ApiKey" },
                "Session": { "type": "apiKey", "in": "cookie", "name": "regatta-session" },
            },
        },
    })
}

/// The paths an operation is documented under, and whether each names a space.
fn paths_of(operation: &Operation) -> Vec<(String, bool)> {
    let path = operation.path.trim_end_matches('/');
    match operation.place {
        Place::Root => vec![(path.to_owned(), false)],
        Place::System => vec![(format!("/api{path}"), false)],
        Place::Space => vec![(format!("/api/{{spaceId}}{path}"), true)],
        Place::Both => vec![
            (format!("/api{path}"), false),
            (format!("/api/{{spaceId}}{path}"), true),
        ],
    }
}

fn describe(operation: &Operation, in_space: bool, schemas: &mut Schemas) -> Value {
    // An id must be unique, so the second path of `Place::Both` gets a name of its own.
    let is_second = in_space && operation.place == Place::Both;
    let mut described = json!({
        "operationId": if is_second { format!("{}InSpace", operation.id) } else { operation.id.to_owned() },
        "tags": [operation.path.split('/').nth(1).unwrap_or_default()],
        "parameters": parameters(operation, in_space),
        "responses": { success(operation): answer(operation, schemas), "default": { "$ref": "#/components/responses/Error" } },
    });
    if !operation.summary.is_empty() {
        described["summary"] = json!(operation.summary);
    }
    if let Some(body) = &operation.body {
        described["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schemas.of(body) } } });
    }
    access(operation.access, &mut described);
    described
}

fn parameters(operation: &Operation, in_space: bool) -> Vec<Value> {
    let in_path = operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let space = in_space.then_some("spaceId");
    let path = space.into_iter().chain(in_path);
    let path = path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let query = operation
        .query_keys()
        .map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }));
    path.chain(query).collect()
}

fn success(operation: &Operation) -> &'static str {
    let creates = operation.creates
        && operation.method == axum::http::Method::POST
        && matches!(operation.answers, Answers::One(_));
    if creates { "201" } else { "200" }
}

fn answer(operation: &Operation, schemas: &mut Schemas) -> Value {
    let (media_type, schema) = match &operation.answers {
        Answers::Anything => return json!({ "description": "Done." }),
        Answers::One(shape) => ("application/json", schemas.of(shape)),
        Answers::Page(item) => ("application/json", schemas.page(item)),
        Answers::Raw(media_type) => (*media_type, json!({ "type": "string" })),
    };
    let mut content = json!({ media_type: { "schema": schema } });
    if operation.streams_events {
        content["text/event-stream"] = json!({ "schema": { "type": "string" } });
    }
    json!({ "description": "Done.", "content": content })
}

fn access(access: Access, described: &mut Value) {
    described["security"] = match access {
        Access::Anonymous => json!([]),
        Access::SignedIn | Access::Needs(..) => json!([{ "ApiKey": [] }, { "Session": [] }]),
    };
    if let Access::Needs(permission, from) = access {
        described["x-permission"] = json!(permission.as_str());
        described["x-scope"] = json!(match from {
            From::System => "system".to_owned(),
            From::Space => "space".to_owned(),
            From::Items => "items".to_owned(),
            From::Anywhere => "anywhere".to_owned(),
            From::Project(parameter) => format!("project {{{parameter}}}"),
            From::Document(kind, parameter) => format!("{kind} {{{parameter}}}"),
        });
    }
}
