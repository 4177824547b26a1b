//! Styled lines: what they are, where they end, what Markdown and source code become as lines, and how lines are
//! written to a terminal or into a page of the web.

mod ansi;
mod clean;
mod code;
mod command_line;
mod html;
mod line;
mod markdown;
mod policy;
mod python;
mod rust;
mod style;
mod table;
mod wrap;

pub use ansi::to_ansi;
pub use clean::{clean, clean_json, clean_line, cleaned};
pub use code::{Language, Source, beside, code, headed, numbered};
pub use command_line::command_line;
pub use html::to_html;
pub use line::{Line, Role};
pub use markdown::{COMFORTABLE, markdown};
#[cfg(test)]
pub(crate) use policy::assert_inline;
pub use policy::policy_source;
pub use style::Style;
pub(crate) use style::{columns, fit, fit_label};
pub use table::columns as in_columns;
pub use wrap::{unbroken, wrap};
