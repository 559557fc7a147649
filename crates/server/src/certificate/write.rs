//! Writing what a file held in any of the formats.

use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain,
};
use zeroize::Zeroizing;

use super::Bundle;

/// Which certificates of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Subject,
    Chain,
    All,
}

impl Bundle {
    /// PEM of its certificates.
    #[must_use]
    pub(crate) fn pem(&self, which: Which) -> String {
        let (subject, chain) = match which {
            Which::Subject => (Some(&self.subject), &[][..]),
            Which::Chain => (None, &*self.chain),
            Which::All => (Some(&self.subject), &*self.chain),
        };
        let blocks = subject.into_iter().chain(chain);
        blocks
            .map(|der| block("CERTIFICATE", der.clone()).to_string())
            .collect()
    }

    /// PEM of its private key.
    #[must_use]
    pub(crate) fn key_pem(&self) -> Option<Zeroizing<String>> {
        let key = self.key.as_ref()?;
        Some(block("PRIVATE KEY", key.to_vec()))
    }

    /// PKCS#12 of everything, or of the certificates alone.
    ///
    /// # Errors
    /// When one of them cannot be put into that format.
    pub(crate) fn pkcs12(
        &self,
        password: &str,
        with_key: bool,
    ) -> Result<Vec<u8>, p12_keystore::error::Error> {
        let certificates = std::iter::once(&self.subject).chain(&self.chain);
        let certificates = certificates.map(|der| Certificate::from_der(der));
        let certificates = certificates.collect::<Result<Vec<_>, _>>()?;
        let mut store = KeyStore::new();
        match self.key.as_ref().filter(|_| with_key) {
            Some(key) => {
                let key = PrivateKey::from_der(key)?;
                let chain = PrivateKeyChain::new([1_u8].as_slice(), key, certificates);
                store.add_entry("certificate", KeyStoreEntry::PrivateKeyChain(chain));
            }
            None => {
                for (number, certificate) in certificates.into_iter().enumerate() {
                    let name = format!("certificate {}", number + 1);
                    store.add_entry(&name, KeyStoreEntry::Certificate(certificate));
                }
            }
        }
        store
            .writer(password)
            .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
            .write()
    }
}

pub(super) fn block(kind: &str, der: Vec<u8>) -> Zeroizing<String> {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    Zeroizing::new(pem::encode_config(&pem::Pem::new(kind, der), config))
}
