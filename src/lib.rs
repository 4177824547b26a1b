//! asyncdemo
pub mod trace;
