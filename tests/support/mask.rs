//! What differs from run to run, replaced by what does not.

/// Replaces each figure that has a unit, each ruler and the legend; squeezes rails, bars and blanks,
/// whose width depends on those figures; and joins the lines of a sentence, which is broken where
/// they say.
pub(crate) fn mask(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut compared = false;
    for line in text.lines() {
        compared |= is_head_of_comparison(line);
        match lines.last_mut() {
            Some(last) if last == "<legend>" => {}
            Some(last) if compared && !last.is_empty() && is_continuation(line) => {
                *last += " ";
                *last += &squeeze(&figures(line.trim()));
            }
            _ if line.starts_with("├ ┤ first") => lines.push("<legend>".to_owned()),
            _ if is_ruler(line) => lines.push("<ruler>".to_owned()),
            _ => lines.push(squeeze(&figures(line))),
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn is_head_of_comparison(line: &str) -> bool {
    matches!(
        line.split_whitespace().collect::<Vec<_>>()[..],
        ["wall", "ideal", "overhead"] | ["wall"]
    )
}

/// Below the comparison, what is indented belongs to the line before.
fn is_continuation(line: &str) -> bool {
    line.strip_prefix("  ")
        .is_some_and(|rest| !rest.starts_with(' '))
}

/// `0 s` and then round instants without a unit.
fn is_ruler(line: &str) -> bool {
    let mut words = line.split_whitespace();
    (words.next(), words.next()) == (Some("0"), Some("s"))
        && words.all(|word| word.parse::<f64>().is_ok())
}

fn figures(line: &str) -> String {
    let mut masked = String::new();
    let mut rest = line;
    while let Some(sign) = rest.chars().next() {
        let in_a_word = masked.ends_with(|before: char| before.is_alphanumeric() || before == '.');
        if let Some((kind, after)) = figure(rest).filter(|_| !in_a_word) {
            masked.push_str(kind);
            rest = after;
        } else {
            masked.push(sign);
            rest = &rest[sign.len_utf8()..];
        }
    }
    masked
}

/// A figure at the beginning of `text`, and what follows it.
fn figure(text: &str) -> Option<(&'static str, &str)> {
    let number = text
        .find(|sign: char| !sign.is_ascii_digit() && sign != '.')
        .unwrap_or(text.len());
    text[..number].parse::<f64>().ok()?;
    let rest = &text[number..];
    if let Some(after) = rest.strip_prefix('×') {
        return Some(("<times>×", after));
    }
    ["ms", "µs", "us", "ns", "s"]
        .iter()
        .filter_map(|unit| rest.strip_prefix(' ')?.strip_prefix(unit))
        .find(|after| !after.starts_with(char::is_alphanumeric))
        .map(|after| ("<time>", after))
}

fn squeeze(line: &str) -> String {
    let in_rail = |sign: char| "─┼╋░■█▉▊▋▌▍▎▏".contains(sign);
    let chars: Vec<char> = line.chars().collect();
    chars
        .chunk_by(|one, two| (*one == ' ' && *two == ' ') || (in_rail(*one) && in_rail(*two)))
        .map(|run| match run {
            [' ', ' ', ..] => "  ".to_owned(),
            [sign, ..] if in_rail(*sign) => if run.contains(&'─') { "─" } else { "█" }.to_owned(),
            _ => run.iter().collect(),
        })
        .collect()
}
