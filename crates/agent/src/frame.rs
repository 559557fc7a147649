//! Messages on the socket between link and supervisor: `length: u32 little-endian | message`.
//!
//! The messages are those of the agent protocol, whose Hello and Welcome carry the version; a link and a supervisor of
//! different builds meet after an upgrade, so the same rules of change apply.

use prost::Message;

/// A frame announces more than any message may have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a frame of {0} bytes is too large")]
    TooLarge(usize),
    #[error("a frame does not hold the message it should")]
    Malformed,
}

/// Appends a message as a frame.
pub(crate) fn encode(message: &impl Message, into: &mut Vec<u8>) {
    let length =
        u32::try_from(message.encoded_len()).expect("messages are limited to far less than 4 GiB");
    into.extend_from_slice(&length.to_le_bytes());
    message.encode(into).expect("a Vec grows as needed");
}

/// Collects bytes until they make frames.
#[derive(Default)]
pub(crate) struct FrameReader {
    buffer: Vec<u8>,
    taken: usize,
}

impl FrameReader {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, if there is one.
    pub(crate) fn next<M: Message + Default>(&mut self) -> Result<Option<M>, FrameError> {
        let rest = &self.buffer[self.taken..];
        let Some((head, rest)) = rest.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*head) as usize;
        if length > regatta_wire::MESSAGE_MAX_BYTES {
            return Err(FrameError::TooLarge(length));
        }
        let Some(body) = rest.get(..length) else {
            return Ok(None);
        };
        let message = M::decode(body).map_err(|_| FrameError::Malformed)?;
        self.taken += 4 + length;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regatta_wire::proto::Release;

    proptest! {
        #[test]
        fn frames_survive_any_cutting(names in proptest::collection::vec("[a-z]{0,40}", 0..20), cut in 1usize..50) {
            let mut bytes = Vec::new();
            for name in &names {
                encode(&Release { ticket: name.clone() }, &mut bytes);
            }
            let (mut reader, mut seen) = (FrameReader::default(), Vec::new());
            for piece in bytes.chunks(cut) {
                reader.push(piece);
                while let Some(message) = reader.next::<Release>().expect("well formed") {
                    seen.push(message.ticket);
                }
            }
            prop_assert_eq!(seen, names);
        }

        #[test]
        fn any_bytes_are_refused_or_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut reader = FrameReader::default();
            reader.push(&bytes);
            while let Ok(Some(_)) = reader.next::<Release>() {}
        }
    }
}
