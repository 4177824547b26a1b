//! `asyncdemo compare`: two reports beside each other.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{ValueEnum, ValueHint};
use serde_json::json;

use super::replay::read;
use super::run::Ending;
use super::screen::{Screen, complain, print, print_json};
use crate::page::{Line, Role, Style, in_columns, to_ansi, wrap};
use crate::report::{Change, ComparedStrategy, Report, Seconds, Versus};
use crate::units;

/// What may be asked of it.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  asyncdemo db --repeat 5 --export-json before.json
  asyncdemo db --repeat 5 --export-json after.json
  asyncdemo compare before.json after.json
  asyncdemo compare before.json after.json --fail-slower 10%

A difference counts where it lies beyond the spread of the runs: measure both with --repeat 5 or more.")]
pub struct Options {
    /// The report from before
    #[arg(value_name = "BEFORE", value_hint = ValueHint::FilePath)]
    pub before: PathBuf,

    /// The report from after
    #[arg(value_name = "AFTER", value_hint = ValueHint::FilePath)]
    pub after: PathBuf,

    /// Exit with 1 if a strategy became slower by more than this, as in 10%, or fails now: a check for CI
    #[arg(long, value_name = "PERCENT", value_parser = share, help_heading = "What to compare")]
    pub fail_slower: Option<f64>,

    /// Write text for people, markdown for an issue, or json for programs
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "What to show"
    )]
    pub format: ComparisonFormat,
}

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ComparisonFormat {
    /// For people.
    #[default]
    Text,
    /// For an issue or a pull request.
    Markdown,
    /// For programs.
    Json,
}

/// A share: 0.1 of `10%`.
fn share(text: &str) -> Result<f64, &'static str> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse() {
        Ok(percent @ 0.0..=10_000.0) => Ok(percent / 100.0),
        _ => Err("must be a percentage from 0% to 10000%, like 10%"),
    }
}

/// Compares two files.
///
/// # Errors
/// Where standard output cannot be written.
pub fn compare(options: &Options, screen: &Screen) -> Result<Ending> {
    let (before, after) = match both(options) {
        Ok(both) => both,
        Err(error) => {
            complain(&format!("asyncdemo: {error:#}.\n"));
            return Ok(Ending::UsageError);
        }
    };
    let pairs = after.iter().filter_map(|after| {
        let before = before.iter().find(|it| it.concept == after.concept)?;
        Some((before, after))
    });
    let pairs: Vec<_> = pairs
        .map(|(one, two)| (one, two, Versus::of(one, two)))
        .collect();
    if pairs.is_empty() {
        let concepts = |reports: &[Report]| {
            let names = reports.iter().map(|report| report.concept.clone());
            names.collect::<Vec<_>>().join(", ")
        };
        complain(&format!(
            "asyncdemo: nothing to compare: {} is of {}, {} of {}.\n",
            options.before.display(),
            concepts(&before),
            options.after.display(),
            concepts(&after),
        ));
        return Ok(Ending::UsageError);
    }
    match options.format {
        ComparisonFormat::Text => {
            let style = screen.out();
            let lines = pairs.iter().flat_map(|pair| text(pair, style));
            print(&to_ansi(&lines.collect::<Vec<_>>(), &style))?;
        }
        ComparisonFormat::Markdown => {
            let sections: Vec<_> = pairs.iter().map(markdown).collect();
            print(&sections.join("\n"))?;
        }
        ComparisonFormat::Json => {
            let concepts: Vec<_> = pairs.iter().map(|(_, _, versus)| versus).collect();
            let json = json!({ "schema": "asyncdemo.comparison/1", "concepts": concepts });
            print_json(&json.to_string())?;
        }
    }
    Ok(ending(options, pairs.iter().map(|(_, _, versus)| versus)))
}

fn both(options: &Options) -> Result<(Vec<Report>, Vec<Report>)> {
    let before = read(&options.before).context("the report from before")?;
    let after = read(&options.after).context("the report from after")?;
    Ok((before, after))
}

fn ending<'a>(options: &Options, all: impl Iterator<Item = &'a Versus>) -> Ending {
    let Some(limit) = options.fail_slower else {
        return Ending::Done;
    };
    let (mut worse, mut open, mut compared) = (Vec::new(), 0, 0);
    for versus in all {
        worse.extend(versus.worse(limit).map(|it| match it.verdict {
            Change::Slower => format!("{} by {}", called(it), percent(it.change)),
            _ => format!("{} fails", called(it)),
        }));
        let all = versus.strategies.iter();
        let undecided = all.clone().filter(|it| it.verdict == Change::NeedsRepeat);
        open += undecided.count();
        compared += all.filter(|it| it.change.is_some()).count();
    }
    if open > 0 {
        let open = units::count(open, "strategy has", "strategies have");
        complain(&format!(
            "asyncdemo: {open} no verdict: measure both with --repeat 5.\n"
        ));
    }
    if !worse.is_empty() {
        complain(&format!(
            "asyncdemo: slower than --fail-slower allows ({}): {}.\n",
            percent(Some(limit)),
            worse.join(", ")
        ));
        return Ending::Failed;
    }
    if compared == 0 {
        complain("asyncdemo: no strategy has a time in both reports: nothing was checked.\n");
        return Ending::Failed;
    }
    Ending::Done
}

