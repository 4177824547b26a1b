//! `asyncdemo present`: a lesson in front of a class.

use std::env;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ratatui_core::buffer::Buffer;

use super::lessons::can_be_played;
use super::run::Ending;
use super::screen::{Screen, complain};
use super::signals;
use crate::classroom::terminal::{FullScreen, Heard, Look, draw, is_gone};
use crate::classroom::{Ask, Player, Recordings, Show, Theme};
use crate::lab::{Stop, Trust};
use crate::lesson::course;
use crate::page::cleaned;

/// The knobs of `present`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// The lesson to begin with, by its name or its number: without it, the first
    #[arg(value_name = "LESSON")]
    pub lesson: Option<String>,

    /// Colours for a light or a dark room (l switches)
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "THEME",
        hide_possible_values = true,
        help_heading = "What to show"
    )]
    pub theme: Theme,

    /// Play the lessons of this directory instead of the built-in ones. Their command lines can run this
    /// program's concepts and nothing else
    #[arg(long, value_name = "DIR", help_heading = "What to show")]
    pub course: Option<PathBuf>,

    /// Save the report of each run in this directory, a file per slide
    #[arg(long, value_name = "DIR", help_heading = "Recording and replay")]
    pub record: Option<PathBuf>,

    /// Play the runs saved in this directory, marked REPLAY
    #[arg(long, value_name = "DIR", help_heading = "Recording and replay")]
    pub replay: Option<PathBuf>,
}

/// Between two looks at the clock, the run and the signals: a key is heard at once in any case.
const TICK: Duration = Duration::from_millis(25);

/// Why there is nothing to see.
const NO_TERMINAL: &str = "asyncdemo: present needs a terminal that it can fill: its input and its output must both be \
one, and not a dumb one. To play a lesson line by line, or in a pipe: asyncdemo learn\n";

/// `asyncdemo present`.
///
/// # Errors
/// Where a lesson cannot be read, a recording's folder cannot be made, or the terminal is gone.
pub fn present(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    if !screen.asks || dumb {
        complain(NO_TERMINAL);
        return Ok(Ending::UsageError);
    }
    let (lessons, trust) = match &options.course {
        Some(folder) => (course::read(folder, cleaned)?, Trust::Foreign),
        None => (course::builtin()?.to_vec(), Trust::Own),
    };
    can_be_played(&lessons, trust)?;
    let first = match &options.lesson {
        Some(name) => course::find(&lessons, name)?,
        None => 0,
    };
    let record = options.record.clone().map(Recordings::new);
    if let Some(recordings) = &record {
        recordings.prepare()?;
    }
    let replay = options.replay.clone().map(Recordings::new);
    if let Some(recordings) = &replay {
        recordings.look(&lessons)?;
    }
    let player = Player::new(trust, record, replay);
    let show = Show::new(lessons, first, options.theme, trust);
    let look = Look {
        theme: options.theme,
        color: screen.out().color,
        ascii: screen.out().ascii,
    };
    let stage = FullScreen::take().context("the terminal could not be taken")?;
    signals::end_with_the_terminal(stop);
    match play(show, stage, player, &look, stop) {
        // Not told so by a signal, which may be ignored, it still ends as if it had been.
        Err(_) if is_gone() => Ok(Ending::Stopped(HANG_UP)),
        ended => Ok(ended?),
    }
}

/// What a terminal sends when it goes.
const HANG_UP: i32 = 1;

/// Until somebody quits, or a signal comes.
fn play(
    mut show: Show,
    mut stage: FullScreen,
    mut player: Player,
    look: &Look,
    stop: &Stop,
) -> io::Result<Ending> {
    let start = Instant::now();
    let mut drawn: Option<Duration> = None;
    let continued = continued();
    loop {
        if let Some(signal) = stop.signal() {
            player.stop();
            return Ok(Ending::Stopped(signal));
        }
        if continued.swap(false, Ordering::SeqCst) {
            // Whoever stopped it may have left anything on the terminal.
            stage.resume()?;
            drawn = None;
        }
        let now = start.elapsed();
        let mut again = Vec::new();
        let mut changed = player.news(|number, news| again.push(show.hear(number, news)));
        for ask in again {
            if let Ask::Run(job) = ask {
                player.run(job);
            }
        }
        // The clock ticks.
        changed |= drawn.is_none_or(|drawn| drawn.as_secs() != now.as_secs());
        if changed {
            let mut cells = Buffer::empty(stage.area()?);
            draw(&show, look, now, &mut cells);
            stage.show(cells)?;
            drawn = Some(now);
        }
        let key = match stage.hear(TICK)? {
            Heard::Nothing => continue,
            Heard::Gone => return Err(io::ErrorKind::UnexpectedEof.into()),
            Heard::Redraw => {
                drawn = None;
                continue;
            }
            Heard::Key(key) => key,
        };
        drawn = None;
        match show.press(key, now) {
            Ask::Nothing => {}
            Ask::Run(job) => player.run(job),
            Ask::Stop => player.stop(),
            Ask::Quit => {
                player.stop();
                return Ok(Ending::Done);
            }
            Ask::Interrupt => {
                player.stop();
                return Ok(Ending::Stopped(2));
            }
            Ask::Suspend => signals::halt(),
        }
    }
}

/// Set when the program goes on after it was stopped.
fn continued() -> Arc<AtomicBool> {
    let continued = Arc::new(AtomicBool::new(false));
    // Without it, the picture is whole again at the next resize.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGCONT, Arc::clone(&continued));
    continued
}
