//! The key pair of one end of the link: made here, kept in a file only its owner can read, used for TLS 1.3.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, ServerConfig};

use crate::pin::{Pin, PinSet, PinVerifier};

/// What both sides name in ALPN, so that nothing else can be mistaken for an agent link.
const ALPN: &[u8] = b"regatta-agent/1";

/// An ECDSA P-256 key and the self-signed certificate that carries it.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    pin: Pin,
}

/// Why there is no usable identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("cannot read or write the key in {path}: {source}")]
    File { path: String, source: io::Error },
    #[error(
        "the key in {path} is damaged: restore it from a backup, or delete it to get a new one (which must then be trusted anew)"
    )]
    Damaged { path: String },
    #[error("cannot make a key: {0}")]
    Generate(#[from] rcgen::Error),
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl Identity {
    /// Makes a new key; nothing is written.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn generate() -> Result<Self, IdentityError> {
        let key = KeyPair::generate()?;
        Self::from_key(&key)
    }

    /// Reads the key of `dir`, or makes one there on first use (directory 0700, file 0600).
    ///
    /// # Errors
    /// If the file cannot be read, written or understood.
    pub fn open(dir: &Path) -> Result<Self, IdentityError> {
        let path = dir.join("key.pem");
        let shown = path.display().to_string();
        let file_error = |source| IdentityError::File {
            path: shown.clone(),
            source,
        };
        match std::fs::read_to_string(&path) {
            Ok(pem) => {
                let key = KeyPair::from_pem(&pem).map_err(|_| IdentityError::Damaged {
                    path: shown.clone(),
                })?;
                Self::from_key(&key)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = KeyPair::generate()?;
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(dir)
                    .map_err(file_error)?;
                write_private(&path, key.serialize_pem().as_bytes()).map_err(file_error)?;
                Self::from_key(&key)
            }
            Err(source) => Err(file_error(source)),
        }
    }

    fn from_key(key: &KeyPair) -> Result<Self, IdentityError> {
        let certificate = CertificateParams::new(vec!["regatta".to_owned()])?
            .self_signed(key)?
            .der()
            .clone();
        let pin = Pin::of_certificate(&certificate).expect("a certificate just made can be read");
        Ok(Self {
            certificate,
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            pin,
        })
    }

    /// What the other side must trust.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// TLS for the side that dials. Only the holders of the keys in `trusted` are accepted.
    ///
    /// # Errors
    /// If the TLS library refuses the key.
    pub fn client_config(&self, trusted: PinSet) -> Result<Arc<ClientConfig>, IdentityError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(PinVerifier::new(trusted, &provider));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(vec![self.certificate.clone()], self.private_key())?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        // A resumed session would skip the check of the pin, which may have been revoked meanwhile.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Arc::new(config))
    }

    /// TLS for the side that listens. Only the holders of the keys in `trusted` are accepted.
    ///
    /// # Errors
    /// If the TLS library refuses the key.
    pub fn server_config(&self, trusted: PinSet) -> Result<Arc<ServerConfig>, IdentityError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(PinVerifier::new(trusted, &provider));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.certificate.clone()], self.private_key())?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }
}

/// Writes beside the target and renames, so that a crash leaves a whole key or none.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    path.parent()
        .map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}
