//! The terminal: taken, drawn on, and given back as it was, however it ends.

use std::io::{self, BufWriter, Write};
use std::panic;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::{
    Attribute, Color as Ink, Print, SetAttribute, SetBackgroundColor, SetForegroundColor,
};
use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};
use ratatui_core::buffer::{Buffer, Cell};
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier};

use crate::classroom::keys::Key;

/// Whether the terminal is ours. A panic and a signal must know; whoever draws holds it meanwhile.
static TAKEN: Mutex<bool> = Mutex::new(false);

/// Who draws for longer is held up by the terminal itself, as by a Ctrl-S, and is not waited for.
const DRAWING: Duration = Duration::from_millis(200);

/// The terminal, as long as this lives.
pub struct FullScreen {
    out: BufWriter<io::Stdout>,
    shown: Buffer,
    keys: bool,
}

/// What the terminal has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A key.
    Key(Key),
    /// The screen must be drawn again.
    Redraw,
    /// Nothing, or nothing that matters.
    Nothing,
    /// The terminal is gone.
    Gone,
}

impl FullScreen {
    /// Takes the terminal, and its keys.
    ///
    /// # Errors
    /// Where there is none, or it cannot be written.
    pub fn take() -> io::Result<Self> {
        Self::take_with(true)
    }

    /// Takes what it shows, and not the keys: those are another program's, and Ctrl-C stays a signal.
    ///
    /// # Errors
    /// Where there is none, or it cannot be written.
    pub fn take_without_keys() -> io::Result<Self> {
        Self::take_with(false)
    }

    fn take_with(keys: bool) -> io::Result<Self> {
        let usual = panic::take_hook();
        let ours = thread::current().id();
        panic::set_hook(Box::new(move |panic| {
            // A strategy that panics is in its report; its words would stand in the middle of the slide.
            if thread::current().id() == ours {
                give_back();
                usual(panic);
            } else if !*taken() {
                usual(panic);
            }
        }));
        let mut stage = Self {
            out: BufWriter::with_capacity(1 << 16, io::stdout()),
            shown: Buffer::default(),
            keys,
        };
        stage.resume()?;
        Ok(stage)
    }

    /// Takes it again after [`give_back`], or after somebody else has used it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn resume(&mut self) -> io::Result<()> {
        // Raw mode that is on already stays as it is, and a shell may have changed it meanwhile.
        let _ = terminal::disable_raw_mode();
        let mut taken = taken();
        *taken = true;
        if self.keys {
            terminal::enable_raw_mode()?;
        }
        execute!(self.out, EnterAlternateScreen, cursor::Hide)?;
        self.shown = Buffer::default();
        Ok(())
    }

    /// The area that there is to draw on.
    ///
    /// # Errors
    /// Where the terminal does not say.
    pub fn area(&self) -> io::Result<Rect> {
        let (width, height) = terminal::size()?;
        Ok(Rect::new(0, 0, width, height))
    }

    /// Shows these cells: what has changed since the last ones. Nothing, where the terminal has been given back.
    ///
    /// # Errors
    /// Where the terminal cannot be written.
    pub fn show(&mut self, cells: Buffer) -> io::Result<()> {
        let taken = taken();
        if !*taken {
            return Ok(());
        }
        if self.shown.area != cells.area {
            queue!(
                self.out,
                SetAttribute(Attribute::Reset),
                Clear(ClearType::All)
            )?;
            self.shown = Buffer::empty(cells.area);
        }
        let mut next = None;
        let mut ink = None;
        for (x, y, cell) in self.shown.diff(&cells) {
            if next != Some((x, y)) {
                queue!(self.out, cursor::MoveTo(x, y))?;
            }
            if ink != Some((cell.fg, cell.bg, cell.modifier)) {
                ink = Some((cell.fg, cell.bg, cell.modifier));
                set_style(&mut self.out, cell)?;
            }
            queue!(self.out, Print(cell.symbol()))?;
            // After a character of two columns, nobody can be sure where a terminal is.
            next = (cell.symbol().is_ascii()).then_some((x + 1, y));
        }
        queue!(self.out, SetAttribute(Attribute::Reset))?;
        self.out.flush()?;
        self.shown = cells;
        Ok(())
    }

    /// Waits for something, but no longer than that.
    ///
    /// # Errors
    /// Where the keyboard is gone.
    pub fn hear(&mut self, wait: Duration) -> io::Result<Heard> {
        // crossterm reads on and on from a terminal that is gone, so it is asked only while there is one.
        if is_gone() {
            return Ok(Heard::Gone);
        }
        if !event::poll(Duration::ZERO)? {
            wait_for_input(wait);
            return Ok(Heard::Nothing);
        }
        Ok(match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                named(key).map_or(Heard::Nothing, Heard::Key)
            }
            Event::Resize(..) => {
                // Also where the size is what it was: it may have been smaller in between, and what the
                // terminal cut off then is gone.
                self.shown = Buffer::default();
                Heard::Redraw
            }
            _ => Heard::Nothing,
        })
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        give_back();
        // The hook stays quiet from now on: it passes every panic on.
    }
}

