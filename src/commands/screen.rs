//! The output edge: what each stream can show, and what becomes of a write that fails.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::Stdio;

use clap::ValueEnum;
use console::Term;

use crate::page::{Line, Style, clean, clean_json, wrap};

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that wants it.
    #[default]
    Auto,
    /// Always, whatever the environment says.
    Always,
    /// Never.
    Never,
}

/// How a list, a status or a check is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// For commands that write one thing, and in two ways.
#[derive(clap::Args, Clone, Copy, Debug)]
#[command(next_help_heading = "What to show")]
pub struct FormatFlag {
    /// Write text for people, or json for programs
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    pub format: TextOrJson,
}

/// What standard output and standard error can show.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    out: Style,
    /// For what is wrong.
    pub err: Style,
    live: Option<Style>,
    /// Whether somebody can be asked something, and answer.
    pub asks: bool,
}

/// How every complaint begins.
const OURS: &str = "asyncdemo: ";

/// The lines that a live view leaves free below a strategy's lanes: its title, ruler and figures.
const LINES_BESIDE_LANES: usize = 10;

impl Screen {
    /// Looks at both streams and at the environment.
    pub fn detect(color: ColorChoice, ascii: bool) -> Self {
        let ascii = ascii || !utf8_locale();
        let (out, err) = (Term::stdout(), Term::stderr());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let style = |term: &Term, is_terminal: bool| {
            let size = term.size_checked().filter(|_| is_terminal);
            Style {
                color: wants_color(color, is_terminal),
                ascii,
                width: size.map_or(80, |(_, columns)| width(columns)),
                ..Style::default()
            }
        };
        let complaints = style(&err, io::stderr().is_terminal());
        let live = (io::stderr().is_terminal() && !dumb).then(|| {
            let rows = err.size_checked().map_or(24, |(rows, _)| usize::from(rows));
            let room = rows.saturating_sub(LINES_BESIDE_LANES);
            Style {
                lanes: complaints.lanes.min(room).max(1),
                ..complaints
            }
        });
        Self {
            out: style(&out, io::stdout().is_terminal()),
            err: complaints,
            live,
            asks: io::stdin().is_terminal() && io::stdout().is_terminal(),
        }
    }

    /// For what stays: as wide as the terminal is now. A window may become narrower while something runs.
    pub fn out(&self) -> Style {
        Style {
            width: out_size().map_or(self.out.width, |(_, columns)| width(columns)),
            ..self.out
        }
    }

    /// For what is drawn on standard error while something runs, as wide as that is now. `None` where it is no terminal.
    pub fn live(&self) -> Option<Style> {
        self.live.map(|live| Style {
            width: width_now(),
            ..live
        })
    }

    /// How many lines standard output has now. `None` where it is no terminal.
    pub fn rows(&self) -> Option<usize> {
        out_size().map(|(rows, _)| usize::from(rows))
    }
}

/// The lines and columns of standard output, where it is a terminal.
fn out_size() -> Option<(u16, u16)> {
    let size = Term::stdout().size_checked();
    size.filter(|_| io::stdout().is_terminal())
}

/// Whether somebody looks at standard output.
pub(super) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Which of the standard streams lead to no terminal.
pub(super) fn no_terminals() -> Vec<&'static str> {
    let streams = [
        ("input", io::stdin().is_terminal()),
        ("output", io::stdout().is_terminal()),
        ("error", io::stderr().is_terminal()),
    ];
    let others = streams.iter().filter(|(_, is_terminal)| !is_terminal);
    others.map(|(name, _)| *name).collect()
}

/// How wide the terminal at standard error is at the moment, for a picture.
pub(super) fn width_now() -> usize {
    width(Term::stderr().size().1)
}

/// How many rows and columns the terminal at standard error has at the moment.
pub(super) fn size_now() -> (u16, u16) {
    Term::stderr().size()
}

/// Beyond this, lines are hard to read.
fn width(columns: u16) -> usize {
    usize::from(columns).clamp(1, 160)
}

