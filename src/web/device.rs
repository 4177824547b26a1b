//! Who is who: the cookie of a device, and the words in an address without which nobody gets in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use ring::hmac::{self, HMAC_SHA256, Key};
use ring::rand::{SecureRandom, SystemRandom};

use crate::classroom::Device;

/// The system has no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub(super) struct NoRandom;

/// Without those that are taken for each other on a screen.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Signs what is handed out, so that nothing need be kept of it: a phone that asks for a thousand cookies takes no memory.
pub(super) struct Signer {
    key: Key,
    random: SystemRandom,
}

impl Signer {
    pub(super) fn new() -> Result<Self, NoRandom> {
        let random = SystemRandom::new();
        let key = Key::generate(HMAC_SHA256, &random).map_err(|_| NoRandom)?;
        Ok(Self { key, random })
    }

    fn number(&self) -> Result<u128, NoRandom> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes).map_err(|_| NoRandom)?;
        Ok(u128::from_be_bytes(bytes))
    }

    /// A word of so many characters, 25 at most.
    pub(super) fn word(&self, length: usize) -> Result<String, NoRandom> {
        let number = self.number()?;
        let signs = (0..length.min(25)).map(|at| ALPHABET[(number >> (5 * at)) as usize & 31]);
        Ok(signs.map(char::from).collect())
    }

    /// A new device, and its cookie.
    pub(super) fn issue(&self) -> Result<(Device, String), NoRandom> {
        let number = self.number()?;
        Ok((Device(number), self.cookie(number)))
    }

    fn cookie(&self, number: u128) -> String {
        let number = number.to_be_bytes();
        let tag = hmac::sign(&self.key, &number);
        URL_SAFE.encode([&number, tag.as_ref()].concat())
    }

    /// Whose cookie that is; `None`, where it is none of ours.
    pub(super) fn read(&self, cookie: &str) -> Option<Device> {
        let read = URL_SAFE.decode(cookie).ok()?;
        let (number, tag) = read.split_first_chunk()?;
        hmac::verify(&self.key, number, tag).ok()?;
        Some(Device(u128::from_be_bytes(*number)))
    }

    /// A word that is asked for: compared in the same time, however much of it is right.
    pub(super) fn secret(&self, word: &str) -> Secret {
        Secret(hmac::sign(&self.key, word.as_bytes()))
    }

    /// Whether it is that word.
    pub(super) fn knows(&self, secret: &Secret, word: &str) -> bool {
        hmac::verify(&self.key, word.as_bytes(), secret.0.as_ref()).is_ok()
    }
}

/// A word that one must know.
pub(super) struct Secret(hmac::Tag);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cookie_is_read_by_whoever_has_issued_it_alone() {
        let (ours, theirs) = (Signer::new().unwrap(), Signer::new().unwrap());
        let (device, cookie) = ours.issue().unwrap();
        assert_eq!(ours.read(&cookie), Some(device));
        assert_eq!(theirs.read(&cookie), None);
        assert_ne!(ours.issue().unwrap().0, device);
        for at in 0..cookie.len() {
            let other = if cookie.as_bytes()[at] == b'a' {
                "b"
            } else {
                "a"
            };
            let mut forged = cookie.clone();
            forged.replace_range(at..=at, other);
            assert_eq!(ours.read(&forged), None, "{at}");
        }
    }

    #[test]
    fn a_word_is_known_whole_or_not_at_all() {
        let signer = Signer::new().unwrap();
        let word = signer.word(8).unwrap();
        assert_eq!(word.len(), 8);
        assert!(word.bytes().all(|sign| ALPHABET.contains(&sign)));
        let secret = signer.secret(&word);
        assert!(signer.knows(&secret, &word));
        assert!(!signer.knows(&secret, &word[..7]) && !signer.knows(&secret, ""));
    }

    proptest! {
        #[test]
        fn no_text_is_a_cookie(text in ".{0,100}") {
            prop_assert_eq!(Signer::new().unwrap().read(&text), None);
        }
    }
}
