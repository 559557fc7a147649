//! A certificate as a file again. Whoever takes the private key along needs a permission of its own, and it is recorded.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use regatta_core::certificate::CertificateFormat as Format;
use regatta_core::permission::Permission as P;

use super::upload::{Opened, open};
use crate::audit::{self, Record};
use crate::call::Call;
use crate::certificate::write::Which;
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::read;
use crate::scope;

/// What is asked for.
struct Asked {
    /// `None`: as it was uploaded.
    format: Option<Format>,
    with_key: bool,
    which: Which,
    password: String,
}

pub(super) async fn export(mut call: Call) -> Answer {
    let asked = asked(&call)?;
    let document = call.document().clone();
    let opened = open(&call.app.vault, &document.id, &read::body(&document)).await?;
    let takes_key = asked.with_key && opened.bundle.key.is_some();
    if takes_key {
        let mut conn = call.read().await?;
        let scope = scope::of_document(&mut conn, &document).await?;
        drop(conn);
        call.also_require(P::CertificateExportPrivateKey, &scope)?;
    }
    let (ending, file) = file(&asked, &opened).await?;
    if takes_key {
        let mut tx = call.begin().await?;
        let message = format!(
            "Certificate {} was exported with its private key",
            document.name
        );
        let record = Record::about(&document, "CertificateExported", message);
        audit::record(&mut tx, &call.author(), record).await?;
        tx.commit().await?;
    }
    Ok(attached(&document.id, ending, file))
}

fn asked(call: &Call) -> Result<Asked, ApiError> {
    let format = match call.query.get("format") {
        None => None,
        Some(text) if text.eq_ignore_ascii_case("Original") => None,
        Some(text) if text.eq_ignore_ascii_case("Pfx") => Some(Format::Pkcs12),
        Some(text) => match Format::parse(text) {
            Some(format) if format != Format::Unknown => Some(format),
            _ => {
                return Err(ApiError::invalid_one(
                    "'format' must be Original, Pem, Der or Pkcs12.",
                ));
            }
        },
    };
    let which = match call.query.get("pemOptions").unwrap_or("PrimaryAndChain") {
        text if text.eq_ignore_ascii_case("PrimaryOnly") => Which::Subject,
        text if text.eq_ignore_ascii_case("ChainOnly") => Which::Chain,
        text if text.eq_ignore_ascii_case("PrimaryAndChain") => Which::All,
        _ => {
            return Err(ApiError::invalid_one(
                "'pemOptions' must be PrimaryOnly, ChainOnly or PrimaryAndChain.",
            ));
        }
    };
    Ok(Asked {
        format,
        with_key: call.query.flag("includePrivateKey")?.unwrap_or(false),
        which,
        password: call.query.get("password").unwrap_or_default().to_owned(),
    })
}

/// The usual ending of such a file, and its bytes.
async fn file(asked: &Asked, opened: &Opened) -> Result<(&'static str, Vec<u8>), ApiError> {
    let bundle = &opened.bundle;
    // As it was uploaded means with the key that is in it; without one, the format alone is kept.
    let Some(format) = asked.format else {
        let whole = asked.with_key || bundle.key.is_none();
        return match bundle.format {
            kept if whole => Ok((ending(kept), bundle.file.to_vec())),
            kept => written(kept, asked, opened).await,
        };
    };
    written(format, asked, opened).await
}

async fn written(
    format: Format,
    asked: &Asked,
    opened: &Opened,
) -> Result<(&'static str, Vec<u8>), ApiError> {
    let bundle = &opened.bundle;
    let bytes = match format {
        Format::Der if asked.with_key && bundle.key.is_some() => {
            return Err(ApiError::invalid_one(
                "A DER file holds one certificate and no private key. Ask for Pem or Pkcs12, or leave the key out.",
            ));
        }
        Format::Der | Format::Unknown => bundle.subject.clone(),
        Format::Pem => {
            let mut text = bundle.pem(asked.which);
            if let Some(key) = bundle.key_pem().filter(|_| asked.with_key) {
                text.push_str(&key);
            }
            text.into_bytes()
        }
        Format::Pkcs12 => {
            let written = bundle.pkcs12(&asked.password, asked.with_key);
            written.map_err(ApiError::internal)?
        }
    };
    Ok((ending(format), bytes))
}

const fn ending(format: Format) -> &'static str {
    match format {
        Format::Pkcs12 => "pfx",
        Format::Pem => "pem",
        Format::Der | Format::Unknown => "cer",
    }
}

fn attached(id: &str, ending: &str, file: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{id}.{ending}\"");
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from(file)).into_response()
}
