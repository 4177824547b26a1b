//! `asyncdemo course site`: runs every line of a course once, and writes it as pages.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::check::line;
use super::folder::SiteFolder;
use crate::commands::exports::exhibit;
use crate::commands::lessons;
use crate::commands::screen::{Screen, print};
use crate::commands::status_line::StatusLine;
use crate::export::{Exhibit, FORMATS};
use crate::lab::{Bound, Invocation, Stop, Trust};
use crate::lesson::{CodeLanguage, Kind, Lesson, Problem, RUNS, Step, course, value};
use crate::page::{Role, cleaned};
use crate::report::Report;
use crate::site::{SiteCode, SiteCourse, SiteRun, pages};
use crate::units;

/// The knobs of `course site`.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct SiteOptions {
    /// Where the pages go: a new directory, an empty one, or a site made before
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,

    /// Make the pages of the course in this directory, instead of the built-in one
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, help_heading = "What to make")]
    course: Option<PathBuf>,

    /// Stop after so long [default: 10m for a course from a directory; the built-in one takes what it takes]
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = humantime::parse_duration,
        help_heading = "What to make"
    )]
    at_most: Option<Duration>,
}

/// How it ended.
pub(super) enum Site {
    /// The pages are there; so many runs failed.
    Made { failed: usize },
    /// A signal came first, and nothing was written.
    Stopped(i32),
}

/// A run that is wanted, and of which step.
struct Wanted<'a> {
    line: String,
    step: &'a Step,
    run: Invocation,
}

/// Makes the pages. Nothing is written before every line has been run.
///
/// # Errors
/// Where the course cannot be played, the folder cannot be written, or the time is over.
pub(super) fn site(
    options: &SiteOptions,
    foreign: Duration,
    screen: &Screen,
    stop: &Stop,
) -> Result<Site> {
    let (lessons, trust) = lessons::of(options.course.as_deref())?;
    let lessons = &*lessons;
    let wanted: Vec<_> = lessons
        .iter()
        .map(|lesson| wanted(lesson, trust))
        .collect::<Result<_, _>>()?;
    let names = lessons
        .iter()
        .map(|lesson| format!("{}.html", lesson.stem()));
    let names: Vec<_> = names.chain(["index.html".to_owned()]).collect();
    let folder = SiteFolder::prepare(&options.folder, &names)?;
    let identity = match &options.course {
        None => "asyncdemo".to_owned(),
        Some(folder) => course::identity(folder, lessons),
    };
    let foreign = (trust == Trust::Foreign).then_some(foreign);
    let mut keeper = RunKeeper {
        runs: HashMap::new(),
        stop,
        time: Bound::new(options.at_most.or(foreign)),
        line: StatusLine::new(screen.live()),
        failed: 0,
    };
    let begin = Instant::now();
    let style = screen.out();
    for (at, (lesson, wanted)) in lessons.iter().zip(&wanted).enumerate() {
        let begun = Instant::now();
        if let Some(signal) = keeper.lesson(lesson, wanted, (at, lessons.len()))? {
            return Ok(Site::Stopped(signal));
        }
        let name = style.paint(Role::Name, &format!("{:<15}", lesson.name));
        let runs = units::count(wanted.len(), "run", "runs");
        let took = begun.elapsed().as_secs_f64();
        print(&style.encode(&format!("{name} {runs} · {took:.1} s\n")))?;
    }
    let failed = keeper.failed;
    let runs = keeper.runs;
    let ran = runs.len();
    let course = SiteCourse {
        identity,
        lessons,
        runs,
    };
    folder.write(&pages(&course))?;
    let failures = match failed {
        0 => String::new(),
        failed => format!(" ({} failed: the pages say so)", units::whole(failed)),
    };
    print(&style.encode(&format!(
        "{}, {}{failures}, {:.1} s\nOpen {} in a browser. It needs no server and no network.\n",
        units::count(lessons.len(), "lesson", "lessons"),
        units::count(ran, "recorded run", "recorded runs"),
        begin.elapsed().as_secs_f64(),
        cleaned(&options.folder.join("index.html").display().to_string()),
    )))?;
    Ok(Site::Made { failed })
}

/// Every line of a lesson, before anything runs.
fn wanted(lesson: &Lesson, trust: Trust) -> Result<Vec<Wanted<'_>>, Problem> {
    let mut wanted = Vec::new();
    for step in &lesson.steps {
        for command in step.commands() {
            let run = line(&command, trust)
                .map_err(|what| Problem::new(&lesson.file, step.line, what.to_string()))?;
            wanted.push(Wanted {
                line: command,
                step,
                run,
            });
        }
    }
    Ok(wanted)
}

