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

    /// "rises 4 %" or "falls 2 %", from one place to another.
    pub fn rise(&self, from: u32, to: u32) -> String {
        let percent = (self.at(to) / self.at(from) - 1.0) * 100.0;
        let verb = if percent < 0.0 { "falls" } else { "rises" };
        format!("**{verb} {:.0} %**", percent.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::Curve;

    #[test]
    fn a_rise_compares_medians() {
        let mut curve = Curve::default();
        for (at, value) in [(10, 1.0), (100, 2.0), (10, 3.0), (100, 2.5), (10, 2.0), (100, 90.0)] {
            curve.add(at, value);
        }
        assert_eq!(curve.rise(10, 100), "**rises 25 %**");
        assert_eq!(curve.rise(100, 10), "**falls 20 %**");
    }
}
