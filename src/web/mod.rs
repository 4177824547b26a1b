//! The class on the network: the page on which phones vote, the teacher's page, and the server that has both.
//!
//! [`crate::classroom`] says what is shown, and what a vote or a key does. Here it is made a page, and what comes from a
//! phone is handed on. What a phone can do that means no good is bounded here, too: `limits.rs` and `serve.rs` say how.

mod address;
mod device;
mod form;
mod host;
mod html;
mod limits;
mod routes;
mod serve;
mod server;
mod voter;

pub use address::{Listen, NoAddress};
pub use routes::FromPage;
pub use server::ClassServer;
