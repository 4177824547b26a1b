//! What there is, and what to run first.

use anyhow::Result;

use super::run::Ending;
use super::screen::{Screen, print};
use crate::concepts;
use crate::render::Paint;

/// `asyncdemo` alone.
///
/// # Errors
/// Where standard output cannot be written.
pub fn overview(screen: &Screen) -> Result<Ending> {
    let start = [
        ("asyncdemo gather", "1 s + 2 s takes 2 s. Why?", "6 s"),
        (
            "asyncdemo blocking-pitfall",
            "one blocking call, and all wait",
            "3 s",
        ),
        (
            "asyncdemo gather --code",
            "the code that runs, then the run",
            "6 s",
        ),
    ];
    let name = screen.out.paint(Paint::Name, "asyncdemo");
    let mut text = wrapped(
        screen,
        &format!("{name}    see async run: predict, run, look, understand"),
        "  ",
    );
    text += "\nStart here\n";
    text += &table(screen, 30, start);
    text += "\nConcepts\n";
    text += &concepts_table(screen);
    text += "\n";
    let help = wrapped(
        screen,
        "asyncdemo CONCEPT --help shows the knobs and examples.",
        "  ",
    );
    text += &help
        .lines()
        .map(|line| screen.out.paint(Paint::Dim, line) + "\n")
        .collect::<String>();
    print(&screen.out.encode(&text))?;
    Ok(Ending::Done)
}

/// `asyncdemo list`.
///
/// # Errors
/// Where standard output cannot be written.
pub fn list(screen: &Screen) -> Result<Ending> {
    print(&screen.out.encode(&concepts_table(screen)))?;
    Ok(Ending::Done)
}

fn concepts_table(screen: &Screen) -> String {
    table(
        screen,
        19,
        concepts::ALL
            .iter()
            .map(|entry| (entry.about.name, entry.about.question, "")),
    )
}

/// Names, what is to be said of each, and how long it takes: side by side, or one below the other
/// where the screen is narrow.
fn table<'a, R>(screen: &Screen, names: usize, rows: R) -> String
where
    R: IntoIterator<Item = (&'a str, &'a str, &'a str)> + Clone,
{
    let texts = rows
        .clone()
        .into_iter()
        .map(|(_, text, _)| text.len())
        .max()
        .unwrap_or_default();
    let times = rows
        .clone()
        .into_iter()
        .map(|(_, _, time)| time.len())
        .max()
        .unwrap_or_default();
    let gap = if times > 0 { 4 } else { 0 };
    let name = |text: &str| screen.out.paint(Paint::Name, text);
    let dim = |text: &str| screen.out.paint(Paint::Dim, text);
    let row = |(command, text, time): (&str, &str, &str)| {
        if 2 + names + texts + gap + times <= screen.out.width {
            let text = if times > 0 {
                format!("{text:<width$}", width = texts + gap)
            } else {
                text.to_owned()
            };
            format!(
                "  {}{text}{}\n",
                name(&format!("{command:<names$}")),
                dim(time)
            )
        } else {
            let time = if time.is_empty() {
                String::new()
            } else {
                format!(" ({time})")
            };
            format!(
                "  {}\n{}",
                name(command),
                wrapped(screen, &format!("    {text}{time}"), "    ")
            )
        }
    };
    rows.into_iter().map(row).collect()
}

fn wrapped(screen: &Screen, text: &str, indent: &str) -> String {
    textwrap::fill(
        text,
        textwrap::Options::new(screen.out.width.max(20)).subsequent_indent(indent),
    ) + "\n"
}
