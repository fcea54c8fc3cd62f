//! All tests of this crate from outside, but for those that need a process of their own: the image crate and its codecs are
//! linked once.

mod cancel;
mod cases;
mod damage;
mod every_option;
mod exif_in;
mod images;
mod jpeg_cases;
mod jpeg_inks;

#[path = "../../../../jpeg-luma/tests/it/support.rs"]
mod jpeg_support;
mod libjpeg_turbo;
mod messages;
mod mutations;
mod orientation;
mod pillow;
mod png_alpha;
mod stream;
mod test_images;
mod thumbnails;
mod tiff;
mod tiff_cases;
mod tiff_features;
mod tiff_grid;
mod tiff_oracle;
mod tiff_writer;
mod webp;
