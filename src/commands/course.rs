//! `asyncdemo course`: proves that a course says what is true, begins a new one, and makes pages of one.

mod begin;
mod check;
mod excerpt;
mod folder;
mod site;
mod told;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::run::Ending;
use super::screen::{FormatFlag, Screen, TextOrJson, print, print_json};
use super::status_line::StatusLine;
use crate::lab::{Bound, Stop, Trust};
use crate::lesson::course::{LessonFile, sources, written};
use check::Check;
use site::{Site, SiteOptions};

/// How long a course from a directory may take where nothing else is asked for.
const FOREIGN: Duration = Duration::from_secs(600);

/// What is to be done.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// Check every lesson: run its predictions and look up everything it names
    Check(CheckOptions),
    /// Begin a course of your own: a lesson that works, and how to write more
    New {
        /// A new directory, or an empty one
        #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
        folder: PathBuf,
    },
    /// Make pages of a course for a browser: every run recorded, no server, no network
    Site(SiteOptions),
}

/// The knobs of `course check`.
#[derive(clap::Args, Clone, Debug)]
struct CheckOptions {
    /// A directory with lessons called NN-name.md; without one, the lessons in this program
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: Option<PathBuf>,

    /// Stop after so long [default: 10m for a course from a directory; the built-in lessons take what they take]
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = humantime::parse_duration,
        help_heading = "How to check"
    )]
    at_most: Option<Duration>,

    #[command(flatten)]
    output: FormatFlag,
}

/// `asyncdemo course`.
///
/// # Errors
/// Where standard output cannot be written, or there is no such course.
pub fn course(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    match &options.what {
        What::Check(options) => check(options, screen, stop),
        What::New { folder } => {
            print(&screen.out().encode(&begin::begin(folder)?))?;
            Ok(Ending::Done)
        }
        What::Site(options) => Ok(match site::site(options, FOREIGN, screen, stop)? {
            Site::Made { failed: 0 } => Ending::Done,
            Site::Made { .. } => Ending::Failed,
            Site::Stopped(signal) => Ending::Stopped(signal),
        }),
    }
}

fn check(options: &CheckOptions, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let (trust, sources, misnamed) = match &options.folder {
        None => (Trust::Own, sources(), Vec::new()),
        Some(folder) => {
            let written = written(folder)?;
            (Trust::Foreign, written.sources, written.problems)
        }
    };
    let root = match &options.folder {
        Some(folder) => Some(folder.as_path()),
        // The lessons in the program link to files of its repository, which may not be at hand.
        None => Some(Path::new(".")).filter(|_| sources.iter().all(LessonFile::is_here)),
    };
    let foreign = (trust == Trust::Foreign).then_some(FOREIGN);
    let time = Bound::new(options.at_most.or(foreign));
    let check = Check {
        trust,
        root,
        stop,
        time,
        line: StatusLine::new(screen.live()),
    };
    let mut found = told::Found::new(trust, misnamed, root.is_some());
    if let (Some(folder), [], true) = (&options.folder, &sources[..], found.is_well()) {
        found.nothing(&folder.display().to_string());
    }
    for (place, source) in sources.iter().enumerate() {
        if stop.signal().is_some() || time.is_over() {
            break;
        }
        let lesson = check.lesson(source, (place + 1, sources.len()))?;
        if options.output.format == TextOrJson::Text {
            print(&lesson.text(&screen.out()))?;
        }
        found.lessons.push(lesson);
    }
    found.partial = stop.signal().is_some();
    if found.lessons.len() == sources.len() {
        let folder = options.folder.as_deref().unwrap_or(Path::new("lessons"));
        found.weigh(&folder.display().to_string());
    }
    if let Some(most) = time.most.filter(|_| time.is_over() && !found.partial) {
        found.out_of_time(most, sources.len());
    }
    match options.output.format {
        TextOrJson::Text => print(&found.text(&screen.out()))?,
        TextOrJson::Json => print_json(&serde_json::to_string(&found)?)?,
    }
    Ok(match stop.signal() {
        Some(signal) => Ending::Stopped(signal),
        None if found.is_well() => Ending::Done,
        None => Ending::Failed,
    })
}
