//! A show as cells.

use std::time::Duration;

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Modifier;

use super::look::Look;
use crate::classroom::join;
use crate::classroom::keys::KEYS;
use crate::classroom::pane;
use crate::classroom::result;
use crate::classroom::rounds::{Phase, VoteRound};
use crate::classroom::show::{Cover, Show};
use crate::classroom::slide::Origin;
use crate::lesson::Kind;
use crate::page::{self, COMFORTABLE, Line, Role, columns};

/// From here on there is room for the words and the picture beside each other.
const TWO_COLUMNS: u16 = 120;

/// Draws `show` as it is `now`.
pub fn draw(show: &Show, look: &Look, now: Duration, cells: &mut Buffer) {
    let look = Look {
        theme: Some(show.theme),
        ..*look
    };
    let area = cells.area;
    cells.set_style(area, look.style(Role::Plain));
    if show.cover() == Some(Cover::Blank) || area.width < 4 || area.height < 3 {
        return;
    }
    let [head, mut body, foot] = rows(area);
    put(
        &[header(show, head.width.into(), now, &look)],
        head,
        0,
        &look,
        cells,
    );
    put(
        &[footer(show, foot.width.into(), &look)],
        foot,
        0,
        &look,
        cells,
    );
    if show.cover() == Some(Cover::Keys) {
        return put(&keys(&look), inset(body), show.scroll, &look, cells);
    }
    if let (Some(cover), Some(addresses)) = (show.cover(), &show.addresses) {
        let area = inset(body);
        let page = look.page(area.width.into());
        let [join, host] = &show.codes;
        let code = if cover == Cover::Host { host } else { join };
        let rows = area.height.into();
        let lines = join::page(addresses, cover, code.as_ref(), show.theme, rows, &page);
        return put(&lines, area, show.scroll, &look, cells);
    }
    if show.notes {
        let lines = pane::notes(show, &look.page(inset(body).width.into()));
        let most = body.height / 3;
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(most);
        let below = Rect {
            y: body.bottom() - height,
            height,
            ..body
        };
        body.height = body.height.saturating_sub(height + 1);
        let rule = Rect {
            y: body.bottom(),
            height: 1,
            ..body
        };
        let line = Line::of(Role::Dim, &"─".repeat(rule.width.into()));
        put(&[line], rule, 0, &look, cells);
        put(&lines, inset(below), 0, &look, cells);
    }
    slide(show, &look, inset(body), cells);
}

/// The head, the slide, and the foot, with a blank line between them where there is room.
fn rows(area: Rect) -> [Rect; 3] {
    let gap = u16::from(area.height >= 16);
    let row = |y, height| Rect { y, height, ..area };
    [
        row(area.y, 1),
        row(area.y + 1 + gap, area.height.saturating_sub(2 + 2 * gap)),
        row(area.bottom() - 1, 1),
    ]
}

/// The wider the screen, the wider its margin.
fn inset(area: Rect) -> Rect {
    let margin = match area.width {
        0..60 => 1,
        60..TWO_COLUMNS => 3,
        _ => 5,
    };
    Rect {
        x: area.x + margin.min(area.width),
        width: area.width.saturating_sub(2 * margin),
        ..area
    }
}

fn slide(show: &Show, look: &Look, area: Rect, cells: &mut Buffer) {
    let width = usize::from(area.width);
    let rows = usize::from(area.height);
    let has_run = show.run().is_some();
    if let Some(language) = show.code {
        let code = |width: usize| pane::code(show, language, &look.page(width));
        if has_run && area.width + 10 >= TWO_COLUMNS {
            let gap = 4;
            let one = (area.width - gap) / 2;
            let left = Rect { width: one, ..area };
            let right = Rect {
                x: area.x + one + gap,
                width: area.width - gap - one,
                ..area
            };
            put(&code(one.into()), left, show.scroll, look, cells);
            let picture = result::picture(show, rows, &look.page(right.width.into()));
            return put(&picture, right, 0, look, cells);
        }
        return put(&code(width), area, show.scroll, look, cells);
    }
    if has_run {
        let lines = result::result(show, rows, &look.page(width));
        return put(&lines, area, show.scroll, look, cells);
    }
    let kind = show.step().map(|step| &step.kind);
    let width = match kind {
        Some(Kind::Code(_)) => width,
        _ => width.min(COMFORTABLE),
    };
    let (width, area) = beside_code(show, look, width, area, cells);
    let lines = pane::words(show, &look.page(width));
    let broken: usize = lines.iter().map(|line| within(line, area).len()).sum();
    let area = with_the_gaps(area, broken, cells.area);
    // Words that stand alone, and do not grow, stand in the middle.
    let down = match kind {
        None | Some(Kind::Prose(_)) => rows.saturating_sub(lines.len()) / 3,
        _ => 0,
    };
    let down = u16::try_from(down).unwrap_or(0);
    let area = Rect {
        y: area.y + down,
        height: area.height - down,
        ..area
    };
    put(&lines, area, show.scroll, look, cells);
}

