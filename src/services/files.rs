//! How many files, and so sockets, this process may still open.

/// The open files of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFiles {
    /// How many there may be at once: `ulimit -n`. `None` where the system sets no limit, or tells none.
    pub limit: Option<usize>,
    /// How many there are.
    pub open: usize,
}

/// What a small program has open, where the system does not say.
const FEW: usize = 16;

impl OpenFiles {
    /// Asks the system, now.
    pub fn now() -> Self {
        // Linux and macOS list the open files there; reading the list opens one more.
        let listed = std::fs::read_dir("/dev/fd").map(|list| list.count().saturating_sub(1));
        Self {
            limit: soft_limit(),
            open: listed.unwrap_or(FEW),
        }
    }

    /// How many more may be opened.
    pub fn spare(self) -> usize {
        self.limit
            .map_or(usize::MAX, |limit| limit.saturating_sub(self.open))
    }
}

#[cfg(unix)]
fn soft_limit() -> Option<usize> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

    let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    (limit != RLIM_INFINITY).then(|| usize::try_from(limit).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn soft_limit() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_not_spare() {
        assert_eq!(
            OpenFiles {
                limit: Some(64),
                open: 12
            }
            .spare(),
            52
        );
        assert_eq!(
            OpenFiles {
                limit: Some(3),
                open: 4
            }
            .spare(),
            0
        );
        assert_eq!(
            OpenFiles {
                limit: None,
                open: 4
            }
            .spare(),
            usize::MAX
        );
    }

    #[cfg(any(target_os = "linux", target_os = "macos"))]
    #[test]
    fn the_system_tells_both() {
        let files: Vec<_> = (0..40).map(|_| tempfile::tempfile().unwrap()).collect();
        let now = OpenFiles::now();
        assert!(now.open >= files.len(), "{now:?}");
        assert!(now.limit.is_some_and(|limit| limit >= now.open), "{now:?}");
    }
}
