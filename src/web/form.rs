//! The fields of a form or of a query. What we send in them needs no encoding, so none is taken back.

/// The value of a field; the first, where there are several. An address that a camera has read is in capitals.
pub(super) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = text.split('&').filter_map(|field| field.split_once('='));
    fields.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
}

/// The value of a cookie in the header that has them all.
pub(super) fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut cookies = header
        .split(';')
        .filter_map(|one| one.trim().split_once('='));
    cookies.find_map(|(known, value)| (known == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_cookies_are_found_by_their_names() {
        let body = "ballot=0-2-1&choice=3&choice=4&x";
        assert_eq!(field(body, "ballot"), Some("0-2-1"));
        assert_eq!(field(body, "choice"), Some("3"));
        assert_eq!((field(body, "x"), field("", "x")), (None, None));
        assert_eq!(cookie("a=1; device=xyz;b=", "device"), Some("xyz"));
        assert_eq!(cookie("devices=1", "device"), None);
    }
}
