//! Medians and percentiles of small samples. Not a statistics library.

/// The value below which `percent` of the sample lies (nearest rank). The sample must not be empty.
pub(crate) fn percentile(sample: &[f64], percent: f64) -> f64 {
    assert!(!sample.is_empty(), "a percentile of nothing");
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small samples"
    )]
    let rank = ((percent / 100.0) * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

pub(crate) fn median(sample: &[f64]) -> f64 {
    percentile(sample, 50.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let sample = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(median(&sample), 3.0);
        assert_eq!(percentile(&sample, 99.0), 5.0);
        assert_eq!(percentile(&sample, 1.0), 1.0);
    }
}
