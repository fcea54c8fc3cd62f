//! operations/stats