/// The blank lines above and below, where the words need them.
fn with_the_gaps(area: Rect, lines: usize, all: Rect) -> Rect {
    let gap = area.y.saturating_sub(all.y + 1).min(1);
    let notes = area.bottom() + 2 < all.bottom();
    if lines <= area.height.into() || notes {
        return area;
    }
    Rect {
        y: area.y - gap,
        height: area.height + 2 * gap,
        ..area
    }
}

/// Where devices may vote, the code that leads there stands beside the question, if there is room for both.
fn beside_code(
    show: &Show,
    look: &Look,
    width: usize,
    area: Rect,
    cells: &mut Buffer,
) -> (usize, Rect) {
    let join = show.codes[0].as_ref().filter(|_| show.ballot().is_some());
    let page = look.page(area.width.into());
    let code = join.and_then(|join| join.lines(show.theme, &page));
    let Some(code) = code.filter(|code| code.len() <= area.height.into()) else {
        return (width, area);
    };
    let code_width = u16::try_from(code[0].width()).unwrap_or(u16::MAX);
    // A question in fewer columns takes more rows than there are.
    let Some(left @ 64..) = area.width.checked_sub(code_width.saturating_add(3)) else {
        return (width, area);
    };
    let right = Rect {
        x: area.right() - code_width,
        width: code_width,
        ..area
    };
    put(&code, right, 0, look, cells);
    (
        width.min(left.into()),
        Rect {
            width: left,
            ..area
        },
    )
}

/// Lines into an area, from the one at `skip` on. Where not all have room, the last row says how many are below.
fn put(lines: &[Line], area: Rect, skip: usize, look: &Look, cells: &mut Buffer) {
    let lines: Vec<_> = lines.iter().flat_map(|line| within(line, area)).collect();
    let mut height = usize::from(area.height);
    let scrolls = lines.len() > height && height > 1;
    if scrolls {
        height -= 1;
    }
    let skip = skip.min(lines.len().saturating_sub(height));
    for (row, line) in lines.iter().skip(skip).take(height).enumerate() {
        let y = area.y + u16::try_from(row).unwrap_or(u16::MAX);
        cells.set_line(area.x, y, &look.cells(line), area.width);
    }
    if scrolls {
        let told = match lines.len() - skip - height {
            0 => format!(" the end: {} ", ascii_arrows("↑", look)),
            below => format!(" {below} more: {} ", ascii_arrows("↓", look)),
        };
        let width = u16::try_from(columns(&told)).unwrap_or(u16::MAX);
        if width <= area.width {
            let style = look.style(Role::Plain).add_modifier(Modifier::REVERSED);
            cells.set_string(area.right() - width, area.bottom() - 1, told, style);
        }
    }
}

/// A line, or several where it is too wide: an address is otherwise never broken, but here nobody can click on it, and
/// what is cut off is lost.
fn within(line: &Line, area: Rect) -> Vec<Line> {
    let width = usize::from(area.width);
    if line.width() <= width {
        return vec![line.clone()];
    }
    let mut plain = Line::default();
    for (role, text) in line.pieces() {
        let role = match role {
            Role::Address => Role::Dim,
            other => *other,
        };
        plain.push(role, text);
    }
    page::wrap(&plain, width, &Line::default(), &Line::default())
}

fn header(show: &Show, width: usize, now: Duration, look: &Look) -> Line {
    let Some(lesson) = show.lesson() else {
        return Line::default();
    };
    let mut right = match show.run().map(|run| &run.origin) {
        Some(Origin::Replay) => Line::of(Role::Waiting, "REPLAY  "),
        Some(Origin::Rescue(_)) => Line::of(Role::Alarm, "RECORDED  "),
        _ => Line::default(),
    };
    if show.timer {
        let elapsed = show.elapsed(now).as_secs();
        let over = elapsed > u64::from(lesson.about.minutes) * 60;
        let told = format!(
            "{}:{:02} of {} min  ",
            elapsed / 60,
            elapsed % 60,
            lesson.about.minutes
        );
        right.push(if over { Role::Alarm } else { Role::Plain }, &told);
    }
    let place = format!("{}/{} ", show.place.slide, show.last());
    right.push(Role::Dim, &place);
    let title = format!(" {}", look.encode(&lesson.about.title));
    spread(&title, &right, width)
}

