//! Certificates as files: what one holds, whichever of the usual formats it has, and writing it again. Knows neither
//! documents nor requests.

pub(crate) mod facts;
mod private_key;
mod read;
pub(crate) mod write;

pub(crate) use read::{read, reread};
use regatta_core::certificate::CertificateFormat;
use zeroize::Zeroizing;

/// A file is no longer than this: a chain of a dozen certificates with a key is a tenth of it.
pub(crate) const FILE_BYTES_MAX: usize = 128 * 1024;

/// What a file holds.
pub(crate) struct Bundle {
    pub format: CertificateFormat,
    /// The certificate it is about: the one the private key belongs to, else the first. DER.
    pub subject: Vec<u8>,
    /// The others, in their order. DER.
    pub chain: Vec<Vec<u8>>,
    /// PKCS#8, DER.
    pub key: Option<Zeroizing<Vec<u8>>>,
    /// What of the file is kept: of PEM only the blocks that were understood, because nobody knows what else is a
    /// secret; anything else as it came.
    pub file: Zeroizing<Vec<u8>>,
}

/// Why a file cannot be kept as a certificate. No message holds anything of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the file has more than {} KiB; a certificate with its chain has a few", FILE_BYTES_MAX / 1024)]
    TooLong,
    #[error(
        "the file is neither PEM, nor DER, nor PKCS#12 (PFX). Send the file as it is, encoded as base64 once"
    )]
    Unknown,
    #[error("the file holds no certificate; a private key alone is not enough")]
    NoCertificate,
    #[error("a certificate in the file is damaged: it cannot be read as X.509")]
    Damaged,
    #[error("the password does not open the file")]
    WrongPassword,
    #[error("the file is encrypted. Give its Password")]
    NeedsPassword,
    #[error(
        "the file is encrypted in a way this server cannot read. Write it anew with AES, e.g. by `openssl pkcs12 -export` or `openssl pkcs8 -topk8 -v2 aes-256-cbc`"
    )]
    Encryption,
    #[error("opening the file would take too long: it asks for too many rounds of its password")]
    TooExpensive,
    #[error("the file holds more than one private key; it must be one at most")]
    SeveralKeys,
    #[error(
        "the file holds a private key of a kind this server cannot read. Write it anew as PKCS#8, e.g. by `openssl pkcs8 -topk8 -nocrypt`, or leave it out"
    )]
    ForeignKey,
    #[error("the private key in the file cannot be read")]
    BadKey,
    #[error("the private key in the file belongs to none of its certificates")]
    OtherKey,
}
