//! A script or a style as a content security policy names it: by the digest of its text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

/// The source of an inline script or style for `script-src` or `style-src`.
pub fn policy_source(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    format!("'sha256-{}'", STANDARD.encode(hash))
}

/// What a script and a style of ours must not have: the end of their element, and a way to make elements from text.
#[cfg(test)]
pub(crate) fn assert_inline(script: &str, style: &str) {
    assert!(!script.contains("</") && !style.contains("</"));
    for unsafe_call in [
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
    ] {
        assert!(!script.contains(unsafe_call), "{unsafe_call}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_policies_have_it() {
        // openssl dgst -sha256 -binary </dev/null | base64
        let empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        assert_eq!(policy_source(""), empty);
    }
}
