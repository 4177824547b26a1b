//! Runs that were recorded, for the day on which the machine on the stage is not to be trusted.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::keys::RunRequest;
use crate::concepts::UsageError;
use crate::lab::{Invocation, Trust};
use crate::lesson::Lesson;
use crate::picture;
use crate::report::{Report, StrategyReport};

/// A folder with a file for each slide that was run: the report as `--format json` has it.
#[derive(Clone, Debug)]
pub struct Recordings(PathBuf);

impl Recordings {
    /// The recordings in this folder.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Makes the folder, so that one that cannot be written is told before the lesson begins.
    ///
    /// # Errors
    /// Where there is none and none can be made.
    pub fn prepare(&self) -> Result<()> {
        fs::create_dir_all(&self.0)
            .with_context(|| format!("--record {}: it could not be made", self.0.display()))
    }

    /// Looks whether the folder has a recording of one of these lessons, so that one that has none is told before the
    /// first slide.
    ///
    /// # Errors
    /// Where it has none, or cannot be read.
    pub fn look(&self, lessons: &[Lesson]) -> Result<(), UsageError> {
        let shown = self.0.display();
        let files = fs::read_dir(&self.0).map_err(|why| {
            UsageError::new(format!(
                "--replay {shown}: no recordings can be read there: {why}"
            ))
        })?;
        let names = files.filter_map(|file| Some(file.ok()?.file_name()));
        let is_one = |name: &str| {
            let mut stems = lessons.iter().map(Lesson::stem);
            name.ends_with(".json") && stems.any(|stem| name.starts_with(&format!("{stem}-")))
        };
        if names
            .into_iter()
            .any(|name| name.to_str().is_some_and(is_one))
        {
            return Ok(());
        }
        Err(UsageError::new(format!(
            "--replay {shown}: there is no recording of these lessons. asyncdemo present --record {shown} makes them: one for each slide that you run."
        )))
    }

    /// Where the run of a slide is kept.
    fn file(&self, job: &RunRequest) -> PathBuf {
        self.0.join(format!("{}.json", job.name))
    }

    /// Keeps a report. What was there before is replaced when the new one is whole.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn keep(&self, job: &RunRequest, report: &Report) -> Result<()> {
        let file = self.file(job);
        let mut json = Vec::new();
        picture::json(report, &mut json)?;
        self.replace(&file, &json)
            .with_context(|| format!("{} could not be written", file.display()))
    }

    fn replace(&self, file: &Path, text: &[u8]) -> io::Result<()> {
        let mut draft = tempfile::Builder::new();
        // Whoever may read a file of this folder may read this one, too: as the umask has it.
        #[cfg(unix)]
        draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut draft = draft.prefix(".asyncdemo-").tempfile_in(&self.0)?;
        draft.write_all(text)?;
        draft.persist(file)?;
        Ok(())
    }

    /// The recorded run of a slide.
    ///
    /// # Errors
    /// Where there is none, or it is none of this slide, with these knobs.
    pub fn recorded(&self, job: &RunRequest) -> Result<Report> {
        let file = self.file(job);
        let named = || format!("{}", file.display());
        let json = read(&file).with_context(named)?;
        let report = Report::from_json(&json).with_context(named)?;
        ensure!(
            report.concept == job.concept && !report.strategies.is_empty(),
            "{}: expected a run of {}",
            named(),
            job.concept
        );
        // A lesson may have changed since: its figures would stand beside knobs that did not make them.
        let run = Invocation::parse(&job.line, Trust::Own)?;
        let (chosen, _) = run.choose();
        let names = |strategy: &StrategyReport| strategy.name.clone();
        ensure!(
            report.arguments == run.set.arguments
                && chosen
                    .iter()
                    .map(|strategy| strategy.name)
                    .eq(report.strategies.iter().map(names)),
            "{}: it was recorded with other knobs than {}",
            named(),
            job.line
        );
        Ok(report)
    }
}