/// A strategy, with its language and the number of its tasks where they tell it from others.
fn called(it: &ComparedStrategy) -> String {
    let mut name = it.name.clone();
    if it.language.is_some() {
        name += " in Python";
    }
    if let Some(tasks) = it.tasks {
        name += &format!(", {}", units::count(tasks, "task", "tasks"));
    }
    name
}

/// `+12 %`, `−0.4 %`.
fn percent(share: Option<f64>) -> String {
    let Some(share) = share else {
        return String::new();
    };
    let percent = share * 100.0;
    let decimals = usize::from(percent.abs() < 9.95);
    let shown = format!("{:.decimals$}", percent.abs());
    let zero = shown.chars().all(|ch| matches!(ch, '0' | '.'));
    let sign = match percent {
        _ if zero => "",
        0.0.. => "+",
        _ => "−",
    };
    format!("{sign}{shown} %")
}

/// The median, and how far several runs spread.
fn walls(walls: &[Seconds]) -> String {
    let mut walls = walls.to_vec();
    walls.sort();
    let middle = walls.len().checked_sub(1).map(|last| walls[last / 2]);
    let Some(median) = middle else {
        return String::new();
    };
    let median = units::duration(median.0);
    match (walls.first(), walls.last()) {
        (Some(least), Some(most)) if walls.len() > 1 => {
            let (least, most) = (units::duration(least.0), units::duration(most.0));
            format!("{median} ({least} to {most}, {} runs)", walls.len())
        }
        _ => median,
    }
}

fn words(it: &ComparedStrategy) -> String {
    let times = it.change.map_or(1.0, |change| change + 1.0);
    match it.verdict {
        Change::Slower => format!("{times:.2}× slower"),
        Change::Faster => format!("{:.2}× faster", 1.0 / times),
        Change::NoDifference => "no difference beyond the spread".to_owned(),
        Change::NeedsRepeat => "no verdict from so few runs: needs --repeat 5".to_owned(),
        Change::OtherWork => "not comparable: other tasks failed".to_owned(),
        Change::FailsNow => "fails now".to_owned(),
        Change::FailedBefore => "failed before".to_owned(),
        Change::NoTime => "did no work in one of them".to_owned(),
        Change::OnlyBefore => "only before".to_owned(),
        Change::OnlyAfter => "only after".to_owned(),
    }
}

fn role(verdict: Change) -> Role {
    match verdict {
        Change::Slower | Change::FailsNow => Role::Alarm,
        Change::Faster => Role::Literal,
        Change::NeedsRepeat | Change::OtherWork => Role::Waiting,
        _ => Role::Dim,
    }
}

fn text((before, after, versus): &(&Report, &Report, Versus), style: Style) -> Vec<Line> {
    let width = style.width.max(20);
    let tame = |text: &str| style.tame(text);
    let wrapped = |name: &str, role, text: &str| {
        let name = Line::of(Role::Name, &format!("{name:<8}"));
        let text = Line::of(role, &tame(text));
        wrap(&text, width, &name, &Line::plain("        "))
    };
    let mut lines =
        vec![Line::of(Role::Name, "compare ").with(Role::Plain, &tame(&versus.concept))];
    lines.extend(wrapped("before", Role::Dim, &before.origin()));
    lines.extend(wrapped("after", Role::Dim, &after.origin()));
    for difference in &versus.differences {
        lines.extend(wrapped("differs", Role::Waiting, difference));
    }
    lines.push(Line::default());
    let head = ["strategy", "before", "after", "change", ""].map(|text| Line::of(Role::Dim, text));
    let rows = versus.strategies.iter().map(|it| {
        vec![
            Line::of(Role::Name, &tame(&called(it))),
            Line::plain(&walls(&it.before_s)),
            Line::plain(&walls(&it.after_s)),
            Line::plain(&percent(it.change)),
            Line::of(role(it.verdict), &words(it)),
        ]
    });
    lines.extend(in_columns(Some(head.to_vec()), rows.collect(), width));
    lines.push(Line::default());
    lines
}

fn markdown((before, after, versus): &(&Report, &Report, Versus)) -> String {
    let plain = |text: &str| text.replace('|', "\\|").replace('<', "\\<");
    let mut text = format!(
        "### compare {}\n\n- before: {}\n- after: {}\n",
        plain(&versus.concept),
        plain(&before.origin()),
        plain(&after.origin())
    );
    for difference in &versus.differences {
        text += &format!("- differs: {}\n", plain(difference));
    }
    text += "\n| strategy | before | after | change | |\n| --- | ---: | ---: | ---: | --- |\n";
    for it in &versus.strategies {
        let cells = [
            format!("`{}`", called(it).replace('`', "'").replace('|', "\\|")),
            walls(&it.before_s),
            walls(&it.after_s),
            percent(it.change),
            words(it),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_and_written() {
        assert_eq!(share("10%"), Ok(0.1));
        assert_eq!(share("0.5"), Ok(0.005));
        for none in ["", "-1%", "nan%", "ten", "1e9%"] {
            assert!(share(none).is_err(), "{none}");
        }
        let said = [0.1, -0.004, 0.0, 0.00001, 2.0].map(|share| percent(Some(share)));
        assert_eq!(said, ["+10 %", "−0.4 %", "0.0 %", "0.0 %", "+200 %"]);
    }
}
