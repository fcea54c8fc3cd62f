"""What cannot be measured here is named with its reason, never skipped in silence."""


class Absent(Exception):
    """A peer or an input is not there; the message says why, and what would bring it."""