fn taken() -> MutexGuard<'static, bool> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back, if it was taken.
pub fn give_back() {
    let begun = Instant::now();
    let taken = loop {
        match TAKEN.try_lock() {
            Ok(taken) => break Some(taken),
            Err(TryLockError::Poisoned(taken)) => break Some(taken.into_inner()),
            Err(TryLockError::WouldBlock) if begun.elapsed() > DRAWING => break None,
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    };
    // Whoever still draws has taken it.
    if taken.is_none_or(|mut taken| std::mem::take(&mut *taken)) {
        let _ = execute!(
            io::stdout(),
            SetAttribute(Attribute::Reset),
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = terminal::disable_raw_mode();
    }
}

/// Whether the terminal at standard input is no more: its window was closed, or its connection broke.
#[cfg(unix)]
pub fn is_gone() -> bool {
    use nix::sys::stat::{SFlag, fstat};

    // Then it is no terminal any more either, but still a device and not, as a pipe whose writer has gone, something else.
    let device = |mode| SFlag::from_bits_truncate(mode) & SFlag::S_IFMT == SFlag::S_IFCHR;
    fstat(io::stdin()).is_ok_and(|about| device(about.st_mode)) && polled(false, Duration::ZERO)
}

/// Elsewhere a program ends with its window.
#[cfg(not(unix))]
pub fn is_gone() -> bool {
    false
}

/// Waits for a key, or that the terminal goes, but no longer than that.
fn wait_for_input(wait: Duration) {
    #[cfg(unix)]
    polled(true, wait);
    #[cfg(not(unix))]
    let _ = event::poll(wait);
}

/// Whether standard input is gone, or, if that is asked, has something to read.
#[cfg(unix)]
fn polled(for_input: bool, wait: Duration) -> bool {
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let keyboard = io::stdin();
    let flags = if for_input {
        PollFlags::POLLIN
    } else {
        PollFlags::empty()
    };
    let mut asked = [PollFd::new(keyboard.as_fd(), flags)];
    let wait = PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO);
    poll(&mut asked, wait).is_ok_and(|ready| ready > 0)
}

fn set_style(out: &mut impl Write, cell: &Cell) -> io::Result<()> {
    queue!(out, SetAttribute(Attribute::Reset))?;
    for (modifier, attribute) in [
        (Modifier::BOLD, Attribute::Bold),
        (Modifier::DIM, Attribute::Dim),
        (Modifier::ITALIC, Attribute::Italic),
        (Modifier::UNDERLINED, Attribute::Underlined),
        (Modifier::REVERSED, Attribute::Reverse),
    ] {
        if cell.modifier.contains(modifier) {
            queue!(out, SetAttribute(attribute))?;
        }
    }
    if let Color::Indexed(index) = cell.fg {
        queue!(out, SetForegroundColor(Ink::AnsiValue(index)))?;
    }
    if let Color::Indexed(index) = cell.bg {
        queue!(out, SetBackgroundColor(Ink::AnsiValue(index)))?;
    }
    Ok(())
}

fn named(key: KeyEvent) -> Option<Key> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Key::Interrupt),
            KeyCode::Char('z') => Some(Key::Suspend),
            _ => None,
        };
    }
    Some(match key.code {
        KeyCode::Char(ch) => Key::Char(ch),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Right | KeyCode::PageDown => Key::Next,
        KeyCode::Left | KeyCode::PageUp | KeyCode::Backspace => Key::Back,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
