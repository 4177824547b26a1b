//! A course as pages for a browser: question first, then a guess, then what was recorded, and why.
//!
//! Nothing is run and nothing is written here: lessons and recorded runs come in, pages go out. Each page is one file that
//! needs no other, no server and no network, and says all of it where no script runs. Whatever a lesson says is text.

mod frame;
mod pages;
mod prose;
mod question;
mod recorded;
mod step;

pub use pages::{SitePage, pages};
pub use recorded::{SiteCode, SiteCourse, SiteRun};
