//! The picture: the same for SVG and PNG, drawn at twice the size at which it is shown, so that thin lines are sharp.

use std::fmt::Display;
use std::io;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoFont as _, RGBColor, TextStyle, WHITE, register_font};

use super::figure::{Bar, Figure, Mark};
use super::label::grouped;
use super::png;

/// How it is shown, in pixels of 1/96 inch.
const WIDTH: u32 = 900;
const HEIGHT: u32 = 550;
/// How much larger it is drawn.
const SCALE: u32 = 2;

/// Where things are, in pixels of the drawing.
const RIGHT: i32 = 1_750;
const TITLE_TOP: i32 = 36;
const SUBTITLE_TOP: i32 = 92;
const MEDIAN_TOP: i32 = 156;
const QUARTILES_TOP: i32 = 192;
const BARS_TOP: i32 = 280;
const BARS_BOTTOM: i32 = 820;
const BOX_TOP: i32 = 850;
const BOX_BOTTOM: i32 = 930;
const AXIS: i32 = 960;
const TICK: i32 = 10;
const TICK_LABELS_TOP: i32 = 978;
const LABEL_TOP: i32 = 1_038;
/// Between a label and what it is beside.
const GAP: i32 = 14;

const INK: RGBColor = RGBColor(33, 37, 41);
const GRAY: RGBColor = RGBColor(95, 103, 112);
const GRID: RGBColor = RGBColor(222, 226, 230);
const BAR: RGBColor = RGBColor(157, 187, 217);
const BOX: RGBColor = RGBColor(225, 234, 244);
const MEDIAN: RGBColor = RGBColor(178, 34, 34);

/// The name under which a reader of an SVG has a font, and plotters has `DejaVu Sans`.
const FAMILY: &str = "sans-serif";

/// Sizes of letters.
const TITLE: i32 = 50;
const TEXT: i32 = 32;
const SMALL: i32 = 26;

/// An SVG of the figure.
pub(super) fn svg(figure: &Figure) -> io::Result<Vec<u8>> {
    let (width, height) = (WIDTH * SCALE, HEIGHT * SCALE);
    let mut text = String::new();
    draw(SVGBackend::with_string(&mut text, (width, height)), figure)?;
    // Shown at its size; what is drawn stays.
    let drawn = format!("width=\"{width}\" height=\"{height}\"");
    let shown = format!("width=\"{WIDTH}\" height=\"{HEIGHT}\"");
    Ok(text.replacen(&drawn, &shown, 1).into_bytes())
}

/// A PNG of the figure.
pub(super) fn png(figure: &Figure) -> io::Result<Vec<u8>> {
    let size = (WIDTH * SCALE, HEIGHT * SCALE);
    let mut pixels = vec![0; (3 * size.0 * size.1) as usize];
    draw(BitMapBackend::with_buffer(&mut pixels, size), figure)?;
    png::encoded(&pixels, size)
}

fn draw<B: DrawingBackend>(backend: B, figure: &Figure) -> io::Result<()> {
    register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular())
        .map_err(|_| io::Error::other("the font is damaged"))?;
    let canvas = Canvas(backend.into_drawing_area());
    canvas.0.fill(&WHITE).map_err(failed)?;
    let counts: Vec<(u64, String)> = figure
        .counts
        .iter()
        .map(|count| (*count, grouped(&count.to_string())))
        .collect();
    let widest = counts
        .iter()
        .map(|(_, label)| canvas.width(label, SMALL))
        .max()
        .unwrap_or(0);
    let left = 60 + widest + GAP;
    let frame = Frame { left, right: RIGHT };

    canvas.text(&figure.title, (left, TITLE_TOP), TITLE, INK, HPos::Left)?;
    canvas.text(&figure.subtitle, (left, SUBTITLE_TOP), TEXT, GRAY, HPos::Left)?;
    canvas.counts(figure, &counts, frame)?;
    canvas.bars(figure, frame)?;
    canvas.lines(figure, frame)?;
    canvas.bar_labels(figure, frame)?;
    canvas.marks(figure, frame)?;
    canvas.box_plot(figure, frame)?;
    canvas.axis(figure, frame)?;
    canvas.0.present().map_err(failed)
}

fn failed(error: impl Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// From where to where the axis of values goes, in pixels.
#[derive(Clone, Copy)]
struct Frame {
    left: i32,
    right: i32,
}

impl Frame {
    fn width(self) -> i32 {
        self.right - self.left
    }

    /// The pixel of a place from 0 to 1.
    fn at(self, place: f64) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "a place is within the picture")]
        let offset = (place * f64::from(self.width())).round() as i32;
        self.left + offset
    }
}

/// Where a bar begins that is as high as the count says.
fn top_of(count: u64, figure: &Figure) -> i32 {
    let highest = u128::from(figure.counts.last().copied().unwrap_or(1).max(1));
    let most = u128::from((BARS_BOTTOM - BARS_TOP).unsigned_abs());
    let height = i32::try_from((u128::from(count) * most).div_ceil(highest)).unwrap_or(0);
    BARS_BOTTOM - height
}

