//! `--code`: which source is shown, and where.

use super::screen::Screen;
use crate::concepts::{About, RegionError, Strategy, region};
use crate::lab::Code;
use crate::page::{self, Language, Source, Style, to_ansi};

/// From here on two sources have room beside each other.
const TWO_COLUMNS: usize = 120;

const RUNS: &str = "Rust: the code that runs";

/// What is shown before anything runs. The twin covers all strategies, so it stands here, once; beside
/// it stands the Rust of all that are `chosen`.
pub(super) fn in_front(
    code: Code,
    about: &About,
    chosen: &[Strategy],
    screen: &Screen,
) -> Result<String, RegionError> {
    let head = format!("Python: the same, in lessons/python/{}", about.python_file);
    let twin = Source {
        head: &head,
        text: about.twin,
        language: Language::Python,
    };
    let style = screen.out();
    match code {
        Code::Rust => Ok(String::new()),
        Code::Both if wide(&style) => {
            let mut regions: Vec<_> = region(about.source, "workload").into_iter().collect();
            for strategy in chosen {
                regions.push(region(about.source, strategy.name)?);
            }
            let runs = Source {
                head: RUNS,
                text: &regions.join("\n"),
                language: Language::Rust,
            };
            Ok(to_ansi(&page::beside(runs, twin, &style), &style) + "\n")
        }
        Code::Python | Code::Both => Ok(to_ansi(&page::headed(twin, &style), &style) + "\n"),
    }
}

/// What is shown before `strategy` runs; before the `first`, also what all of them share.
pub(super) fn before(
    code: Code,
    about: &About,
    strategy: &Strategy,
    first: bool,
    screen: &Screen,
) -> Result<String, RegionError> {
    let style = screen.out();
    if code == Code::Python || code == Code::Both && wide(&style) {
        return Ok(String::new());
    }
    let shown = |source| {
        let lines = page::code(source, Language::Rust, &style);
        to_ansi(&lines, &style) + "\n"
    };
    let own = shown(region(about.source, strategy.name)?);
    Ok(match region(about.source, "workload") {
        Ok(workload) if first => shown(workload) + &own,
        _ => own,
    })
}

fn wide(style: &Style) -> bool {
    style.width >= TWO_COLUMNS
}
