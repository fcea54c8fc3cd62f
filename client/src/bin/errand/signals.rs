//! Being told to end: by Ctrl-C (SIGINT) or by the system (SIGTERM).
//!
//! A command clears up and then dies of the signal itself, not of an exit code: a shell's loop over many commands ends only
//! if the one that Ctrl-C reached died of it (<https://www.cons.org/cracauer/sigint.html>).

use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};

/// Which signal it was; 0 before.
static TOLD: AtomicI32 = AtomicI32::new(0);

/// Ends when the person, or the system, wants the command to end: Ctrl-C or SIGTERM.
pub(crate) async fn interruption() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            let kind = tokio::select! {
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = terminate.recv() => SignalKind::terminate(),
            };
            TOLD.store(kind.as_raw_value(), Ordering::Relaxed);
            return;
        }
    }
    // Without a handler the signal ends the process by itself.
    let _ = tokio::signal::ctrl_c().await;
}

/// Where nothing waits for the network: from now on, a signal makes a thread of its own do `last` and end the process.
pub(crate) fn on_interruption(last: impl FnOnce() + Send + 'static) {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGINT, SIGTERM};
        // Without a handler the signal ends the process by itself.
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else {
            return;
        };
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                TOLD.store(signal, Ordering::Relaxed);
                last();
                let _ = die();
                std::process::exit(128 + signal);
            }
        });
    }
    #[cfg(not(unix))]
    drop(last);
}

/// Ends the process by the signal that told it to; returns if there was none, with the code that says so.
pub(crate) fn die() -> ExitCode {
    #[cfg(unix)]
    {
        let signal = TOLD.load(Ordering::Relaxed);
        if signal != 0 {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
    ExitCode::from(130)
}
