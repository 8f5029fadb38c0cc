//! One curve: for each place along an axis what the repetitions have measured there, and the
//! sentences that compare two places.

use serde::{Deserialize, Serialize};

use crate::bench::spread::Spread;

/// Figures along an axis, in its order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Curve {
    points: Vec<Point>,
}

/// What was measured at one place.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Point {
    at: u32,
    values: Vec<f64>,
}

impl Curve {
    /// Adds what one repetition has measured.
    pub fn add(&mut self, at: u32, value: f64) {
        match self.points.iter_mut().find(|point| point.at == at) {
            Some(point) => point.values.push(value),
            None => self.points.push(Point { at, values: vec![value] }),
        }
    }

    /// Every place with its figures.
    pub fn points(&self) -> impl Iterator<Item = (u32, Spread)> {
        self.points.iter().filter_map(|point| Some((point.at, Spread::of(&point.values)?)))
    }

    /// The median at one place; not a number where nothing was measured.
    pub fn at(&self, at: u32) -> f64 {
        self.points().find(|(place, _)| *place == at).map_or(f64::NAN, |(_, spread)| spread.median)
    }

    /// By how many percent it rises from one place to another: the median of the repetitions, each
    /// compared with itself, because what disturbs one changes slowly.
    pub fn rise(&self, from: u32, to: u32) -> Option<Spread> {
        let values = |at| {
            let point = self.points.iter().find(|point| point.at == at);
            point.map_or(&[][..], |point| &point.values)
        };
        let rises = values(from).iter().zip(values(to)).map(|(from, to)| (to / from - 1.0) * 100.0);
        Spread::of(&rises.collect::<Vec<_>>())
    }

    /// The same in words: "rises 4 % (1 to 7)" or "falls 2 % (-3 to 1)".
    pub fn rises(&self, from: u32, to: u32) -> String {
        let Some(Spread { least, median, most }) = self.rise(from, to) else {
            return "was not measured".to_owned();
        };
        let verb = if median < 0.0 { "falls" } else { "rises" };
        format!("**{verb} {:.0} %** ({least:.0} to {most:.0})", median.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::Curve;

    #[test]
    fn a_repetition_is_compared_with_itself() {
        let mut curve = Curve::default();
        for (at, value) in [(10, 1.0), (100, 1.25), (10, 3.0), (100, 3.0), (10, 20.0), (100, 40.0)]
        {
            curve.add(at, value);
        }
        assert_eq!(curve.rises(10, 100), "**rises 25 %** (0 to 100)");
        assert_eq!(curve.rises(100, 10), "**falls 20 %** (-50 to 0)");
        assert_eq!(curve.rises(10, 7), "was not measured");
    }
}
