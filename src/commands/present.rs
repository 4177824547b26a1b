//! `asyncdemo present`: a lesson in front of a class.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ratatui_core::buffer::Buffer;

use super::keyboard::HANG_UP;
use super::lessons::{self, can_be_played};
use super::run::Ending;
use super::screen::{Screen, complain};
use super::signals;
use crate::classroom::terminal::{FullScreen, Heard, Look, draw, is_gone};
use crate::classroom::{Ask, CsvFile, Player, Recordings, Show, Theme};
use crate::lab::Stop;
use crate::lesson::course;
use crate::web::{self, ClassServer, Listen};

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

    /// Whether and where the class votes by phone.
    #[command(flatten)]
    pub votes: VoteOptions,

    /// Save the report of each run in this directory, a file per slide
    #[arg(long, value_name = "DIR", help_heading = "Recording and replay")]
    pub record: Option<PathBuf>,

    /// Play the runs saved in this directory, marked REPLAY
    #[arg(long, value_name = "DIR", help_heading = "Recording and replay")]
    pub replay: Option<PathBuf>,
}

/// How the class votes by phone.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct VoteOptions {
    /// Let the class vote by phone too: serves one page on this machine's address in the local network, and says where
    #[arg(long, help_heading = "Votes by phone")]
    pub votes: bool,

    /// With --votes: listen at this address of the machine instead, with or without a port (0.0.0.0 is every one)
    #[arg(
        long,
        value_name = "ADDR",
        requires = "votes",
        help_heading = "Votes by phone"
    )]
    pub listen: Option<Listen>,
}

/// Between two looks at the clock, the run and the signals: a key is heard at once in any case.
const TICK: Duration = Duration::from_millis(25);

/// Votes that are taken between two looks at the keyboard.
const AT_ONCE: usize = 512;

/// Between two postings of the pages where nobody has voted and nothing was pressed.
const POST: Duration = Duration::from_millis(250);

/// Between two countings of the votes on the screen.
const COUNT: Duration = Duration::from_millis(100);

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
    let (lessons, trust) = lessons::of(options.course.as_deref())?;
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
    let mut show = Show::new(lessons.into_owned(), first, options.theme, trust);
    let server = server(options.votes)?;
    if let Some(server) = &server {
        show = show.with_votes(server.addresses().clone());
    }
    let look = Look {
        theme: Some(options.theme),
        color: screen.out().color,
        ascii: screen.out().ascii,
    };
    let class = Class {
        show,
        stage: FullScreen::take().context("the terminal could not be taken")?,
        player,
        server,
        look,
        drawn: None,
        voted: false,
        posted: None,
    };
    signals::end_with_the_terminal(stop);
    match class.play(stop) {
        // Not told so by a signal, which may be ignored, it still ends as if it had been.
        Err(_) if is_gone() => Ok(Ending::Stopped(HANG_UP)),
        ended => Ok(ended?),
    }
}

/// Listens, if that was asked for, and not otherwise.
fn server(options: VoteOptions) -> Result<Option<ClassServer>> {
    if !options.votes {
        return Ok(None);
    }
    let listen = match options.listen {
        Some(listen) => listen,
        None => Listen::local()?,
    };
    ClassServer::start(listen).map(Some)
}

/// A class that goes on: its screen, its runs, and its phones.
struct Class {
    show: Show,
    stage: FullScreen,
    player: Player,
    server: Option<ClassServer>,
    look: Look,
    /// When it was drawn last; nothing, where it must be drawn again.
    drawn: Option<Duration>,
    /// Whether somebody has voted since.
    voted: bool,
    /// When the pages were posted last; nothing, where that must be done again.
    posted: Option<Duration>,
}

impl Class {
    /// Until somebody quits, or a signal comes.
    fn play(mut self, stop: &Stop) -> io::Result<Ending> {
        let start = Instant::now();
        let continued = signals::continued();
        loop {
            if let Some(signal) = stop.signal() {
                self.player.stop();
                return Ok(Ending::Stopped(signal));
            }
            if continued.swap(false, Ordering::SeqCst) {
                // Whoever stopped it may have left anything on the terminal.
                self.stage.resume()?;
                self.drawn = None;
            }
            let now = start.elapsed();
            self.hear_runs();
            // Whoever sees the screen may press a button for it: the teacher's page is not behind it.
            self.post(now);
            // A key is answered before the phones are.
            self.draw(now)?;
            self.hear_phones(now);
            let key = match self.stage.hear(TICK)? {
                Heard::Nothing => continue,
                Heard::Gone => return Err(io::ErrorKind::UnexpectedEof.into()),
                Heard::Redraw => {
                    self.drawn = None;
                    continue;
                }
                Heard::Key(key) => key,
            };
            let ask = self.show.press(key, now);
            if let Some(ending) = self.answer(ask) {
                self.player.stop();
                return Ok(ending);
            }
        }
    }

