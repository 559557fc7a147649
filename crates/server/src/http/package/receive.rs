//! Taking the one file of a multipart request, piece by piece: onto the disk, never into memory, and gone again if
//! anything is wrong with it.

use std::time::Duration;

use axum::http::{StatusCode, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use regatta_core::package::file_name::FileName;
use regatta_store::blob::BlobWriter;

use crate::app::App;
use crate::call::Call;
use crate::error::ApiError;
use crate::http::download::blob_failed;
use crate::package;

use super::upload::{Overwrite, exists};

/// Form fields beside the file, and the boundaries.
const ASIDE_BYTES_MAX: u64 = 1024 * 1024;
/// A client that sends nothing for so long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// A file that is on the disk, but belongs to nobody yet: dropped, it is gone.
pub(super) struct Received {
    pub name: FileName,
    pub writer: BlobWriter,
}

/// Reads the request to its end. What is refused is read all the same, because many clients look at the answer only
/// when they have sent everything.
pub(super) async fn receive(call: &mut Call, mode: Overwrite) -> Result<Received, ApiError> {
    let boundary = boundary(call)?;
    let most = call.app.config.package_bytes_max;
    announced_too_large(call, most)?;
    let limits = SizeLimit::new().whole_stream(most + ASIDE_BYTES_MAX);
    let constraints = Constraints::new().size_limit(limits);
    let body = call.take_body()?.into_data_stream();
    let mut form = Multipart::with_constraints(body, boundary, constraints);
    let mut received = None;
    while let Some(mut field) = soon(form.next_field(), most).await? {
        let Some(name) = field.file_name().map(str::to_owned) else {
            skip(&mut field, most).await?;
            continue;
        };
        if received.is_some() {
            return Err(ApiError::invalid_one(format!(
                "The request holds more than one file ('{}' is the second). Send one package at a time.",
                regatta_core::package::entry::shown(&name)
            )));
        }
        received = Some(match expected(call, mode, &name).await {
            Ok(name) => Ok(take(&call.app, name, &mut field, most).await?),
            Err(error) => {
                skip(&mut field, most).await?;
                Err(error)
            }
        });
    }
    received.unwrap_or_else(|| Err(no_file()))
}

async fn expected(call: &Call, mode: Overwrite, name: &str) -> Result<FileName, ApiError> {
    let name = FileName::parse(name).map_err(|error| ApiError::invalid_one(error.to_string()))?;
    if mode == Overwrite::Fail {
        let mut conn = call.read().await?;
        let place = (name.package_id.as_str(), &name.version);
        if let Some(there) = package::find(&mut conn, call.space_id(), place).await? {
            return Err(exists(&there));
        }
    }
    Ok(name)
}

async fn take(
    app: &App,
    name: FileName,
    field: &mut Field<'_>,
    most: u64,
) -> Result<Received, ApiError> {
    let writer = app.packages.blobs.write().await;
    let mut writer = writer.map_err(|error| blob_failed(&error))?;
    while let Some(bytes) = soon(field.chunk(), most).await? {
        if writer.length_bytes() + bytes.len() as u64 > most {
            return Err(too_large(most));
        }
        writer
            .push(&bytes)
            .await
            .map_err(|error| blob_failed(&error))?;
    }
    Ok(Received { name, writer })
}

async fn skip(field: &mut Field<'_>, most: u64) -> Result<(), ApiError> {
    while soon(field.chunk(), most).await?.is_some() {}
    Ok(())
}

async fn soon<T>(
    next: impl Future<Output = Result<Option<T>, multer::Error>>,
    most: u64,
) -> Result<Option<T>, ApiError> {
    match tokio::time::timeout(SILENCE_MAX, next).await {
        Ok(read) => read.map_err(|error| unreadable(&error, most)),
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "TooSlow",
            format!(
                "Nothing of the upload arrived for {} seconds. Nothing was stored.",
                SILENCE_MAX.as_secs()
            ),
        )
        .help("Check the network between the client and the server, and send it again.")),
    }
}

fn boundary(call: &Call) -> Result<String, ApiError> {
    let media_type = call.headers.get(header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    multer::parse_boundary(media_type).map_err(|_| {
        let shown: String = media_type.chars().take(100).collect();
        ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "NotMultipart",
            format!("The request has the media type '{shown}'; a package is sent as multipart/form-data with one file."),
        )
        .help("For example: curl -H 'X-Octopus-ApiKey: …' -F file=@Acme.Web.1.2.3.zip …/packages/raw")
    })
}

/// A client that waits for leave to send (`Expect: 100-continue`) need not send at all.
fn announced_too_large(call: &Call, most: u64) -> Result<(), ApiError> {
    let length = call.headers.get(header::CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length > most + ASIDE_BYTES_MAX) {
        return Err(too_large(most));
    }
    Ok(())
}

fn too_large(most: u64) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "TooLarge",
        format!("A package has {most} bytes at most. Nothing was stored."),
    )
    .help("Leave out of the package what is not deployed, or start the server with a higher --package-max-mib.")
}

fn no_file() -> ApiError {
    ApiError::invalid_one(
        "The request holds no file. Send the package as a part of the form that has a file name, for example with \
         curl -F file=@Acme.Web.1.2.3.zip.",
    )
}

fn unreadable(error: &multer::Error, most: u64) -> ApiError {
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
            too_large(most)
        }
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream
        | multer::Error::StreamReadFailed(_) => ApiError::new(
            StatusCode::BAD_REQUEST,
            "BrokenBody",
            "The upload ended before it was complete. Nothing was stored.",
        )
        .help("Send it again."),
        other => ApiError::invalid_one(format!(
            "The request is no readable multipart/form-data: {other}. Nothing was stored."
        )),
    }
}
