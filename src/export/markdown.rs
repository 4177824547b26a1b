//! `--export-markdown`: what was compared as a table, the findings as a list, the lanes in a fence.

use std::io::{self, Write};

use super::exhibit::Exhibit;
use crate::page::{Style, to_ansi};
use crate::picture::{Picture, faster};
use crate::report::{Figure, Report, StrategyReport};
use crate::units;

pub(super) fn write(exhibits: &[Exhibit<'_>], out: &mut dyn Write) -> io::Result<()> {
    for (at, exhibit) in exhibits.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        one(exhibit, out)?;
    }
    Ok(())
}

fn one(exhibit: &Exhibit<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = exhibit.report;
    writeln!(out, "### {}\n", escaped(&exhibit.heading()))?;
    writeln!(out, "{}\n", escaped(&exhibit.origin()))?;
    let knobs = knobs(report);
    if !knobs.is_empty() {
        writeln!(out, "{}\n", knobs.join(" · "))?;
    }
    if report.partial {
        writeln!(out, "**Partial**: stopped before the end.\n")?;
    }
    table(exhibit, out)?;
    for finding in &report.findings {
        writeln!(out, "- {}", escaped(&finding.text))?;
    }
    if !report.findings.is_empty() {
        writeln!(out)?;
    }
    let lanes = lanes(exhibit);
    let fence = fence(&lanes);
    writeln!(out, "{fence}text\n{}\n{fence}", lanes.trim_end())
}

/// `requests = 10`, each as code; a knob that nobody set and that has no value is left out.
fn knobs(report: &Report) -> Vec<String> {
    let knobs = report.arguments.as_object().into_iter().flatten();
    let set = knobs.filter(|(_, value)| !value.is_null());
    set.map(|(name, value)| {
        let plain = |value: &serde_json::Value| match value.as_str() {
            Some(text) => text.to_owned(),
            None => value.to_string(),
        };
        let value = match value.as_array() {
            Some(several) => several.iter().map(plain).collect::<Vec<_>>().join(","),
            None => plain(value),
        };
        code(&format!("{} {value}", name.replace('_', "-")))
    })
    .collect()
}

fn table(exhibit: &Exhibit<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = exhibit.report;
    let figure = Some(exhibit.figure).filter(|figure| *figure != Figure::Wall);
    let (both, repeats) = (report.in_both(), report.repeats());
    let mut head = vec!["strategy"];
    if both {
        head.push("language");
    }
    head.push("wall");
    if repeats > 1 {
        head.push("spread");
    }
    head.extend(["ideal", "overhead"]);
    head.extend(figure.map(Figure::name));
    head.push("beside the first");
    let columns = head.len();
    writeln!(out, "| {} |", head.join(" | "))?;
    let words = 1 + usize::from(both);
    let rules = (0..columns).map(|at| if at < words { "---" } else { "---:" });
    writeln!(out, "| {} |", rules.collect::<Vec<_>>().join(" | "))?;
    for strategy in &report.strategies {
        let mut row = vec![code(&strategy.name)];
        if both {
            row.push(if strategy.is_twin() { "Python" } else { "Rust" }.to_owned());
        }
        let duration = |of: Option<crate::report::Seconds>| {
            of.map_or_else(String::new, |of| units::duration(of.0))
        };
        row.push(match &strategy.error {
            Some(error) => format!("failed: {}", escaped(error)),
            None => duration(strategy.wall()),
        });
        if repeats > 1 {
            row.push(spread(strategy));
        }
        row.push(duration(strategy.ideal_s));
        row.push(strategy.overhead_s.map(units::seconds).unwrap_or_default());
        if let Some(figure) = figure {
            let value = figure.of(strategy).map(|value| figure.shown(value));
            row.push(value.unwrap_or_default());
        }
        row.push(escaped(&faster(strategy)));
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    writeln!(out)
}

/// `1.001 s to 1.004 s`, of several runs.
fn spread(strategy: &StrategyReport) -> String {
    let walls = &strategy.wall_s;
    match (walls.iter().min(), walls.iter().max()) {
        (Some(least), Some(most)) => format!(
            "{} to {}",
            units::duration(least.0),
            units::duration(most.0)
        ),
        _ => String::new(),
    }
}

/// The lanes, and what their glyphs mean.
fn lanes(exhibit: &Exhibit<'_>) -> String {
    let report = exhibit.report;
    let style = Style::default();
    let ends = report.strategies.iter().map(|strategy| strategy.end().0);
    let end = ends.max().unwrap_or_default();
    let picture = Picture::new(style, report.slow_poll_s.0, end);
    let mut picture = picture.in_both(report.in_both(), exhibit.figure);
    let mut lines = picture.strategies(&report.strategies);
    lines.extend(picture.legend());
    to_ansi(&lines, &style)
}

/// Longer than any fence inside of `text`.
fn fence(text: &str) -> String {
    let runs = text.split(|ch| ch != '`').map(str::len);
    "`".repeat((runs.max().unwrap_or(0) + 1).max(3))
}

/// As code, whatever is in it.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    match text.contains('`') {
        true => {
            let ticks = fence(&text);
            format!("{ticks} {text} {ticks}")
        }
        false => format!("`{text}`"),
    }
}

/// Text that is text and no markup, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    for (at, ch) in chars.iter().enumerate() {
        let neighbour = |at: Option<usize>| {
            let found = at.and_then(|at| chars.get(at));
            found.is_some_and(|ch| ch.is_alphanumeric())
        };
        // Inside of a word it is no emphasis: `spawn_blocking`.
        let in_word = neighbour(at.checked_sub(1)) && neighbour(Some(at + 1));
        match ch {
            '\n' | '\r' => escaped.push(' '),
            '_' if in_word => escaped.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' => {
                escaped.push('\\');
                escaped.push(*ch);
            }
            ch if ch.is_control() => {}
            ch => escaped.push(*ch),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_no_markup() {
        assert_eq!(
            escaped("<b> | *x* _y_ spawn_blocking\n`c` [l](u)"),
            "\\<b\\> \\| \\*x\\* \\_y\\_ spawn_blocking \\`c\\` \\[l\\](u)"
        );
        assert_eq!(fence("no"), "```");
        assert_eq!(fence("a ```` b"), "`````");
        assert_eq!(code("a`b|c"), "``` a`b\\|c ```");
    }
}
