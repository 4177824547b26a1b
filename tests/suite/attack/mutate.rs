//! Broken input, made from whole input, the same for the same seed.

/// A generator of numbers that are the same on each run: Marsaglia's xorshift64.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        // Zero would stay zero. The odd factor parts seeds that lie side by side.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `limit`; 0 where that is 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap().max(1);
        usize::try_from(self.next() % limit).unwrap()
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// What parsers trip over: limits of numbers, other alphabets, control codes, and the marks of the formats.
const NASTY: &[&str] = &[
    "",
    "0",
    "-1",
    "-0.0",
    "1e308",
    "1e-308",
    "1e999",
    "NaN",
    "inf",
    "18446744073709551616",
    "99999999999s",
    "0ms",
    "1.5.2s",
    "1h1h1h",
    "µs",
    "−1",
    "٣",
    "１２",
    "\u{0}",
    "\u{1b}[2J",
    "\u{1b}]0;x\u{7}",
    "\u{202e}",
    "\u{feff}",
    "\u{85}",
    "e\u{301}",
    "👩‍👩‍👧",
    "漢字",
    "\r",
    "\r\n",
    "\t",
    "\n",
    "\n\n",
    "'",
    "\"",
    "`",
    "```",
    "~~~",
    "```toml predict\n",
    "```text hint\n",
    "```sh run\n",
    "---",
    "===",
    "[",
    "]",
    "[a](",
    "![",
    "<p>",
    "</p>",
    "<!--",
    "&amp;",
    "|",
    "| a |\n|--|\n",
    "* ",
    "1. ",
    "> ",
    "#",
    "\\",
    "{",
    "}",
    "[[",
    "=",
    ",",
    ":",
    "null",
    "true",
    "{}",
    "[]",
    "--",
    "--all",
    "--repeat",
    "--strategy",
    "=x",
    "$(id)",
    ";",
    "&&",
    "../../etc/passwd",
    "file:///",
    "http://[",
    "%00",
    "%n",
];

/// `whole` with one to six changes.
pub(super) fn text(whole: &str, dice: &mut Dice) -> String {
    let mut chars: Vec<char> = whole.chars().collect();
    for _ in 0..=dice.below(5) {
        let at = dice.below(chars.len() + 1);
        let length = dice.below(40.min(chars.len() - at + 1));
        match dice.below(6) {
            0 => drop(chars.drain(at..at + length)),
            1 => chars.truncate(at),
            2 => {
                let copy = chars[at..at + length].to_vec();
                for _ in 0..=dice.below(30) {
                    chars.splice(at..at, copy.iter().copied());
                }
            }
            3 => {
                let other = dice.below(chars.len());
                let from = chars[other..]
                    .iter()
                    .copied()
                    .take(length)
                    .collect::<Vec<_>>();
                chars.splice(at..at + length, from);
            }
            _ => {
                let nasty = dice.pick(NASTY);
                let times = 1 + dice.below(3) * dice.below(50);
                chars.splice(at..at, nasty.repeat(times).chars());
            }
        }
    }
    chars.into_iter().collect()
}

/// `whole` with one to six changes, which need not leave characters whole.
pub(super) fn bytes(whole: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=dice.below(5) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(4) {
            0 => bytes.truncate(at),
            1 => {
                let length = dice.below(4_096.min(bytes.len() - at + 1));
                bytes[at..at + length].fill(u8::try_from(dice.below(256)).unwrap());
            }
            2 => bytes.extend_from_slice(&whole[..at.min(whole.len())]),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
    bytes
}
