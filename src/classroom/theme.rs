//! For which room the screen is.

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Theme {
    /// Dark letters on white: for a projector in a lit room.
    Light,
    /// Light letters on black.
    #[default]
    Dark,
}

impl Theme {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }
}
