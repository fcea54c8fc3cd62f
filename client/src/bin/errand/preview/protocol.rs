//! Which protocol a terminal knows.

use std::env;

use clap::ValueEnum;

/// How a picture is sent to a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Kitty,
    Iterm,
    Sixel,
    Blocks,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preview {
    /// As the terminal can, by its environment
    Auto,
    /// Kitty's graphics protocol: kitty, Ghostty
    Kitty,
    /// iTerm2's inline images: iTerm2, Konsole, mintty, Rio, Warp
    Iterm,
    /// Sixel: foot, mlterm, contour, xterm with -ti vt340
    Sixel,
    /// Two pixels in each character
    Blocks,
}

impl Preview {
    /// The protocol to use; none where nothing but text can be shown.
    pub(super) fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Auto => known_by(|name| env::var(name).ok().filter(|value| !value.is_empty())),
            Self::Kitty => Some(Protocol::Kitty),
            Self::Iterm => Some(Protocol::Iterm),
            Self::Sixel => Some(Protocol::Sixel),
            Self::Blocks => Some(Protocol::Blocks),
        }
    }
}

/// What a terminal with these variables knows.
fn known_by(variable: impl Fn(&str) -> Option<String>) -> Option<Protocol> {
    let is_set = |name: &str| variable(name).is_some();
    let begins = |name: &str, words: &[&str]| {
        variable(name).is_some_and(|value| words.iter().any(|word| value.starts_with(word)))
    };
    let term = variable("TERM").unwrap_or_default();
    if term == "dumb" || term.is_empty() && !cfg!(windows) {
        return None;
    }
    // What a multiplexer draws is its own: it knows the terminal's variables, and passes no pictures on.
    if is_set("TMUX") || is_set("STY") || is_set("ZELLIJ") {
        return Some(Protocol::Blocks);
    }
    let is_kitty = is_set("KITTY_WINDOW_ID")
        || term.contains("kitty")
        || term.contains("ghostty")
        || begins("TERM_PROGRAM", &["ghostty"]);
    let is_iterm = begins(
        "TERM_PROGRAM",
        &["iTerm", "WezTerm", "mintty", "rio", "WarpTerminal"],
    ) || begins("LC_TERMINAL", &["iTerm", "WezTerm", "mintty", "rio"])
        || is_set("KONSOLE_VERSION");
    let is_sixel = begins("TERM", &["foot", "mlterm", "yaft", "contour", "xterm-sixel"]);
    Some(match () {
        () if is_kitty => Protocol::Kitty,
        () if is_iterm => Protocol::Iterm,
        () if is_sixel => Protocol::Sixel,
        () => Protocol::Blocks,
    })
}

/// Whether a terminal shows 256 grays, rather than the 26 among the usual 256 colors.
pub(super) fn has_all_grays() -> bool {
    env::var("COLORTERM").is_ok_and(|value| value.contains("truecolor") || value.contains("24bit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_known_by_its_environment() {
        for (variables, protocol) in [
            (&[("TERM", "xterm-256color")][..], Some(Protocol::Blocks)),
            (&[("TERM", "xterm-kitty")], Some(Protocol::Kitty)),
            (&[("TERM", "xterm-ghostty")], Some(Protocol::Kitty)),
            (
                &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")],
                Some(Protocol::Iterm),
            ),
            // Over ssh, this one alone comes along.
            (
                &[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")],
                Some(Protocol::Iterm),
            ),
            (
                &[("TERM", "xterm-256color"), ("KONSOLE_VERSION", "250801")],
                Some(Protocol::Iterm),
            ),
            (&[("TERM", "foot")], Some(Protocol::Sixel)),
            (
                &[
                    ("TERM", "tmux-256color"),
                    ("TMUX", "/tmp/tmux-0/default,1,0"),
                    ("KITTY_WINDOW_ID", "1"),
                ],
                Some(Protocol::Blocks),
            ),
            (&[("TERM", "dumb")], None),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(each, _)| *each == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(known_by(variable), protocol, "{variables:?}");
        }
    }
}
