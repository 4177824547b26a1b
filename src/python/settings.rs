//! What is asked of the recorder, and the words of Python's own command line.

use std::ffi::OsString;
use std::time::Duration;

/// What the recorder is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// A poll at least this long holds the event loop: where it stands is looked up while it lasts.
    pub slow_poll: Duration,
    /// Whether the tasks of libraries are lanes, too.
    pub internal: bool,
    /// Whether each coroutine of the program's own files is a lane, not each task only.
    pub awaits: bool,
    /// So many tasks are kept one by one, those with the longest polls; the others are taken together.
    pub max_tasks: usize,
    /// Where the program is one strategy of a demo: the file whose tasks are the lanes. Each heartbeat is kept then.
    pub demo: Option<&'static str>,
}

impl Settings {
    /// As the recorder reads them: see `_stream.py`.
    pub(super) fn to_json(self) -> String {
        let settings = serde_json::json!({
            "slow_poll": u64::try_from(self.slow_poll.as_nanos()).unwrap_or(u64::MAX),
            "internal": self.internal,
            "awaits": self.awaits,
        });
        settings.to_string()
    }
}

/// What would stand after `python`: its own flags, then the program and what that is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// `-u`, `-X dev` …
    pub flags: Vec<OsString>,
    /// `app.py …`, `-m uvicorn …`, `-c …` or `-`.
    pub program: Vec<OsString>,
}

/// Why a command line is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandLineError {
    /// Nothing to run.
    #[error(
        "no program is named. Put `asyncdemo python` before what you would give to python: `asyncdemo python app.py`, `asyncdemo python -m uvicorn app:app`"
    )]
    NoProgram,
    /// `-m`, `-c`, `-X` or `-W` is the last word.
    #[error("{0} needs a word after it, as on python's own command line")]
    Unfinished(String),
    /// A flag that python has not, or that makes no sense here.
    #[error(
        "{0} is no flag that can stand before the program. Flags of python may: -u, -O, -B, -I, -X dev and the like; those of the program stand after its name"
    )]
    UnknownFlag(String),
}

/// Python's flags that take no value. `-i`, `-x`, `-h`, `-V` and `-?` make no sense here.
const FLAGS: &str = "bBdEIOPqRsSuv";

impl CommandLine {
    /// Reads the words that would stand after `python`.
    ///
    /// # Errors
    /// Where they name no program.
    pub fn read(words: &[OsString]) -> Result<Self, CommandLineError> {
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let text = word.to_string_lossy();
            let unfinished = || CommandLineError::Unfinished(text.clone().into_owned());
            let Some(flag) = text.strip_prefix('-').filter(|flag| !flag.is_empty()) else {
                break;
            };
            match flag {
                "m" | "c" if words.len() > at + 1 => break,
                "m" | "c" => return Err(unfinished()),
                "X" | "W" | "-check-hash-based-pycs" => {
                    words.get(at + 1).ok_or_else(unfinished)?;
                    at += 2;
                }
                _ if flag.starts_with(['X', 'W'])
                    || flag.chars().all(|one| FLAGS.contains(one)) =>
                {
                    at += 1;
                }
                _ => return Err(CommandLineError::UnknownFlag(text.into_owned())),
            }
        }
        let (flags, program) = words.split_at(at);
        if program.is_empty() {
            return Err(CommandLineError::NoProgram);
        }
        Ok(Self {
            flags: flags.to_vec(),
            program: program.to_vec(),
        })
    }

    /// The word by which a server is told to run the app in processes of their own, where it is told so.
    pub fn hands_on_by(&self) -> Option<&str> {
        let words: Vec<&str> = self.program.iter().filter_map(|it| it.to_str()).collect();
        let ["-m", server, rest @ ..] = &words[..] else {
            return None;
        };
        let several = |(word, next): (&&str, Option<&&str>)| match word.split_once('=') {
            Some(("--workers", count)) => count != "1",
            _ => *word == "--workers" && next != Some(&"1"),
        };
        match *server {
            "gunicorn" => Some("gunicorn"),
            "uvicorn" => {
                let mut each = rest.iter().enumerate();
                let found = each
                    .find(|(at, word)| **word == "--reload" || several((*word, rest.get(at + 1))));
                found.map(|(_, word)| *word)
            }
            _ => None,
        }
    }

    /// The program and its arguments, as they were typed.
    pub fn spoken(&self) -> String {
        let words = self.program.iter().map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_hands_its_app_to_other_processes_is_known() {
        let by = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            let line = CommandLine::read(&words).unwrap();
            line.hands_on_by().map(str::to_owned)
        };
        assert_eq!(by("-m uvicorn a:b --reload").as_deref(), Some("--reload"));
        let two = by("-m uvicorn a:b --workers 2");
        assert_eq!(two.as_deref(), Some("--workers"));
        assert!(by("-X dev -m uvicorn a:b --workers=2").is_some());
        assert!(by("-m gunicorn a:b").is_some());
        for own in [
            "-m uvicorn a:b --workers 1",
            "-m uvicorn a:b --workers=1",
            "app.py --reload",
            "-m pytest --reload",
        ] {
            assert_eq!(by(own), None, "{own}");
        }
    }

    fn read(line: &str) -> Result<(String, String), String> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let joined = |words: &[OsString]| {
            let words = words.iter().map(|word| word.to_string_lossy());
            words.collect::<Vec<_>>().join(" ")
        };
        match CommandLine::read(&words) {
            Ok(line) => Ok((joined(&line.flags), joined(&line.program))),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn flags_of_python_are_told_from_the_program() {
        let parts = |flags: &str, program: &str| Ok((flags.to_owned(), program.to_owned()));
        assert_eq!(read("app.py --port 1 -m"), parts("", "app.py --port 1 -m"));
        assert_eq!(
            read("-uB -X dev -Werror -m uvicorn a:b -u"),
            parts("-uB -X dev -Werror", "-m uvicorn a:b -u")
        );
        assert_eq!(read("-c pass -x"), parts("", "-c pass -x"));
        assert_eq!(read("- one"), parts("", "- one"));
    }

    #[test]
    fn what_names_no_program_is_refused() {
        for (line, why) in [
            ("", "no program"),
            ("-u", "no program"),
            ("-m", "-m needs a word"),
            ("-X", "-X needs a word"),
            ("-x app.py", "-x is no flag"),
            ("--reload app.py", "--reload is no flag"),
        ] {
            assert!(read(line).unwrap_err().starts_with(why), "{line}");
        }
    }
}
