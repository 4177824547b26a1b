//! What can be pressed, and what is to be done about it.

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// What writes a character, shift and all.
    Char(char),
    /// Runs, or shows the answer.
    Enter,
    /// Closes and stops.
    Escape,
    /// Also the arrow to the right and page down: what a clicker sends.
    Next,
    /// Also the arrow to the left, page up and backspace.
    Back,
    /// Scrolls up.
    Up,
    /// Scrolls down.
    Down,
    /// The first slide of the lesson.
    Home,
    /// The last slide of the lesson.
    End,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z.
    Suspend,
}

/// What is to be done outside the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Nothing.
    Nothing,
    /// Run this, and tell what becomes of it.
    Run(RunRequest),
    /// Stop what runs.
    Stop,
    /// Give the terminal back, and end.
    Quit,
    /// The same, as Ctrl-C does.
    Interrupt,
    /// Give the terminal back until the shell says to go on.
    Suspend,
}

/// A run that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRequest {
    /// News of it carry this.
    pub number: u64,
    /// A command line without the program's name.
    pub line: String,
    /// The recording's file, without its ending.
    pub name: String,
    /// The concept's name, which a recording must have.
    pub concept: String,
}

/// What each key does, for `?` and for the README.
pub const KEYS: &[(&str, &str)] = &[
    ("space →", "the why of a result; the next slide"),
    ("b ←", "back"),
    ("p", "ask the room: show what to vote for"),
    ("1 – 9", "a raised hand for that answer"),
    ("u  0", "take one hand back, take all back"),
    ("enter", "run it live; on a quiz: the answers"),
    ("r", "run it again"),
    ("esc", "stop the run"),
    ("+  -", "the main knob: twice, half as much"),
    ("s", "the strategies on one axis"),
    ("c  y", "the code that runs, the same in Python"),
    ("n", "the presenter's notes, and the hint"),
    ("t", "the time, and the lesson's minutes"),
    (".", "a blank screen"),
    ("l", "light or dark"),
    ("↑ ↓", "scroll"),
    ("?", "these keys"),
    ("q", "quit"),
];
