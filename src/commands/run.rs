//! Runs the strategies of one concept, shows them, and says what they showed.

use std::time::Duration;

use anyhow::Result;

use super::code::StrategyCode;
use super::echo::{self, Quiet};
use super::live::{Live, in_brief};
use super::screen::{PrintError, Screen, complain, print, print_json};
use crate::concepts::{Sizes, Strategy, Twin};
use crate::lab::{Audience, Format, Invocation, Options, Stop, Twins};
use crate::page::{Line, Style, to_ansi};
use crate::picture::{self, Picture, Subject};
use crate::report::{Report, StrategyReport};
use crate::units;

/// A run that takes longer says so first.
const LONG: Duration = Duration::from_secs(60);

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every strategy ran.
    Done,
    /// A strategy failed, or more than half of its tasks did; the others ran.
    Failed,
    /// What was typed cannot be done so; why was said.
    UsageError,
    /// This signal stopped it.
    Stopped(i32),
    /// A program that was watched ended with this code.
    Exit(u8),
}

/// Runs a concept, shows it, and returns what was measured.
///
/// # Errors
/// Where standard output cannot be written, and where it cannot run in Python, which was asked for.
pub fn run(
    invocation: &Invocation,
    setting: Setting,
    screen: &Screen,
    stop: &Stop,
) -> Result<(Report, Ending)> {
    let _quiet = watched(&invocation.options, screen).map(|_| Quiet::begin());
    let (chosen, others) = invocation.choose();
    let twins = invocation.twins()?;
    let mut session = Session::new(invocation, setting, screen, &chosen);
    session.interpreter = twins.as_ref().map(Twins::interpreter);
    let sizes = invocation.sizes().filter(|_| setting == Setting::Alone);
    session.head(&chosen, sizes)?;
    let report = match sizes {
        Some(sizes) => invocation.measure_sizes(sizes, twins.as_ref(), stop, &mut session)?,
        None => invocation.measure_with(twins.as_ref(), stop, &mut session)?,
    };
    session.end(&report, &chosen, &others)?;
    let ending = Ending::of(&report, stop);
    Ok((report, ending))
}

/// On so many lines there is room for lanes below the rows of a strategy that ran with many sizes.
const ROOMY: usize = 60;

/// So many lines of the screen are not the run's: the command line above it and the prompt below.
const SHELL: usize = 2;

/// And in a lesson: what it says to the run, and its next question.
const LESSON: usize = 6;

/// Where a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// By itself: with what could be tried next.
    Alone,
    /// Within a lesson: nothing beside the run itself.
    Lesson,
}

impl Ending {
    fn of(report: &Report, stop: &Stop) -> Self {
        let mut strategies = report.strategies.iter();
        match stop.signal() {
            Some(signal) => Self::Stopped(signal),
            None if strategies.any(StrategyReport::failed) => Self::Failed,
            None => Self::Done,
        }
    }
}

/// What is written while the strategies run: nothing but the report at the end, if that is JSON.
struct Session<'a> {
    invocation: &'a Invocation,
    setting: Setting,
    screen: &'a Screen,
    text: Picture,
    live: Live,
    /// The source that is shown before it runs, if it is.
    code: Option<StrategyCode>,
    /// Whether all is drawn at the end: as much of it as fits.
    fits: bool,
    /// How many lines the head has.
    head_lines: usize,
    /// Whether each row counts, although each strategy is printed when it has run.
    packed: bool,
    /// What has run and is drawn at the end.
    done: Vec<StrategyReport>,
    /// What runs the Python side, if that runs.
    interpreter: Option<String>,
}

