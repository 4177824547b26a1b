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
    let name = |text: &str| screen.out.paint(Paint::Name, text);
    let start = [
        ("asyncdemo gather", "1 s + 2 s takes 2 s. Why?", "6 s"),
        ("asyncdemo blocking-pitfall", "one blocking call, and all wait", "3 s"),
        ("asyncdemo gather --code", "the code that runs, then the run", "6 s"),
    ];
    let mut text = format!("{}    see async run: predict, run, look, understand\n\nStart here\n", name("asyncdemo"));
    for (command, what, time) in start {
        text += &format!("  {} {what:<36}{}\n", name(&format!("{command:<29}")), screen.out.paint(Paint::Dim, time));
    }
    text += "\nConcepts\n";
    text += &concepts_table(screen);
    text += &screen.out.paint(Paint::Dim, "\nasyncdemo CONCEPT --help shows the knobs and examples.");
    print(&screen.out.encode(&(text + "\n")))?;
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
    let row = |entry: &concepts::Entry| {
        let name = screen.out.paint(Paint::Name, &format!("{:<19}", entry.about.name));
        format!("  {name}{}\n", entry.about.question)
    };
    concepts::ALL.iter().map(row).collect()
}