/// `--color` first, then what the environment asks for, then whether anyone looks. Of the variables,
/// NO_COLOR wins over FORCE_COLOR, as in Python, and both over the older two.
fn wants_color(choice: ColorChoice, is_terminal: bool) -> bool {
    let is = |name: &str, value: &str| env::var_os(name).is_some_and(|found| found == value);
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_set("FORCE_COLOR") => true,
        ColorChoice::Auto if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
        ColorChoice::Auto => is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
    }
}

/// Whether the locale can show more than ASCII: the first of these that is set and not empty decides.
fn utf8_locale() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(env::var_os)
        .find(|value| !value.is_empty());
    let locale = locale.map(|locale| locale.to_string_lossy().to_lowercase());
    // Windows and macOS terminals set none of these and show everything.
    locale.map_or(!cfg!(target_os = "linux"), |locale| {
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// [`print`] for JSON, in which texts of others may stand: a terminal is told nothing by them.
pub(super) fn print_json(json: &str) -> Result<(), PrintError> {
    print(&format!("{}\n", clean_json(json).trim_end()))
}

/// Writes to standard output. A reader who has gone away is not an error.
///
/// # Errors
/// Every other failure to write, a full disk for one.
pub fn print(text: &str) -> Result<(), PrintError> {
    print_bytes(text.as_bytes())
}

/// [`print`] for what is no text.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), PrintError> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => PrintError::NobodyReads,
            _ if is_of_a_terminal_that_is_gone(&error) => PrintError::NoTerminal,
            _ => PrintError::Failed(error),
        })
}

/// Whoever ignores the hang-up meets it when they write.
#[cfg(unix)]
fn is_of_a_terminal_that_is_gone(error: &io::Error) -> bool {
    use nix::errno::Errno;
    use nix::sys::stat::{SFlag, fstat};
    let is_a_device = |mode| SFlag::from_bits_truncate(mode) & SFlag::S_IFMT == SFlag::S_IFCHR;
    error.raw_os_error() == Some(Errno::EIO as i32)
        && fstat(io::stdout()).is_ok_and(|of| is_a_device(of.st_mode))
}

#[cfg(not(unix))]
fn is_of_a_terminal_that_is_gone(_: &io::Error) -> bool {
    false
}

/// For a program that is to write where this one complains.
pub fn to_standard_error() -> Stdio {
    io::stderr().into()
}

/// Writes to standard error; a failure there cannot be told to anyone. Names of files and texts of others may stand in
/// it: a terminal is told nothing by them.
pub fn complain(text: &str) {
    let text = clean(text);
    let width = Term::stderr().size_checked().map(|(_, columns)| columns);
    match width.filter(|_| io::stderr().is_terminal()) {
        Some(columns) => complain_styled(&within(&text, columns.into())),
        None => complain_styled(&text),
    }
}

/// What this program says of itself, in lines that end between words: a terminal ends them anywhere. What else stands
/// there is left as it is: columns may matter in it.
fn within(text: &str, columns: usize) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let said = line.trim_end_matches('\n');
        let long = Line::plain(said);
        if !said.starts_with(OURS) || long.width() <= columns {
            return line.to_owned();
        }
        let lines = wrap(&long, columns, &Line::default(), &Line::plain("  "));
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        lines.join("\n") + line.get(said.len()..).unwrap_or_default()
    });
    lines.collect()
}

/// [`complain`] with colours, and nothing of others in it.
pub(crate) fn complain_styled(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Standard output could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The pipe is closed: stop, in silence.
    #[error("nobody reads standard output")]
    NobodyReads,
    /// The terminal has been closed: there is nobody to tell.
    #[error("the terminal is gone")]
    NoTerminal,
    /// Something else.
    #[error("standard output could not be written: {0}. Free some space, or send it elsewhere.")]
    Failed(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_ends_its_lines_between_words_and_an_excerpt_stays_as_it_is() {
        let said =
            "asyncdemo: no Python was found here.\n  | an excerpt that is far too wide for it\n";
        assert_eq!(
            within(said, 30),
            "asyncdemo: no Python was found\n  here.\n  | an excerpt that is far too wide for it\n"
        );
        assert_eq!(within(said, 80), said);
        assert_eq!(within("asyncdemo: a b", 12), "asyncdemo: a\n  b");
        assert_eq!(within("", 12), "");
    }
}