impl<'a> Session<'a> {
    fn new(
        invocation: &'a Invocation,
        setting: Setting,
        screen: &'a Screen,
        chosen: &[Strategy],
    ) -> Self {
        let options = &invocation.options;
        let both = options.python.is_some();
        let figure = invocation.set.about.figure;
        let twins = chosen.iter().filter(|_| both);
        let twins = twins.filter_map(|it| Some((it.in_python()?, it)));
        let twins = twins.filter_map(|(twin, it)| twin.ideal_beside(it.ideal).max(twin.goes_on));
        let ideals = chosen.iter().filter_map(|strategy| strategy.ideal);
        let ideals = ideals.chain(twins);
        let expected = ideals.max().unwrap_or_default();
        // A little room, so that an overhead of milliseconds does not give each strategy an axis of its own.
        let expected = expected + expected / 30;
        let slow_poll = *options.slow_poll;
        let rows = screen
            .rows()
            .filter(|_| !options.full && invocation.sizes().is_none());
        let in_brief = |style: Style| match rows {
            Some(rows) => in_brief(style, rows, chosen.len(), both),
            None => style,
        };
        let live = watched(options, screen).map(in_brief);
        // Rows are printed as they come, so what is left out of them is known before.
        let brief = invocation.sizes().is_some() && !options.full;
        let out = Style {
            brief: brief && screen.rows().is_some_and(|rows| rows < ROOMY),
            ..screen.out()
        };
        // Where nothing grows on the screen, each strategy is printed as soon as it has run: to see nothing until the
        // last one has would look like a program that hangs.
        let low = rows.is_some_and(|rows| rows < ROOMY);
        let out = if live.is_none() && low {
            in_brief(out)
        } else {
            out
        };
        Self {
            invocation,
            setting,
            screen,
            text: Picture::new(out, slow_poll, expected).in_both(both, figure),
            fits: live.is_some() && rows.is_some(),
            head_lines: 0,
            live: Live::new(live, slow_poll, expected, both.then_some(figure)),
            code: options
                .code
                .map(|code| StrategyCode::new(code, options.full)),
            packed: out.brief && !brief,
            done: Vec::new(),
            interpreter: None,
        }
    }

    fn print(&self, text: &str) -> Result<()> {
        let options = &self.invocation.options;
        if options.format != Format::Text {
            return Ok(());
        }
        match print(text) {
            Err(PrintError::NobodyReads) if options.exported => Ok(()),
            printed => Ok(printed?),
        }
    }

    fn show(&self, lines: &[Line]) -> Result<()> {
        self.print(&to_ansi(lines, &self.screen.out()))
    }

    fn head(&mut self, chosen: &[Strategy], sizes: Option<&Sizes>) -> Result<()> {
        let about = &self.invocation.set.about;
        let right = match &self.interpreter {
            Some(interpreter) => format!("Rust and {interpreter}"),
            None => format!("in Python: {}", about.python),
        };
        let mut head = self.text.head(about.name, about.title, &right);
        let foreword = self.foreword(sizes);
        if !foreword.is_empty() {
            head.extend([vec![Line::default()], foreword].concat());
        }
        self.head_lines = head.len();
        if !self.fits && !self.packed {
            head.push(Line::default());
        }
        self.show(&head)?;
        match &self.code {
            Some(code) => self.print(&code.in_front(about, chosen, self.screen)?),
            None => Ok(()),
        }
    }

    /// How long it takes, where that is long, and what the concept has to say first.
    fn foreword(&self, sizes: Option<&Sizes>) -> Vec<Line> {
        let ideal = match sizes {
            Some(sizes) => self.invocation.ideal_of(sizes),
            None => self.invocation.ideal(),
        };
        let long = (ideal > LONG).then(|| {
            format!(
                "This takes {} or longer. Ctrl-C stops it and shows what was measured until then.",
                units::long(ideal)
            )
        });
        if self.invocation.options.format != Format::Text {
            // The report alone is on standard output.
            let long = long.iter().flat_map(|long| self.text.remark(long));
            complain(&to_ansi(&long.collect::<Vec<_>>(), &Style::default()));
            return Vec::new();
        }
        let words = long.into_iter().chain(self.invocation.set.foreword.clone());
        match words.collect::<Vec<_>>().join(" ") {
            words if words.is_empty() => Vec::new(),
            words => self.text.remark(&words),
        }
    }

    /// The report as JSON, if that was asked for. Otherwise what is not yet on the screen.
    fn end(&mut self, report: &Report, chosen: &[Strategy], others: &[Strategy]) -> Result<()> {
        let format = self.invocation.options.format;
        if format != Format::Text {
            if let Some(failed) = picture::failures_in_words(&report.strategies) {
                complain(&format!("asyncdemo: {failed}\n"));
            }
            return match format {
                Format::Json => print_report(report),
                _ => Ok(()),
            };
        }
        self.text.resize(self.screen.out().width);
        let refuting = chosen.iter().find(|strategy| strategy.refutes_belief);
        let (all, brief) = match self.setting {
            Setting::Alone => (self.more(others), self.in_brief(others)),
            Setting::Lesson => (String::new(), String::new()),
        };
        let subject = Subject {
            report,
            figure: self.invocation.set.about.figure,
            decides: refuting.map(|strategy| strategy.name),
            more: [&all, &brief],
        };
        match self.room() {
            Some(rows) => self.show(&Picture::fitting(&subject, self.screen.out(), rows)),
            None => self.show(&self.text.end(&subject)),
        }
    }

