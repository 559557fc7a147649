//! Reading files: PEM with anything in it, one certificate as DER, or PKCS#12.

use p12_keystore::{Pkcs12Archive, error::Error as Pkcs12Error};
use regatta_core::certificate::CertificateFormat as Format;
use zeroize::Zeroizing;

use super::private_key::Found;
use super::{Bundle, FILE_BYTES_MAX, Unreadable, write};

/// How a block of PEM begins.
const BEGIN: &str = "-----BEGIN ";

/// What a new file holds. It may take a second: a password is made expensive to guess.
///
/// # Errors
/// Saying what is wrong with the file or the password.
pub(crate) fn read(file: &[u8], password: &str) -> Result<Bundle, Unreadable> {
    if file.len() > FILE_BYTES_MAX {
        return Err(Unreadable::TooLong);
    }
    if is_pem(file) && private_keys(file) != understood(file)?.keys.len() {
        return Err(Unreadable::ForeignKey);
    }
    reread(file, password)
}

/// What a file holds that is kept already; what is not understood in it is left out.
///
/// # Errors
/// As for a new file.
pub(crate) fn reread(file: &[u8], password: &str) -> Result<Bundle, Unreadable> {
    if is_pem(file) {
        return pem(file, password);
    }
    if public_key(file).is_ok() {
        return bundle((Format::Der, file), vec![file.to_vec()], None);
    }
    pkcs12(file, password)
}

fn is_pem(file: &[u8]) -> bool {
    file.windows(BEGIN.len())
        .any(|bytes| bytes == BEGIN.as_bytes())
}

/// How many blocks of the text say that they hold a private key, whether or not they can be read.
fn private_keys(file: &[u8]) -> usize {
    let text = Zeroizing::new(String::from_utf8_lossy(file).into_owned());
    let tags = text.split(BEGIN).skip(1);
    let tags = tags.map(|block| block.split("-----").next().unwrap_or_default());
    tags.filter(|tag| tag.to_uppercase().contains("PRIVATE KEY"))
        .count()
}

/// The blocks of a text that are understood.
struct Blocks {
    certificates: Vec<Vec<u8>>,
    /// What each is called, and what is in it.
    keys: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// All of them, in their order, without whatever stood between.
    text: Zeroizing<String>,
}

fn understood(file: &[u8]) -> Result<Blocks, Unreadable> {
    let mut blocks = Blocks {
        certificates: Vec::new(),
        keys: Vec::new(),
        text: Zeroizing::default(),
    };
    for block in pem::parse_many(file).map_err(|_| Unreadable::Unknown)? {
        if block.headers().get("Proc-Type").is_some() {
            return Err(Unreadable::Encryption);
        }
        let kind = block.tag().to_owned();
        let contents = Zeroizing::new(block.into_contents());
        match kind.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                blocks
                    .text
                    .push_str(&write::block(&kind, contents.to_vec()));
                blocks.certificates.push(contents.to_vec());
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => {
                blocks
                    .text
                    .push_str(&write::block(&kind, contents.to_vec()));
                blocks.keys.push((kind, contents));
            }
            // Parameters and requests stand beside certificates at times, and say nothing more.
            _ => {}
        }
    }
    Ok(blocks)
}

fn pem(file: &[u8], password: &str) -> Result<Bundle, Unreadable> {
    let blocks = understood(file)?;
    let keys = blocks
        .keys
        .into_iter()
        .map(|(kind, contents)| match kind.as_str() {
            "PRIVATE KEY" => Ok(Found::Pkcs8(contents)),
            "ENCRYPTED PRIVATE KEY" => Found::encrypted(&contents, password),
            _ => Ok(Found::Bare(contents)),
        });
    let keys = keys.collect::<Result<_, _>>()?;
    one_key(
        (Format::Pem, blocks.text.as_bytes()),
        blocks.certificates,
        keys,
    )
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
    one_key(
        (Format::Pkcs12, file),
        certificates.collect(),
        keys.collect(),
    )
}

fn one_key(
    file: (Format, &[u8]),
    certificates: Vec<Vec<u8>>,
    mut keys: Vec<Found>,
) -> Result<Bundle, Unreadable> {
    match (keys.pop(), keys.is_empty()) {
        (key, true) => bundle(file, certificates, key),
        (_, false) => Err(Unreadable::SeveralKeys),
    }
}

/// Tells the certificate the file is about from the others.
fn bundle(
    (format, file): (Format, &[u8]),
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
        file: Zeroizing::new(file.to_vec()),
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
