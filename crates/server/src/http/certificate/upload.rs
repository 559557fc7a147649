//! The file of a certificate: read when it comes, sealed, and read again by whoever needs what is in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use regatta_core::secret::{Sealed, Secret};
use regatta_core::tag_set::TagScope;
use regatta_store::{Document, Order, Place, Query, Tx, Vault};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::tag_set::carries;
use super::{CERTIFICATE, DATA, OBJECT, PASSWORD, tags};
use crate::call::{Call, created, ok};
use crate::certificate::{self, Bundle, FILE_BYTES_MAX, Unreadable, facts};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::{Body, Change, read, secret, write};
use crate::shape::{Object, TEXT, field};

pub(super) static REPLACEMENT: Object = Object {
    name: "CertificateReplacement",
    fields: &[
        field(DATA, TEXT).required().about("The file, as base64."),
        field(PASSWORD, TEXT),
    ],
};

/// Where what a new file says waits for the transaction; never of a client.
const FACTS: &str = "FactsOfFile";

/// A file that was read, with what it was read from.
pub(crate) struct Opened {
    pub bundle: Bundle,
    pub password: Secret,
}

pub(super) async fn create(mut call: Call) -> Answer {
    let mut body = bound(&mut call).await?;
    let data = given(&body, DATA).ok_or_else(missing)?;
    let password = given(&body, PASSWORD).unwrap_or_default();
    let read = read_file(&data, &password).await?;
    keep(&mut body, &read);
    body.extend(facts::of(&read.bundle).map_err(|why| refused(&why))?);
    body.insert("Version".into(), 1.into());
    let (document, tx) = write::create_open(&CERTIFICATE, &mut call, body).await?;
    tx.commit().await?;
    Ok(created(read::view(&CERTIFICATE, &document)))
}

pub(super) async fn update(mut call: Call) -> Answer {
    let body = bound(&mut call).await?;
    let body = with_file(&call, body).await?;
    let (document, tx) = write::replace_open(&CERTIFICATE, &mut call, body).await?;
    tx.commit().await?;
    Ok(ok(read::view(&CERTIFICATE, &document)))
}

pub(super) async fn replace(mut call: Call) -> Answer {
    let asked = bound(&mut call).await?;
    let mut body = read::body(call.document());
    let text = |key: &str| asked.get(key).and_then(Value::as_str).unwrap_or_default();
    for key in [DATA, PASSWORD] {
        let new = text(key);
        body.insert(
            key.into(),
            json!({ "HasValue": !new.is_empty(), "NewValue": new }),
        );
    }
    let body = with_file(&call, body).await?;
    let is_new = body.contains_key(FACTS);
    let (document, mut tx) = write::replace_open(&CERTIFICATE, &mut call, body).await?;
    let answered = match is_new {
        true => former(&mut tx, &document).await?,
        false => document,
    };
    tx.commit().await?;
    Ok(ok(read::view(&CERTIFICATE, &answered)))
}

/// Inside the transaction; the file was read before, because that takes its time.
pub(super) async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    change.refers("EnvironmentIds", "Environments").await?;
    change.refers("TenantIds", "Tenants").await?;
    carries(change, "TenantTags", TagScope::Tenant).await?;
    let Some(before) = change.before.clone() else {
        return Ok(());
    };
    if before.get("Archived").is_some_and(|at| !at.is_null()) {
        return Err(ApiError::invalid_one(format!(
            "{} is archived and cannot be changed. Unarchive it first.",
            change.id
        )));
    }
    if let Some(Value::Object(facts)) = change.body.shift_remove(FACTS) {
        let version = before.get("Version").and_then(Value::as_i64).unwrap_or(1);
        archive_former(change, before).await?;
        change.body.extend(facts);
        change.set("Version", version + 1);
    }
    Ok(())
}

async fn bound(call: &mut Call) -> Result<Body, ApiError> {
    match call.json().await? {
        Value::Object(mut body) => {
            body.shift_remove(FACTS);
            Ok(body)
        }
        _ => Ok(Body::new()),
    }
}

/// Reads the file the body gives, if it is another than the stored one, and puts beside it what it says.
async fn with_file(call: &Call, mut body: Body) -> Result<Body, ApiError> {
    let document = call.document();
    let before = read::body(document);
    let stored = stored(&call.app.vault, &document.id, &before)?;
    let kept = says_kept(&body, PASSWORD).then(|| stored.password.expose().to_owned());
    let password = given(&body, PASSWORD).or(kept);
    let Some(data) = given(&body, DATA) else {
        // The file stays, so what is given as its password has to open it.
        if let Some(password) = given(&body, PASSWORD) {
            opened(stored.data.expose(), &password, certificate::reread).await?;
        } else {
            let has = !stored.password.is_empty();
            body.insert(PASSWORD.into(), json!({ "HasValue": has }));
        }
        body.insert(DATA.into(), json!({ "HasValue": true }));
        return Ok(body);
    };
    let password = password.unwrap_or_default();
    let read = read_file(&data, &password).await?;
    keep(&mut body, &read);
    if *read.bundle.file != *decoded(stored.data.expose())? {
        let facts = facts::of(&read.bundle).map_err(|why| refused(&why))?;
        body.insert(FACTS.into(), Value::Object(facts));
    }
    body.insert(
        PASSWORD.into(),
        json!({ "HasValue": !password.is_empty(), "NewValue": password }),
    );
    Ok(body)
}