struct Canvas<B: DrawingBackend>(DrawingArea<B, Shift>);

impl<B: DrawingBackend> Canvas<B> {
    fn text(&self, text: &str, at: (i32, i32), size: i32, color: RGBColor, anchor: HPos) -> io::Result<()> {
        let style = style(size, color).pos(Pos::new(anchor, VPos::Top));
        self.0.draw(&Text::new(text, at, style)).map_err(failed)
    }

    fn width(&self, text: &str, size: i32) -> i32 {
        let size = self.0.estimate_text_size(text, &style(size, INK));
        size.map_or(0, |(width, _)| i32::try_from(width).unwrap_or(0))
    }

    fn rectangle(&self, from: (i32, i32), to: (i32, i32), color: RGBColor) -> io::Result<()> {
        self.0
            .draw(&Rectangle::new([from, to], color.filled()))
            .map_err(failed)
    }

    /// A line of so many pixels across, along one axis.
    fn line(&self, from: (i32, i32), to: (i32, i32), color: RGBColor, across: u32) -> io::Result<()> {
        let path = PathElement::new(vec![from, to], color.stroke_width(across));
        self.0.draw(&path).map_err(failed)
    }

    fn counts(&self, figure: &Figure, counts: &[(u64, String)], frame: Frame) -> io::Result<()> {
        for (count, label) in counts {
            let at = top_of(*count, figure);
            self.line((frame.left, at), (frame.right, at), GRID, 2)?;
            let style = style(SMALL, GRAY).pos(Pos::new(HPos::Right, VPos::Center));
            let label = Text::new(label.as_str(), (frame.left - GAP, at), style);
            self.0.draw(&label).map_err(failed)?;
        }
        self.text(
            "count",
            (frame.left - GAP, BARS_TOP - 58),
            SMALL,
            GRAY,
            HPos::Right,
        )
    }

    fn bars(&self, figure: &Figure, frame: Frame) -> io::Result<()> {
        for bar in figure.bars.iter().filter(|bar| bar.count > 0) {
            let (left, right) = (frame.at(bar.left), frame.at(bar.right));
            let between = if right - left > 8 { 2 } else { 0 };
            // However few, they are to be seen.
            let top = top_of(bar.count, figure).min(BARS_BOTTOM - 5);
            let from = (left + between, top);
            self.rectangle(from, ((right - between).max(left + 1), BARS_BOTTOM), BAR)?;
        }
        self.line((frame.left, BARS_BOTTOM), (frame.right, BARS_BOTTOM), INK, 2)
    }

    /// The counts over the bars, if there is room for all of them.
    fn bar_labels(&self, figure: &Figure, frame: Frame) -> io::Result<()> {
        let label = |bar: &Bar| grouped(&bar.count.to_string());
        let has_room =
            |bar: &Bar| self.width(&label(bar), SMALL) + GAP < frame.at(bar.right) - frame.at(bar.left);
        if !figure.bars.iter().all(has_room) {
            return Ok(());
        }
        for bar in figure.bars.iter().filter(|bar| bar.count > 0) {
            let middle = i32::midpoint(frame.at(bar.left), frame.at(bar.right));
            let at = (middle, top_of(bar.count, figure) - SMALL - 6);
            self.on_white(&label(bar), at, SMALL, INK, HPos::Center)?;
        }
        Ok(())
    }

    /// Median and quartiles: a line each from its label through the bars to the box.
    fn lines(&self, figure: &Figure, frame: Frame) -> io::Result<()> {
        for (mark, color, top, dash) in [
            (&figure.first, GRAY, QUARTILES_TOP, 6),
            (&figure.third, GRAY, QUARTILES_TOP, 6),
            (&figure.median, MEDIAN, MEDIAN_TOP, 14),
        ] {
            let x = frame.at(mark.place);
            let mut y = top + TEXT + 8;
            while y < BOX_TOP {
                self.rectangle((x - 1, y), (x + 1, (y + dash).min(BOX_TOP)), color)?;
                y += 2 * dash;
            }
        }
        Ok(())
    }

    /// What the lines are.
    fn marks(&self, figure: &Figure, frame: Frame) -> io::Result<()> {
        let (first, median, third) = (&figure.first, &figure.median, &figure.third);
        let half = self.width(&median.text, TEXT) / 2;
        let x = frame.at(median.place);
        let x = x.clamp(frame.left + half, (frame.right - half).max(frame.left + half));
        self.text(&median.text, (x, MEDIAN_TOP), TEXT, MEDIAN, HPos::Center)?;

        // One ends at its line, the other begins there, as far as there is room.
        let width = |mark: &Mark| self.width(&mark.text, TEXT);
        let last = frame.right - width(third) - 2 * GAP - width(first);
        let left = (frame.at(first.place) - width(first)).max(frame.left).min(last);
        let right = frame.at(third.place).min(frame.right - width(third));
        let right = right.max(left + width(first) + 2 * GAP);
        self.on_white(&first.text, (left, QUARTILES_TOP), TEXT, GRAY, HPos::Left)?;
        self.on_white(&third.text, (right, QUARTILES_TOP), TEXT, GRAY, HPos::Left)
    }

