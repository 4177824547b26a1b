//! `--export-…`: where reports are written beside the screen, looked at before anything runs.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::builder::ValueHint;
use clap::{Arg, ArgMatches, Args, FromArgMatches, value_parser};
use tempfile::NamedTempFile;

use super::screen::{PrintError, complain, print, print_bytes, stdout_is_terminal};
use crate::concepts::{self, UsageError, region};
use crate::export::{Exhibit, ExportFormat, FORMATS, Listing};
use crate::lab;
use crate::page::{clean, clean_json};
use crate::report::{Figure, Report, StrategyReport};

/// What is to be written where: each format at most once.
#[derive(Clone, Debug, Default)]
pub struct Exports(Vec<Export>);

#[derive(Clone, Debug)]
struct Export {
    format: &'static ExportFormat,
    target: PathBuf,
}

/// Standard output, as hyperfine names it.
const STDOUT: &str = "-";

impl Args for Exports {
    fn augment_args(command: clap::Command) -> clap::Command {
        FORMATS.iter().fold(command, |command, format| {
            command.arg(
                Arg::new(format.flag)
                    .long(format.flag)
                    .value_name("FILE")
                    .value_hint(ValueHint::FilePath)
                    .value_parser(value_parser!(PathBuf))
                    .help(format!("{}; - is standard output", format.help))
                    .help_heading("What to export"),
            )
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Exports {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let asked = FORMATS.iter().filter_map(|format| {
            let target = matches.get_one::<PathBuf>(format.flag)?.clone();
            Some(Export { format, target })
        });
        Ok(Self(asked.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Whether the run came to its end, so that its report may take the place of an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// It did.
    Yes,
    /// A strategy failed.
    Failed,
    /// It was stopped.
    Stopped,
}

impl Whole {
    /// What became of these.
    pub fn of(reports: &[Report]) -> Self {
        let mut strategies = reports.iter().flat_map(|report| &report.strategies);
        if reports.iter().any(|report| report.partial) {
            Self::Stopped
        } else if strategies.any(StrategyReport::failed) {
            Self::Failed
        } else {
            Self::Yes
        }
    }
}

impl Exports {
    /// Whether one of them takes standard output: then nothing else is written there.
    pub fn take_stdout(&self) -> bool {
        self.0.iter().any(Export::is_stdout)
    }

    /// Whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Prints what stands beside them: nothing where one takes standard output. A reader who goes away ends no run whose
    /// report is still to be written.
    ///
    /// # Errors
    /// As [`print`].
    pub(super) fn print(&self, text: &str) -> Result<(), PrintError> {
        if self.take_stdout() {
            return Ok(());
        }
        match print(text) {
            Err(PrintError::NobodyReads) if !self.is_empty() => Ok(()),
            printed => printed,
        }
    }

    /// Looks at each target before anything runs: whether it may be written, and beside it.
    ///
    /// # Errors
    /// What is wrong with the first that cannot be written.
    pub fn check(&self) -> Result<(), UsageError> {
        for (at, export) in self.0.iter().enumerate() {
            let place = export.whereabouts();
            let same = |other: &&Export| other.whereabouts() == place;
            if let Some(other) = self.0[..at].iter().find(same) {
                let (one, two) = (other.format.flag, export.format.flag);
                let target = export.target.display();
                return Err(UsageError::new(format!(
                    "--{one} and --{two} both write {target}: one would replace the other"
                )));
            }
            export.check()?;
        }
        Ok(())
    }

    /// Writes the reports. A run that failed or was stopped replaces no file.
    ///
    /// # Errors
    /// The first file that cannot be written. The others are.
    pub fn write(&self, reports: &[Report], whole: Whole) -> Result<()> {
        let exhibits: Vec<_> = reports.iter().map(exhibit).collect();
        let mut failed = Ok(());
        for export in &self.0 {
            let replaces = !export.is_stdout();
            let why = match whole {
                Whole::Failed if replaces => "a strategy failed",
                Whole::Stopped if replaces => "it was stopped before the end",
                _ if exhibits.is_empty() => "nothing was measured",
                _ => {
                    let written = export.write(&exhibits);
                    failed = failed.and(written);
                    continue;
                }
            };
            complain(&format!(
                "asyncdemo: {} is not written: {why}.\n",
                export.target.display()
            ));
        }
        failed
    }
}

impl Export {
    fn is_stdout(&self) -> bool {
        self.target.as_os_str() == STDOUT
    }

    fn error(&self, why: impl std::fmt::Display) -> UsageError {
        let (flag, target) = (self.format.flag, self.target.display());
        UsageError::new(format!("--{flag} {target}: {why}"))
    }

    /// What tells it from another target: `a.json` and `./a.json` are one file.
    fn whereabouts(&self) -> PathBuf {
        let target = &self.target;
        if self.is_stdout() {
            return target.clone();
        }
        let known = fs::canonicalize(target).or_else(|_| {
            let folder = fs::canonicalize(folder(target))?;
            Ok::<_, io::Error>(folder.join(target.file_name().unwrap_or_default()))
        });
        known.unwrap_or_else(|_| target.clone())
    }

    fn check(&self) -> Result<(), UsageError> {
        if self.is_stdout() {
            return match !self.format.is_text && stdout_is_terminal() {
                true => Err(self.error("a terminal cannot show it; name a file")),
                false => Ok(()),
            };
        }
        let place = self.place().map_err(|why| self.error(why))?;
        match place {
            Destination::Beside(file) => {
                // What can be made once can be made again: nothing lies about while it runs.
                beside(&file).map_err(|why| {
                    let folder = folder(&file).display().to_string();
                    self.error(format!("no file can be made in {folder}: {why}"))
                })?;
            }
            Destination::Device(device) => {
                let opened = OpenOptions::new().write(true).open(device);
                opened.map_err(|why| self.error(why))?;
            }
        }
        Ok(())
    }

    /// The file itself, behind links.
    fn place(&self) -> io::Result<Destination> {
        let found = match fs::metadata(&self.target) {
            Ok(found) => found,
            Err(why) if why.kind() == io::ErrorKind::NotFound => {
                // A link to a file that is not there yet is a link all the same.
                if let Ok(to) = fs::read_link(&self.target) {
                    return Ok(Destination::Beside(folder(&self.target).join(to)));
                }
                return match self.target.file_name() {
                    Some(_) => Ok(Destination::Beside(self.target.clone())),
                    None => Err(why),
                };
            }
            Err(why) => return Err(why),
        };
        if found.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        if !found.is_file() {
            return Ok(Destination::Device(self.target.clone()));
        }
        // Renaming asks for nothing of the old file; that it may be written is looked at here.
        OpenOptions::new().write(true).open(&self.target)?;
        Ok(Destination::Beside(fs::canonicalize(&self.target)?))
    }

    fn write(&self, exhibits: &[Exhibit<'_>]) -> Result<()> {
        let write = self.format.write;
        if self.is_stdout() {
            let mut bytes = Vec::new();
            write(exhibits, &mut bytes)?;
            return match String::from_utf8(bytes) {
                // Texts of others may stand in it: a terminal is told nothing by them.
                Ok(json) if self.format.flag == "export-json" => Ok(print(&clean_json(&json))?),
                Ok(text) => Ok(print(&clean(&text))?),
                Err(binary) => Ok(print_bytes(binary.as_bytes())?),
            };
        }
        let told = || format!("{} could not be written", self.target.display());
        match self.place().with_context(told)? {
            Destination::Beside(file) => {
                replace(&file, |out| write(exhibits, out)).with_context(told)
            }
            Destination::Device(device) => {
                let mut out = OpenOptions::new()
                    .write(true)
                    .open(device)
                    .with_context(told)?;
                write(exhibits, &mut out).with_context(told)
            }
        }
    }
}

/// Where bytes go.
enum Destination {
    /// Into a new file beside this one, which then takes its name.
    Beside(PathBuf),
    /// Into a pipe or a device: it has no name that could be taken.
    Device(PathBuf),
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn beside(file: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".asyncdemo-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the umask takes from it.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(file))
}

/// Writes beside it, and takes its name when all is written.
pub(super) fn replace(
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let new = beside(file)?;
    let mut out = io::BufWriter::new(new.as_file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    if let Ok(old) = fs::metadata(file) {
        // Who may not change them gets what a new file gets.
        let _ = new.as_file().set_permissions(old.permissions());
    }
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}

/// A report with what its concept says of itself.
pub(super) fn exhibit(report: &Report) -> Exhibit<'_> {
    let about = concepts::find(&report.concept).map(|entry| entry.about);
    let (title, figure) = match &about {
        Ok(about) => (about.title, about.figure),
        Err(_) => (of_somebodys(report), Figure::Wall),
    };
    Exhibit {
        report,
        title,
        figure,
        code: listings(report),
    }
}

/// Of a program that was watched, and of a service that was asked: which.
fn of_somebodys(report: &Report) -> &str {
    let named = ["program", "url"].iter();
    let mut named = named.filter_map(|knob| report.arguments.get(knob)?.as_str());
    named.next().unwrap_or_default()
}

/// The code of each strategy, where this very program measured it: another may have had other lines.
fn listings(report: &Report) -> Vec<Listing<'static>> {
    let own = lab::program();
    let is_own = |program: &crate::report::Program| {
        program.version == own.version && program.commit == own.commit
    };
    let Ok(entry) = concepts::find(&report.concept) else {
        return Vec::new();
    };
    if !report.program.as_ref().is_some_and(is_own) {
        return Vec::new();
    }
    let about = &entry.about;
    let module = about.name.replace('-', "_");
    let names = (entry.strategies)(&[]).unwrap_or_default();
    let mut listings: Vec<Listing<'static>> = Vec::new();
    for strategy in &report.strategies {
        let name = &strategy.name;
        let (language, source, file, text) = match strategy.language {
            None => {
                let file = format!("src/concepts/{module}.rs");
                (None, about.source, file, region(about.source, name).ok())
            }
            Some(_) => {
                let file = format!("lessons/python/{}", about.python_file);
                let text = concepts::function(about.twin, name);
                (Some("python"), about.twin, file, text)
            }
        };
        let known = names.iter().map(|it| it.name).find(|it| it == name);
        let is_new = |of: &Listing<'_>| (of.strategy, of.language) != (&*strategy.name, language);
        if let (Some(text), Some(name)) = (text, known)
            && listings.iter().all(is_new)
        {
            let before = text.as_ptr() as usize - source.as_ptr() as usize;
            listings.push(Listing {
                strategy: name,
                language,
                file,
                first_line: source[..before].matches('\n').count() + 1,
                text,
            });
        }
    }
    listings
}
