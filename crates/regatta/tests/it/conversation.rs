//! What the command-line client of Octopus Deploy says to a server, command by command, and what it insists on in the
//! answers. It is not that program: where these tests run it cannot be installed, so its requests are sent as its
//! sources say, with its order, spelling and look-ups, and [`client`] refuses what it would refuse.

mod client;
mod deployment;
mod go;
mod infrastructure;
mod package;
mod page;
mod project;
mod release;
mod runbook;
mod server;
mod tenant;
mod terraform;
