//! Bytes as text, or where they are none.

/// The text that these bytes are.
///
/// # Errors
/// The first byte that cannot stand where it does.
pub fn utf8(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(|error| {
        let (good, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let mut lines = bytes[..good].split(|byte| *byte == b'\n');
        NotUtf8 {
            line: lines.clone().count(),
            column: lines.next_back().unwrap_or_default().len() + 1,
            byte: bytes.get(good).copied().unwrap_or_default(),
        }
    })
}

/// A byte that cannot stand where it does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not UTF-8: byte {column} of this line is {byte:#04x}")]
pub struct NotUtf8 {
    /// Its line, counted from 1.
    pub line: usize,
    /// Its place in the line in bytes, counted from 1.
    pub column: usize,
    /// What stands there.
    pub byte: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_is_no_text_is_found() {
        let at = |bytes: &[u8]| {
            let bad = utf8(bytes.to_vec()).unwrap_err();
            (bad.line, bad.column, bad.byte)
        };
        assert_eq!(at(b"\xff"), (1, 1, 0xff));
        assert_eq!(at(b"a\n\nb\xc3\n"), (3, 2, 0xc3));
        assert_eq!(at(b"\xc3\xa4\nx\x80"), (2, 2, 0x80));
        // One that breaks off at the end.
        assert_eq!(at(b"one\n\xe2\x82"), (2, 1, 0xe2));
        assert_eq!(utf8("ä\n".into()), Ok("ä\n".to_owned()));
    }
}
