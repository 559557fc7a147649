//! Shapes as JSON Schema, for the OpenAPI document.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Field, Object, SENSITIVE, Shape};

/// Collects the named objects that schemas refer to.
#[derive(Default)]
pub(crate) struct Schemas(BTreeMap<&'static str, Value>);

impl Schemas {
    /// The schema of a shape; objects become references.
    pub(crate) fn of(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Any => json!({}),
            Shape::Text => json!({ "type": "string" }),
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::Int => json!({ "type": "integer", "format": "int64" }),
            Shape::Number => json!({ "type": "number" }),
            Shape::Time => json!({ "type": "string", "format": "date-time" }),
            Shape::Word(words) => json!({ "type": "string", "enum": words }),
            Shape::List(item) => json!({ "type": "array", "items": self.of(item) }),
            Shape::Map(item) => json!({ "type": "object", "additionalProperties": self.of(item) }),
            Shape::Object(object) => self.object(object),
            Shape::Sensitive => self.object(&SENSITIVE),
            Shape::Property => json!({ "anyOf": [{ "type": "string" }, self.object(&SENSITIVE)] }),
        }
    }

    /// A reference to an object's schema.
    pub(crate) fn object(&mut self, object: &'static Object) -> Value {
        if !self.0.contains_key(object.name) {
            // Put in first: an object may hold itself.
            self.0.insert(object.name, Value::Null);
            let schema = self.describe(object);
            self.0.insert(object.name, schema);
        }
        json!({ "$ref": format!("#/components/schemas/{}", object.name) })
    }

    fn describe(&mut self, object: &Object) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in object.fields {
            properties.insert(field.name.to_owned(), self.field(field));
            if field.required {
                required.push(field.name);
            }
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    fn field(&mut self, field: &Field) -> Value {
        let mut schema = self.of(&field.shape);
        // Beside a reference, other keywords are allowed since OpenAPI 3.1.
        if !field.about.is_empty() {
            schema["description"] = json!(field.about);
        }
        if field.read_only {
            schema["readOnly"] = json!(true);
        }
        if let Some(default) = field.default {
            schema["default"] =
                serde_json::from_str(default).expect("defaults of shapes are JSON, tested");
        }
        if matches!(field.shape, Shape::Text) && field.chars_max < super::CHARS_MAX {
            schema["maxLength"] = json!(field.chars_max);
        }
        schema
    }

    /// The envelope of a list of these.
    pub(crate) fn page(&mut self, item: &'static Object) -> Value {
        let item = self.object(item);
        json!({
            "type": "object",
            "required": ["ItemType", "TotalResults", "ItemsPerPage", "NumberOfPages", "LastPageNumber", "Items", "Links"],
            "properties": {
                "ItemType": { "type": "string" },
                "TotalResults": { "type": "integer" },
                "ItemsPerPage": { "type": "integer" },
                "NumberOfPages": { "type": "integer" },
                "LastPageNumber": { "type": "integer" },
                "Items": { "type": "array", "items": item },
                "Links": { "type": "object", "additionalProperties": { "type": "string" } },
            }
        })
    }

    pub(crate) fn into_components(self) -> Value {
        json!(self.0)
    }
}
