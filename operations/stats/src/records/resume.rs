//! Reading on behind the first objects, where they are one a line.

use super::{Records, State};
use crate::contents::Contents;
use crate::{Error, Position};

impl Records {
    /// Reads on at this position, between two objects.
    pub(crate) fn resumed(self, position: Position) -> Self {
        Self {
            position,
            names: None,
            ..self
        }
    }

    /// Whether the objects are in an array, once the first has been read, and the position if the next byte is between two.
    pub(crate) fn known(&self) -> Option<(bool, Option<Position>)> {
        let position = (self.state == State::Record && self.open.is_empty()).then_some(self.position);
        match self.array {
            Some(_) => Some((true, None)),
            None if self.is_first() => None,
            None => Some((false, position)),
        }
    }

    /// What was read, between two objects.
    pub(crate) fn suspend(self) -> Result<Contents, Error> {
        self.finish()
    }
}
