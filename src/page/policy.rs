//! A script or a style as a content security policy names it: by the digest of its text.

use ring::digest::{SHA256, digest};

const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The source of an inline script or style for `script-src` or `style-src`.
pub fn policy_source(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    let mut coded = String::new();
    for three in hash.as_ref().chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * at)) as usize & 63];
            coded.push(match at > three.len() {
                true => '=',
                false => char::from(sign),
            });
        }
    }
    format!("'sha256-{coded}'")
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
