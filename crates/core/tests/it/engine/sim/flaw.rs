//! Broken promises on purpose: a simulation that does not notice them proves nothing.

/// One way to break one of the promises of `check.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// I1: the server forgets what waits for what.
    ForgetsOrder,
    /// I2: a killed agent forgets what it has started.
    ForgetsJournal,
    /// I3: output is acknowledged before it is durable.
    AcksTooEarly,
    /// I4: nobody takes over from a dead server.
    NeverTakesOver,
    /// I5: the database takes writes of any epoch.
    WritesUnfenced,
    /// I5: agents obey commands of any epoch.
    ObeysAnyEpoch,
    /// I6: a server takes tasks that another one owns.
    TakesWhatIsOwned,
    /// I7: an agent sends output before it knows its secrets.
    SendsUnmasked,
    /// I8: agents do not hear a stop.
    IgnoresStop,
    /// I8: a cancelled task is over whether its scripts are or not.
    GivesUpOnStop,
    /// I9: what is lost on the way is not sent again.
    SendsOnce,
    /// I10: scripts die with their agent.
    KillsScripts,
    /// I11: locks outlive their task.
    KeepsLocks,
}

/// Each flaw and the promise whose check has to notice it.
pub(super) const FLAWS: [(Flaw, &str); 13] = [
    (Flaw::ForgetsOrder, "I1"),
    (Flaw::ForgetsJournal, "I2"),
    (Flaw::AcksTooEarly, "I3"),
    (Flaw::NeverTakesOver, "I4"),
    (Flaw::WritesUnfenced, "I5"),
    (Flaw::ObeysAnyEpoch, "I5"),
    (Flaw::TakesWhatIsOwned, "I6"),
    (Flaw::SendsUnmasked, "I7"),
    (Flaw::IgnoresStop, "I8"),
    (Flaw::GivesUpOnStop, "I8"),
    (Flaw::SendsOnce, "I9"),
    (Flaw::KillsScripts, "I10"),
    (Flaw::KeepsLocks, "I11"),
];
