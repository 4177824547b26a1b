//! What a shell and `man` are told of the command line: `asyncdemo completions`, `asyncdemo man`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap_complete::Shell;
use clap_mangen::Man;

use super::exports::replace;
use super::run::Ending;
use super::screen::{Screen, print, print_bytes};
use crate::concepts::UsageError;
use crate::units;

/// For which shell.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  asyncdemo completions bash \\
    > ~/.local/share/bash-completion/completions/asyncdemo
  asyncdemo completions zsh > \"${fpath[1]}/_asyncdemo\"
  asyncdemo completions fish > ~/.config/fish/completions/asyncdemo.fish")]
pub struct CompletionsOptions {
    /// Which shell's file is printed
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Of which command, or all of them as files.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  asyncdemo man gather | man -l -
  asyncdemo man --dir ~/.local/share/man/man1")]
pub struct ManOptions {
    /// The command whose page is printed, as in `man course check`; without it the program's
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub words: Vec<String>,

    /// Write the page of every command into this folder, which is made where it is not there
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// `asyncdemo completions`.
///
/// # Errors
/// Where standard output cannot be written.
pub fn completions(options: &CompletionsOptions, mut command: clap::Command) -> Result<Ending> {
    let mut text = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(options.shell, &mut command, name, &mut text);
    print_bytes(&text)?;
    Ok(Ending::Done)
}

/// `asyncdemo man`.
///
/// # Errors
/// Where there is no such command, or what is asked for cannot be written.
pub fn man(options: &ManOptions, mut command: clap::Command, screen: &Screen) -> Result<Ending> {
    command.build();
    if let Some(folder) = &options.dir {
        let written = pages(&command, folder)
            .with_context(|| format!("the pages cannot be written into {}", folder.display()))?;
        let told = units::count(written, "page", "pages");
        let told = format!("{told} in {}\n", folder.display());
        print(&screen.out().encode(&told))?;
        return Ok(Ending::Done);
    }
    let mut at = &command;
    for word in &options.words {
        at = at.find_subcommand(word).ok_or_else(|| {
            let words = options.words.join(" ");
            UsageError::new(format!(
                "there is no command `{words}`; asyncdemo help lists them"
            ))
        })?;
    }
    let mut text = Vec::new();
    Man::new(at.clone()).render(&mut text)?;
    print_bytes(&text)?;
    Ok(Ending::Done)
}

/// A page for the command and each one below it; how many were written. A page that is there is replaced whole.
fn pages(command: &clap::Command, folder: &Path) -> Result<usize> {
    fs::create_dir_all(folder)?;
    let page = Man::new(command.clone());
    replace(&folder.join(page.get_filename()), |out| page.render(out))?;
    let below = command.get_subcommands().filter(|it| !it.is_hide_set());
    let mut written = below.map(|below| pages(below, folder));
    written.try_fold(1, |sum, written| Ok(sum + written?))
}
