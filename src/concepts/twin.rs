//! A strategy in Python.

use std::sync::Arc;
use std::time::Duration;

use crate::claims::{Claim, Claims};

/// What a strategy is in Python.
#[derive(Clone, Debug)]
pub enum Counterpart {
    /// The function of its name.
    Twin(Twin),
    /// Nothing, for this reason.
    None(&'static str),
}

/// A strategy in Python: the function of its name in the concept's Python file. What is not said of it otherwise is as
/// in Rust.
#[derive(Clone, Debug)]
pub struct Twin {
    /// What it does, as code where that is shorter.
    pub summary: String,
    ideal: Option<Option<Duration>>,
    claims: Option<Claims>,
    /// How long what it leaves behind goes on, counted from its start, where that is longer than the strategy.
    pub goes_on: Option<Duration>,
    /// The largest size with which it is tried, where that is another one than in Rust.
    pub most: Option<usize>,
    /// Why its result is not equal to that in Rust, where that is so.
    pub differs: Option<&'static str>,
}

impl Twin {
    /// It behaves as the strategy in Rust does.
    pub fn of(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ideal: None,
            claims: None,
            goes_on: None,
            most: None,
            differs: None,
        }
    }

    /// What it leaves behind goes on for so long, counted from its start: the axis has room for it.
    pub fn goes_on_for(mut self, time: Duration) -> Self {
        self.goes_on = Some(time);
        self
    }

    /// Is not tried with a larger size.
    pub fn at_most(mut self, size: usize) -> Self {
        self.most = Some(size);
        self
    }

    /// The wall time that arithmetic promises here, if it promises one.
    pub fn ideal(mut self, ideal: impl Into<Option<Duration>>) -> Self {
        self.ideal = Some(ideal.into());
        self
    }

    /// What the run is expected to show, in place of what is claimed of the strategy in Rust.
    pub fn claim(self, claim: impl Claim + 'static) -> Self {
        self.claim_if(true, claim)
    }

    /// [`Self::claim`], where the knobs let it show.
    pub fn claim_if(mut self, shows: bool, claim: impl Claim + 'static) -> Self {
        let claims = self.claims.get_or_insert_default();
        if shows {
            claims.push(Arc::new(claim));
        }
        self
    }

    /// Says why its result is not equal to that in Rust.
    pub fn differs(mut self, why: &'static str) -> Self {
        self.differs = Some(why);
        self
    }

    /// The wall time that arithmetic promises, where it promises `in_rust` to the same in Rust.
    pub fn ideal_beside(&self, in_rust: Option<Duration>) -> Option<Duration> {
        self.ideal.unwrap_or(in_rust)
    }

    /// What is claimed of it, where `in_rust` is claimed of the same in Rust.
    pub fn claims_beside<'a>(&'a self, in_rust: &'a Claims) -> &'a Claims {
        self.claims.as_ref().unwrap_or(in_rust)
    }
}
