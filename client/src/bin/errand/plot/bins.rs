//! How many bins a picture has where nobody chose.
//!
//! The answer is asked for more bins than are drawn, and neighbors are drawn together. Their width follows from the quartiles,
//! which only the answer tells (D. Freedman, P. Diaconis, "On the Histogram as a Density Estimator: L2 Theory", Probability
//! Theory and Related Fields 57, 1981): Sturges' rule, which needs the count alone, would draw most of a skewed list as one bar.

use errand_stats::{Histogram, Summary};

/// The bins that are asked for.
pub(super) const ASKED_FOR: u16 = 240;
/// The most that are drawn: more are no longer told apart.
const MOST: usize = 60;

/// How many neighbors are drawn as one bar.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "how many bins a picture has is a matter of taste"
)]
pub(super) fn together(summary: &Summary, histogram: &Histogram) -> usize {
    let all = histogram.bins.len();
    let least = all.div_ceil(MOST);
    // Sturges: no fewer bars than for a normal distribution.
    let sturges = 1 + summary.count.max(1).ilog2() as usize;
    let most = (all / sturges).max(least).max(1);
    let number = |decimal: &errand_stats::Decimal| {
        decimal
            .as_str()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
    };
    let range = summary
        .quartiles
        .as_ref()
        .and_then(|quartiles| number(&quartiles.interquartile_range));
    let (Some(range), Some(width)) = (range, number(&histogram.width).filter(|width| *width > 0.0)) else {
        return most;
    };
    let wanted = 2.0 * range / (summary.count as f64).cbrt() / width;
    (wanted.round() as usize).clamp(least.max(1), most)
}
