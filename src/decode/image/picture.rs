//! A small picture of an image: pixels for whoever can draw them.

use std::io::Cursor;

use image::{ImageError, ImageFormat, ImageReader, Limits, metadata::Orientation};

/// How many pixels a picture is wide at the most.
pub const WIDEST: u32 = 400;
/// How many pixels it is high at the most.
pub const HIGHEST: u32 = 200;

/// How many pixels an image may have on either side to be decoded.
const SIDE: u32 = 16_384;
/// How many bytes decoding it may take.
const MEMORY: u64 = 64 << 20;
/// How many times a small image is enlarged at the most.
const ENLARGED: u32 = 8;

/// Pixels of an image, row by row, upright.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    width: u32,
    height: u32,
    /// Red, green, blue, and how much of it covers what is behind.
    pixels: Box<[[u8; 4]]>,
}

impl Picture {
    /// How many pixels it is wide; never 0.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// How many pixels it is high; never 0.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The red, green and blue of a pixel, counted from the left and from the top; nothing where what is behind is seen.
    pub fn pixel(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        let [red, green, blue, cover] = self.at(x, y)?;
        (cover >= 128).then_some([red, green, blue])
    }

    fn at(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        let at = u64::from(y) * u64::from(self.width) + u64::from(x);
        self.pixels.get(usize::try_from(at).ok()?).copied().filter(|_| x < self.width)
    }

    /// The same in at most so many pixels, its sides as they are to each other. What is smaller is enlarged, by a whole
    /// number. Costs what its pixels do; nothing where there is no room for a pixel.
    pub fn within(&self, width: u32, height: u32) -> Option<Self> {
        if width == 0 || height == 0 {
            return None;
        }
        let times = (width / self.width).min(height / self.height).min(ENLARGED);
        if times > 0 {
            return Some(self.sampled(self.width * times, self.height * times));
        }
        // Whichever side is the tighter one.
        let by_width = (width, (self.height * width / self.width).max(1));
        let by_height = ((self.width * height / self.height).max(1), height);
        let (width, height) = if by_width.1 <= height { by_width } else { by_height };
        Some(self.sampled(width, height))
    }

    /// Every pixel the mean of those that it stands for, as far as they are seen.
    fn sampled(&self, width: u32, height: u32) -> Self {
        let span = |at: u32, of: u32, from: u32| {
            let begin = at * from / of;
            begin..((at + 1) * from / of).max(begin + 1)
        };
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            for x in 0..width {
                let mut sums = [0_u32; 4];
                let mut count = 0;
                for from_y in span(y, height, self.height) {
                    for from_x in span(x, width, self.width) {
                        let [red, green, blue, cover] = self.at(from_x, from_y).unwrap_or_default().map(u32::from);
                        let more = [red * cover, green * cover, blue * cover, cover];
                        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
                        count += 1;
                    }
                }
                let [red, green, blue, cover] = sums;
                let mean = |sum: u32| sum.checked_div(cover).unwrap_or(0) as u8;
                pixels.push([mean(red), mean(green), mean(blue), cover.checked_div(count).unwrap_or(0) as u8]);
            }
        }
        Self { width, height, pixels: pixels.into() }
    }

    /// What it costs in memory, in bytes.
    pub(in crate::decode) fn cost(&self) -> usize {
        size_of_val(&*self.pixels)
    }
}

/// The first frame, small and upright; or why there is none, in words for a reader.
pub(super) fn decode(bytes: &[u8], format: ImageFormat, turned: Option<u8>) -> Result<Picture, &'static str> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| match error {
        ImageError::Limits(_) => "its pixels take more than 64 MiB, or a side is longer than 16,384 of them",
        ImageError::Unsupported(_) => "its pixels are stored in a way that is not decoded here",
        _ => "its pixels are damaged or cut short",
    })?;
    let mut small = if image.width() > WIDEST || image.height() > WIDEST {
        // Turned it may lie the other way.
        image.thumbnail(WIDEST, WIDEST)
    } else {
        image
    };
    if let Some(orientation) = turned.and_then(Orientation::from_exif) {
        small.apply_orientation(orientation);
    }
    let small = small.into_rgba8();
    let (width, height) = small.dimensions();
    let pixels = small.pixels().map(|pixel| pixel.0).collect();
    let picture = Picture { width, height, pixels };
    match width == 0 || height == 0 {
        true => Err("it has no pixels"),
        false if height > HIGHEST => picture.within(WIDEST, HIGHEST).ok_or("it has no pixels"),
        false => Ok(picture),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: u32, height: u32, of: impl Fn(u32, u32) -> [u8; 4]) -> Picture {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| of(x, y)).collect();
        Picture { width, height, pixels }
    }

    #[test]
    fn what_is_shrunk_is_the_mean_of_what_is_seen() {
        let half = picture(4, 2, |x, _| if x < 2 { [200, 100, 0, 255] } else { [9, 9, 9, 0] });
        let small = half.within(2, 9).unwrap();
        assert_eq!((small.width(), small.height()), (2, 1));
        assert_eq!((small.pixel(0, 0), small.pixel(1, 0), small.pixel(2, 0)), (Some([200, 100, 0]), None, None));
        let one = half.within(1, 1).unwrap();
        // What is transparent has no part in the colour.
        assert_eq!(one.at(0, 0), Some([200, 100, 0, 127]));
        assert_eq!(half.within(0, 5), None);
    }

    #[test]
    fn what_is_small_is_enlarged_by_a_whole_number() {
        let two = picture(2, 1, |x, _| [x as u8, 0, 0, 255]);
        let large = two.within(7, 100).unwrap();
        assert_eq!((large.width(), large.height()), (6, 3));
        assert_eq!((large.pixel(2, 2), large.pixel(3, 0)), (Some([0, 0, 0]), Some([1, 0, 0])));
        assert_eq!(two.within(1000, 1000).unwrap().width(), 16);
    }

    proptest! {
        #[test]
        fn it_is_within_what_there_is(sides in (1_u32..60, 1_u32..60), room in (1_u32..90, 1_u32..90)) {
            let within = picture(sides.0, sides.1, |x, y| [x as u8, y as u8, 0, 255]).within(room.0, room.1).unwrap();
            prop_assert!(within.width() <= room.0 && within.height() <= room.1);
            prop_assert!(within.width() >= 1 && within.height() >= 1);
            prop_assert_eq!(within.pixels.len() as u32, within.width() * within.height());
            prop_assert!(within.pixel(within.width() - 1, within.height() - 1).is_some());
        }
    }
}