fn footer(show: &Show, width: usize, look: &Look) -> Line {
    if let Some(said) = &show.said {
        return Line::of(Role::Waiting, &format!(" {said}"));
    }
    let asks = !show.candidates().is_empty() && !show.is_answered();
    let quiz = matches!(
        show.step().map(|step| &step.kind),
        Some(Kind::Quiz(_) | Kind::Spot(_))
    );
    let act = if quiz { "enter answers" } else { "enter run" };
    let phase = show
        .slide()
        .map(|slide| slide.rounds.phase())
        .unwrap_or_default();
    let ask = match phase {
        Phase::Unasked => "p ask the room",
        Phase::Open(_) => "p close the round · 1-9 hands",
        Phase::Closed(VoteRound::First) => "p vote again",
        Phase::Closed(VoteRound::Second) => "P open it again",
    };
    let hint = match show.line() {
        _ if show.cover().is_some() => "any key goes on".to_owned(),
        _ if show.runs() => "esc stop".to_owned(),
        _ if show.has_more_to_say() => "space why · r again · + - knob · c code".to_owned(),
        // What comes next stands first: that is what is left where there is little room.
        _ if asks && phase == Phase::Closed(VoteRound::Second) => {
            format!("{act} · {ask} · space next")
        }
        _ if asks => format!("{ask} · {act} · space next"),
        _ if quiz => format!("{act} · space next"),
        Some(_) => "enter run · + - knob · space next".to_owned(),
        None => "space next · b back".to_owned(),
    };
    let keys = Line::of(Role::Dim, "? keys ");
    // Whole keys, as many as there is room for.
    let mut hint = &*hint;
    while columns(hint) + 2 + keys.width() > width {
        let Some((shorter, _)) = hint.rsplit_once(" · ") else {
            break;
        };
        hint = shorter;
    }
    spread(&format!(" {}", look.encode(hint)), &keys, width)
}

/// What may be overlooked at the left, and as much else at the right.
fn spread(left: &str, right: &Line, width: usize) -> Line {
    let room = width.saturating_sub(right.width());
    let mut text = String::new();
    for ch in left.chars() {
        let wide = unicode_width::UnicodeWidthChar::width(ch).unwrap_or(0);
        if columns(&text) + wide + 1 > room {
            break;
        }
        text.push(ch);
    }
    let gap = " ".repeat(room.saturating_sub(columns(&text)));
    let mut line = Line::of(Role::Dim, &text).with(Role::Plain, &gap);
    line.append(right);
    line
}

fn keys(look: &Look) -> Vec<Line> {
    let line = |(key, does): &(&str, &str)| {
        let key = format!("{:<9}", ascii_arrows(key, look));
        Line::of(Role::Name, &key).with(Role::Plain, does)
    };
    KEYS.iter().map(line).collect()
}

