//! What is told of each attempt: lines of metrics, held against the specification of their format.
