//! What a lesson is called: `gather`, in the file `07-gather.md`.

/// A file's name without its folder and its ending: `07-gather`.
pub(super) fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".md").unwrap_or(name)
}

/// `gather` of `07-gather`: two digits, a dash, then small letters, digits and dashes.
pub(super) fn of_stem(stem: &str) -> Option<&str> {
    let (number, name) = stem.split_once('-')?;
    let two_digits = number.len() == 2 && number.bytes().all(|ch| ch.is_ascii_digit());
    let plain = |ch: u8| matches!(ch, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let begins = name.starts_with(|ch: char| ch.is_ascii_lowercase());
    (two_digits && begins && name.bytes().all(plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_is_named_by_its_file() {
        let name = |file| of_stem(stem(file));
        assert_eq!(name("07-gather.md"), Some("gather"));
        assert_eq!(name("lessons/07-gather.md"), Some("gather"));
        assert_eq!(name(r"C:\lessons\07-gather.md"), Some("gather"));
        assert_eq!(name("12-at-scale-2.md"), Some("at-scale-2"));
        for file in [
            "gather.md",
            "7-gather.md",
            "07gather.md",
            "07-.md",
            "07-Gather.md",
            "07-2.md",
            "07-a b.md",
            "07-gather.txt",
            "-a.md",
        ] {
            assert_eq!(name(file), None, "{file}");
        }
    }
}
