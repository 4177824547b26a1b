//! A command line, to be read and copied.

use unicode_width::UnicodeWidthStr;

/// `line` in lines of at most `width` columns where it can be, indented by two, each but the last with the backslash
/// that lets a shell read on. An option stays with its value.
pub fn command_line(line: &str, width: usize) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match parts.last_mut() {
            Some(option)
                if option.starts_with('-') && !option.contains(' ') && !word.starts_with('-') =>
            {
                *option = format!("{option} {word}");
            }
            _ => parts.push(word.to_owned()),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            // Two more for the backslash.
            Some(last) if last.width() + 1 + part.width() + 2 <= width => {
                *last = format!("{last} {part}");
            }
            Some(last) => {
                last.push_str(" \\");
                lines.push(format!("    {part}"));
            }
            None => lines.push(format!("  {part}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_one_goes_on_after_a_backslash_and_an_option_stays_with_its_value() {
        let line =
            "asyncdemo sleep --tasks 3 --delay 100ms --strategy sequential --strategy concurrent";
        assert_eq!(
            command_line(line, 80),
            [
                "  asyncdemo sleep --tasks 3 --delay 100ms --strategy sequential \\",
                "    --strategy concurrent"
            ]
        );
        assert_eq!(command_line(line, 120), [format!("  {line}")]);
        assert_eq!(
            command_line("asyncdemo list", 1),
            ["  asyncdemo \\", "    list"]
        );
    }
}