fn ascii_arrows(key: &str, look: &Look) -> String {
    if !look.ascii {
        return key.to_owned();
    }
    key.replace('→', "right")
        .replace('←', "left")
        .replace('↑', "up")
        .replace('↓', "down")
        .replace('–', "-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::classroom::{Ask, Key, News, Theme};
    use crate::lab::Trust;
    use crate::lesson::course;

    fn drawn(show: &Show, width: u16, height: u16, look: &Look) -> String {
        let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
        draw(show, look, Duration::from_secs(61), &mut cells);
        let rows = cells.content.chunks(width.max(1).into());
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>() + "\n")
            .collect()
    }

    fn show() -> Show {
        let lessons = course::builtin().unwrap().to_vec();
        Show::new(lessons, 0, Theme::Light, Trust::Own)
    }

    fn report() -> crate::report::Report {
        serde_json::from_str(include_str!("../../../examples/gather.json")).unwrap()
    }

    /// The lines of a screen between its head and its foot, as far as they scroll.
    fn scrolled(show: &mut Show, width: u16, height: u16) -> (bool, Vec<String>) {
        let look = Look::default();
        let mut lines = Vec::<String>::new();
        let mut scrolls = false;
        for _ in 0..200 {
            let screen = drawn(show, width, height, &look);
            // With the blank lines, which a slide takes that needs them.
            let body = screen.lines().skip(1).take(usize::from(height) - 2);
            let mut body: Vec<_> = body.map(|line| line.trim().to_owned()).collect();
            let last = body.last().cloned().unwrap_or_default();
            let badge = last.ends_with("more: ↓") || last.ends_with("the end: ↑");
            if badge {
                // It has the row for itself.
                assert!(last.len() < 20, "{last}");
                body.pop();
            }
            scrolls |= badge;
            let new = body
                .into_iter()
                .skip(lines.len().saturating_sub(show.scroll));
            lines.extend(new);
            if !last.ends_with("more: ↓") {
                break;
            }
            show.press(Key::Down, Duration::ZERO);
        }
        (scrolls, lines)
    }

    #[test]
    fn every_slide_fits_with_its_choices() {
        for (width, height) in [(80_u16, 24_u16), (120, 36)] {
            let mut show = show();
            let mut place = None;
            while place != Some(show.place) {
                place = Some(show.place);
                show.press(Key::Char('p'), Duration::ZERO);
                let (scrolls, lines) = scrolled(&mut show, width, height);
                let margin = if width < TWO_COLUMNS { 3 } else { 5 };
                let all = usize::from(width) - 2 * margin;
                let is_code = matches!(show.step().map(|step| &step.kind), Some(Kind::Code(_)));
                let room = if is_code { all } else { all.min(COMFORTABLE) };
                let page = Look::default().page(room);
                let words = pane::words(&show, &page);
                let area = Rect::new(0, 0, u16::try_from(all).unwrap(), 1);
                let words: Vec<_> = words.iter().flat_map(|it| within(it, area)).collect();
                let mut shown = lines.iter();
                for line in &words {
                    let line = line.to_string();
                    let line = line.trim();
                    assert!(
                        shown.any(|it| it == line),
                        "{place:?} {width}: {line}\n{lines:#?}"
                    );
                }
                let rows = usize::from(height) - 2;
                assert!(
                    !scrolls && words.len() <= rows,
                    "{place:?} {width}: {} lines, and {rows} rows: a line `---` makes two slides of one",
                    words.len()
                );
                show.press(Key::Next, Duration::ZERO);
            }
        }
    }

    #[test]
    fn the_result_is_as_wide_as_the_screen_and_no_lane_is_covered() {
        for (width, height) in [(80, 24), (120, 36)] {
            let mut show = show();
            let mut run = None;
            // The first slide of `gather` that predicts its wall time.
            while run.is_none() {
                show.press(Key::Next, Duration::ZERO);
                let asks = matches!(show.step().map(|step| &step.kind), Some(Kind::Predict(_)));
                if asks
                    && show.line().is_some_and(|line| line.starts_with("gather "))
                    && let Ask::Run(job) = show.press(Key::Enter, Duration::ZERO)
                {
                    run = Some(job);
                }
            }
            let number = run.unwrap().number;
            show.hear(number, News::Over(Box::new(report())));
            let screen = drawn(&show, width, height, &Look::default());
            assert!(screen.contains("fetch two"), "{screen}");
            assert!(!screen.contains("more: ↓"), "{screen}");
            let lane = screen
                .lines()
                .find(|line| line.contains("fetch two"))
                .unwrap();
            let end = columns(lane.trim_end());
            assert!(end + 6 >= usize::from(width), "{end}: {screen}");
        }
    }

    proptest! {
        /// Whatever is pressed, on whatever size of screen.
        #[test]
        fn nothing_makes_it_panic(keys in "[ bpP1290urvweW+sycnt.l?=\n-]{0,60}", phones: bool, width in 0_u16..200, height in 0_u16..60) {
            let report = report();
            let mut show = show();
            if phones {
                show = show.with_votes(crate::classroom::Addresses {
                    join: "http://192.168.178.21:8080/k7f3m2pq".to_owned(),
                    host: "http://192.168.178.21:8080/host?token=abcdefghijkmnpqrstuvwxyz23".to_owned(),
                    about: "Open: 192.168.178.21:8080 and no other address. Another: --listen ADDR".to_owned(),
                });
            }
            for ch in keys.chars() {
                let key = if ch == '\n' { Key::Enter } else { Key::Char(ch) };
                if let Ask::Run(job) = show.press(key, Duration::ZERO) {
                    show.hear(job.number, News::Over(Box::new(report.clone())));
                }
            }
            for ascii in [false, true] {
                let look = Look { ascii, color: true, ..Look::default() };
                let text = drawn(&show, width, height, &look);
                prop_assert!(!ascii || text.is_ascii(), "{}", text);
            }
        }
    }
}