    /// How many lines there are below the head, in the window as it is now, where all is drawn at the end.
    fn room(&self) -> Option<usize> {
        let beside = match self.setting {
            Setting::Alone => SHELL,
            Setting::Lesson => LESSON,
        };
        let rows = self.screen.rows().filter(|_| self.fits)?;
        Some(rows.saturating_sub(self.head_lines + beside))
    }

    /// What else there is to try.
    fn more(&self, others: &[Strategy]) -> String {
        let mut more = Vec::new();
        if !others.is_empty() {
            let names: Vec<_> = others.iter().map(|strategy| strategy.name).collect();
            more.push(format!("More strategies (--all): {}", names.join(", ")));
        }
        more.extend(self.invocation.set.next.map(str::to_owned));
        if self.invocation.options.code.is_none() {
            more.push("the code: --code, with Python beside it: --code=both".to_owned());
        }
        more.join(" · ")
    }

    /// How to get the rest, in a line.
    fn in_brief(&self, others: &[Strategy]) -> String {
        let mut more = vec!["Every figure: --full".to_owned()];
        if !others.is_empty() {
            let others = units::count(others.len(), "more strategy", "more strategies");
            more.push(format!("{others}: --all"));
        }
        if self.invocation.options.code.is_none() {
            more.push("the code: --code".to_owned());
        }
        more.join(" · ")
    }

    /// Begins a picture with what has run: while the next strategy is prepared, nobody looks at an empty screen.
    fn show_what_is_done(&mut self) {
        self.live.begin();
        if !self.done.is_empty() {
            self.live.see(&self.done, None);
        }
    }
}

/// The report as JSON.
pub(super) fn print_report(report: &Report) -> Result<()> {
    let mut json = Vec::new();
    picture::json(report, &mut json)?;
    Ok(print_json(&String::from_utf8_lossy(&json))?)
}

/// How what happens is shown while it happens, if somebody looks.
fn watched(options: &Options, screen: &Screen) -> Option<Style> {
    let wanted = options.format != Format::Json && !options.quiet;
    screen.live().filter(|_| wanted)
}

impl Audience for Session<'_> {
    fn before(&mut self, strategy: &Strategy) -> Result<()> {
        if let Some(code) = &mut self.code {
            let about = &self.invocation.set.about;
            let text = code.before(about, strategy, self.screen)?;
            self.print(&text)?;
        }
        self.show_what_is_done();
        Ok(())
    }

    fn before_twin(&mut self, _strategy: &Strategy, _twin: &Twin) -> Result<()> {
        self.show_what_is_done();
        Ok(())
    }

    fn watches(&self) -> bool {
        self.live.is_watched()
    }

    fn see(&mut self, so_far: StrategyReport) {
        self.live.see(&self.done, Some(&so_far));
    }

    fn after(&mut self, report: &StrategyReport) -> Result<()> {
        self.live.end();
        if self.setting == Setting::Lesson {
            echo::forget();
        }
        if self.fits {
            self.done.push(report.clone());
            return Ok(());
        }
        self.text.resize(self.screen.out().width);
        let block = self.text.strategy(report);
        self.show(&block)
    }

    fn waits(&mut self, strategy: &Strategy, size: usize, since: Duration) {
        let (size, seconds) = (units::whole(size), since.as_secs());
        let told = format!("  {} with {size} … {seconds} s", strategy.name);
        self.live.say(&told);
    }

    fn after_size(&mut self, rows: &[StrategyReport]) -> Result<()> {
        let Some(row) = rows.last() else {
            return Ok(());
        };
        self.live.end();
        self.text.resize(self.screen.out().width);
        let grown = self.text.grown(row, rows.len() == 1);
        self.show(&grown)?;
        self.live.begin();
        Ok(())
    }

    fn after_sizes(&mut self, rows: &[StrategyReport], untried: &[usize]) -> Result<()> {
        self.live.end();
        self.text.resize(self.screen.out().width);
        let block = self.text.growth(rows, untried);
        self.show(&block)
    }
}
