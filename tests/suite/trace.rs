//! The instrument as those use it who have a runtime. Its pure parts have their tests beside them; these stand here, in a
//! program that is not optimised: in the instrument's own, which is, they took six times as long to compile.

mod recorder;
mod requests;
