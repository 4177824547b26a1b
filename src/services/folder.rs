//! Files in a temporary directory, with contents that can be checked.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Result, anyhow, bail};

use super::scratch::{Scratch, lock};

/// A temporary directory until it is removed, by whoever comes first: its run, or the place where it was made.
type Removable = Arc<Mutex<Option<Scratch>>>;

/// Where folders are made. Keep it as long as their runs: what is left of them goes with it. A run
/// that holds its thread cannot remove its files when it is stopped.
#[derive(Debug, Default)]
pub struct Folders {
    live: Mutex<Vec<Removable>>,
}

impl Folders {
    /// A new temporary directory, and `files` of `size` bytes each that are to be written into it, `at_once` of which may
    /// be open.
    ///
    /// # Errors
    /// Where no temporary directory can be made.
    pub fn folder(&self, files: usize, size: usize, at_once: usize) -> Result<Folder> {
        let scratch = Scratch::new("")?;
        let path = scratch.path().to_owned();
        let scratch = Arc::new(Mutex::new(Some(scratch)));
        let mut live = lock(&self.live);
        live.retain(|scratch| lock(scratch).is_some());
        live.push(Arc::clone(&scratch));
        drop(live);
        let files = (1..=files).map(|number| {
            let path = path.join(format!("file-{number}"));
            let checksum = checksum(&contents(number, size));
            File {
                number,
                path,
                size,
                checksum,
            }
        });
        Ok(Folder {
            files: files.collect(),
            at_once,
            path,
            size,
            scratch,
        })
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        for scratch in lock(&self.live).drain(..) {
            drop(lock(&scratch).take());
        }
    }
}

/// Files that are to be written and read. Dropping it removes them, and their directory.
#[derive(Debug)]
pub struct Folder {
    /// The files, numbered from 1.
    pub files: Vec<File>,
    /// How many of them may be open at once.
    pub at_once: usize,
    path: PathBuf,
    size: usize,
    scratch: Removable,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct File {
    /// Counts from 1.
    pub number: usize,
    /// Where it is to be.
    pub path: PathBuf,
    size: usize,
    checksum: u32,
}

impl File {
    /// What a learner calls it.
    pub fn name(&self) -> String {
        format!("file {}", self.number)
    }

    /// What is to be written into it, made anew each time.
    pub fn contents(&self) -> Vec<u8> {
        contents(self.number, self.size)
    }
}

/// Other bytes for each file, so that a block of another one is noticed.
fn contents(number: usize, size: usize) -> Vec<u8> {
    let pattern = (number as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .to_le_bytes();
    let mut contents = pattern.repeat(size.div_ceil(pattern.len()));
    contents.truncate(size);
    contents
}

impl Folder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether these are the checksums of what was to be written.
    ///
    /// # Errors
    /// Where a file is missing, or has read otherwise.
    pub fn check(&self, checksums: &[u32]) -> Result<()> {
        if checksums.len() != self.files.len() {
            bail!(
                "{} of {} files were read",
                checksums.len(),
                self.files.len()
            );
        }
        let mut files = self.files.iter().zip(checksums);
        match files.find(|(file, found)| file.checksum != **found) {
            Some((file, _)) => bail!("file {} reads otherwise than it was written", file.number),
            None => Ok(()),
        }
    }

    /// What an error means here, and what can be done about it. Others stay as they are.
    pub fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let cause = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<io::Error>());
        let place = self.path.parent().unwrap_or(&self.path).display();
        let all = self.files.len() * self.size;
        match cause.map(io::Error::kind) {
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) => {
                anyhow!(
                    "no room: {} files of {} bytes, {all} in all, do not fit into {place}. Set TMPDIR to a place with more room, or take fewer files (--files) or smaller ones (--size)",
                    self.files.len(),
                    self.size,
                )
            }
            Some(ErrorKind::NotFound) => {
                error.context(format!("{} has been removed", self.path.display()))
            }
            Some(_) => error.context(format!("in {place}")),
            None => error,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(lock(&self.scratch).take());
    }
}

/// The checksum of a file's contents, as `zlib.crc32` has it.
pub fn checksum(contents: &[u8]) -> u32 {
    crc32fast::hash(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_files_have_the_same_contents_and_each_has_its_size() {
        let folder = Folders::default().folder(3, 21, 1).unwrap();
        let mut contents: Vec<_> = folder.files.iter().map(File::contents).collect();
        assert!(contents.iter().all(|contents| contents.len() == 21));
        contents.sort();
        contents.dedup();
        assert_eq!(contents.len(), 3);
        let empty = Folders::default().folder(1, 0, 1).unwrap();
        assert!(empty.files[0].contents().is_empty());
    }

    #[test]
    fn a_checksum_tells_what_is_missing_and_what_has_changed() {
        let folder = Folders::default().folder(2, 100, 1).unwrap();
        let mut sums: Vec<_> = folder
            .files
            .iter()
            .map(|file| checksum(&file.contents()))
            .collect();
        let told = |sums: &[u32]| folder.check(sums).map_err(|error| error.to_string());
        assert_eq!(told(&sums), Ok(()));
        assert_eq!(told(&sums[..1]), Err("1 of 2 files were read".to_owned()));
        let mut contents = folder.files[1].contents();
        contents[99] ^= 1;
        sums[1] = checksum(&contents);
        assert_eq!(
            told(&sums),
            Err("file 2 reads otherwise than it was written".to_owned())
        );
        assert_ne!(checksum(&contents[..99]), checksum(&contents));
    }

    #[test]
    fn nothing_is_left_behind_even_while_somebody_writes_on() {
        let place = Folders::default();
        let folder = place.folder(400, 1000, 1).unwrap();
        let path = folder.path().to_owned();
        let files = folder.files.clone();
        let writer = std::thread::spawn(move || {
            files
                .iter()
                .try_for_each(|file| std::fs::write(&file.path, file.contents()))
        });
        // As if the run that owns it were stuck: only the place can remove it.
        std::mem::forget(folder);
        drop(place);
        let _ = writer.join().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_full_disk_is_told_as_what_it_is() {
        let folder = Folders::default().folder(2, 100, 1).unwrap();
        let told = |kind: ErrorKind| {
            let error = anyhow::Error::from(io::Error::from(kind)).context("file 1");
            format!("{:#}", folder.explain(error))
        };
        let full = told(ErrorKind::StorageFull);
        assert!(
            full.starts_with("no room: 2 files of 100 bytes, 200 in all, do not fit into "),
            "{full}"
        );
        assert!(told(ErrorKind::NotFound).contains("has been removed"));
        assert!(told(ErrorKind::PermissionDenied).contains("permission denied"));
        let other = folder.explain(anyhow!("no file at all"));
        assert_eq!(format!("{other:#}"), "no file at all");
    }
}
