//! What there is, and what to run first.

use anyhow::Result;
use serde::Serialize;

use super::run::Ending;
use super::screen::{FormatFlag, Screen, TextOrJson, print};
use crate::concepts;
use crate::lesson::course;
use crate::page::{Line, Role, in_columns, to_ansi};
use crate::units;

/// `asyncdemo` alone.
///
/// # Errors
/// Where standard output cannot be written.
pub fn overview(screen: &Screen) -> Result<Ending> {
    let lessons = units::count(course::sources().len(), "lesson", "lessons");
    let start = [
        ["asyncdemo gather", "1 s + 2 s takes 2 s. Why?", "6 s"],
        [
            "asyncdemo blocking-pitfall",
            "one blocking call, and all wait",
            "3 s",
        ],
        [
            "asyncdemo gather --code",
            "the code that runs, then the run",
            "6 s",
        ],
        ["asyncdemo tour", "every belief put to the test", "20 s"],
        [
            "asyncdemo learn",
            "the course, from the beginning",
            &lessons,
        ],
    ];
    let what = "    see async run: predict, run, look, understand";
    let name = Line::of(Role::Name, "asyncdemo").with(Role::Plain, what);
    let help = "asyncdemo CONCEPT --help shows the knobs and examples.";
    let text = [
        screen.out().filled(&name, "", "  "),
        table(screen, start),
        concepts_table(screen),
        screen.out().filled(&Line::of(Role::Dim, help), "", "  "),
    ];
    let [name, start, concepts, help] = text;
    print(&format!(
        "{name}\nStart here\n{start}\nConcepts\n{concepts}\n{help}"
    ))?;
    Ok(Ending::Done)
}

/// What may be asked of the list.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// How it is written.
    #[command(flatten)]
    pub output: FormatFlag,
}

/// `asyncdemo list`.
///
/// # Errors
/// Where standard output cannot be written.
pub fn list(options: &Options, screen: &Screen) -> Result<Ending> {
    let text = match options.output.format {
        TextOrJson::Text => concepts_table(screen),
        TextOrJson::Json => {
            let concepts = concepts::ALL.iter().map(Listed::of);
            serde_json::to_string(&concepts.collect::<Result<Vec<_>>>()?)? + "\n"
        }
    };
    print(&text)?;
    Ok(Ending::Done)
}

/// A concept as scripts see it.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: &'static str,
    question: &'static str,
    /// What this is called in Python: what is FastAPI's own says so.
    python: &'static str,
    strategies: Vec<ListedStrategy>,
}

#[derive(Serialize)]
struct ListedStrategy {
    name: &'static str,
    summary: String,
    /// Whether it runs when nobody chooses.
    default: bool,
}

impl Listed {
    fn of(entry: &concepts::Entry) -> Result<Self> {
        let about = entry.about;
        let strategies = (entry.strategies)(&[])?.into_iter();
        let listed = strategies.map(|strategy| ListedStrategy {
            name: strategy.name,
            summary: strategy.summary,
            default: strategy.by_default,
        });
        Ok(Self {
            name: about.name,
            title: about.title,
            question: about.question,
            python: about.python,
            strategies: listed.collect(),
        })
    }
}

fn concepts_table(screen: &Screen) -> String {
    let rows = concepts::ALL.iter();
    table(
        screen,
        rows.map(|entry| [entry.about.name, entry.about.question]),
    )
}

/// Names, and what is to be said of each.
fn table<'a, const N: usize>(
    screen: &Screen,
    rows: impl IntoIterator<Item = [&'a str; N]>,
) -> String {
    const ROLES: [Role; 3] = [Role::Name, Role::Plain, Role::Dim];
    let row = |row: [&str; N]| {
        let cells = ROLES.iter().zip(row);
        cells.map(|(role, text)| Line::of(*role, text)).collect()
    };
    let rows = rows.into_iter().map(row).collect();
    let style = screen.out();
    let lines = in_columns(None, rows, style.width.saturating_sub(2));
    let lines: Vec<_> = lines.iter().map(|line| line.indented(2)).collect();
    to_ansi(&lines, &style)
}
