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
    /// Save this: the votes, as CSV.
    Save(CsvFile),
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

/// A file to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFile {
    /// Its name, without the ending.
    pub name: String,
    /// What is to be in it.
    pub csv: String,
}

/// What each key does, for `?` and for the README.
pub const KEYS: &[(&str, &str)] = &[
    ("space →", "the why of a result; the next slide"),
    ("b ←", "back"),
    ("p", "ask the room, close the round, vote again, close"),
    ("P", "one step back: no vote is lost"),
    ("1 – 9", "a raised hand for that answer"),
    ("u  0", "take one hand back, take all back"),
    ("v", "keep round one hidden until round two is over"),
    ("w  W", "where phones vote; where the teacher's page is"),
    ("e", "save the votes as CSV"),
    ("enter r", "run it live, and again; on a quiz: the answers"),
    ("esc", "stop the run"),
    ("+  -", "the main knob: twice, half as much"),
    ("s", "the strategies on one axis"),
    ("c  y", "the code that runs, the same in Python"),
    ("n", "the presenter's notes, and the hint"),
    ("t", "the time, and the lesson's minutes"),
    (".  l", "a blank screen; light or dark"),
    ("↑ ↓", "scroll"),
    ("?  q", "these keys, quit"),
];
