//! A plot as SVG, legible on light and on dark pages: it brings its own ground and follows the
//! reader's preference. Our own because it is a page of arithmetic, where a plotting library brings
//! fonts and bitmaps.

mod axis;

use std::fmt::Write as _;

use super::curve::Curve;
use crate::bench::spread::Spread;
use axis::{Axis, short};

/// Size of the picture, and the room around the plot for words.
const SIZE: (f64, f64) = (720.0, 380.0);
const LEFT: f64 = 76.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = 60.0;
/// Between the frame and the first and last point: room for their values.
const INSET: f64 = 22.0;
/// Two words on top of each other are at least so far apart.
const LINE: f64 = 16.0;

/// Colours that the colour-blind tell apart, one for each curve, for light and dark grounds.
const STYLE: &str = "<style>
text { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round }
.ground { fill: #ffffff; stroke: #d0d7de } .ink { fill: #1f2328 } .grid { stroke: #e3e7eb }
.line0 { stroke: #0072b2 } .mark0 { fill: #0072b2 } .line1 { stroke: #b34700 } .mark1 { fill: #b34700 }
@media (prefers-color-scheme: dark) {
text { stroke: #161b22 }
.ground { fill: #161b22; stroke: #3d444d } .ink { fill: #e6edf3 } .grid { stroke: #30363d }
.line0 { stroke: #58b4f0 } .mark0 { fill: #58b4f0 } .line1 { stroke: #f0883e } .mark1 { fill: #f0883e }
}
</style>
";

/// One or two curves over one axis.
pub struct Plot<'c> {
    /// The name of its file, without `.svg`.
    pub name: &'static str,
    pub title: &'static str,
    /// What grows along the axis, in words.
    pub across: &'static str,
    /// What is measured, with its unit.
    pub up: &'static str,
    pub scale: Scale,
    /// Drawn in this order; the upper one first, its values stand above it.
    pub lines: Vec<Line<'c>>,
}

/// How far apart numbers are, across; upwards they are as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As they are: what grows in step is a straight line.
    Even,
    /// Ten times as much is always the same step.
    Tenfold,
}

/// A curve with its name at the end.
pub struct Line<'c> {
    pub name: &'static str,
    pub curve: &'c Curve,
}

/// A plot with its axes laid out.
struct Sheet<'p> {
    plot: &'p Plot<'p>,
    across: Axis,
    up: Axis,
    svg: String,
}

impl Plot<'_> {
    /// The name of its file.
    pub fn file(&self) -> String {
        format!("{}.svg", self.name)
    }

    pub fn to_svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| line.curve.points());
        let places: Vec<_> = points().map(|(at, _)| f64::from(at)).collect();
        let values: Vec<_> = points().flat_map(|(_, of)| [of.least, of.most]).collect();
        let across = match self.scale {
            Scale::Even => Axis::even(&places),
            Scale::Tenfold => Axis::tenfold(&places),
        };
        let mut sheet = Sheet { plot: self, across, up: Axis::even(&values), svg: String::new() };
        sheet.frame();
        sheet.grid();
        (0..self.lines.len()).for_each(|place| sheet.line(place));
        (0..self.lines.len()).for_each(|place| sheet.values(place));
        sheet.names();
        sheet.svg + "</svg>\n"
    }
}

