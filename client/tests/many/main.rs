//! Many files in one run, where no cloud is needed.

mod folders;
#[cfg(target_os = "linux")]
mod full;
#[cfg(unix)]
mod interrupted;
mod lists;
mod names;
mod overwriting;
#[cfg(target_os = "linux")]
mod streams;
mod support;
