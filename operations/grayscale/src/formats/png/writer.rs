//! The encoding side: takes rows as they were decoded, makes them gray and writes them.
//!
//! Many alpha channels are opaque everywhere and only make the file larger. One is assumed to be so until a row shows
//! otherwise; then what was written gets an alpha channel after all, and so does everything that follows.

use ::png::ColorType;

use super::chunks::Summary;
use super::encoder::{Budget, Compression, Encoder, Layout};
use super::metadata::Keeper;
use super::rows::RowConverter;
use super::widen;
use crate::{Error, Parameters};

/// A step of the work.
pub(super) enum Step<'a> {
    /// A frame begins; an animation's has the data of an `fcTL` chunk.
    Frame(Option<&'a [u8]>),
    /// A pass begins; its rows have this many pixels.
    Pass(u32),
    /// Whole rows of the pass.
    Rows(Vec<u8>),
    /// The frame is complete.
    EndFrame,
}

/// Turns steps into a PNG.
pub(super) struct Writer<'a> {
    input: &'a [u8],
    parameters: &'a Parameters,
    summary: &'a Summary<'a>,
    form: Form,
    budget: Budget,
    /// Pixels of the pass's rows.
    width: u32,
    /// A row of gray.
    gray: Vec<u8>,
}

/// What depends on whether there is an alpha channel.
struct Form {
    converter: RowConverter,
    layout: Layout,
    encoder: Encoder,
    /// Whole chunks that go after the image data.
    after: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Begins the output. What goes beyond `budget` is refused.
    pub(super) fn new(
        input: &'a [u8],
        parameters: &'a Parameters,
        summary: &'a Summary<'a>,
        budget: Budget,
    ) -> Result<Self, Error> {
        let opaque = summary.header.color == ColorType::Rgba;
        Ok(Self {
            input,
            parameters,
            summary,
            form: Form::new(input, parameters, summary, opaque, budget)?,
            budget,
            width: 0,
            gray: Vec::new(),
        })
    }

    /// Bytes of the gray image, uncompressed, as far as is known.
    pub(super) fn raw_bytes(&self) -> u64 {
        self.form.layout.raw_bytes()
    }

    /// Carries out a step.
    pub(super) fn take(&mut self, step: &Step<'_>) -> Result<(), Error> {
        match step {
            Step::Frame(control) => self.form.encoder.start_frame(*control),
            Step::Pass(width) => {
                self.width = *width;
                let row_bytes = self.form.layout.row_bytes(*width);
                self.form.encoder.start_pass(row_bytes);
                self.gray.resize(row_bytes, 0);
            }
            Step::Rows(rows) => {
                for row in rows.chunks_exact(self.summary.header.row_bytes(self.width)) {
                    self.row(row)?;
                }
            }
            Step::EndFrame => self.form.encoder.end_frame()?,
        }
        Ok(())
    }

    fn row(&mut self, row: &[u8]) -> Result<(), Error> {
        if !self.form.converter.convert(row, &mut self.gray) {
            self.add_alpha()?;
            self.form.converter.convert(row, &mut self.gray);
        }
        self.form.encoder.rows(&self.gray)
    }

    /// Adds an opaque alpha channel to everything that was written.
    fn add_alpha(&mut self) -> Result<(), Error> {
        let narrow = self.form.encoder.interrupt()?;
        // The file without alpha and the one with it are in memory together.
        let with_both = Budget {
            beside_bytes: self.budget.beside_bytes + narrow.file.capacity() as u64,
            ..self.budget
        };
        self.form = Form::new(self.input, self.parameters, self.summary, false, with_both)?;
        widen::add_alpha(&narrow, &mut self.form.encoder)?;
        self.form.encoder.set_budget(self.budget);
        self.gray.resize(self.form.layout.row_bytes(self.width), 0);
        Ok(())
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.form.encoder.chunks(&self.form.after);
        self.form.encoder.finish()
    }
}

impl Form {
    /// `opaque` assumes that an alpha channel is opaque everywhere.
    fn new(
        input: &[u8],
        parameters: &Parameters,
        summary: &Summary<'_>,
        opaque: bool,
        budget: Budget,
    ) -> Result<Self, Error> {
        let header = &summary.header;
        let converter = RowConverter::new(summary, parameters.luma, opaque);
        let alpha = converter.has_alpha();
        let layout = Layout {
            width: header.width,
            height: header.height,
            depth: if header.depth == 16 { 16 } else { 8 },
            alpha,
            interlaced: header.interlaced,
        };
        let target = if alpha {
            ColorType::GrayscaleAlpha
        } else {
            ColorType::Grayscale
        };
        let (before, after) = Keeper::new(summary, parameters, target).split(input)?;
        let compression = compression(parameters, summary, &layout);
        Ok(Self {
            converter,
            layout,
            encoder: Encoder::new(&before, layout, compression, budget),
            after,
        })
    }
}

/// A drawing, which compresses far better than any photograph does, is worth searching for repetitions.
fn compression(parameters: &Parameters, summary: &Summary<'_>, layout: &Layout) -> Compression {
    const DRAWING_RATIO: u64 = 8;
    if parameters.optimize {
        return Compression::Best;
    }
    let channels = summary.header.color.samples() as u64;
    let bits = u64::from(summary.header.width) * u64::from(summary.header.height) * channels;
    let raw = bits * u64::from(summary.header.depth) / 8 * u64::from(summary.animation_frames.max(1));
    if summary.data_bytes < raw / DRAWING_RATIO {
        Compression::Balanced
    } else {
        Compression::for_photo(layout.raw_bytes())
    }
}
