//! The part of a source file that is shown is the part that is compiled.

/// The text between `// ANCHOR: name` and `// ANCHOR_END: name`.
///
/// # Errors
/// Where there is no such region, more than one, or one that is not closed. A test asks this of
/// every strategy, so a user never meets it.
pub fn region<'a>(source: &'a str, name: &str) -> Result<&'a str, RegionError> {
    let error = |problem| RegionError {
        name: name.to_owned(),
        problem,
    };
    let (open, close) = (
        format!("// ANCHOR: {name}\n"),
        format!("// ANCHOR_END: {name}\n"),
    );
    let mut regions = source.split(&open).skip(1);
    let rest = regions.next().ok_or_else(|| error("is missing"))?;
    if regions.next().is_some() {
        return Err(error("appears more than once"));
    }
    let end = rest.find(&close).ok_or_else(|| error("is not closed"))?;
    Ok(&rest[..end])
}

/// A region that cannot be shown.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the source region `{name}` {problem}")]
pub struct RegionError {
    name: String,
    problem: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_what_stands_between_its_anchors() {
        let source = "x\n// ANCHOR: a\nfn a() {}\n// ANCHOR_END: a\n// ANCHOR: ab\nfn ab() {}\n// ANCHOR_END: ab\n";
        assert_eq!(region(source, "a"), Ok("fn a() {}\n"));
        assert_eq!(region(source, "ab"), Ok("fn ab() {}\n"));
    }

    #[test]
    fn a_region_that_is_not_there_is_an_error() {
        let message = |source: &str| region(source, "a").unwrap_err().to_string();
        assert_eq!(message(""), "the source region `a` is missing");
        assert_eq!(
            message("// ANCHOR: a\n"),
            "the source region `a` is not closed"
        );
        let twice = "// ANCHOR: a\n// ANCHOR_END: a\n".repeat(2);
        assert_eq!(
            message(&twice),
            "the source region `a` appears more than once"
        );
    }
}
