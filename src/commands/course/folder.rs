//! The folder of a site: made where there is none, and nothing in it is written over that asyncdemo did not write.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::commands::exports::replace;
use crate::site::SitePage;

/// The file that says which others are the site's own.
const MARKER: &str = ".asyncdemo-site";
const HEAD: &str =
    "# Written by asyncdemo course site, which replaces and removes these files and no others:";

/// A folder that may be written.
pub(super) struct SiteFolder {
    path: PathBuf,
    /// What an earlier run wrote in it.
    own: BTreeSet<String>,
}

impl SiteFolder {
    /// Makes it, and looks whether it may be written, before anything runs.
    ///
    /// # Errors
    /// Where it holds what is not the site's own, or cannot be made.
    pub(super) fn prepare(path: &Path, pages: &[String]) -> Result<Self> {
        let shown = path.display();
        fs::create_dir_all(path).with_context(|| format!("{shown} cannot be made"))?;
        let own = match fs::read_to_string(path.join(MARKER)) {
            Ok(text) if text.starts_with(HEAD) => text.lines().filter_map(own_file).collect(),
            Ok(_) => bail!("{shown}: its {MARKER} was not written by asyncdemo"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error).with_context(|| format!("{shown}: {MARKER}")),
        };
        let known = path.join(MARKER).exists();
        for entry in fs::read_dir(path).with_context(|| format!("{shown} cannot be read"))? {
            let name = entry
                .with_context(|| format!("{shown} cannot be read"))?
                .file_name();
            let name = name.to_string_lossy().into_owned();
            if !known {
                bail!(
                    "{shown} is not empty, and no site of asyncdemo's. A site begins in a new directory, or in an empty one."
                );
            }
            if pages.contains(&name) && !own.contains(&name) {
                bail!("{shown} has a {name} that asyncdemo did not write. Move it away first.");
            }
        }
        tempfile::tempfile_in(path).with_context(|| format!("{shown} cannot be written"))?;
        Ok(Self {
            path: path.to_owned(),
            own,
        })
    }

    /// Writes each page whole, and then takes away what an earlier run wrote and this one did not.
    ///
    /// # Errors
    /// The first file that cannot be written.
    pub(super) fn write(mut self, pages: &[SitePage]) -> Result<()> {
        let now: BTreeSet<_> = pages.iter().map(|page| page.name.clone()).collect();
        let gone: Vec<_> = self.own.difference(&now).cloned().collect();
        // Whatever ends it halfway, the next run knows all of these as its own.
        self.own.extend(now.iter().cloned());
        self.mark()?;
        for page in pages {
            self.put(&page.name, &page.html)?;
        }
        for name in gone {
            let file = self.path.join(&name);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error)
                        .with_context(|| format!("{} cannot be removed", file.display()));
                }
                _ => {}
            }
        }
        self.own = now;
        self.mark()
    }

    fn mark(&self) -> Result<()> {
        let names: Vec<_> = self.own.iter().map(String::as_str).collect();
        self.put(MARKER, &format!("{HEAD}\n{}\n", names.join("\n")))
    }

    fn put(&self, name: &str, text: &str) -> Result<()> {
        let file = self.path.join(name);
        replace(&file, |out: &mut dyn Write| out.write_all(text.as_bytes()))
            .with_context(|| format!("{} cannot be written", file.display()))
    }
}

/// A line of the marker that names a page: whatever somebody wrote into it, nothing but a page of this folder is removed.
fn own_file(line: &str) -> Option<String> {
    let stem = line.strip_suffix(".html")?;
    let plain = |ch: u8| matches!(ch, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (!stem.is_empty() && stem.bytes().all(plain)).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str, html: &str) -> SitePage {
        SitePage {
            name: name.to_owned(),
            html: html.to_owned(),
        }
    }

    fn made(path: &Path, pages: &[SitePage]) -> Result<()> {
        let names: Vec<_> = pages.iter().map(|page| page.name.clone()).collect();
        SiteFolder::prepare(path, &names)?.write(pages)
    }

    fn refused(path: &Path, pages: &[SitePage]) -> String {
        made(path, pages).unwrap_err().to_string()
    }

    #[test]
    fn a_site_is_made_anew_and_what_is_gone_from_it_goes() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/site");
        made(&path, &[page("01-a.html", "one"), page("index.html", "i")]).unwrap();
        fs::write(path.join("mine.txt"), "mine").unwrap();
        made(&path, &[page("02-b.html", "two"), page("index.html", "j")]).unwrap();
        let read = |name| fs::read_to_string(path.join(name));
        assert_eq!(read("index.html").unwrap(), "j");
        assert_eq!(read("02-b.html").unwrap(), "two");
        assert!(read("01-a.html").is_err());
        assert_eq!(read("mine.txt").unwrap(), "mine");
    }

    #[test]
    fn what_asyncdemo_did_not_write_stays() {
        let home = tempfile::tempdir().unwrap();
        let pages = [page("index.html", "i")];
        fs::write(home.path().join("index.html"), "mine").unwrap();
        let said = refused(home.path(), &pages);
        let part = "is not empty, and no site of asyncdemo's";
        assert!(said.contains(part), "{said}");

        let path = home.path().join("site");
        made(&path, &pages).unwrap();
        fs::write(path.join("01-a.html"), "mine").unwrap();
        let said = refused(&path, &[page("01-a.html", "x")]);
        let part = "a 01-a.html that asyncdemo did not write";
        assert!(said.contains(part), "{said}");
        assert_eq!(fs::read_to_string(path.join("index.html")).unwrap(), "i");
        assert_eq!(fs::read_to_string(path.join("01-a.html")).unwrap(), "mine");
    }

    #[test]
    fn a_marker_names_pages_and_nothing_outside() {
        assert_eq!(own_file("01-a.html").as_deref(), Some("01-a.html"));
        for line in ["../a.html", "/a.html", ".html", "a.txt", "a/b.html", HEAD] {
            assert_eq!(own_file(line), None, "{line}");
        }
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(MARKER), "anything").unwrap();
        let said = refused(home.path(), &[]);
        assert!(said.contains("was not written by asyncdemo"), "{said}");
    }
}
