//! What an error's message must be, whatever is wrong with an image.

use errand_grayscale::Error;

/// What one message may be long, in characters.
const LONGEST: usize = 300;
/// What is never said to people: how Rust prints its values, and things said twice.
const UNREADABLE: [&str; 7] = [
    "Some(",
    "None)",
    "Err(",
    "Error::",
    " { ",
    "unsupported error",
    "\n",
];

/// A message of a line or two, in plain words.
pub(crate) fn assert_readable(what: &str, error: &Error) {
    let text = error.to_string();
    assert!(text.chars().count() <= LONGEST, "{what}: {text}");
    for part in UNREADABLE {
        assert!(!text.contains(part), "{what}: {text}");
    }
    assert!(text.matches("not supported").count() < 2, "{what}: {text}");
}
