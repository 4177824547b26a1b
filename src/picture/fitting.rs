//! A run on a screen of so many lines: all of it, or its brief form, with as much as there is room for.

use super::text::Picture;
use crate::page::{Line, Style};
use crate::report::{Figure, Finding, Report, StrategyReport};

/// So many lanes of a strategy show enough: with fewer, the other strategies' findings make room for them.
const ENOUGH: usize = 6;

/// With fewer lanes, nothing is seen to overlap.
const TWO: usize = 2;

/// A report, and what its concept knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What was measured.
    pub report: &'a Report,
    /// What the strategies are compared by.
    pub figure: Figure,
    /// The strategy whose finding decides, if it ran.
    pub decides: Option<&'a str>,
    /// What else there is to try: below all of it, and below its brief form.
    pub more: [&'a str; 2],
}

impl<'a> Subject<'a> {
    /// A report of which no more is known than what it says.
    fn of(report: &'a Report) -> Self {
        Self {
            report,
            figure: Figure::Wall,
            decides: None,
            more: ["", ""],
        }
    }

    /// The place of the one finding that decides, if there is any.
    fn deciding(&self) -> Option<usize> {
        let all = &self.report.findings;
        let decides = |finding: &Finding| Some(finding.strategy.as_str()) == self.decides;
        all.iter().position(decides).or(all.len().checked_sub(1))
    }

    /// The places of the other findings: first what decides in Python, then those of the strategy with the longest bar.
    fn by_weight(&self) -> Vec<usize> {
        let strategies = self.report.strategies.iter();
        let valued = strategies.filter_map(|it| Some((self.figure.of(it)?, &it.name)));
        let longest = valued.max_by(|one, two| one.0.total_cmp(&two.0));
        let longest = longest.map(|(_, name)| name);
        let all = &self.report.findings;
        let (mut first, rest): (Vec<_>, Vec<_>) =
            (0..all.len()).partition(|at| Some(&all[*at].strategy) == longest);
        first.extend(rest);
        first.retain(|at| Some(*at) != self.deciding());
        // What decides in Rust, and the same in Python, belong together.
        first.sort_by_key(|at| {
            all[*at].language.is_none() || Some(&*all[*at].strategy) != self.decides
        });
        first
    }
}

impl Picture {
    /// A whole report, as it stands when nothing more is to come.
    pub fn report(report: &Report, style: Style) -> Vec<Line> {
        Self::whole(&Subject::of(report), style)
    }

    /// All of it where `rows` lines are enough, else its brief form: the legend and the axis first, then the lanes, the
    /// strategies compared, and what decides. With as many lanes as fit.
    pub fn fitting(subject: &Subject<'_>, style: Style, rows: usize) -> Vec<Line> {
        let mut whole = Self::whole(subject, style);
        let report = subject.report;
        let has_sizes = |it: &StrategyReport| report.sizes_of(it) > 1;
        // Of strategies with many sizes, each is a row anyway.
        if whole.len() < rows || report.strategies.iter().any(has_sizes) {
            // There is room for a gap below the head, too.
            whole.insert(0, Line::default());
            return whole;
        }
        let all = &subject.report.findings[..];
        let mut findings: Vec<usize> = subject.deciding().into_iter().collect();
        let drawn = |findings: &[usize], lanes, bars| {
            let findings: Vec<_> = findings.iter().map(|at| all[*at].clone()).collect();
            Self::in_brief(subject, &findings, Style { lanes, ..style }, bars)
        };
        // Of both languages each figure stands beside its lanes: bars are drawn where there is room for lanes, too.
        let bars = !subject.report.in_both() || drawn(&findings, TWO, true).len() <= rows;
        let page = |findings: &[usize], lanes| drawn(findings, lanes, bars);
        let fits = |findings: &[usize], lanes: &usize| page(findings, *lanes).len() <= rows;
        let lanes = (1..=ENOUGH).rev().find(|lanes| fits(&findings, lanes));
        let Some(mut lanes) = lanes else {
            return page(&findings, 1);
        };
        for at in subject.by_weight() {
            let mut more = findings.clone();
            more.push(at);
            more.sort_unstable();
            if fits(&more, &lanes) {
                findings = more;
            }
        }
        let more = (lanes + 1..=style.lanes).rev();
        lanes = more
            .clone()
            .find(|lanes| fits(&findings, lanes))
            .unwrap_or(lanes);
        page(&findings, lanes)
    }

