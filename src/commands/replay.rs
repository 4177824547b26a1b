//! `asyncdemo replay`: a run as it was, from its report.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::ValueHint;

use super::echo::Quiet;
use super::exports::{Exports, Whole, exhibit};
use super::live::{Live, in_brief};
use super::run::Ending;
use super::screen::{Screen, complain};
use crate::concepts;
use crate::lab::{FRAME, Stop};
use crate::page::{Line, Role, Style, to_ansi, wrap};
use crate::picture::{Picture, Subject};
use crate::report::{Report, StrategyReport};

/// What may be asked of it.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  asyncdemo gather --export-json gather.json
  asyncdemo replay gather.json
  asyncdemo replay gather.json --speed 0.25
  asyncdemo replay gather.json --export-html gather.html

Nothing runs: what is drawn was measured when the report was made.")]
pub struct Options {
    /// The report, as --export-json or --format json writes it
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// How fast, where 1 is as it was and 0.25 a quarter of that: from 0.001 to 1000
    #[arg(
        long,
        value_name = "TIMES",
        value_parser = speed,
        default_value = "1",
        help_heading = "What to show"
    )]
    pub speed: f64,

    /// Show the end at once
    #[arg(long, short, help_heading = "What to show")]
    pub quiet: bool,

    /// What is written beside the screen.
    #[command(flatten)]
    pub exports: Exports,
}

/// How much faster than it was.
fn speed(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(times @ 0.001..=1000.0) => Ok(times),
        _ => Err("must be a number from 0.001 to 1000"),
    }
}

/// No report that is read is larger, in bytes.
const LARGEST: u64 = 512 * 1024 * 1024;

/// The reports in this file.
///
/// # Errors
/// Which file it is, and what is wrong with it, where.
pub(super) fn read(file: &Path) -> Result<Vec<Report>> {
    let named = || format!("{}", file.display());
    let opened = File::open(file).with_context(named)?;
    let mut json = Vec::new();
    let read = opened.take(LARGEST + 1).read_to_end(&mut json);
    read.with_context(named)?;
    if json.len() as u64 > LARGEST {
        anyhow::bail!("{}: it is larger than 512 MiB", file.display());
    }
    Report::list_from_json(&json).with_context(named)
}

/// Plays what is in a file.
///
/// # Errors
/// Where standard output cannot be written, or an export.
pub fn replay(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let reports = match read(&options.file) {
        Ok(reports) => reports,
        Err(error) => {
            complain(&format!("asyncdemo: {error:#}.\n"));
            return Ok(Ending::Failed);
        }
    };
    for (at, report) in reports.iter().enumerate() {
        if at > 0 {
            options.exports.print("\n")?;
        }
        play(report, options, screen, stop)?;
        if let Some(signal) = stop.signal() {
            return Ok(Ending::Stopped(signal));
        }
    }
    options.exports.write(&reports, Whole::Yes)?;
    Ok(Ending::Done)
}

fn play(report: &Report, options: &Options, screen: &Screen, stop: &Stop) -> Result<()> {
    let shown = exhibit(report);
    let style = screen.out();
    let head = head(report, shown.title, options.speed, style);
    options.exports.print(&to_ansi(&head, &style))?;
    if !options.quiet {
        let both = report.in_both().then_some(shown.figure);
        let live = screen.live().map(|live| match screen.rows() {
            Some(rows) => in_brief(live, rows, report.strategies.len(), both.is_some()),
            None => live,
        });
        let ends = report.strategies.iter().map(|strategy| strategy.end().0);
        let expected = ends.max().unwrap_or_default();
        let mut live = Live::new(live, report.slow_poll_s.0, expected, both);
        if live.is_watched() {
            let _quiet = Quiet::begin();
            again(report, options.speed, &mut live, stop);
        }
    }
    if stop.signal().is_some() {
        return Ok(());
    }
    let subject = Subject {
        report,
        figure: shown.figure,
        decides: deciding(report),
        more: ["", ""],
    };
    // What was typed, and the prompt.
    let rows = screen.rows();
    let rows = rows.map_or(usize::MAX, |rows| rows.saturating_sub(head.len() + 2));
    let lines = Picture::fitting(&subject, style, rows);
    Ok(options.exports.print(&to_ansi(&lines, &style))?)
}

/// The strategy whose finding decides, where it ran.
fn deciding(report: &Report) -> Option<&str> {
    let entry = concepts::find(&report.concept).ok()?;
    let strategies = (entry.strategies)(&[]).ok()?;
    let refuting = strategies.iter().find(|it| it.refutes_belief)?;
    let mut ran = report.strategies.iter();
    ran.find(|it| it.name == refuting.name).map(|it| &*it.name)
}

/// That it is no run, and whose it was.
fn head(report: &Report, title: &str, speed: f64, style: Style) -> Vec<Line> {
    let width = style.width.max(20);
    let mark = Line::of(Role::Waiting, "REPLAY  ");
    let mut text = Line::of(Role::Name, &style.tame(&report.concept));
    if !title.is_empty() {
        text = text.with(Role::Plain, &format!("  {title}"));
    }
    text.push(Role::Dim, &style.tame(&format!("  {}", report.origin())));
    if speed != 1.0 {
        text.push(Role::Dim, &format!(" · at {speed} × its speed"));
    }
    let mut lines = wrap(&text, width, &mark, &Line::plain("        "));
    if report.strategies.is_empty() {
        lines.push(Line::of(Role::Dim, "no strategy ran in it"));
    }
    lines
}

/// Draws it as it grew.
fn again(report: &Report, speed: f64, live: &mut Live, stop: &Stop) {
    let mut done: Vec<StrategyReport> = Vec::new();
    for strategy in &report.strategies {
        // Of many sizes each had a process of its own, and nobody saw it grow.
        if report.sizes_of(strategy) > 1 {
            continue;
        }
        live.begin();
        let begun = Instant::now();
        loop {
            let now = begun.elapsed().mul_f64(speed);
            if now >= strategy.end().0 {
                break;
            }
            let drawing = Instant::now();
            live.see(&done, Some(&strategy.until(now)));
            // A picture of a million tasks takes its time.
            let rest = FRAME.max(drawing.elapsed() * 4);
            let left = (strategy.end().0 - now).div_f64(speed);
            thread::park_timeout(rest.min(left).max(Duration::from_millis(1)));
            if stop.signal().is_some() {
                return live.end();
            }
        }
        live.end();
        done.push(strategy.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_number_that_moves() {
        assert_eq!(speed("0.25"), Ok(0.25));
        for none in ["0", "-1", "nan", "inf", "1e9", "fast", ""] {
            assert!(speed(none).is_err(), "{none}");
        }
    }
}