    /// A text that no line behind it crosses.
    fn on_white(
        &self,
        text: &str,
        at: (i32, i32),
        size: i32,
        color: RGBColor,
        anchor: HPos,
    ) -> io::Result<()> {
        let width = self.width(text, size);
        let left = match anchor {
            HPos::Left => at.0,
            HPos::Center => at.0 - width / 2,
            HPos::Right => at.0 - width,
        };
        self.rectangle((left - 4, at.1), (left + width + 4, at.1 + size), WHITE)?;
        self.text(text, at, size, color, anchor)
    }

    fn box_plot(&self, figure: &Figure, frame: Frame) -> io::Result<()> {
        let middle = i32::midpoint(BOX_TOP, BOX_BOTTOM);
        let (minimum, maximum) = (frame.at(figure.minimum), frame.at(figure.maximum));
        let (first, third) = (frame.at(figure.first.place), frame.at(figure.third.place));
        self.line((minimum, middle), (maximum, middle), INK, 3)?;
        for x in [minimum, maximum] {
            self.line((x, middle - 18), (x, middle + 18), INK, 3)?;
        }
        self.rectangle((first - 1, BOX_TOP), (third + 1, BOX_BOTTOM), INK)?;
        if third - first > 4 {
            self.rectangle((first + 2, BOX_TOP + 3), (third - 2, BOX_BOTTOM - 3), BOX)?;
        }
        let median = frame.at(figure.median.place);
        self.rectangle((median - 2, BOX_TOP), (median + 2, BOX_BOTTOM), MEDIAN)
    }

    fn axis(&self, figure: &Figure, frame: Frame) -> io::Result<()> {
        self.line((frame.left, AXIS), (frame.right, AXIS), INK, 2)?;
        // As many labels as stand apart.
        let axis = (2..=10).rev().map(|most| figure.axis(most)).find(|axis| {
            let ends = |(tick, label): &(_, String)| {
                let (x, half) = (frame.at(figure.place(tick)), self.width(label, TEXT) / 2);
                (x - half, x + half)
            };
            let spans: Vec<(i32, i32)> = axis.ticks.iter().map(ends).collect();
            spans.windows(2).all(|pair| pair[0].1 + 2 * GAP < pair[1].0)
        });
        let axis = axis.unwrap_or_else(|| figure.axis(1));
        for (tick, label) in &axis.ticks {
            let x = frame.at(figure.place(tick));
            self.line((x, AXIS), (x, AXIS + TICK), INK, 2)?;
            self.text(label, (x, TICK_LABELS_TOP), TEXT, INK, HPos::Center)?;
        }
        let middle = i32::midpoint(frame.left, frame.right);
        self.text(&axis.unit, (middle, LABEL_TOP), TEXT, INK, HPos::Center)
    }
}

fn style(size: i32, color: RGBColor) -> TextStyle<'static> {
    TextStyle {
        color: color.to_backend_color(),
        ..(FAMILY, size).into_font().into()
    }
}

#[cfg(test)]
mod tests {
    use errand_stats::Parameters;

    use super::super::with_what_is_drawn;
    use super::*;

    fn figure(list: &str) -> Figure {
        let parameters = with_what_is_drawn(Parameters::default());
        let summary = errand_stats::summarize(list.as_bytes(), &parameters).unwrap();
        Figure::of(&summary, "a<b>&\"c\".txt", "value", false).unwrap()
    }

    #[test]
    fn every_kind_of_list_is_drawn_in_both_formats() {
        let digits = "9".repeat(400);
        for list in [
            "5",
            "0 0 0",
            "1 2",
            "-3 -2 -1 4",
            "0.1 0.25 12.5",
            "1e-300 2",
            &format!("{digits} -{digits}"),
            &"7 8 9 9 1000 ".repeat(1_000),
        ] {
            let figure = figure(list);
            let text = String::from_utf8(svg(&figure).unwrap()).unwrap();
            assert!(
                text.contains("width=\"900\" height=\"550\" viewBox=\"0 0 1800 1100\""),
                "{text}"
            );
            assert!(
                text.contains("a&lt;b&gt;&amp;") && text.contains("median"),
                "{text}"
            );
            let file = png(&figure).unwrap();
            let mut reader = ::png::Decoder::new(io::Cursor::new(&file)).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut pixels).unwrap();
            assert_eq!((info.width, info.height), (1_800, 1_100));
            assert!(pixels.chunks(3).any(|pixel| pixel == [157, 187, 217]), "{list}");
        }
    }
}
