//! Storing an uploaded package: what is there already decides, one transaction names the file.

use axum::http::StatusCode;
use regatta_archive::ArchiveError;
use regatta_core::package::file_name::FileName;
use regatta_core::permission::Permission as P;
use regatta_store::{BlobId, Document, StoreError, Tx};

use super::receive::{Received, receive};
use super::view;
use crate::audit::{self, Record};
use crate::call::{Call, created, ok};
use crate::error::ApiError;
use crate::http::download::blob_failed;
use crate::http::feed::built_in;
use crate::operation::Answer;
use crate::package::{self, Found, KIND, Package, notes};
use crate::query::Query;

/// What is done when the version is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Overwrite {
    Fail,
    Replace,
    Ignore,
}

impl Overwrite {
    /// `overwriteMode`, or the older `replace`.
    pub(in crate::http) fn of(query: &Query) -> Result<Self, ApiError> {
        match query.get("overwriteMode") {
            Some(mode) => Self::named(mode),
            None if query.flag("replace")?.unwrap_or(false) => Ok(Self::Replace),
            None => Ok(Self::Fail),
        }
    }

    pub(in crate::http) fn named(mode: &str) -> Result<Self, ApiError> {
        let modes = [
            ("FailIfExists", Self::Fail),
            ("OverwriteExisting", Self::Replace),
            ("IgnoreIfExists", Self::Ignore),
        ];
        let found = modes
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(mode));
        found.map(|(_, mode)| *mode).ok_or_else(|| {
            let mode: String = mode.chars().take(40).collect();
            ApiError::invalid_one(format!(
                "overwriteMode: '{mode}' is none of FailIfExists, OverwriteExisting and IgnoreIfExists."
            ))
        })
    }
}

pub(super) async fn upload(mut call: Call) -> Answer {
    let mode = Overwrite::of(&call.query)?;
    let received = receive(&mut call, mode).await?;
    let Received { name, mut writer } = received;
    let notes = inspect(&name, &mut writer).await?;
    let files = call.app.packages.clone();
    let stored = files.store(writer).await;
    let (blob, length_bytes) = stored.map_err(|error| blob_failed(&error))?;
    let package = Package {
        notes,
        ..Package::new(&name, blob.clone(), length_bytes)
    };
    let kept = keep(&mut call, mode, package).await;
    let mut conn = call.read().await?;
    match &kept {
        Ok((_, Kept::New { before })) => {
            files.named(&blob).await;
            if let Some(before) = before {
                files.remove_unused(&mut conn, before).await?;
            }
        }
        Ok((_, Kept::Before)) | Err(_) => files.given_up(&mut conn, &blob).await?,
    }
    let (there, kept) = kept?;
    let feed = built_in(&mut conn, call.space_id()).await?;
    let shown = view(&there, &feed, None);
    Ok(match kept {
        Kept::New { .. } => created(shown),
        Kept::Before => ok(shown),
    })
}

/// Whether anybody could unpack it, before it is kept. Answers the release notes that are in it.
async fn inspect(
    name: &FileName,
    writer: &mut regatta_store::blob::BlobWriter,
) -> Result<Option<String>, ApiError> {
    let packing = name.packing;
    let extension = name.extension;
    let path = writer.look().await.map_err(|error| blob_failed(&error))?;
    let path = path.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        regatta_archive::inspect(&path, packing)?;
        Ok(notes::in_archive(&path, (packing, extension)))
    });
    match looked.await.map_err(ApiError::internal)? {
        Ok(notes) => Ok(notes),
        Err(ArchiveError::Io { error, .. }) => Err(ApiError::internal(error)),
        Err(error) => Err(ApiError::invalid_one(format!(
            "The package {} cannot be used: {error}. Nothing was stored. Pack it again and send it again.",
            name.text()
        ))),
    }
}

enum Kept {
    /// With the content it replaces.
    New { before: Option<BlobId> },
    /// The version was there, and stays.
    Before,
}

