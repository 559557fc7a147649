//! What a record of the journal says. Protocol Buffers without a schema file: numbers are never reused.

use regatta_wire::proto;

/// One record.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Entry {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11")]
    pub(crate) kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Kind {
    #[prost(message, tag = "1")]
    Opened(Opened),
    #[prost(message, tag = "2")]
    Accepted(Accepted),
    #[prost(message, tag = "3")]
    Starting(Started),
    #[prost(message, tag = "4")]
    Variable(Variable),
    #[prost(message, tag = "5")]
    Artifact(Artifact),
    #[prost(message, tag = "6")]
    Exited(Exited),
    /// A ticket.
    #[prost(bytes, tag = "7")]
    Released(Vec<u8>),
    #[prost(message, tag = "8")]
    Tombstones(Tombstones),
    /// A ticket that will not start after all; the server may send it again.
    #[prost(bytes, tag = "9")]
    Dropped(Vec<u8>),
    #[prost(message, tag = "10")]
    Running(Running),
    #[prost(message, tag = "11")]
    Noted(Noted),
}

/// First record of every journal.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Opened {
    #[prost(uint32, tag = "1")]
    pub(crate) version: u32,
    #[prost(string, tag = "2")]
    pub(crate) journal_id: String,
    #[prost(string, tag = "3")]
    pub(crate) boot_id: String,
}

/// The ticket may start from now on.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Accepted {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ticket: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) task: String,
    #[prost(uint64, tag = "3")]
    pub(crate) epoch: u64,
}

/// Its process is made right after this. It runs no line of the script before [`Running`] is written.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Started {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ticket: Vec<u8>,
    #[prost(int64, tag = "2")]
    pub(crate) at_ms: i64,
    /// Wall clock time at which it is to be stopped; 0 = never.
    #[prost(int64, tag = "3")]
    pub(crate) deadline_ms: i64,
    /// Its work directory, relative to the data directory.
    #[prost(string, tag = "4")]
    pub(crate) work_dir: String,
    /// Output on stderr makes it fail.
    #[prost(bool, tag = "5")]
    pub(crate) fail_on_error_output: bool,
}

/// It set an output variable. The value of a sensitive one is not here.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Variable {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ticket: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    pub(crate) value: String,
    #[prost(bool, tag = "4")]
    pub(crate) sensitive: bool,
    /// The value of a sensitive one is in the ticket's sealed file, as the last of its name.
    #[prost(bool, tag = "5")]
    pub(crate) is_kept: bool,
}

/// It asked for a file to be collected.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Artifact {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ticket: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    pub(crate) path: String,
}

/// How it ended.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Exited {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ticket: Vec<u8>,
    #[prost(int64, tag = "2")]
    pub(crate) at_ms: i64,
    #[prost(enumeration = "proto::Ending", tag = "3")]
    pub(crate) ending: i32,
    #[prost(int32, tag = "4")]
    pub(crate) code: i32,
    #[prost(string, tag = "5")]
    pub(crate) message: String,
    #[prost(bool, tag = "6")]
    pub(crate) warnings: bool,
    #[prost(uint64, tag = "7")]
    pub(crate) lines: u64,
}

/// Tickets the server has released.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Tombstones {
    /// 16 bytes each.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) tickets: Vec<u8>,
    /// Everything up to this ticket is spent.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) horizon: Vec<u8>,
}

/// Its process was made; from now on it may run.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Running {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ticket: Vec<u8>,
    #[prost(int32, tag = "2")]
    pub(crate) pid: i32,
}

/// What a running script's output has shown so far that counts at its end. The last one holds.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Noted {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ticket: Vec<u8>,
    #[prost(bool, tag = "2")]
    pub(crate) warnings: bool,
    #[prost(bool, tag = "3")]
    pub(crate) wrote_error: bool,
    /// Set by the script with `resultMessage`, masked.
    #[prost(string, tag = "4")]
    pub(crate) message: String,
}
