//! Where numbers lie along an axis, which of them are marked, and how they are written.

/// One axis, from its least to its most.
pub struct Axis {
    least: f64,
    most: f64,
    is_tenfold: bool,
    ticks: Vec<f64>,
}

impl Axis {
    /// From zero up, with marks at round numbers.
    pub fn even(values: &[f64]) -> Self {
        let most = greatest(values);
        let step = round_up(most / 5.0);
        let count = (most / step).ceil().max(1.0) as u32;
        let ticks: Vec<_> = (0..=count).map(|tick| f64::from(tick) * step).collect();
        Self { least: 0.0, most: f64::from(count) * step, is_tenfold: false, ticks }
    }

    /// Tenfold steps, with marks at these places.
    pub fn tenfold(places: &[f64]) -> Self {
        let mut ticks = places.to_vec();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        let (least, most) = (ticks.first().copied(), ticks.last().copied());
        Self { least: least.unwrap_or(1.0), most: most.unwrap_or(10.0), is_tenfold: true, ticks }
    }

    /// What is marked, upwards.
    pub fn ticks(&self) -> Vec<f64> {
        self.ticks.clone()
    }

    /// Where a value lies: 0 at the least, 1 at the most.
    pub fn part(&self, value: f64) -> f64 {
        if self.is_tenfold {
            (value / self.least).log10() / (self.most / self.least).log10()
        } else {
            (value - self.least) / (self.most - self.least)
        }
    }
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::EPSILON, f64::max)
}

/// The next of 1, 2, 2.5, 5, 10, 20, 25 and so on.
fn round_up(value: f64) -> f64 {
    let tens = 10f64.powf(value.log10().floor());
    let round = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|step| step * tens);
    round.into_iter().find(|round| *round >= value).unwrap_or(value)
}

/// 2000 as 2,000, 300000 as 300 k, 1000000 as 1 M, 0.25 as it is.
pub fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{} M", trimmed(value / 1e6)),
        value if value >= 1e4 => format!("{} k", trimmed(value / 1e3)),
        value if value >= 1e3 => format!("{},{:03}", value as u32 / 1000, value as u32 % 1000),
        value => trimmed(value),
    }
}

/// Three digits that count, without zeros at the end.
fn trimmed(value: f64) -> String {
    let text = match value {
        value if value >= 100.0 => return format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Axis, short};

    #[test]
    fn marks_are_round_and_reach_the_greatest() {
        assert_eq!(Axis::even(&[3.7]).ticks(), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(Axis::even(&[1e6]).ticks().len(), 6);
        assert_eq!(Axis::tenfold(&[1000.0, 10.0, 10.0]).ticks(), [10.0, 1000.0]);
    }

    #[test]
    fn places_lie_between_nought_and_one() {
        let axis = Axis::tenfold(&[10.0, 100.0, 1000.0]);
        assert_eq!([10.0, 100.0, 1000.0].map(|value| axis.part(value)), [0.0, 0.5, 1.0]);
        assert_eq!(Axis::even(&[8.0]).part(4.0), 0.5);
    }

    #[test]
    fn numbers_are_written_short() {
        assert_eq!(
            [0.0, 0.25, 12.0, 184.2, 2000.0, 300_000.0, 2_500_000.0].map(short),
            ["0", "0.25", "12", "184", "2,000", "300 k", "2.5 M"]
        );
    }
}
