//! Courses: the lessons that are in this program, and those in somebody's directory.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::utf8::{NotUtf8, utf8};
use super::{Lesson, Problem, name, parse};
use crate::units;

macro_rules! embedded {
    ($($file:literal),* $(,)?) => {
        &[$((concat!("lessons/", $file), include_str!(concat!("../../lessons/", $file)))),*]
    };
}

/// The lessons in this program, in the order in which they are taken.
const EMBEDDED: &[(&str, &str)] = embedded![
    // One line for each file. A test says which one is missing.
    "01-what-is-async.md",
    "02-tasks.md",
    "03-gather.md",
    "04-routes.md",
    "05-blocking.md",
    "06-waiting-or-computing.md",
    "07-database.md",
    "08-http.md",
    "09-timeouts.md",
    "10-locks.md",
    "11-background.md",
    "12-queues.md",
    "13-culprit.md",
    "14-scale.md",
];

/// Larger than any lesson. What is larger is no lesson, and need not be read to its end.
const LARGEST: u64 = 1 << 20;

/// A lesson as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonFile {
    /// Where it stands, for messages.
    pub file: String,
    /// Its text.
    pub markdown: Cow<'static, str>,
}

impl LessonFile {
    /// Whether the file itself is there, with this text.
    pub fn is_here(&self) -> bool {
        text(Path::new("lessons"), Path::new(&self.file)).is_ok_and(|text| text == self.markdown)
    }
}

/// What is written in a directory, before anybody has read it as lessons.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The lessons, in order.
    pub sources: Vec<LessonFile>,
    /// Files that look like lessons, and cannot be.
    pub problems: Vec<Problem>,
}

/// Why there is no course.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// The directory cannot be read.
    #[error("the course in {0} cannot be read: {1}")]
    Unreadable(PathBuf, io::Error),
    /// There is no lesson in it.
    #[error("{0}: expected lessons with names like 01-waiting.md, found none")]
    Empty(PathBuf),
    /// A lesson in it cannot be played.
    #[error(transparent)]
    Problem(#[from] Problem),
}

/// The lessons in this program as they are written.
pub fn sources() -> Vec<LessonFile> {
    let sources = EMBEDDED.iter().map(|(file, markdown)| LessonFile {
        file: (*file).to_owned(),
        markdown: Cow::Borrowed(markdown),
    });
    sources.collect()
}

/// The lessons in this program, parsed once.
///
/// # Errors
/// A lesson that cannot be played. A test parses them all, so a user never meets it.
pub fn builtin() -> Result<&'static [Lesson], Problem> {
    static LESSONS: LazyLock<Result<Vec<Lesson>, Problem>> = LazyLock::new(|| {
        let lessons = EMBEDDED
            .iter()
            .map(|(file, markdown)| parse(file, markdown));
        lessons.collect()
    });
    LESSONS.as_deref().map_err(Clone::clone)
}

/// The lessons in a directory: its files called `NN-name.md`, in the order of their names, with their texts as `clean`
/// makes them.
///
/// # Errors
/// Where there is none, or one that cannot be played.
pub fn read(folder: &Path, clean: fn(&str) -> String) -> Result<Vec<Lesson>, CourseError> {
    let written = written(folder)?;
    if let Some(problem) = written.problems.into_iter().next() {
        return Err(problem.into());
    }
    if written.sources.is_empty() {
        return Err(CourseError::Empty(folder.to_owned()));
    }
    let lessons = written
        .sources
        .iter()
        .map(|source| Ok(parse(&source.file, &source.markdown)?.cleaned(clean)));
    lessons.collect()
}

/// What tells a course in a directory from others, wherever that directory is moved: the name that one of its lessons
/// gives it, else the directory's own name and the title of the first lesson.
pub fn identity(folder: &Path, lessons: &[Lesson]) -> String {
    let mut named = lessons
        .iter()
        .filter_map(|lesson| lesson.about.course.clone());
    named.next().unwrap_or_else(|| {
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = whole.file_name().unwrap_or_default().to_string_lossy();
        let title = lessons.first().map_or("", |lesson| &lesson.about.title);
        format!("{name}\n{title}")
    })
}

/// There is no such lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchLesson {
    /// As it was asked for.
    pub wanted: String,
    /// The names of those that there are.
    pub names: Vec<String>,
}

impl fmt::Display for NoSuchLesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no lesson `{}`; ", self.wanted)?;
        match &self.names[..] {
            [] => write!(f, "none was begun"),
            names => write!(f, "there are {}", names.join(", ")),
        }?;
        f.write_str(&units::did_you_mean(
            &self.wanted,
            self.names.iter().map(String::as_str),
        ))
    }
}

impl std::error::Error for NoSuchLesson {}

