//! The source that a step shows.

use super::{CodeLanguage, Excerpt};
use crate::concepts::{self, RegionError, function, plain, plain_python, region, uncommented};

impl Excerpt {
    /// The region or the twin that is named, as it is. `None` of a concept that there is not.
    ///
    /// # Errors
    /// Where there is no such region.
    pub fn source(&self) -> Result<Option<(&'static str, CodeLanguage)>, RegionError> {
        let Ok(concepts::Entry { about, .. }) = concepts::find(&self.concept) else {
            return Ok(None);
        };
        Ok(Some(match &self.strategy {
            Some(strategy) if self.python => {
                let source = function(about.twin, strategy).unwrap_or(about.twin);
                (source, CodeLanguage::Python)
            }
            Some(strategy) => (region(about.source, strategy)?, CodeLanguage::Rust),
            None => (about.twin, CodeLanguage::Python),
        }))
    }
}

/// Source without the instrument, and without comments where a question follows that they would answer.
pub fn shown(source: &str, language: CodeLanguage, withheld: bool) -> String {
    let bare = match language {
        CodeLanguage::Rust => plain(source),
        CodeLanguage::Python => plain_python(source),
    };
    let bare = match withheld {
        true => uncommented(&bare, language == CodeLanguage::Python),
        false => bare,
    };
    bare.trim_matches('\n').to_owned()
}