/// Runs lines, and keeps what came of them.
struct RunKeeper<'a> {
    runs: HashMap<String, SiteRun>,
    stop: &'a Stop,
    time: Bound,
    line: StatusLine,
    failed: usize,
}

impl RunKeeper<'_> {
    /// All of a lesson; or the signal that stopped it.
    fn lesson(
        &mut self,
        lesson: &Lesson,
        all: &[Wanted<'_>],
        (at, of): (usize, usize),
    ) -> Result<Option<i32>> {
        for (index, wanted) in all.iter().enumerate() {
            let (name, runs) = (&lesson.name, all.len());
            let place = format!("{name} ({} of {of}), run {} of {runs}", at + 1, index + 1);
            self.line.say(at, of, &place);
            let recorded = self.record(wanted);
            self.line.clear();
            recorded?;
            if let Some(signal) = self.stop.signal() {
                return Ok(Some(signal));
            }
        }
        Ok(None)
    }

    /// Runs it, and again where something disturbed the run, as `learn` does; unless it was run before.
    fn record(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        if let Some(run) = self.runs.get(&wanted.line)
            && wanted.is_as_stated(&run.report)
        {
            return Ok(());
        }
        let (run, note) = match wanted.run.twins() {
            Ok(_) => (wanted.run.clone(), None),
            Err(why) if why.is_of_this_machine() => (
                wanted.run.clone().in_rust_alone(),
                Some(format!("Recorded in Rust alone: {why}.")),
            ),
            Err(why) => return Err(why.into()),
        };
        for attempt in 1..=RUNS {
            let Some(report) = self.time.measure(&run, self.stop)? else {
                let most = self.time.most.unwrap_or_default();
                bail!(
                    "out of time: the runs may take {} in all (--at-most). No page was written",
                    units::long(most)
                );
            };
            if self.stop.signal().is_some() {
                return Ok(());
            }
            let failed = report.strategies.iter().any(|ran| ran.error.is_some());
            if attempt == RUNS || (!failed && wanted.is_as_stated(&report)) {
                self.failed += usize::from(failed);
                self.runs
                    .insert(wanted.line.clone(), site_run(report, note)?);
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Wanted<'_> {
    /// Whether a run came to what the lesson says, or says nothing that it could be held against.
    fn is_as_stated(&self, report: &Report) -> bool {
        match &self.step.kind {
            Kind::Predict(predict) => {
                let verdict = predict.judge(None, report, &[]);
                // Where chance decides, the page is to show the outcome that the lesson explains. After the
                // last try, whatever came is kept.
                let answer = predict.unit.read(&predict.answer).unwrap_or_default();
                verdict.is_none_or(|verdict| {
                    verdict.disturbed.is_none()
                        && (predict.share.is_none()
                            || (verdict.measured.value - answer).abs()
                                <= answer.abs() * predict.tolerance / 100.0)
                })
            }
            Kind::Repair(repair) => {
                let choice = repair.choice_of(&self.line);
                let repaired = choice.and_then(|choice| repair.judge(choice, report));
                repaired.is_none_or(|repaired| !repaired.wants_another_run())
            }
            Kind::Try(turn) => value(report, &turn.value).is_some(),
            _ => true,
        }
    }
}

/// What a page shows of a run.
fn site_run(report: Report, note: Option<String>) -> Result<SiteRun> {
    let exhibit = exhibit(&report);
    let code = exhibit.code.iter().map(|listing| SiteCode {
        strategy: listing.strategy.to_owned(),
        language: match listing.language {
            Some(_) => CodeLanguage::Python,
            None => CodeLanguage::Rust,
        },
        text: listing.text.to_owned(),
    });
    let code = code.collect();
    let picture = picture(exhibit)?;
    Ok(SiteRun {
        report,
        picture,
        note,
        code,
    })
}

fn picture(exhibit: Exhibit<'_>) -> Result<String> {
    let mut svg = FORMATS.iter().filter(|format| format.flag == "export-svg");
    let svg = svg.next().context("there is no picture to export")?;
    let mut picture = Vec::new();
    (svg.write)(&[exhibit], &mut picture)?;
    Ok(String::from_utf8_lossy(&picture).into_owned())
}
