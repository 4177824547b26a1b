//! `--code`: which source is shown, and where.

use super::screen::Screen;
use crate::concepts::{About, Counterpart, RegionError, Strategy, python_of, region};
use crate::lab::Code;
use crate::page::{self, Language, Line, Source, Style, to_ansi};

/// From here on two sources have room beside each other.
const TWO_COLUMNS: usize = 120;

const RUNS: &str = "Rust: the code that runs";

/// The source that a run shows before it measures.
#[derive(Debug)]
pub(super) struct StrategyCode {
    code: Code,
    /// The whole Python file, in front of all.
    full: bool,
    /// What was shown already: what strategies share is shown once.
    told: Vec<String>,
}

impl StrategyCode {
    pub(super) fn new(code: Code, full: bool) -> Self {
        Self {
            code,
            full,
            told: Vec::new(),
        }
    }

    /// What is shown before anything runs: the whole Python file, if all is to be shown, beside the Rust of all that are
    /// `chosen`.
    pub(super) fn in_front(
        &self,
        about: &About,
        chosen: &[Strategy],
        screen: &Screen,
    ) -> Result<String, RegionError> {
        if !self.full {
            return Ok(String::new());
        }
        let head = python_head(about);
        let twin = python(&head, about.twin);
        let style = screen.out();
        match self.code {
            Code::Rust => Ok(String::new()),
            Code::Both if wide(&style) => {
                let mut regions: Vec<_> = region(about.source, "workload").into_iter().collect();
                for strategy in chosen {
                    regions.push(region(about.source, strategy.name)?);
                }
                let beside = page::beside(rust(&regions.join("\n")), twin, &style);
                Ok(to_ansi(&beside, &style) + "\n")
            }
            Code::Python | Code::Both => Ok(to_ansi(&page::headed(twin, &style), &style) + "\n"),
        }
    }

    /// What is shown before `strategy` runs: its function in each language, and what it shares with others, unless that
    /// was shown already.
    pub(super) fn before(
        &mut self,
        about: &About,
        strategy: &Strategy,
        screen: &Screen,
    ) -> Result<String, RegionError> {
        let style = screen.out();
        let has_rust = match self.code {
            Code::Rust => true,
            Code::Python => false,
            Code::Both => !(self.full && wide(&style)),
        };
        let has_python = self.code != Code::Rust && !self.full;
        let workload = region(about.source, "workload").ok();
        let own = region(about.source, strategy.name)?;
        let rust_parts = workload.into_iter().chain([own]).filter(|_| has_rust);
        let rust_parts = self.untold(rust_parts.map(str::to_owned).collect());
        let python_parts = match has_python {
            true => self.untold(in_python(about, strategy)),
            false => Vec::new(),
        };
        let head = python_head(about);
        let (rust_text, python_text) = (rust_parts.join("\n"), python_parts.join("\n\n"));
        let (rust, python) = (rust(&rust_text), python(&head, &python_text));
        let shown = |lines: Vec<Line>| to_ansi(&lines, &style) + "\n";
        Ok(match (has_rust, has_python) {
            (true, true) if wide(&style) => shown(page::beside(rust, python, &style)),
            (true, true) => {
                shown(page::headed(rust, &style)) + &shown(page::headed(python, &style))
            }
            (true, false) => {
                let parts = rust_parts.iter();
                let parts = parts.map(|part| shown(page::code(part, Language::Rust, &style)));
                parts.collect()
            }
            (false, true) => shown(page::headed(python, &style)),
            (false, false) => String::new(),
        })
    }

    /// What of these was not shown yet. From now on it was.
    fn untold(&mut self, parts: Vec<String>) -> Vec<String> {
        let new = |part: &String| !self.told.contains(part);
        let untold: Vec<String> = parts.into_iter().filter(new).collect();
        self.told.extend(untold.iter().cloned());
        untold
    }
}

fn rust(text: &str) -> Source<'_> {
    Source {
        head: RUNS,
        text,
        language: Language::Rust,
    }
}

fn python<'a>(head: &'a str, text: &'a str) -> Source<'a> {
    Source {
        head,
        text,
        language: Language::Python,
    }
}

fn python_head(about: &About) -> String {
    format!("Python: the same, in lessons/python/{}", about.python_file)
}

/// What a strategy is in Python, or a comment that says why it is nothing there.
fn in_python(about: &About, strategy: &Strategy) -> Vec<String> {
    match &strategy.python {
        Some(Counterpart::Twin(_)) => python_of(about.twin, strategy.name),
        Some(Counterpart::None(why)) => {
            vec![format!("# {} is in Rust alone: {why}", strategy.name)]
        }
        None => vec![about.twin.to_owned()],
    }
}

fn wide(style: &Style) -> bool {
    style.width >= TWO_COLUMNS
}
