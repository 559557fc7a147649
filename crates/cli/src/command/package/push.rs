//! `package push`: files into the feed, one after the other, as they are read.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use regatta_core::package::file_name::FileName;
use serde_json::Value;

use super::{address, called, columns, size_of};
use crate::api::Api;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::meter::Meter;
use crate::session::Session;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta package push Acme.Web.1.2.3.zip\n  regatta package push dist/*.tar.gz --overwrite-mode ignore"
)]
pub struct Push {
    /// Named like Acme.Web.1.2.3.zip.
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// When the version is there already: fail, keep it and ignore the file, or overwrite it.
    #[arg(long, value_enum, default_value = "fail")]
    overwrite_mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Fail,
    Ignore,
    Overwrite,
}

impl Mode {
    const fn in_api(self) -> &'static str {
        match self {
            Self::Fail => "FailIfExists",
            Self::Ignore => "IgnoreIfExists",
            Self::Overwrite => "OverwriteExisting",
        }
    }
}

/// A file that can be sent, as far as can be told before.
struct Parcel<'p> {
    path: &'p Path,
    file_name: String,
    /// Id and version, which are in the name.
    says: FileName,
    length_bytes: u64,
}

impl Push {
    /// Every file is looked at before the first is sent; what was sent before one was refused is told.
    pub(super) async fn run(self, session: &Session, api: &Api) -> Result<()> {
        let parcels: Vec<Parcel<'_>> = self
            .files
            .iter()
            .map(|path| Parcel::of(path))
            .collect::<Result<_>>()?;
        let mut kept = Vec::new();
        let mut ended = Ok(());
        for parcel in &parcels {
            match self.send(session, api, parcel).await {
                Ok(package) => kept.push(package),
                Err(mut failure) => {
                    failure.what = format!("{}: {}", parcel.file_name, failure.what);
                    ended = Err(failure);
                    break;
                }
            }
        }
        if !kept.is_empty() {
            session.out.list(&columns(), &kept)?;
        }
        ended
    }

    async fn send(&self, session: &Session, api: &Api, parcel: &Parcel<'_>) -> Result<Value> {
        if let Some(there) = self.already_there(api, parcel).await? {
            session
                .out
                .say(&format!("{} is there already.", called(&there)));
            return Ok(there);
        }
        let meter = Meter::of(session, &parcel.file_name, parcel.length_bytes)?;
        let mode = self.overwrite_mode.in_api();
        let path = api.in_space(&format!("packages/raw?overwriteMode={mode}"));
        let file = tokio::fs::File::open(parcel.path).await;
        let file = file.map_err(|error| unreadable(parcel.path, &error))?;
        let sent = api.send_file(&path, &parcel.file_name, (file, meter));
        let package = sent.await?;
        session.out.say(&format!(
            "Pushed {} ({}).",
            called(&package),
            size_of(&package)
        ));
        Ok(package)
    }

    /// The server decides; this spares it a file that it would not keep.
    async fn already_there(&self, api: &Api, parcel: &Parcel<'_>) -> Result<Option<Value>> {
        if self.overwrite_mode == Mode::Overwrite {
            return Ok(None);
        }
        let FileName {
            package_id,
            version,
            ..
        } = &parcel.says;
        let id = format!("packages-{package_id}.{version}");
        let there = match api.find(&address(api, &id)).await {
            // One may push without seeing what is there.
            Err(failure) if failure.exit == Exit::NotAllowed => None,
            other => other?,
        };
        match there {
            Some(there) if self.overwrite_mode == Mode::Fail => {
                let what = format!("{} exists already. Nothing was sent.", called(&there));
                Err(Failure::new(Exit::Conflict, what).next(
                    "give it a new version, or keep or replace the old one with --overwrite-mode ignore or overwrite",
                ))
            }
            there => Ok(there),
        }
    }
}

impl<'p> Parcel<'p> {
    fn of(path: &'p Path) -> Result<Self> {
        let found = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if !found.is_file() {
            return Err(Failure::usage(format!("{} is no file.", path.display())));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let says = FileName::parse(&name).map_err(|error| Failure::invalid(error.to_string()))?;
        Ok(Self {
            path,
            file_name: name.into_owned(),
            says,
            length_bytes: found.len(),
        })
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::not_found(format!("There is no file {}.", path.display()))
        }
        _ => Failure::usage(format!("{} cannot be read: {error}.", path.display())),
    }
}
