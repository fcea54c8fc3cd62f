//! All tests of this crate from outside, but for those that need a process of their own: the image crate and its codecs are
//! linked once.

mod damage;
mod images;
mod mutations;
mod pillow;
mod png_alpha;
mod stream;
mod test_images;
mod tiff;
mod webp;
