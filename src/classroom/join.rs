//! Where the class votes, and where the teacher's page is: an address, and its code for a phone's camera.

use super::code::CameraCode;
use super::show::{Addresses, Cover};
use super::text::paragraph;
use super::theme::Theme;
use crate::page::{Line, Role, Style};

type Lines = Vec<Line>;

/// Between the code and what stands beside it.
const GAP: usize = 3;

/// The page for the class, or the one for the teacher.
pub(super) fn page(
    addresses: &Addresses,
    cover: Cover,
    code: Option<&CameraCode>,
    theme: Theme,
    rows: usize,
    style: &Style,
) -> Lines {
    let host = cover == Cover::Host;
    let code = code.and_then(|code| code.lines(theme, style));
    let code = code.filter(|code| code.len() <= rows);
    let taken = code.as_ref().map_or(0, |code| code[0].width() + GAP);
    // Words of less than 30 columns are no words any more.
    let (code, taken) = match style.width.checked_sub(taken) {
        Some(30..) => (code.unwrap_or_default(), taken),
        _ => (Lines::new(), 0),
    };
    let beside = Style {
        width: style.width - taken,
        ..*style
    };
    let words = if host {
        for_the_teacher(addresses, &beside)
    } else {
        for_the_class(addresses, &beside)
    };
    let height = code.len().max(words.len());
    let row = |at: usize| {
        let mut line = code.get(at).cloned().unwrap_or_default();
        if let Some(words) = words.get(at).filter(|words| !words.is_empty()) {
            line.push(Role::Plain, &" ".repeat(taken.saturating_sub(line.width())));
            line.append(words);
        }
        line
    };
    (0..height).map(row).collect()
}

fn for_the_class(addresses: &Addresses, style: &Style) -> Lines {
    let mut lines = paragraph(Role::Name, "Vote with your phone", style);
    lines.push(Line::default());
    lines.extend(address(&addresses.join, style));
    lines.push(Line::default());
    let none = "No account, no name, no internet. The phone must be in this network.";
    lines.extend(paragraph(Role::Plain, none, style));
    lines.push(Line::default());
    lines.extend(paragraph(Role::Dim, &addresses.about, style));
    lines.push(Line::default());
    let keys = "w shows this again, any key goes on";
    lines.extend(paragraph(Role::Dim, keys, style));
    lines
}

fn for_the_teacher(addresses: &Addresses, style: &Style) -> Lines {
    let mut lines = paragraph(Role::Waiting, "For the teacher, not for the class", style);
    lines.push(Line::default());
    lines.extend(address(&addresses.host, style));
    lines.push(Line::default());
    let what = "Notes, the next slide, the clock, and the buttons. Open it before the class sees this screen: \
                whoever has this address can press the keys.";
    lines.extend(paragraph(Role::Plain, what, style));
    lines.push(Line::default());
    let keys = "W shows this again, any key goes on";
    lines.extend(paragraph(Role::Dim, keys, style));
    lines
}

/// An address, in pieces where it is too long: it is typed, not clicked.
fn address(address: &str, style: &Style) -> Lines {
    let chars: Vec<_> = address.chars().collect();
    let pieces = chars.chunks(style.width.max(1));
    let line = |piece: &[char]| Line::of(Role::Name, &piece.iter().collect::<String>());
    pieces.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses {
            join: "http://192.168.178.123:8080/k7f3m2pq".to_owned(),
            host: "http://192.168.178.123:8080/host?token=abcdefghijklmnopqrstuvwxyz".to_owned(),
            about: "Open: 192.168.178.123:8080. Another address: --listen ADDR".to_owned(),
        }
    }

    #[test]
    fn both_pages_fit_a_small_screen_with_their_codes() {
        for cover in [Cover::Join, Cover::Host] {
            let style = Style {
                width: 74,
                ..Style::default()
            };
            let it = addresses();
            let address = if cover == Cover::Host {
                &it.host
            } else {
                &it.join
            };
            let code = CameraCode::of(address);
            let lines = page(&it, cover, code.as_ref(), Theme::Dark, 20, &style);
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            assert!(text.contains('▀'), "{cover:?}\n{text}");
            assert!(lines.len() <= 20, "{cover:?} {}\n{text}", lines.len());
            assert!(lines.iter().all(|line| line.width() <= 74), "{text}");
            // Where there is no room for it, or only ASCII, the address stands alone.
            for style in [
                Style {
                    ascii: true,
                    ..style
                },
                Style { width: 50, ..style },
            ] {
                let lines = page(&it, cover, code.as_ref(), Theme::Dark, 20, &style);
                let text: String = lines.iter().map(Line::to_string).collect();
                assert!(
                    !text.contains('▀') && text.contains("http://192.168"),
                    "{text}"
                );
            }
        }
    }
}
