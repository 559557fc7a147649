//! Private keys of certificates: the forms they come in, one form to keep them in, and whose they are.

use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode as _, Encode as _};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::Unreadable;

/// Rounds of the password that are still worked off, as in the files of others.
const ROUNDS_MAX: u32 = 1_000_000;

/// A key as it was found. DER.
pub(super) enum Found {
    Pkcs8(Zeroizing<Vec<u8>>),
    /// RSA or elliptic, in its own older form, which does not say what it is: the certificate does.
    Bare(Zeroizing<Vec<u8>>),
}

impl Found {
    /// Of `ENCRYPTED PRIVATE KEY`.
    pub(super) fn encrypted(der: &[u8], password: &str) -> Result<Self, Unreadable> {
        if password.is_empty() {
            return Err(Unreadable::NeedsPassword);
        }
        let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| Unreadable::BadKey)?;
        let EncryptionScheme::Pbes2(scheme) = &info.encryption_algorithm else {
            return Err(Unreadable::Encryption);
        };
        match &scheme.kdf {
            Kdf::Pbkdf2(kdf) if kdf.iteration_count <= ROUNDS_MAX => {}
            Kdf::Pbkdf2(_) => return Err(Unreadable::TooExpensive),
            _ => return Err(Unreadable::Encryption),
        }
        let opened = info.decrypt(password);
        let opened = opened.map_err(|_| Unreadable::WrongPassword)?;
        Ok(Self::Pkcs8(Zeroizing::new(opened.as_bytes().to_vec())))
    }

    /// As PKCS#8, if it is the key of a certificate with this public key.
    pub(super) fn of(&self, public_key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let pkcs8 = match self {
            Self::Pkcs8(der) => der.clone(),
            Self::Bare(der) => Zeroizing::new(wrapped(der, public_key)?),
        };
        belongs(&pkcs8, public_key).then_some(pkcs8)
    }
}

/// A bare key with the algorithm its certificate names.
fn wrapped(bare: &[u8], public_key: &[u8]) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoRef::from_der(public_key).ok()?;
    let bare = OctetStringRef::new(bare).ok()?;
    PrivateKeyInfoRef::new(info.algorithm, bare).to_der().ok()
}

/// Whether signing with the key is what the public key checks.
fn belongs(pkcs8: &[u8], public_key: &[u8]) -> bool {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8));
    let signing = any_supported_type(&key).ok();
    let own = signing.as_ref().and_then(|key| key.public_key());
    own.is_some_and(|own| own.as_ref() == public_key)
}