/// What a stored certificate's file holds.
///
/// # Errors
/// When it cannot be unsealed; what was once read can be read again.
pub(crate) async fn open(vault: &Vault, id: &str, body: &Body) -> Result<Opened, ApiError> {
    let stored = stored(vault, id, body)?;
    let (data, password) = (stored.data.expose(), stored.password.expose());
    opened(data, password, certificate::reread).await
}

/// Stored is what was understood of the file, not what was sent.
fn keep(body: &mut Body, read: &Opened) {
    let file = BASE64.encode(&*read.bundle.file);
    body.insert(DATA.into(), json!({ "HasValue": true, "NewValue": file }));
}

/// The secrets of a stored certificate.
struct Stored {
    data: Secret,
    password: Secret,
}

fn stored(vault: &Vault, id: &str, body: &Body) -> Result<Stored, ApiError> {
    let secret = |field: &'static str| {
        let sealed = body.get(field).and_then(|secret| secret.get("Sealed"));
        let Some(sealed) = sealed.and_then(Value::as_str) else {
            return Ok(Secret::new(String::new()));
        };
        let opened = vault.open_sealed(place(id, field), &Sealed(sealed.to_owned()));
        opened.map_err(ApiError::internal)
    };
    Ok(Stored {
        data: secret(DATA)?,
        password: secret(PASSWORD)?,
    })
}

async fn read_file(data: &str, password: &str) -> Result<Opened, ApiError> {
    opened(data, password, certificate::read).await
}

type Read = fn(&[u8], &str) -> Result<Bundle, Unreadable>;

/// Working a password off takes its time, so nothing else waits for it.
async fn opened(data: &str, password: &str, read: Read) -> Result<Opened, ApiError> {
    let file = decoded(data)?;
    let given = Zeroizing::new(password.to_owned());
    let bundle = tokio::task::spawn_blocking(move || read(&file, &given)).await;
    let bundle = bundle.map_err(ApiError::internal)?;
    Ok(Opened {
        bundle: bundle.map_err(|why| refused(&why))?,
        password: Secret::new(password.to_owned()),
    })
}

/// Tools wrap what they encode, so line breaks say nothing.
fn decoded(data: &str) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    if data.len() > FILE_BYTES_MAX * 2 {
        return Err(refused(&Unreadable::TooLong));
    }
    let whole = data.chars().filter(|c| !c.is_whitespace());
    let whole: Zeroizing<String> = Zeroizing::new(whole.collect());
    let file = BASE64.decode(whole.as_bytes()).map_err(|_| {
        ApiError::invalid_one(format!(
            "{DATA}: it is not base64. Encode the bytes of the file, e.g. by `base64 -w0 cert.pfx`."
        ))
    })?;
    Ok(Zeroizing::new(file))
}

fn refused(why: &Unreadable) -> ApiError {
    let key = match why {
        Unreadable::WrongPassword | Unreadable::NeedsPassword => PASSWORD,
        _ => DATA,
    };
    ApiError::invalid_one(format!("{key}: {why}."))
}

fn missing() -> ApiError {
    ApiError::invalid_one(format!(
        "{DATA}: this field is required. Send the file, encoded as base64, as its NewValue."
    ))
}

/// The file that was there until now, as an archived certificate of its own.
async fn archive_former(change: &mut Change<'_>, before: Body) -> Result<(), ApiError> {
    let (kind, vault) = (CERTIFICATE.kind, &change.app.vault);
    let current = change.tx.document(kind, &change.id).await?;
    let current = current.ok_or_else(|| ApiError::not_found(&change.id))?;
    let id = change.tx.next_id(kind).await?;
    let mut body = before;
    secret::open(&OBJECT, &mut body, |field, sealed| {
        let opened = vault.open_sealed(place(&change.id, field), &Sealed(sealed.to_owned()));
        opened.map(|secret| secret.expose().to_owned())
    })
    .map_err(ApiError::internal)?;
    secret::seal(&OBJECT, &mut body, None, |field, plain| {
        let sealed = vault.seal(place(&id, field), &Secret::new(plain.to_owned()));
        sealed.map(|sealed| sealed.0)
    })
    .map_err(ApiError::internal)?;
    for (key, value) in [
        ("Id", id.clone()),
        ("Archived", crate::time_text::iso(change.now)),
        ("ReplacedBy", change.id.clone()),
    ] {
        body.insert(key.to_owned(), value.into());
    }
    let former = Document {
        id,
        name_is_unique: false,
        tags: tags(&body),
        version: 0,
        body: Value::Object(body).to_string(),
        updated_at: change.now,
        ..current
    };
    change.tx.document_insert(&former).await?;
    Ok(())
}

fn place<'a>(id: &'a str, field: &'a str) -> Place<'a> {
    Place {
        kind: CERTIFICATE.kind,
        id,
        field,
    }
}

/// What the certificate was before.
async fn former(tx: &mut Tx, document: &Document) -> Result<Document, ApiError> {
    let query = Query {
        kind: CERTIFICATE.kind.to_owned(),
        space_id: Some(document.space_id.clone()),
        tags: vec![vec![format!("replaced-by:{}", document.id)]],
        order: Order::Newest,
        take: Some(1),
        ..Query::default()
    };
    let found = tx.documents(&query).await?.items.pop();
    found.ok_or_else(|| ApiError::internal(format!("{} replaced nothing", document.id)))
}

/// The secret a request gives.
fn given(body: &Body, key: &str) -> Option<String> {
    let new = body.get(key)?.get("NewValue")?.as_str()?;
    (!new.is_empty()).then(|| new.to_owned())
}

fn says_kept(body: &Body, key: &str) -> bool {
    let says = body.get(key).and_then(|secret| secret.get("HasValue"));
    says.and_then(Value::as_bool) == Some(true)
}
