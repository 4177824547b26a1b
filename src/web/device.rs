//! Who is who: the cookie of a device, and the words in an address without which nobody gets in.

use ring::hmac::{self, HMAC_SHA256, Key};
use ring::rand::{SecureRandom, SystemRandom};

use crate::classroom::Device;

/// The system has no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub(super) struct NoRandom;

/// Without those that are taken for each other on a screen.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// So many characters of it hold 128 bits.
const FULL: usize = 26;

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

    /// A word of so many characters that nobody guesses, 26 at most.
    pub(super) fn word(&self, length: usize) -> Result<String, NoRandom> {
        let mut word = encode(self.number()?);
        word.truncate(length);
        Ok(word)
    }

    /// A new device, and its cookie.
    pub(super) fn issue(&self) -> Result<(Device, String), NoRandom> {
        let number = self.number()?;
        Ok((Device(number), self.cookie(number)))
    }

    fn cookie(&self, number: u128) -> String {
        let tag = hmac::sign(&self.key, &number.to_be_bytes());
        let (left, right) = tag.as_ref().split_at(16);
        let half = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u128::from(*byte))
        };
        encode(number) + &encode(half(left)) + &encode(half(right))
    }

    /// Whose cookie that is; `None`, where it is none of ours.
    pub(super) fn read(&self, cookie: &str) -> Option<Device> {
        if !cookie.is_ascii() || cookie.len() != 3 * FULL {
            return None;
        }
        let number = decode(&cookie[..FULL])?;
        let halves = [
            decode(&cookie[FULL..2 * FULL])?,
            decode(&cookie[2 * FULL..])?,
        ];
        let tag = halves.map(u128::to_be_bytes).concat();
        hmac::verify(&self.key, &number.to_be_bytes(), &tag).ok()?;
        Some(Device(number))
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

fn encode(mut number: u128) -> String {
    let mut text = String::with_capacity(FULL);
    for _ in 0..FULL {
        text.push(char::from(ALPHABET[(number % 32) as usize]));
        number /= 32;
    }
    text
}

fn decode(text: &str) -> Option<u128> {
    let mut number = 0_u128;
    for ch in text.bytes().rev() {
        let digit = ALPHABET.iter().position(|known| *known == ch)?;
        number = number << 5 | digit as u128;
    }
    (encode(number) == text).then_some(number)
}

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
        let secret = signer.secret(&word);
        assert!(signer.knows(&secret, &word));
        assert!(!signer.knows(&secret, &word[..7]) && !signer.knows(&secret, ""));
    }

    proptest! {
        #[test]
        fn a_number_is_the_same_after_its_way(number: u128) {
            prop_assert_eq!(decode(&encode(number)), Some(number));
        }

        #[test]
        fn no_text_is_a_cookie(text in ".{0,100}") {
            prop_assert_eq!(Signer::new().unwrap().read(&text), None);
        }
    }
}