impl Sheet<'_> {
    fn frame(&mut self) {
        let (width, height) = SIZE;
        let Plot { title, across, up, .. } = self.plot;
        self.add(format_args!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' \
             width='{width}' height='{height}' font-family='sans-serif' font-size='13' role='img'>\n\
             <title>{title}</title>\n{STYLE}<rect class='ground' x='0.5' y='0.5' width='{}' \
             height='{}' rx='6'/>",
            width - 1.0,
            height - 1.0
        ));
        self.add(format_args!("<text class='ink' x='{LEFT}' y='28' font-size='16'>{title}</text>"));
        let (middle, foot) = ((LEFT + width - RIGHT) / 2.0, height - 14.0);
        self.add(format_args!(
            "<text class='ink' x='{middle}' y='{foot}' text-anchor='middle'>{across}</text>"
        ));
        let middle = (TOP + height - BOTTOM) / 2.0;
        self.add(format_args!(
            "<text class='ink' transform='translate(20 {middle}) rotate(-90)' \
             text-anchor='middle'>{up}</text>"
        ));
    }

    fn grid(&mut self) {
        let (right, bottom) = (SIZE.0 - RIGHT, SIZE.1 - BOTTOM);
        for value in self.up.ticks() {
            let y = self.y(value);
            self.add(format_args!("<path class='grid' d='M{LEFT} {y:.1}H{right}'/>"));
            self.word((LEFT - 8.0, y + 4.5), "ink", "end", &short(value));
        }
        let mut last = f64::NEG_INFINITY;
        for value in self.across.ticks() {
            let x = self.x(value);
            self.add(format_args!("<path class='grid' d='M{x:.1} {TOP}V{bottom}'/>"));
            if x - last >= 40.0 {
                self.word((x, bottom + 20.0), "ink", "middle", &short(value));
                last = x;
            }
        }
    }

    fn line(&mut self, place: usize) {
        let points: Vec<_> = self.plot.lines[place].curve.points().collect();
        let path = points
            .iter()
            .map(|(at, of)| format!("{:.1},{:.1}", self.x(f64::from(*at)), self.y(of.median)));
        let path = path.collect::<Vec<_>>().join(" ");
        self.add(format_args!(
            "<polyline class='line{place}' points='{path}' fill='none' stroke-width='2'/>"
        ));
        for (at, Spread { least, median, most }) in points {
            let (x, y) = (self.x(f64::from(at)), self.y(median));
            let (low, high) = (self.y(least), self.y(most));
            self.add(format_args!(
                "<path class='line{place}' d='M{x:.1} {low:.1}V{high:.1}' opacity='0.5'/>\
                 <circle class='mark{place}' cx='{x:.1}' cy='{y:.1}' r='3.5'/>"
            ));
        }
    }

    /// The values beside the points: of the first curve above, of the second below.
    fn values(&mut self, place: usize) {
        let (class, mut last) = (format!("mark{place}"), f64::NEG_INFINITY);
        for (at, of) in self.plot.lines[place].curve.points().collect::<Vec<_>>() {
            let (x, y) = (self.x(f64::from(at)), self.y(of.median));
            let y = if place == 0 { y - 9.0 } else { y + LINE + 2.0 };
            if x - last >= 40.0 {
                self.word((x, y), &class, "middle", &short(of.median));
                last = x;
            }
        }
    }

    /// The names at the ends of the curves, moved apart where they would meet.
    fn names(&mut self) {
        let mut lowest = f64::NEG_INFINITY;
        for (place, line) in self.plot.lines.iter().enumerate() {
            let Some((at, of)) = line.curve.points().last() else { continue };
            let (x, y) = (self.x(f64::from(at)) + 12.0, self.y(of.median) + 4.5);
            lowest = y.max(lowest + LINE);
            self.word((x, lowest), &format!("mark{place}"), "start", line.name);
        }
    }

    fn word(&mut self, (x, y): (f64, f64), class: &str, anchor: &str, text: &str) {
        self.add(format_args!(
            "<text class='{class}' x='{x:.1}' y='{y:.1}' text-anchor='{anchor}'>{text}</text>"
        ));
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.svg, "{element}");
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + INSET + self.across.part(value) * (SIZE.0 - LEFT - 2.0 * INSET - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        SIZE.1 - BOTTOM - self.up.part(value) * (SIZE.1 - TOP - BOTTOM)
    }
}

#[cfg(test)]
mod tests {
    use super::{Curve, Line, Plot, Scale};

    #[test]
    fn every_point_lies_in_the_picture() {
        let (mut upper, mut lower) = (Curve::default(), Curve::default());
        for (at, value) in [(10, 0.3), (100, 2.0), (2000, 3.7), (2000, 4.1)] {
            upper.add(at, value);
            lower.add(at, value / 100.0);
        }
        for scale in [Scale::Even, Scale::Tenfold] {
            let lines = vec![Line { name: "a", curve: &upper }, Line { name: "b", curve: &lower }];
            let plot = Plot { name: "n", title: "t", across: "x", up: "y", scale, lines };
            let svg = plot.to_svg();
            let places = svg.split("' cx='").skip(1).map(|circle| {
                let (x, rest) = circle.split_once("' cy='").unwrap();
                (x.parse().unwrap(), rest.split('\'').next().unwrap().parse().unwrap())
            });
            let places: Vec<(f64, f64)> = places.collect();
            assert_eq!(places.len(), 6);
            for (x, y) in places {
                assert!((76.0..=600.0).contains(&x) && (52.0..=320.0).contains(&y), "{x} {y}");
            }
        }
    }
}
