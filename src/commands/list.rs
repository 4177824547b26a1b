//! What there is, and what to run first.

use anyhow::Result;
use serde::Serialize;

use super::run::Ending;
use super::screen::{Screen, TextOrJson, print};
use crate::concepts;
use crate::page::{Line, Role};

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
        ("asyncdemo tour", "every belief put to the test", "20 s"),
        (
            "asyncdemo learn",
            "the course, from the beginning",
            "12 lessons",
        ),
    ];
    let name = Line::of(Role::Name, "asyncdemo");
    let name = name.with(
        Role::Plain,
        "    see async run: predict, run, look, understand",
    );
    let mut text = screen.out.filled(&name, "", "  ");
    text += "\nStart here\n";
    text += &table(screen, 30, start);
    text += "\nConcepts\n";
    text += &concepts_table(screen);
    text += "\n";
    let help = "asyncdemo CONCEPT --help shows the knobs and examples.";
    text += &screen.out.filled(&Line::of(Role::Dim, help), "", "  ");
    print(&screen.out.encode(&text))?;
    Ok(Ending::Done)
}

/// What may be asked of the list.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// The list as text for people, or as json for programs
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "What to show"
    )]
    pub format: TextOrJson,
}

/// `asyncdemo list`.
///
/// # Errors
/// Where standard output cannot be written.
pub fn list(options: &Options, screen: &Screen) -> Result<Ending> {
    let text = match options.format {
        TextOrJson::Text => screen.out.encode(&concepts_table(screen)),
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
    /// What this is called in FastAPI or asyncio.
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
    let name = |text: &str| screen.out.paint(Role::Name, text);
    let dim = |text: &str| screen.out.paint(Role::Dim, text);
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
                screen
                    .out
                    .filled(&Line::plain(&format!("{text}{time}")), "    ", "    ")
            )
        }
    };
    rows.into_iter().map(row).collect()
}
