//! What may be asked of every concept.

use std::path::PathBuf;

use clap::builder::ValueHint;

use crate::concepts::{About, Count, UsageError, Wait, ranged};
use crate::lab::{Lab, Stop};

/// What is asked of every concept.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_args(ranged), next_help_heading = "What to run")]
pub struct Options {
    /// Run only this strategy; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub strategy: Vec<String>,

    /// Run every strategy, not only the default ones
    #[arg(long)]
    pub all: bool,

    /// Run each strategy N times and show the median
    #[arg(long, value_name = "N", default_value = "1")]
    pub repeat: Count<1, 100>,

    /// Treat polls at least this long as blocking
    #[arg(long, value_name = "DURATION", default_value = "10ms")]
    pub slow_poll: Wait,

    /// Run each strategy in Python, too: with the interpreter of the active virtual environment, else python3, python
    /// or py; or with the one at PATH
    #[arg(
        long,
        value_name = "PATH",
        num_args = 0..=1,
        require_equals = true,
        value_hint = ValueHint::ExecutablePath
    )]
    pub python: Option<Option<PathBuf>>,

    /// List at most N tasks individually and aggregate the rest
    #[arg(
        long,
        value_name = "N",
        default_value = "1000",
        help_heading = "What to show"
    )]
    pub max_tasks: Count<0, 1_000_000>,

    /// Show the source of each strategy before it runs, in rust, python or both: side by side, from 120
    /// columns on. Alone, it means --code=rust. With --full, the whole Python file
    #[arg(
        long,
        value_enum,
        value_name = "LANGUAGE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "rust",
        hide_possible_values = true,
        help_heading = "What to show"
    )]
    pub code: Option<Code>,

    /// Show every lane, figure and finding, even if they do not fit the screen
    #[arg(long, help_heading = "What to show")]
    pub full: bool,

    /// Do not draw while it runs
    #[arg(long, short, help_heading = "What to show")]
    pub quiet: bool,

    /// Print the report as text for people, or as json for programs
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "What to show"
    )]
    pub format: Format,

    /// Whether its report is written to a file, too: then a reader of the text who goes away ends nothing.
    #[arg(skip)]
    pub exported: bool,
}

/// In which language the source is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Code {
    /// Of each strategy, what runs.
    Rust,
    /// Its function in the concept's Python file.
    Python,
    /// One beside the other, where the screen is wide enough.
    Both,
}

/// How the report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Timelines and sentences.
    #[default]
    Text,
    /// A report as in `docs/report.schema.json`, or a list.
    Json,
    /// Nothing: an export has standard output for itself.
    #[value(skip)]
    Nothing,
}

impl Format {
    /// What is printed where an export takes standard output.
    ///
    /// # Errors
    /// Where two things would be written there.
    pub fn beside_an_export(self) -> Result<Self, UsageError> {
        match self {
            Self::Text | Self::Nothing => Ok(Self::Nothing),
            Self::Json => Err(UsageError::new(
                "--format json and an export to - both write to standard output",
            )),
        }
    }
}

impl Options {
    /// The lab that runs what is asked.
    pub fn lab(&self, about: &About, stop: &Stop) -> Lab {
        Lab {
            slow_poll: *self.slow_poll,
            repeat: u32::try_from(*self.repeat).unwrap_or(u32::MAX),
            show_heartbeat: about.heartbeat_lane,
            max_tasks: *self.max_tasks,
            stop: stop.clone(),
        }
    }
}
