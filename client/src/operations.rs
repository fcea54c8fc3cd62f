//! The operations that stacks of this release have.

use std::time::Duration;

use errand_protocol::OperationName;

use crate::input::Input;
use crate::job::Job;

/// The visibility time-out of a request queue, in time-outs of its function: what AWS asks of a queue that feeds one.
const VISIBILITY_TIMEOUTS: u64 = 6;
/// For the way to the queue and back.
const MARGIN: Duration = Duration::from_secs(30);

/// An operation, as far as a client treats all of them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name, as requests spell it.
    name: &'static str,
    /// The time-out of its function, in seconds, unless the stack was deployed with another one.
    function_timeout_secs: u64,
    /// Whether its function takes a message that is no request as the input itself.
    pub(crate) takes_bare_text: bool,
    /// The name and the bytes of a small input that it can do: see [`Operation::trial`].
    trial: (&'static str, &'static [u8]),
}

/// Statistics of a list of numbers.
pub const STATS: Operation = Operation {
    name: errand_stats::NAME,
    function_timeout_secs: 60,
    takes_bare_text: errand_stats::TAKES_BARE_TEXT,
    trial: ("trial.txt", b"1 2 3\n"),
};

/// Grayscale of an image.
pub const GRAYSCALE: Operation = Operation {
    name: errand_grayscale::NAME,
    function_timeout_secs: 120,
    takes_bare_text: false,
    // Two pixels, red and blue.
    trial: ("trial.png", include_bytes!("operations/trial.png")),
};

/// All of them.
pub const ALL: &[Operation] = &[STATS, GRAYSCALE];

impl Operation {
    /// The operation of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|operation| operation.name == name)
    }

    /// How long to wait for the answer when nothing is said. If the function is killed, its message is delivered again
    /// after the queue's visibility time-out, six times the function's; that second delivery may take all of its time
    /// too. `devtools/tests/test_client.py` holds this against the template.
    #[must_use]
    pub fn default_timeout(self) -> Duration {
        Duration::from_secs((VISIBILITY_TIMEOUTS + 1) * self.function_timeout_secs) + MARGIN
    }

    /// A job that it can do, with the defaults, in no time: whether a stack does anything at all is seen by sending one.
    #[must_use]
    pub fn trial(self) -> Job {
        let (name, bytes) = self.trial;
        Job::new(self, &(), Input::bytes(name, bytes))
    }

    /// Its name, as requests spell it.
    ///
    /// # Panics
    ///
    /// Never: the names of errand's own operations are valid.
    #[must_use]
    pub fn name(self) -> OperationName {
        self.name
            .parse()
            .expect("the names of errand's own operations are valid")
    }
}

/// The names of all of them.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|operation| operation.name)
}
