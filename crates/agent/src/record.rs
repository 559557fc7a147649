//! Records in a file: `length: u32 | crc32 of the payload: u32 | payload`, little-endian, one after the other.

/// Bytes before each payload.
pub(crate) const HEAD_BYTES: usize = 8;
/// No record is larger: a bigger length is damage.
const PAYLOAD_MAX_BYTES: usize = 32 * 1024 * 1024;

/// Appends one record.
pub(crate) fn append(payload: &[u8], into: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).expect("records are limited to far less than 4 GiB");
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    into.extend_from_slice(payload);
}

/// The payload of the record at the start of `bytes`; `None` if there is no whole and undamaged one.
pub(crate) fn first(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length))
        .ok()
        .filter(|length| *length <= PAYLOAD_MAX_BYTES)?;
    let payload = rest.get(..length)?;
    (crc32fast::hash(payload) == u32::from_le_bytes(*crc)).then_some(payload)
}

/// All records up to the first damage, with the position of each; iteration ends there.
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the next record begins; at the end of the iteration: where the good part of the file ends.
    pub(crate) fn position(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let payload = first(&self.bytes[self.at..])?;
        self.at += HEAD_BYTES + payload.len();
        Some(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_file_yields_whole_records_only(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..12),
            cut in 0usize..2000,
        ) {
            let mut file = Vec::new();
            payloads.iter().for_each(|payload| append(payload, &mut file));
            file.truncate(cut);
            let read: Vec<_> = Records::new(&file).map(<[u8]>::to_vec).collect();
            prop_assert!(payloads.starts_with(&read));
        }

        #[test]
        fn a_flipped_bit_never_changes_a_record(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..60), 1..12),
            at in any::<proptest::sample::Index>(),
            bit in 0u8..8,
        ) {
            let mut file = Vec::new();
            payloads.iter().for_each(|payload| append(payload, &mut file));
            let at = at.index(file.len());
            file[at] ^= 1 << bit;
            let read: Vec<_> = Records::new(&file).map(<[u8]>::to_vec).collect();
            prop_assert!(payloads.starts_with(&read));
            prop_assert!(read.len() < payloads.len());
        }
    }
}
