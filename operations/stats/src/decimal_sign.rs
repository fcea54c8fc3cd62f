//! What stands between a number's whole part and its fraction.

use crate::Parameters;

/// The byte between a number's whole part and its fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalSign {
    Point,
    /// A comma then separates nothing, neither in a list nor in a table.
    Comma,
}

impl DecimalSign {
    /// The one that `parameters` ask for.
    pub(crate) fn of(parameters: &Parameters) -> Self {
        if parameters.decimal_comma {
            Self::Comma
        } else {
            Self::Point
        }
    }

    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }
}
