//! Sealed values: they open in their place with their key, and nowhere else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use regatta_core::secret::{Sealed, Secret};
use regatta_store::seal::SealError;
use regatta_store::{Place, Vault};

use crate::database::{Database, databases};

const PASSWORD: Place<'static> = Place {
    kind: "Accounts",
    id: "Accounts-1",
    field: "Password",
};

async fn vault(db: &Database, name: &str) -> Result<Vault, SealError> {
    Vault::open(&db.folder.path().join(name), &db.store).await
}

fn error(result: Result<Secret, SealError>) -> String {
    result.err().expect("it must not open").to_string()
}

databases! {
    async fn a_value_opens_only_in_its_place(db: &Database) {
        let vault = vault(db, "master.key").await.unwrap();
        let sealed = vault.seal(PASSWORD, &Secret::new("pässword".to_owned())).unwrap();
        assert_eq!(vault.open_sealed(PASSWORD, &sealed).unwrap().expose(), "pässword");
        for place in [
            Place { kind: "Certificates", ..PASSWORD },
            Place { id: "Accounts-2", ..PASSWORD },
            Place { field: "Token", ..PASSWORD },
            Place { kind: "Account", id: "sAccounts-1", ..PASSWORD },
        ] {
            assert!(error(vault.open_sealed(place, &sealed)).contains("tampered"));
        }
    }

    async fn equal_values_look_different_and_lengths_are_hidden(db: &Database) {
        let vault = vault(db, "master.key").await.unwrap();
        let seal = |text: &str| vault.seal(PASSWORD, &Secret::new(text.to_owned())).unwrap().0;
        assert_ne!(seal("same"), seal("same"));
        assert_eq!(seal("").len(), seal(&"x".repeat(28)).len());
        assert_ne!(seal("").len(), seal(&"x".repeat(29)).len());
        let empty = Sealed(seal(""));
        assert_eq!(vault.open_sealed(PASSWORD, &empty).unwrap().expose(), "");
    }

    async fn every_flipped_bit_is_noticed(db: &Database) {
        let vault = vault(db, "master.key").await.unwrap();
        let sealed = vault.seal(PASSWORD, &Secret::new("secret".to_owned())).unwrap().0;
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = Sealed(String::from_utf8(bytes).unwrap());
            assert!(vault.open_sealed(PASSWORD, &changed).is_err(), "character {at}");
        }
        assert!(vault.open_sealed(PASSWORD, &Sealed(sealed[..40].to_owned())).is_err());
    }

    async fn the_key_is_made_once_and_a_wrong_or_missing_one_is_refused(db: &Database) {
        let path = db.folder.path().join("master.key");
        let sealed = vault(db, "master.key").await.unwrap().seal(PASSWORD, &Secret::new("s".to_owned())).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = vault(db, "master.key").await.unwrap();
        assert_eq!(again.open_sealed(PASSWORD, &sealed).unwrap().expose(), "s");

        let refused = |result: Result<Vault, SealError>| result.err().expect("refused").to_string();
        assert!(refused(vault(db, "elsewhere.key").await).contains("is missing"));
        assert!(!db.folder.path().join("elsewhere.key").exists());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(refused(vault(db, "master.key").await).contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();

        let other = Database::sqlite().await;
        vault(&other, "master.key").await.unwrap();
        fs::copy(other.folder.path().join("master.key"), &path).unwrap();
        assert!(refused(vault(db, "master.key").await).contains("not the one"));
        fs::write(&path, "not a key").unwrap();
        assert!(refused(vault(db, "master.key").await).contains("each a base64 text"));
    }

    async fn a_key_is_replaced_and_the_former_ones_still_open(db: &Database) {
        let path = db.folder.path().join("master.key");
        let first = vault(db, "master.key").await.unwrap();
        let old = first.seal(PASSWORD, &Secret::new("old".to_owned())).unwrap();
        let former = fs::read_to_string(&path).unwrap();
        let other = Database::sqlite().await;
        vault(&other, "master.key").await.unwrap();
        let fresh = fs::read_to_string(other.folder.path().join("master.key")).unwrap();

        fs::write(&path, format!("{fresh}{former}")).unwrap();
        let second = vault(db, "master.key").await.unwrap();
        assert_eq!(second.open_sealed(PASSWORD, &old).unwrap().expose(), "old");
        let new = second.seal(PASSWORD, &Secret::new("new".to_owned())).unwrap();
        assert!(second.is_current(&new) && !second.is_current(&old));
        assert!(error(first.open_sealed(PASSWORD, &new)).contains("was made with master key"));

        // The new key is the database's now: without it there is no start, with it alone the old values are shut.
        fs::write(&path, &former).unwrap();
        let refused = vault(db, "master.key").await.err().expect("refused").to_string();
        assert!(refused.contains("not the one"), "{refused}");
        fs::write(&path, &fresh).unwrap();
        let alone = vault(db, "master.key").await.unwrap();
        assert_eq!(alone.open_sealed(PASSWORD, &new).unwrap().expose(), "new");
        assert!(error(alone.open_sealed(PASSWORD, &old)).contains("was made with master key"));
    }
}
