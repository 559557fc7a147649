//! The accounts and certificates that variables name, read when a task starts: releases do not freeze them, the task
//! does. What a variable gives of one is the core's to say.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use regatta_core::account::AccountType;
use regatta_core::certificate;
use regatta_core::secret::{Sealed, Secret};
use regatta_core::template::Text;
use regatta_core::variable::VariableValue;
use regatta_core::variable::reference::{self, NotUsable, Restriction, expands};
use regatta_store::seal::SealError;
use regatta_store::{Conn, Document, Place, StoreError, Vault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::plan_input::PlanInput;
use crate::certificate::write::Which;
use crate::http::certificate::{Opened, open};
use crate::resource::{Body, read};
use crate::stored;

/// Kind that the secrets in here are bound to, beside the id of what they are of.
const KIND: &str = "TaskReferences";

/// By id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Referred(BTreeMap<String, Thing>);

/// One account or certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Thing {
    Gives(Vec<(String, Part)>),
    /// Why it gives nothing.
    Refused(String),
}

/// A text of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Part {
    Open(String),
    Sealed(String),
}

/// What a thing gives, before its secrets are sealed again.
type Parts = Vec<(String, Text)>;

impl Referred {
    /// Everything the variables of a deployment name, as it is now.
    ///
    /// # Errors
    /// When the database fails, or a secret cannot be opened or sealed.
    pub(super) async fn read(
        conn: &mut Conn,
        vault: &Vault,
        input: &PlanInput,
        form: &Map<String, Value>,
    ) -> Result<Self, SealError> {
        let mut all = BTreeMap::new();
        for id in ids(input, form) {
            let kind = id.split('-').next().unwrap_or_default().to_owned();
            let found = conn.document(&kind, &id).await?;
            let thing = match usable(found, &id, input)? {
                Ok(document) => Thing::Gives(gives(vault, &document).await?),
                Err(why) => Thing::Refused(why.to_string()),
            };
            all.insert(id, thing);
        }
        Ok(Self(all))
    }

    /// With open secrets.
    ///
    /// # Errors
    /// When one cannot be opened.
    pub(super) fn open(&self, vault: &Vault) -> Result<reference::Referred, SealError> {
        let mut all = reference::Referred::new();
        for (id, thing) in &self.0 {
            let Thing::Gives(parts) = thing else { continue };
            let mut opened = Vec::with_capacity(parts.len());
            for (field, part) in parts {
                let text = match part {
                    Part::Open(text) => Text::plain(text.as_str()),
                    Part::Sealed(sealed) => {
                        let place = place(id, field);
                        Text::Secret(vault.open_sealed(place, &Sealed(sealed.clone()))?)
                    }
                };
                opened.push((field.clone(), text));
            }
            all.insert(id.clone(), opened);
        }
        Ok(all)
    }

    /// Why a thing gives nothing, if this is the id of one that does not.
    pub(super) fn refusal(&self, id: &str) -> Option<&str> {
        match self.0.get(id)? {
            Thing::Refused(why) => Some(why),
            Thing::Gives(_) => None,
        }
    }
}

/// The ids that variables have as their values, or got as answers.
fn ids(input: &PlanInput, form: &Map<String, Value>) -> BTreeSet<String> {
    let named = input.values.all().filter_map(|variable| {
        let VariableValue::Reference(kind, id) = &variable.value else {
            return None;
        };
        let answer = form.get(&variable.id).and_then(Value::as_str);
        let id = answer.or(id.as_deref())?;
        expands(*kind).then(|| id.to_owned())
    });
    let known = |id: &String| id.starts_with("Accounts-") || id.starts_with("Certificates-");
    named.filter(known).collect()
}

fn usable(
    found: Option<Document>,
    id: &str,
    input: &PlanInput,
) -> Result<Result<Document, NotUsable>, StoreError> {
    let space = input.project.space_id.as_str();
    let found = found.filter(|found| found.space_id.as_deref() == Some(space));
    let Some(document) = found else {
        return Ok(Err(NotUsable::Gone { id: id.to_owned() }));
    };
    let restriction: Restriction = stored::parse(&document)?;
    let tenant = input.tenant.as_ref();
    let tenant = tenant.map(|tenant| (&tenant.id, tenant.tenant_tags.as_slice()));
    let checked = restriction.check(id, &input.environment.id, tenant);
    Ok(checked.map(|()| document))
}