/// Which lesson is meant: `gather`, `07-gather`, or `7`, the seventh. A concept's name, such as `db`, is the first
/// lesson that plays with it.
///
/// # Errors
/// Which lessons there are.
pub fn find(lessons: &[Lesson], wanted: &str) -> Result<usize, NoSuchLesson> {
    let names: Vec<_> = lessons.iter().map(|lesson| lesson.name.as_str()).collect();
    let place = |is: &dyn Fn(&Lesson) -> bool| lessons.iter().position(is);
    let found = position(&names, wanted)
        .or_else(|| place(&|lesson| lesson.stem() == wanted))
        .or_else(|| place(&|lesson| lesson.about.concept == wanted))
        .or_else(|| place(&|lesson| lesson.shows(wanted)));
    found.ok_or_else(|| NoSuchLesson {
        wanted: wanted.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    })
}

/// Which of these lessons is meant, by its name or by its number, from 1.
pub fn position(names: &[&str], wanted: &str) -> Option<usize> {
    let by_name = names.iter().position(|name| *name == wanted);
    let number = || wanted.parse::<usize>().ok()?.checked_sub(1);
    by_name.or_else(|| number().filter(|index| *index < names.len()))
}

/// What is written in a directory. `README.md` and what is no Markdown are for other readers.
///
/// # Errors
/// Where the directory itself cannot be read.
pub fn written(folder: &Path) -> Result<Written, CourseError> {
    let unreadable = |error| CourseError::Unreadable(folder.to_owned(), error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_string_lossy().into_owned();
        let readme = name.eq_ignore_ascii_case("README.md");
        if name.ends_with(".md") && !name.starts_with('.') && !readme {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut written = Written::default();
    let mut taken: Vec<(String, String)> = Vec::new();
    for named in names {
        let path = folder.join(&named);
        let file = path.display().to_string();
        let mut wrong_at = |line: usize, what: String| {
            let file = file.clone();
            written.problems.push(Problem { file, line, what });
        };
        let mut wrong = |what: String| wrong_at(1, what);
        let Some(lesson) = name::of_stem(name::stem(&named)) else {
            wrong("expected a name like 07-gather.md: two digits, a dash, then small letters, digits and dashes".to_owned());
            continue;
        };
        if let Some((_, other)) = taken.iter().find(|(taken, _)| taken == lesson) {
            wrong(format!(
                "expected a name of its own, found `{lesson}`, which {other} has too"
            ));
            continue;
        }
        taken.push((lesson.to_owned(), named.clone()));
        match text(folder, &path) {
            Ok(markdown) => written.sources.push(LessonFile {
                file,
                markdown: Cow::Owned(markdown),
            }),
            Err(error) => match error.downcast::<NotUtf8>() {
                Ok(bad) => wrong_at(bad.line, format!("expected a text: {bad}")),
                Err(error) => wrong(format!("expected a text: {error}")),
            },
        }
    }
    Ok(written)
}

/// A file of the directory `folder`, and no other: a course that somebody else wrote may hold a link to anything.
fn text(folder: &Path, path: &Path) -> io::Result<String> {
    if !path.canonicalize()?.starts_with(folder.canonicalize()?) {
        return Err(io::Error::other(
            "it is a link that leads out of the course",
        ));
    }
    let about = fs::metadata(path)?;
    // A pipe would never end.
    if !about.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if about.len() > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    utf8(fs::read(path)?).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_in_the_folder_is_in_the_program_and_can_be_played() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons");
        let written = written(&folder).unwrap();
        assert_eq!(written.problems, []);
        let name = |source: &LessonFile| source.file.rsplit(['/', '\\']).next().unwrap().to_owned();
        let files = written.sources.iter().map(name);
        let files: Vec<_> = files.map(|name| format!("lessons/{name}")).collect();
        let embedded: Vec<_> = EMBEDDED.iter().map(|(file, _)| *file).collect();
        assert_eq!(files, embedded, "the list in src/lesson/course.rs");
        assert_eq!(builtin().unwrap().len(), embedded.len());
        assert!(!embedded.is_empty());
    }

    #[test]
    fn a_course_in_a_directory_is_read_in_the_order_of_its_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let refused = || {
            let error = read(folder.path(), str::to_owned).unwrap_err().to_string();
            error.replace(&*folder.path().display().to_string(), "DIR")
        };
        write("README.md", "");
        let none = "DIR: expected lessons with names like 01-waiting.md, found none";
        assert_eq!(refused(), none);
        let lesson = include_str!("../../lessons/starter/01-waiting.md");
        write("10-last.md", lesson);
        write("02-first.md", lesson);
        let lessons = read(folder.path(), str::to_owned).unwrap();
        let names: Vec<_> = lessons.iter().map(|lesson| &*lesson.name).collect();
        assert_eq!(names, ["first", "last"]);
        for (name, what) in [
            ("03-empty.md", "a ```toml lesson"),
            ("03-Empty.md", "a name like"),
        ] {
            write(name, "");
            let problem = refused();
            let expected = format!("DIR/{name}:1: expected {what}");
            assert!(problem.starts_with(&expected), "{problem}");
        }
    }
}
