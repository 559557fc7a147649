//! Protocol Buffers as gRPC has them, but a message is looked at before it is taken apart: two bytes on the wire can
//! become two hundred in memory, and the sender may be anybody who holds a key.

use std::marker::PhantomData;

use prost::Message;
use prost::bytes::Buf as _;
use prost::encoding::{WireType, decode_key, decode_varint};
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};

use crate::proto::{Down, FetchRequest, PackageBytes, Up, UpMessage, Variable};

/// What one message from an agent may take in memory, apart from what growing lists take on top.
const UP_DECODED_MAX_BYTES: usize = 32 * 1024 * 1024;

/// A message with the most that it may become.
pub trait Bounded {
    /// The most it may take in memory; `None`: it comes from the server, whom agents trust.
    const DECODED_MAX_BYTES: Option<usize>;
}

impl Bounded for Up {
    const DECODED_MAX_BYTES: Option<usize> = Some(UP_DECODED_MAX_BYTES);
}

impl Bounded for FetchRequest {
    const DECODED_MAX_BYTES: Option<usize> = Some(64 * 1024);
}

impl Bounded for Down {
    const DECODED_MAX_BYTES: Option<usize> = None;
}

impl Bounded for PackageBytes {
    const DECODED_MAX_BYTES: Option<usize> = None;
}

/// See the module.
pub struct BoundedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Bounded + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(BufferSettings::default())
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(ProstCodec::<T, U>::raw_decoder(BufferSettings::default()))
    }
}

/// The reading half of [`BoundedCodec`].
pub struct BoundedDecoder<U>(ProstDecoder<U>);

impl<U: Message + Bounded + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        if let Some(max) = U::DECODED_MAX_BYTES {
            // A whole message lies in one piece; what would not be seen is counted as too much.
            let unseen = message.remaining() - message.chunk().len();
            if unseen > 0 || decoded_bytes(message.chunk()) > max {
                return Err(Status::resource_exhausted(format!(
                    "a message of {} bytes would take more than {max} bytes of memory",
                    message.remaining()
                )));
            }
        }
        self.0.decode(message)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

/// What a message takes in memory at most: messages in it, whatever those hold, and what their lists hold.
fn decoded_bytes(message: &[u8]) -> usize {
    let mut bytes = message.len();
    for part in Parts(message) {
        bytes += size_of::<UpMessage>();
        for kind in Parts(part) {
            bytes += Parts(kind).count() * size_of::<Variable>();
        }
    }
    bytes
}

/// The fields of a message that have a length of their own: texts, bytes and messages. Ends at what is malformed.
struct Parts<'a>(&'a [u8]);

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let (_, kind) = decode_key(&mut self.0).ok()?;
            match kind {
                WireType::LengthDelimited => {
                    let length = usize::try_from(decode_varint(&mut self.0).ok()?).ok()?;
                    let (part, rest) = self.0.split_at_checked(length)?;
                    self.0 = rest;
                    return Some(part);
                }
                WireType::Varint => drop(decode_varint(&mut self.0).ok()?),
                WireType::SixtyFourBit => self.0 = self.0.get(8..)?,
                WireType::ThirtyTwoBit => self.0 = self.0.get(4..)?,
                // What is in a group is counted as if it were outside.
                WireType::StartGroup | WireType::EndGroup => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Finished, Hello, Output, Run, up_message::Kind};

    fn up(kinds: impl IntoIterator<Item = Kind>) -> Vec<u8> {
        let messages = kinds.into_iter().map(|kind| UpMessage { kind: Some(kind) });
        Up {
            messages: messages.collect(),
        }
        .encode_to_vec()
    }

    #[test]
    fn what_little_bytes_become_is_counted() {
        let empty = Up {
            messages: vec![UpMessage { kind: None }; 1_000_000],
        };
        let bytes = empty.encode_to_vec();
        assert!(bytes.len() < 3_000_000);
        assert!(decoded_bytes(&bytes) > UP_DECODED_MAX_BYTES);
        let finished = Finished {
            output_variables: vec![Variable::default(); 1_000_000],
            ..Finished::default()
        };
        assert!(decoded_bytes(&up([Kind::Finished(finished)])) > UP_DECODED_MAX_BYTES);
        let output = Output {
            runs: vec![Run::default(); 1_000_000],
            ..Output::default()
        };
        assert!(decoded_bytes(&up([Kind::Output(output)])) > UP_DECODED_MAX_BYTES);
    }

    #[test]
    fn nothing_hides_behind_a_group_or_a_field_that_is_repeated() {
        let hello = Hello {
            capabilities: vec![String::new(); 1_000_000],
            ..Hello::default()
        };
        let hidden = up([Kind::Hello(hello)]);
        for before in [&[0x0b][..], &[0x0c], &[0x0b, 0x0c], &[0x10, 0x01]] {
            let message = [before, &hidden].concat();
            assert!(
                decoded_bytes(&message) > UP_DECODED_MAX_BYTES,
                "{before:x?}"
            );
        }
    }

    #[test]
    fn what_agents_say_passes() {
        let variable = || Variable {
            name: "a name".to_owned(),
            value: "v".repeat(60),
            sensitive: false,
        };
        let finished = Finished {
            output_variables: std::iter::repeat_with(variable).take(100_000).collect(),
            ..Finished::default()
        };
        let bytes = decoded_bytes(&up([Kind::Finished(finished)]));
        assert!(bytes < UP_DECODED_MAX_BYTES, "{bytes}");
    }
}
