//! Whether a database file is still the one that was opened. On Unix an open file outlives its name: a program whose
//! file was removed can write on, into what nobody will ever find again.

use std::fs;
use std::path::{Path, PathBuf};

use super::refused::Why;

/// A database file, and the files that SQLite keeps beside it while a connection is open.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    file: (PathBuf, Identity),
    beside: Vec<(PathBuf, Identity)>,
}

/// What two files do not share, whatever their names.
type Identity = (u64, u64);

impl Opened {
    /// The file alone: what is beside it comes and goes where connections do.
    pub(crate) fn file(path: &Path) -> Result<Self, Why> {
        Ok(Self {
            file: (path.to_owned(), identity(path).ok_or(Why::Moved)?),
            beside: Vec::new(),
        })
    }

    /// With the log and its index. To be called when a connection has read: from then on, for as long as that is open,
    /// they stay.
    pub(crate) fn with_log(path: &Path, beside: [PathBuf; 2]) -> Result<Self, Why> {
        let beside = beside.into_iter().map(|path| {
            let identity = identity(&path).ok_or_else(|| Why::LogRemoved(path.clone()))?;
            Ok((path, identity))
        });
        Ok(Self {
            beside: beside.collect::<Result<_, Why>>()?,
            ..Self::file(path)?
        })
    }

    /// Where it is, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.file.0
    }

    /// That each path still leads to the file that it led to then.
    pub(crate) fn is_there(&self) -> Result<(), Why> {
        let (path, then) = &self.file;
        if identity(path) != Some(*then) {
            return Err(Why::Moved);
        }
        let removed = |(path, then): &&(PathBuf, Identity)| identity(path) != Some(*then);
        match self.beside.iter().find(removed) {
            Some((path, _)) => Err(Why::LogRemoved(path.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let there = fs::metadata(path).ok()?;
    Some((there.dev(), there.ino()))
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|_| (0, 0))
}
