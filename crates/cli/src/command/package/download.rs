//! `package download`: the file of a package, whole and checked, or nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Which, address, called, file_name, size_of};
use crate::api::Api;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::text;
use crate::meter::Meter;
use crate::output::bytes;
use crate::session::Session;
use crate::watch::Interrupts;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta package download Acme.Web\n  regatta package download Acme.Web 1.2.3 --to /tmp\n  regatta package download Acme.Web --to - | tar tzf -"
)]
pub struct Download {
    #[command(flatten)]
    which: Which,
    /// Folder or file to write to; - for standard output.
    #[arg(long, value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    to: PathBuf,
}

impl Download {
    pub(super) async fn run(self, session: &Session, api: &Api) -> Result<()> {
        let found = self.which.find(api).await?;
        let fetch = Fetch {
            session,
            api,
            package: &found,
        };
        if self.to.as_os_str() == "-" {
            return fetch.hand(bytes).await;
        }
        let target = if self.to.is_dir() {
            self.to.join(own_name(&found)?)
        } else {
            self.to
        };
        if target.exists() {
            session.confirm(&format!("Replace {}?", target.display()))?;
        }
        let mut interrupts = Interrupts::listen();
        let mut part = Part::create(&target)?;
        tokio::select! {
            fetched = fetch.hand(|some| part.write(some)) => fetched?,
            () = interrupts.next() => {
                return Err(Failure::new(Exit::Detached, "Nothing was kept: you ended it."));
            }
        }
        part.keep(&target)?;
        let fields = [
            ("Package", called(&found)),
            ("Size", size_of(&found)),
            ("File", target.display().to_string()),
        ];
        session.out.one(&fields, &found)
    }
}

/// The name of its file, which must not lead out of a folder, whatever the server says.
fn own_name(package: &Value) -> Result<String> {
    let name = file_name(package);
    if Path::new(&name).file_name() == Some(name.as_ref()) {
        return Ok(name);
    }
    let what = format!("The server calls the file `{name}`.");
    Err(Failure::unexpected(what).next("say what to write with --to FILE"))
}

struct Fetch<'f> {
    session: &'f Session,
    api: &'f Api,
    package: &'f Value,
}

impl Fetch<'_> {
    /// Hands over what comes, until nobody wants more; fails unless it was what was pushed.
    async fn hand(&self, mut take: impl FnMut(&[u8]) -> Result<bool>) -> Result<()> {
        let length_bytes = self.package["PackageSizeBytes"].as_u64().unwrap_or(0);
        let mut meter = Meter::of(self.session, &file_name(self.package), length_bytes)?;
        let path = format!("{}/raw", address(self.api, &text(self.package, "Id")));
        let mut answer = self.api.open(&Method::GET, &path, None).await?;
        let mut digest = Sha256::new();
        while let Some(some) = self.api.next_bytes(&mut answer).await? {
            digest.update(some.as_ref());
            meter.moved(some.as_ref().len() as u64);
            if !take(some.as_ref())? {
                return Ok(());
            }
        }
        let digest: String = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if digest != text(self.package, "Hash") {
            let what = format!("What came is not {}.", called(self.package));
            return Err(Failure::unexpected(what)
                .why("Its SHA-256 is another one: it was replaced in between, or damaged on its way.")
                .next("try again"));
        }
        Ok(())
    }
}

/// A file that gets its name when it is complete, and is gone if it never is.
struct Part {
    path: PathBuf,
    file: std::fs::File,
}

impl Part {
    fn create(target: &Path) -> Result<Self> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let path = target.with_file_name(name);
        let file = std::fs::File::create_new(&path).map_err(|error| unwritable(target, &error))?;
        Ok(Self { path, file })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<bool> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| unwritable(&self.path, &error))?;
        Ok(true)
    }

    fn keep(self, target: &Path) -> Result<()> {
        let kept = std::fs::rename(&self.path, target);
        kept.map_err(|error| unwritable(target, &error))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Not there any more when it was kept.
        let _kept = std::fs::remove_file(&self.path);
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be written: {error}.", path.display()))
}
