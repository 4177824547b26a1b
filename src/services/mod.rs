//! The real things that concepts talk to. They listen on loopback and write to files; nothing leaves the
//! machine, unless the user names another one.

pub mod client;
pub mod crowd;
pub mod data;
pub mod database;
pub mod failure;
pub mod files;
pub mod folder;
pub mod jobs;
pub mod local;
pub mod mailbox;
mod redirect;
pub mod scratch;
pub mod server;
pub mod usage;
