//! The operations that there are subcommands for.

use errand_protocol::OperationName;

/// An operation, as far as the client treats all of them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownOperation {
    /// Its name, as requests spell it.
    name: &'static str,
    /// Whether its function takes a message that is no request as the input itself.
    pub(crate) takes_bare_text: bool,
}

/// Statistics of a list of integers.
pub(crate) const STATS: KnownOperation = KnownOperation {
    name: errand_stats::NAME,
    takes_bare_text: errand_stats::TAKES_BARE_TEXT,
};

/// Grayscale of an image.
pub(crate) const GRAYSCALE: KnownOperation = KnownOperation {
    name: errand_grayscale::NAME,
    takes_bare_text: false,
};

/// All of them.
pub(crate) const ALL: &[KnownOperation] = &[STATS, GRAYSCALE];

impl KnownOperation {
    /// The operation of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|operation| operation.name == name)
    }

    pub(crate) fn name(self) -> OperationName {
        self.name
            .parse()
            .expect("the names of errand's own operations are valid")
    }
}

/// What `--operation` takes.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|operation| operation.name)
}
