//! A plot as SVG: numbers that grow tenfold across, from zero up. Our own because it is a page of
//! arithmetic, where a plotting library brings fonts and bitmaps.

use std::fmt::Write as _;

/// Size of the picture, and the room around the plot for words.
const SIZE: (f64, f64) = (640.0, 360.0);
const LEFT: f64 = 64.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 52.0;
/// Colours that the colour-blind tell apart, one for each curve.
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];

/// Some curves over one axis.
pub struct Plot<'p> {
    pub title: &'p str,
    /// What grows.
    pub across: &'p str,
    /// The unit of what is measured.
    pub up: &'p str,
    pub curves: &'p [Curve],
}

/// One line with its name at the end.
pub struct Curve {
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
}

impl Plot<'_> {
    pub fn to_svg(&self) -> String {
        let (width, height) = SIZE;
        let mut svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' \
             font-family='sans-serif' font-size='13'>\n\
             <rect width='{width}' height='{height}' fill='white'/>\n"
        );
        let words = "fill='#222'";
        // Writing to a string does not fail.
        let _ =
            writeln!(svg, "<text x='{LEFT}' y='22' {words} font-size='15'>{}</text>", self.title);
        let (middle, foot) = ((LEFT + width - RIGHT) / 2.0, height - 12.0);
        let across = self.across;
        let _ = writeln!(
            svg,
            "<text x='{middle}' y='{foot}' {words} text-anchor='middle'>{across}</text>"
        );
        self.grid(&mut svg);
        for (curve, colour) in self.curves.iter().zip(COLOURS) {
            self.curve(&mut svg, curve, colour);
        }
        svg + "</svg>\n"
    }

    fn grid(&self, svg: &mut String) {
        let (right, bottom) = (SIZE.0 - RIGHT, SIZE.1 - BOTTOM);
        let line = "stroke='#ddd'";
        let top = self.highest();
        for step in 0..=4 {
            let value = top * f64::from(step) / 4.0;
            let y = self.y(value);
            let unit = if step == 4 { format!(" {}", self.up) } else { String::new() };
            let _ = writeln!(
                svg,
                "<path d='M{LEFT} {y:.1}H{right}' {line}/>\
                 <text x='{:.1}' y='{:.1}' text-anchor='end' fill='#222'>{}{unit}</text>",
                LEFT - 6.0,
                y + 4.0,
                short(value)
            );
        }
        for (across, _) in self.curves.first().map_or(&[][..], |curve| &curve.points) {
            let x = self.x(*across);
            let _ = writeln!(
                svg,
                "<path d='M{x:.1} {TOP}V{bottom}' {line}/>\
                 <text x='{x:.1}' y='{:.1}' text-anchor='middle' fill='#222'>{}</text>",
                bottom + 18.0,
                short(*across)
            );
        }
    }

    fn curve(&self, svg: &mut String, curve: &Curve, colour: &str) {
        let places: Vec<_> = curve.points.iter().map(|(x, y)| (self.x(*x), self.y(*y))).collect();
        let line: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            svg,
            "<polyline points='{}' fill='none' stroke='{colour}' stroke-width='2'/>",
            line.join(" ")
        );
        for (x, y) in &places {
            let _ = writeln!(svg, "<circle cx='{x:.1}' cy='{y:.1}' r='3.5' fill='{colour}'/>");
        }
        if let (Some((x, y)), Some((_, value))) = (places.last(), curve.points.last()) {
            let (x, y, name) = (x + 8.0, y + 4.0, curve.name);
            let _ = writeln!(
                svg,
                "<text x='{x:.1}' y='{y:.1}' fill='{colour}'>{name} {}</text>",
                short(*value)
            );
        }
    }

    fn x(&self, value: f64) -> f64 {
        let all = || self.curves.iter().flat_map(|curve| &curve.points).map(|(x, _)| x.log10());
        let (least, most) = (all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max));
        let part = (value.log10() - least) / (most - least).max(f64::EPSILON);
        LEFT + part * (SIZE.0 - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        SIZE.1 - BOTTOM - value / self.highest() * (SIZE.1 - TOP - BOTTOM)
    }

    /// The next round number above everything.
    fn highest(&self) -> f64 {
        let all = self.curves.iter().flat_map(|curve| &curve.points);
        let most = all.map(|(_, y)| *y).fold(f64::EPSILON, f64::max);
        let tens = 10f64.powf(most.log10().floor());
        [1.0, 2.0, 4.0, 6.0, 8.0, 10.0]
            .into_iter()
            .map(|step| step * tens)
            .find(|round| *round >= most)
            .unwrap_or(most)
    }
}

/// 2000 as 2,000, 1000000 as 1 M, 0.25 as it is.
fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{} M", value / 1e6),
        value if value >= 1e4 => format!("{:.0} k", value / 1e3),
        value if value >= 100.0 || value == value.trunc() => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Curve, Plot};

    #[test]
    fn every_point_lies_in_the_picture() {
        let curves = [
            Curve { name: "a", points: vec![(10.0, 0.3), (2000.0, 3.7)] },
            Curve { name: "b", points: vec![(10.0, 0.0)] },
        ];
        let svg = Plot { title: "t", across: "x", up: "y", curves: &curves }.to_svg();
        let places = svg.split("<circle cx='").skip(1).map(|circle| {
            let (x, rest) = circle.split_once("' cy='").unwrap();
            (x.parse::<f64>().unwrap(), rest.split('\'').next().unwrap().parse::<f64>().unwrap())
        });
        let places: Vec<_> = places.collect();
        assert_eq!(places.len(), 3);
        for (x, y) in places {
            assert!((64.0..=530.0).contains(&x) && (40.0..=308.0).contains(&y), "{x} {y}");
        }
    }
}
