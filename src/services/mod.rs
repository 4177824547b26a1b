//! The real things that concepts talk to. They listen on loopback and write to files; nothing leaves the machine.

pub mod client;
pub mod mailbox;
