//! The recorder's own files, compiled in, and put where Python finds them.

use std::path::Path;
use std::{fs, io};

/// Each file of the package `asyncdemo`, by its name.
pub const FILES: &[(&str, &str)] = &[
    ("__init__.py", include_str!("asyncdemo/__init__.py")),
    ("__main__.py", include_str!("asyncdemo/__main__.py")),
    ("_awaits.py", include_str!("asyncdemo/_awaits.py")),
    ("_loops.py", include_str!("asyncdemo/_loops.py")),
    ("_names.py", include_str!("asyncdemo/_names.py")),
    ("_program.py", include_str!("asyncdemo/_program.py")),
    ("_recorder.py", include_str!("asyncdemo/_recorder.py")),
    ("_responsive.py", include_str!("asyncdemo/_responsive.py")),
    ("_stalls.py", include_str!("asyncdemo/_stalls.py")),
    ("_stream.py", include_str!("asyncdemo/_stream.py")),
    ("_threads.py", include_str!("asyncdemo/_threads.py")),
    ("_tracebacks.py", include_str!("asyncdemo/_tracebacks.py")),
];

/// Writes the package into `folder`, as its subfolder `asyncdemo`.
///
/// # Errors
/// Where a file or the folder cannot be written.
pub fn write_to(folder: &Path) -> io::Result<()> {
    let package = folder.join("asyncdemo");
    fs::create_dir_all(&package)?;
    for (name, text) in FILES {
        fs::write(package.join(name), text)?;
    }
    Ok(())
}