async fn keep(
    call: &mut Call,
    mode: Overwrite,
    package: Package,
) -> Result<(Found, Kept), ApiError> {
    let version = package.version();
    let place = (package.package_id.as_str(), &version);
    let mut tx = call.begin().await?;
    let there = package::find(&mut tx, call.space_id(), place).await?;
    let Some(there) = there else {
        return insert(call, tx, mode, package).await;
    };
    match mode {
        Overwrite::Fail => Err(exists(&there)),
        Overwrite::Ignore => Ok((there, Kept::Before)),
        Overwrite::Replace => {
            drop(tx);
            call.also_require(P::BuiltInFeedAdminister, &call.scope())?;
            replace(call, there, package).await
        }
    }
}

async fn insert(
    call: &Call,
    mut tx: Tx,
    mode: Overwrite,
    package: Package,
) -> Result<(Found, Kept), ApiError> {
    let document = package.document(&tx.next_id(KIND).await?, call.space_id(), call.now());
    match tx.document_insert(&document).await {
        Ok(()) => {}
        // Somebody was faster, on a database with many writers.
        Err(StoreError::Taken { .. }) => {
            drop(tx);
            let version = package.version();
            let place = (package.package_id.as_str(), &version);
            let there = package::find(&mut call.read().await?, call.space_id(), place).await?;
            let there = there.ok_or_else(|| ApiError::internal("a package came and went"))?;
            return match mode {
                Overwrite::Ignore => Ok((there, Kept::Before)),
                Overwrite::Fail | Overwrite::Replace => Err(exists(&there)),
            };
        }
        Err(error) => return Err(error.into()),
    }
    record(
        &mut tx,
        call,
        &document,
        ("Created", &format!("Package {} was pushed", text(&package))),
    )
    .await?;
    tx.commit().await?;
    Ok((Found { document, package }, Kept::New { before: None }))
}

async fn replace(
    call: &Call,
    mut there: Found,
    package: Package,
) -> Result<(Found, Kept), ApiError> {
    let before = there.package.blob.clone();
    let noted = call.app.packages.let_go(&before).await;
    noted.map_err(|error| blob_failed(&error))?;
    let earlier = there.document.clone();
    there.document.name.clone_from(&package.package_id);
    there.document.tags = package.tags();
    there.document.body = package.body();
    there.document.updated_at = call.now();
    let mut tx = call.begin().await?;
    there.document.version = tx.document_replace(&there.document).await?;
    let message = format!(
        "Package {} was pushed again, with other content",
        text(&package)
    );
    let entry = Record::about(&there.document, "Modified", message);
    let entry = entry.changed(&earlier, &there.document);
    audit::record(&mut tx, &call.author(), entry).await?;
    tx.commit().await?;
    let before = (before != package.blob).then_some(before);
    let document = there.document;
    Ok((Found { document, package }, Kept::New { before }))
}

pub(super) async fn record(
    tx: &mut Tx,
    call: &Call,
    document: &Document,
    (category, message): (&'static str, &str),
) -> Result<(), ApiError> {
    let entry = Record::about(document, category, message.to_owned());
    Ok(audit::record(tx, &call.author(), entry).await?)
}

/// Id and version, for people.
pub(super) fn text(package: &Package) -> String {
    format!("{} {}", package.package_id, package.version)
}

pub(super) fn exists(there: &Found) -> ApiError {
    let package = &there.package;
    ApiError::new(
        StatusCode::CONFLICT,
        "PackageExists",
        format!(
            "A package with the same name and version already exists: {}. Nothing was stored.",
            text(package)
        ),
    )
    .help("Give the package a new version; or send it with overwriteMode=IgnoreIfExists to keep the one that is there, or OverwriteExisting to replace it.")
    .fact("PackageId", package.package_id.as_str())
    .fact("Version", package.version.as_str())
}
