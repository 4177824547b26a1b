//! Temporary directories, and locks that nobody breaks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Result, anyhow};
use tempfile::TempDir;

/// A new one, which is removed when it is dropped. `instead` ends the advice, as `, or give --database FILE` does.
///
/// # Errors
/// Where none can be made.
pub(crate) fn directory(instead: &str) -> Result<TempDir> {
    TempDir::with_prefix("asyncdemo-").map_err(|error| {
        anyhow!(
            "no temporary directory can be made in {}: {}. Set TMPDIR to a place where you may make files{instead}.",
            std::env::temp_dir().display(),
            error.kind(),
        )
    })
}

/// What the mutex holds, also where a thread has panicked with it: each change here is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
