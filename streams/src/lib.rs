//! Whether standard output was open when the process began.
//!
//! Before `main`, Rust's runtime opens `/dev/null` in the place of a standard stream that is closed, so that the next file
//! that is opened does not get its number. What is written there is lost without an error: a script that runs a command with
//! `>&-`, or a service whose standard output was never opened, takes it for done. The descriptor tells nothing any more then; so
//! this crate looks before the runtime does, from the list of functions that the loader calls first (`.init_array` of ELF,
//! `__mod_init_func` of Mach-O). Elsewhere, standard output counts as open.
//!
//! Beside the allocator, this is the only crate of the workspace with unsafe code. Why it is worth having is in
//! `docs/decisions/0114-closed-standard-output.md`.

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod at_load {
    use std::sync::atomic::{AtomicBool, Ordering};

    static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    // SAFETY: both sections hold pointers to functions that are called once, before `main`, on the only thread; this one
    // uses nothing of the standard library that has to be set up before.
    #[used]
    #[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
    #[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        // SAFETY: F_GETFD takes no third argument and touches no memory. It fails for a number that is not open, and for
        // nothing else (fcntl(2)).
        let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
        WAS_CLOSED.store(flags == -1, Ordering::Relaxed);
    }

    pub(crate) fn was_closed() -> bool {
        // The linker keeps what is referred to.
        std::hint::black_box(&LOOK);
        WAS_CLOSED.load(Ordering::Relaxed)
    }
}

/// Whether there was no standard output when the process began: what is written there goes nowhere.
#[must_use]
pub fn is_stdout_closed() -> bool {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    return at_load::was_closed();
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    false
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_standard_output_that_is_open_is_told_so() {
        // That one which is closed is told so, too, is seen from outside: client/tests/streams.rs.
        assert!(!super::is_stdout_closed());
    }
}
