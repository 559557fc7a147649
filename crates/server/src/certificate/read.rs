//! Reading files: PEM with anything in it, one certificate as DER, or PKCS#12.

use p12_keystore::{Pkcs12Archive, error::Error as Pkcs12Error};
use regatta_core::certificate::CertificateFormat as Format;
use zeroize::Zeroizing;

use super::private_key::Found;
use super::{Bundle, FILE_BYTES_MAX, Unreadable};

/// What the file holds. It may take a second: a password is made expensive to guess.
///
/// # Errors
/// Saying what is wrong with the file or the password.
pub(crate) fn read(file: &[u8], password: &str) -> Result<Bundle, Unreadable> {
    if file.len() > FILE_BYTES_MAX {
        return Err(Unreadable::TooLong);
    }
    if file.windows(11).any(|bytes| bytes == b"-----BEGIN ") {
        return pem(file, password);
    }
    if public_key(file).is_ok() {
        return bundle(Format::Der, vec![file.to_vec()], None);
    }
    pkcs12(file, password)
}

fn pem(file: &[u8], password: &str) -> Result<Bundle, Unreadable> {
    let (mut certificates, mut keys) = (Vec::new(), Vec::new());
    for block in pem::parse_many(file).map_err(|_| Unreadable::Unknown)? {
        if block.headers().get("Proc-Type").is_some() {
            return Err(Unreadable::Encryption);
        }
        let (kind, contents) = (
            block.tag().to_owned(),
            Zeroizing::new(block.into_contents()),
        );
        match kind.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                certificates.push(contents.to_vec());
            }
            "PRIVATE KEY" => keys.push(Found::Pkcs8(contents)),
            "RSA PRIVATE KEY" | "EC PRIVATE KEY" => keys.push(Found::Bare(contents)),
            "ENCRYPTED PRIVATE KEY" => keys.push(Found::encrypted(&contents, password)?),
            // Parameters and requests stand beside certificates at times, and say nothing more.
            _ => {}
        }
    }
    one_key(Format::Pem, certificates, keys)
}

fn pkcs12(file: &[u8], password: &str) -> Result<Bundle, Unreadable> {
    let archive = Pkcs12Archive::from_pkcs12(file, password).map_err(|error| match error {
        Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_) => {
            match password {
                "" => Unreadable::NeedsPassword,
                _ => Unreadable::WrongPassword,
            }
        }
        Pkcs12Error::UnsupportedEncryptionScheme | Pkcs12Error::UnsupportedMacAlgorithm => {
            Unreadable::Encryption
        }
        Pkcs12Error::InvalidParameters => Unreadable::TooExpensive,
        Pkcs12Error::InvalidPrivateKey => Unreadable::BadKey,
        _ => Unreadable::Unknown,
    })?;
    let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec());
    let keys = archive.keys.iter().map(|bag| {
        let der = bag.key.as_der().to_vec();
        Found::Pkcs8(Zeroizing::new(der))
    });
    one_key(Format::Pkcs12, certificates.collect(), keys.collect())
}

fn one_key(
    format: Format,
    certificates: Vec<Vec<u8>>,
    mut keys: Vec<Found>,
) -> Result<Bundle, Unreadable> {
    match (keys.pop(), keys.is_empty()) {
        (key, true) => bundle(format, certificates, key),
        (_, false) => Err(Unreadable::SeveralKeys),
    }
}

/// Tells the certificate the file is about from the others.
fn bundle(
    format: Format,
    mut certificates: Vec<Vec<u8>>,
    key: Option<Found>,
) -> Result<Bundle, Unreadable> {
    let mut owned = None;
    for (at, certificate) in certificates.iter().enumerate() {
        let public_key = public_key(certificate)?;
        let Some(key) = &key else { continue };
        if owned.is_none() {
            owned = key.of(&public_key).map(|key| (at, key));
        }
    }
    if certificates.is_empty() {
        return Err(Unreadable::NoCertificate);
    }
    let (at, key) = match (owned, key) {
        (Some((at, key)), _) => (at, Some(key)),
        (None, None) => (0, None),
        (None, Some(_)) => return Err(Unreadable::OtherKey),
    };
    Ok(Bundle {
        format,
        subject: certificates.remove(at),
        chain: certificates,
        key,
    })
}

/// The public key of a certificate, with its algorithm. DER.
fn public_key(certificate: &[u8]) -> Result<Vec<u8>, Unreadable> {
    match x509_parser::parse_x509_certificate(certificate) {
        Ok(([], parsed)) => Ok(parsed.public_key().raw.to_vec()),
        _ => Err(Unreadable::Damaged),
    }
}

#[cfg(test)]
mod tests;
