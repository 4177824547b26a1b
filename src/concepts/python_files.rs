//! The Python files of a concept.

use super::About;

impl About {
    /// Its Python file, and those beside it that it imports: the name and the text of each. None of them is in a folder.
    pub fn python_files(&self) -> Vec<(&'static str, &'static str)> {
        match self.python_file.strip_prefix(PACKAGED) {
            Some(name) => vec![
                (name, self.twin),
                ("demo.py", DEMO),
                ("others.py", OTHERS),
                ("orms.py", ORMS),
                ("shop.py", SHOP),
                ("sigterm.py", SIGTERM),
            ],
            None => vec![(self.python_file, self.twin), ("demo.py", DEMO)],
        }
    }

    /// Whether its Python file needs packages beside the standard library.
    pub fn needs_packages(&self) -> bool {
        self.python_file.starts_with(PACKAGED)
    }
}

/// The folder of the Python files that need packages.
const PACKAGED: &str = "web/";

/// What every concept's Python file imports: it runs a strategy and says what came of it.
pub const DEMO: &str = include_str!("../../lessons/python/demo.py");

/// What those with a server or clients import: programs that run beside them.
const OTHERS: &str = include_str!("../../lessons/python/web/others.py");

/// What the one about databases tries after its strategies: ORMs, and a pool behind a route.
const ORMS: &str = include_str!("../../lessons/python/web/orms.py");
const SHOP: &str = include_str!("../../lessons/python/web/shop.py");

/// What the one about work in the background tries after its strategies: a server of its own, and a signal.
const SIGTERM: &str = include_str!("../../lessons/python/web/sigterm.py");
