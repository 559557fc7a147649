//! Blobs: whole, durable and unchanged, or not there.

use std::fs;

use regatta_store::blob::BlobError;
use regatta_store::{BlobId, BlobStore};
use tempfile::TempDir;

async fn store(blobs: &BlobStore, bytes: &[u8]) -> BlobId {
    let mut writer = blobs.write().await.unwrap();
    for chunk in bytes.chunks(1000) {
        writer.push(chunk).await.unwrap();
    }
    let (id, length_bytes) = writer.finish().await.unwrap();
    assert_eq!(length_bytes, bytes.len() as u64);
    id
}

async fn read(blobs: &BlobStore, id: &BlobId) -> Result<Vec<u8>, BlobError> {
    let mut reader = blobs.read(id).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[tokio::test]
async fn what_was_stored_is_read_and_equal_content_is_one_blob() {
    let folder = TempDir::new().unwrap();
    let blobs = BlobStore::open(folder.path()).await.unwrap();
    let big: Vec<u8> = (0..400_000_u32)
        .map(|number| number.to_le_bytes()[0])
        .collect();
    for bytes in [&b""[..], b"abc", &big] {
        let id = store(&blobs, bytes).await;
        assert_eq!(store(&blobs, bytes).await, id);
        assert_eq!(read(&blobs, &id).await.unwrap(), bytes);
        assert_eq!(
            blobs.read(&id).await.unwrap().length_bytes().await.unwrap(),
            bytes.len() as u64
        );
    }
    let abc = store(&blobs, b"abc").await;
    assert_eq!(
        abc.as_str(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert!(blobs.delete(&abc).await.unwrap());
    assert!(!blobs.delete(&abc).await.unwrap());
    assert!(matches!(
        read(&blobs, &abc).await,
        Err(BlobError::Missing(_))
    ));
}

#[tokio::test]
async fn an_unfinished_blob_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let blobs = BlobStore::open(folder.path()).await.unwrap();
    let mut writer = blobs.write().await.unwrap();
    writer.push(b"half").await.unwrap();
    drop(writer);
    assert_eq!(
        fs::read_dir(folder.path().join("incoming"))
            .unwrap()
            .count(),
        0
    );
    fs::write(folder.path().join("incoming/1"), "left by a crash").unwrap();
    let blobs = BlobStore::open(folder.path()).await.unwrap();
    assert_eq!(
        fs::read_dir(folder.path().join("incoming"))
            .unwrap()
            .count(),
        0
    );
    assert_eq!(
        read(&blobs, &store(&blobs, b"abc").await).await.unwrap(),
        b"abc"
    );
}

#[tokio::test]
async fn damage_is_found_before_the_last_bytes_are_given() {
    let folder = TempDir::new().unwrap();
    let blobs = BlobStore::open(folder.path()).await.unwrap();
    let bytes = vec![7; 300_000];
    let id = store(&blobs, &bytes).await;
    for at in [0, 150_000, 299_999] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fs::write(blobs.path(&id), flipped).unwrap();
        assert!(
            matches!(read(&blobs, &id).await, Err(BlobError::Damaged(_))),
            "byte {at}"
        );
    }
    fs::write(blobs.path(&id), &bytes[1..]).unwrap();
    assert!(matches!(
        read(&blobs, &id).await,
        Err(BlobError::Damaged(_))
    ));
}

#[test]
fn only_a_sha256_names_a_blob() {
    for text in ["", "../../etc/passwd", &"g".repeat(64), &"a".repeat(63)] {
        assert!(BlobId::try_from(text.to_owned()).is_err(), "{text}");
    }
    assert_eq!(
        BlobId::try_from("A".repeat(64)).unwrap().as_str(),
        "a".repeat(64)
    );
}
