//! The one way in which this program makes an HTTP client.

use std::time::Duration;

use reqwest::ClientBuilder;

/// A client that talks to the address it is given and to nobody else: no proxy, whatever the
/// environment says, and no wait for a connection that is longer than five seconds.
pub fn builder() -> ClientBuilder {
    // Reqwest is built without a cryptography provider of its own; a second installation is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(5))
}