async fn gives(vault: &Vault, document: &Document) -> Result<Vec<(String, Part)>, SealError> {
    let body = read::body(document);
    let parts = match document.kind.as_str() {
        "Accounts" => of_account(vault, &document.id, &body)?,
        _ => of_certificate(vault, document, &body).await?,
    };
    let sealed = parts.into_iter().map(|(field, text)| {
        let part = match &text {
            Text::Plain(text) => Part::Open((**text).to_owned()),
            Text::Secret(secret) => {
                Part::Sealed(vault.seal(place(&document.id, &field), secret)?.0)
            }
        };
        Ok((field, part))
    });
    sealed.collect()
}

fn of_account(vault: &Vault, id: &str, body: &Body) -> Result<Parts, SealError> {
    let kind = body.get("AccountType").and_then(Value::as_str);
    let kind = kind.and_then(AccountType::parse);
    let mut parts = Parts::new();
    for (name, field) in kind.map_or(&[][..], AccountType::parts) {
        let text = match body.get(*field) {
            Some(Value::String(text)) => Text::plain(text.as_str()),
            Some(Value::Object(secret)) => {
                let Some(sealed) = secret.get("Sealed").and_then(Value::as_str) else {
                    continue;
                };
                let place = Place {
                    kind: "Accounts",
                    id,
                    field,
                };
                Text::Secret(vault.open_sealed(place, &Sealed(sealed.to_owned()))?)
            }
            _ => continue,
        };
        parts.push(((*name).to_owned(), text));
    }
    Ok(parts)
}

async fn of_certificate(
    vault: &Vault,
    document: &Document,
    body: &Body,
) -> Result<Parts, SealError> {
    let opened = open(vault, &document.id, body).await;
    let opened = opened.map_err(|error| StoreError::Corrupt {
        what: document.id.clone(),
        why: error.body().to_string(),
    })?;
    let mut parts = vec![("Type".to_owned(), Text::plain("Certificate"))];
    for (name, key) in certificate::PARTS {
        if let Some(text) = body.get(*key).and_then(Value::as_str) {
            parts.push(((*name).to_owned(), Text::plain(text)));
        }
    }
    parts.extend(of_file(&opened, &document.id)?);
    Ok(parts)
}

/// With a private key in it, the file in every form is as secret as the key.
fn of_file(opened: &Opened, id: &str) -> Result<Parts, StoreError> {
    let bundle = &opened.bundle;
    let is_secret = bundle.key.is_some();
    let text = |text: String| match is_secret {
        true => Text::Secret(Secret::new(text)),
        false => Text::plain(text),
    };
    let password = opened.password.expose();
    let pfx = bundle.pkcs12(password, true);
    let pfx = pfx.map_err(|error| StoreError::Corrupt {
        what: id.to_owned(),
        why: error.to_string(),
    })?;
    let pem = bundle.pem(Which::Subject);
    let mut parts = vec![
        ("RawOriginal", text(BASE64.encode(&*bundle.file))),
        ("Password", Text::Secret(opened.password.clone())),
        ("Pfx", text(BASE64.encode(pfx))),
        ("Certificate", Text::plain(BASE64.encode(&bundle.subject))),
        ("CertificatePem", Text::plain(pem.as_str())),
        ("Pem", Text::plain(pem)),
        ("ChainPem", Text::plain(bundle.pem(Which::Chain))),
        ("HasPrivateKey", Text::plain(super::facts::flag(is_secret))),
    ];
    if let (Some(key), Some(pem)) = (&bundle.key, bundle.key_pem()) {
        parts.push(("PrivateKey", text(BASE64.encode(&**key))));
        parts.push(("PrivateKeyPem", text((*pem).clone())));
    }
    let named = parts
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text));
    Ok(named.collect())
}

fn place<'a>(id: &'a str, field: &'a str) -> Place<'a> {
    Place {
        kind: KIND,
        id,
        field,
    }
}