/// What a run is kept as: one with a turned knob beside the one that the lesson has, not in its place.
pub(super) fn name(lesson: &str, slide: usize, all: bool, knob: Option<&str>) -> String {
    let tame = |ch: char| {
        if ch.is_alphanumeric() || ch == '.' {
            ch
        } else {
            '-'
        }
    };
    let mut name = format!("{lesson}-{slide:02}");
    if all {
        name += "-all";
    }
    if let Some(knob) = knob {
        name.push('-');
        name.extend(knob.trim_start_matches('-').chars().map(tame));
    }
    name
}

/// No report of a slide is larger, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The contents of a file. A pipe might never end.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    let most = LARGEST + 1;
    fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 64 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::Outcome;

    fn job(name: &str) -> RunRequest {
        RunRequest {
            number: 1,
            line: "gather".to_owned(),
            name: name.to_owned(),
            concept: "gather".to_owned(),
        }
    }

    fn report() -> Report {
        serde_json::from_str(include_str!("../../examples/gather.json")).unwrap()
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let recordings = Recordings::new(folder.path().join("deep").join("er"));
        recordings.prepare().unwrap();
        assert!(recordings.recorded(&job("07-gather-03")).is_err());
        recordings.keep(&job("07-gather-03"), &report()).unwrap();
        assert_eq!(recordings.recorded(&job("07-gather-03")).unwrap(), report());
        let files = fs::read_dir(folder.path().join("deep/er")).unwrap();
        assert_eq!(files.count(), 1);
    }

    #[test]
    fn what_cannot_be_kept_leaves_what_was_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let recordings = Recordings::new(folder.path().to_owned());
        // A folder of that name cannot be replaced, by root either.
        fs::create_dir(folder.path().join("taken.json")).unwrap();
        let told = recordings.keep(&job("taken"), &report()).unwrap_err();
        assert!(told.to_string().contains("taken.json"), "{told:#}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_run_of_this_slide_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let recordings = Recordings::new(folder.path().to_owned());
        let other = Report {
            concept: "db".to_owned(),
            ..report()
        };
        recordings.keep(&job("other"), &other).unwrap();
        fs::write(folder.path().join("broken.json"), "{\"schema\":").unwrap();
        for name in ["other", "broken"] {
            let told = format!("{:#}", recordings.recorded(&job(name)).unwrap_err());
            assert!(told.contains(name), "{told}");
        }
    }

    #[test]
    fn the_heartbeat_of_an_older_recording_is_no_task() {
        let mut older = report();
        let strategy = &mut older.strategies[1];
        let mut heart = strategy.tasks[0].clone();
        (heart.label, heart.location) = ("heartbeat".to_owned(), None);
        strategy.tasks.insert(0, heart.clone());
        let json = serde_json::to_vec(&older).unwrap();
        let read = &Report::from_json(&json).unwrap().strategies[1];
        assert_eq!(read.tasks, report().strategies[1].tasks);
        assert_eq!(read.heartbeat.as_ref().unwrap().lane, Some(heart.clone()));
        // Today a task may be called so.
        heart.location = Some("src/main.rs:1".to_owned());
        older.strategies[1].tasks[0] = heart;
        let json = serde_json::to_vec(&older).unwrap();
        assert_eq!(Report::from_json(&json).unwrap(), older);
    }

    #[test]
    fn a_run_that_is_played_grows() {
        let whole = &report().strategies[1];
        let half = whole.until(whole.end().0 / 2);
        assert_eq!(half.end().0, whole.end().0 / 2);
        assert!(
            half.tasks
                .iter()
                .any(|task| task.outcome == Outcome::Running)
        );
        let polls = |strategy: &StrategyReport| {
            strategy
                .tasks
                .iter()
                .map(|task| task.polls.len())
                .sum::<usize>()
        };
        assert!(polls(&half) < polls(whole));
        assert_eq!(whole.until(whole.end().0).tasks, whole.tasks);
        assert!(whole.until(Duration::ZERO).tasks.len() <= whole.tasks.len());
    }
}