    /// A whole report, as a pipe is given it.
    fn whole(subject: &Subject<'_>, style: Style) -> Vec<Line> {
        let mut text = Self::beside(subject, style);
        let mut lines = text.strategies(&subject.report.strategies);
        lines.extend(text.end(subject));
        lines
    }

    /// Every strategy with its lanes; of one that ran with several sizes, a row for each.
    pub fn strategies(&mut self, strategies: &[StrategyReport]) -> Vec<Line> {
        let groups = strategies.chunk_by(StrategyReport::is_same_as);
        let drawn = groups.flat_map(|rows| match rows {
            [one] => self.strategy(one),
            rows => {
                let each = rows.iter().enumerate();
                let mut lines: Vec<Line> = each
                    .flat_map(|(at, row)| self.grown(row, at == 0))
                    .collect();
                lines.extend(self.growth(rows, &[]));
                lines
            }
        });
        drawn.collect()
    }

    fn in_brief(
        subject: &Subject<'_>,
        findings: &[Finding],
        style: Style,
        bars: bool,
    ) -> Vec<Line> {
        let style = Style {
            brief: true,
            ..style
        };
        let mut text = Self::beside(subject, style);
        text.compared = true;
        let strategies = subject.report.strategies.iter();
        let lanes: Vec<Line> = strategies.flat_map(|it| text.strategy(it)).collect();
        let mut lines = text.legend();
        lines.extend(lanes);
        lines.extend(text.below(subject, findings, bars));
        lines.extend(text.alarm(subject.report));
        lines
    }

    /// What stands below the strategies: the comparison, the findings, what else there is, and the signs in words.
    pub fn end(&self, subject: &Subject<'_>) -> Vec<Line> {
        if self.style.brief {
            let deciding = subject
                .deciding()
                .map(|at| subject.report.findings[at].clone());
            let mut lines = self.legend();
            let bars = !subject.report.in_both();
            lines.extend(self.below(subject, deciding.as_slice(), bars));
            lines.extend(self.alarm(subject.report));
            return lines;
        }
        let mut lines = self.below(subject, &subject.report.findings, true);
        if !subject.report.partial {
            lines.extend(self.legend());
        }
        lines.extend(self.alarm(subject.report));
        lines
    }

    fn below(&self, subject: &Subject<'_>, findings: &[Finding], bars: bool) -> Vec<Line> {
        if subject.report.partial {
            return self.remark(super::PARTIAL);
        }
        let mut lines = match bars {
            true => self.comparison(&subject.report.strategies, subject.figure),
            false => Vec::new(),
        };
        if self.style.brief {
            // The sentence belongs to the bars: no gap between them.
            lines.pop();
        }
        if subject.figure == Figure::BytesEach {
            lines.extend(self.allocator(subject.report.program.as_ref()));
        }
        lines.extend(self.findings(findings));
        if !self.style.brief {
            lines.extend(self.only_in_rust(&subject.report.only_in_rust));
        }
        lines.extend(self.remark(subject.more[usize::from(self.style.brief)]));
        lines
    }

    fn beside(subject: &Subject<'_>, style: Style) -> Self {
        let strategies = subject.report.strategies.iter();
        let ends = strategies.map(|strategy| strategy.end().0).max();
        let slow_poll = subject.report.slow_poll_s.0;
        let text = Self::new(style, slow_poll, ends.unwrap_or_default());
        text.in_both(subject.report.in_both(), subject.figure)
    }
}