    /// Does what is asked for. What ends the class is told.
    fn answer(&mut self, ask: Ask) -> Option<Ending> {
        (self.drawn, self.posted) = (None, None);
        match ask {
            Ask::Nothing => {}
            Ask::Run(job) => self.player.run(job),
            Ask::Stop => self.player.stop(),
            Ask::Save(export) => self.show.tell(saved(&export)),
            Ask::Quit => return Some(Ending::Done),
            Ask::Interrupt => return Some(Ending::Stopped(2)),
            Ask::Suspend => signals::halt(),
        }
        None
    }

    /// News of the run, and what they ask for in turn.
    fn hear_runs(&mut self) {
        let Self { show, player, .. } = self;
        let mut again = Vec::new();
        if player.news(|number, news| again.push(show.hear(number, news))) {
            (self.drawn, self.posted) = (None, None);
        }
        for ask in again {
            if let Ask::Run(job) = ask {
                self.player.run(job);
            }
        }
    }

    /// Votes, and the teacher's buttons: so many at once, so that a key is not kept waiting by them.
    fn hear_phones(&mut self, now: Duration) {
        let Some(server) = self.server.take() else {
            return;
        };
        let (mut votes, mut presses) = (Vec::new(), Vec::new());
        for heard in std::iter::from_fn(|| server.hear()).take(AT_ONCE) {
            match heard {
                web::FromPage::Vote(vote, reply) => votes.push((self.show.vote(vote), reply)),
                web::FromPage::Press { seen, key, pressed } => {
                    let ask = self.show.press_for(&seen, key, now);
                    presses.push((ask.is_some(), pressed));
                    // A page has no key that ends the class.
                    ask.and_then(|ask| self.answer(ask));
                }
            }
        }
        self.voted |= !votes.is_empty();
        // Whoever is told that a vote counts, or a button was pressed, sees it on the page that comes next.
        if !votes.is_empty() {
            server.post_voter(self.show.voter_page());
        }
        if !presses.is_empty() {
            server.post_host(self.show.host_page(now));
        }
        // Whoever asked may be gone by now.
        for (vote, reply) in votes {
            let _ = reply.send(vote);
        }
        for (pressed, reply) in presses {
            let _ = reply.send(pressed);
        }
        self.server = Some(server);
    }

    /// The pages, where something has changed or some time has passed.
    fn post(&mut self, now: Duration) {
        let due = self.posted.is_none_or(|posted| now >= posted + POST);
        if let Some(server) = self.server.as_ref().filter(|_| due) {
            server.post_voter(self.show.voter_page());
            server.post_host(self.show.host_page(now));
            self.posted = Some(now);
        }
    }

    fn draw(&mut self, now: Duration) -> io::Result<()> {
        let due = self.drawn.is_none_or(|drawn| {
            let ticks = drawn.as_secs() != now.as_secs();
            ticks || self.voted && now >= drawn + COUNT
        });
        if !due {
            return Ok(());
        }
        self.voted = false;
        let mut cells = Buffer::empty(self.stage.area()?);
        draw(&self.show, &self.look, now, &mut cells);
        self.stage.show(cells)?;
        self.drawn = Some(now);
        Ok(())
    }
}

/// Saves it in the current directory, under a name that nothing has there, and says which.
fn saved(export: &CsvFile) -> String {
    for count in 1..1_000 {
        let name = match count {
            1 => format!("{}.csv", export.name),
            _ => format!("{}-{count}.csv", export.name),
        };
        let file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&name);
        match file.and_then(|mut file| file.write_all(export.csv.as_bytes())) {
            Ok(()) => return format!("the votes are saved in {name}"),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            Err(why) => return format!("{name} could not be saved: {why}"),
        }
    }
    format!(
        "{}-1000.csv and all before it are there already",
        export.name
    )
}
