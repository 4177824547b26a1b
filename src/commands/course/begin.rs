//! Begins a course in an empty directory.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// What a new course holds.
const FILES: [(&str, &str); 2] = [
    (
        "01-waiting.md",
        include_str!("../../../lessons/starter/01-waiting.md"),
    ),
    ("README.md", include_str!("../../../lessons/README.md")),
];

/// Writes the files, and returns what there is to say.
///
/// # Errors
/// Where the directory is not empty, or cannot be written. Nothing in it is ever written over.
pub(super) fn begin(folder: &Path) -> Result<String> {
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("{shown} cannot be made"))?;
    let mut inside = fs::read_dir(folder).with_context(|| format!("{shown} cannot be read"))?;
    if inside.next().is_some() {
        bail!("{shown} is not empty. A course begins in a new directory, or in an empty one.");
    }
    for (name, text) in FILES {
        let path = folder.join(name);
        write(folder, &path, text)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let [(lesson, _), (readme, _)] = FILES;
    Ok(format!(
        "{lesson}\n  a lesson that works: change it, and add 02-yours.md\n{readme}\n  how to write one\n\nNext: asyncdemo course check {}\n",
        quoted(&shown.to_string())
    ))
}

/// A file with all of this in it, or none: what may be of this name meanwhile is not written over.
fn write(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut draft = tempfile::Builder::new();
    // Whoever may read a file of this folder may read this one, too: as the umask has it.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut draft = draft.prefix(".asyncdemo-").tempfile_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.persist_noclobber(path)?;
    Ok(())
}

fn quoted(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), |quoted| quoted.into_owned())
}
