//! A small picture of an image: pixels for whoever can draw them.
//!
//! Decided: two sizes. The small one is for cells with two pixels each and is scaled with every frame; the finer one is for
//! terminals that draw pixels, and is scaled once for a place on the screen.

use std::{
    io::{self, BufRead, Cursor, Read, Seek, SeekFrom},
    sync::Arc,
    time::{Duration, Instant},
};

use image::{ImageError, ImageFormat, ImageReader, Limits, metadata::Orientation};

use crate::decode::Cancelled;

/// How many pixels a picture is wide at the most.
pub const WIDEST: u32 = 400;
/// How many pixels it is high at the most.
pub const HIGHEST: u32 = 200;

/// The same of the finer one.
const FINE: (u32, u32) = (1000, 640);
/// How long decoding may take.
const PATIENCE: Duration = Duration::from_secs(3);

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
    /// The same in more pixels, where the image has more.
    finer: Option<Arc<Picture>>,
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

    /// The same in as many pixels as are kept.
    pub fn finest(&self) -> &Self {
        self.finer.as_deref().unwrap_or(self)
    }

    /// Red, green, blue and cover of every pixel, row by row, on a sheet of that many pixels, in its upper left corner. What
    /// lies outside of the sheet is left out, what lies outside of the picture is clear.
    pub fn on_sheet(&self, width: u32, height: u32) -> Vec<u8> {
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        all.flat_map(|(x, y)| self.at(x, y).unwrap_or_default()).collect()
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
        Self { width, height, pixels: pixels.into(), finer: None }
    }

    /// What it costs in memory, in bytes.
    pub(in crate::decode) fn cost(&self) -> usize {
        size_of_val(&*self.pixels) + self.finer.as_deref().map_or(0, Self::cost)
    }
}

/// Reads until it is told to stop, or has taken too long.
struct Watched<'a> {
    bytes: Cursor<&'a [u8]>,
    cancelled: &'a Cancelled,
    until: Instant,
}

impl Watched<'_> {
    fn go_on(&self) -> io::Result<()> {
        if self.cancelled.is_cancelled() || Instant::now() > self.until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.go_on()?;
        // Not all at once, so that the next look at the clock comes.
        let part = buffer.len().min(64 << 10);
        self.bytes.read(buffer.get_mut(..part).unwrap_or_default())
    }
}

impl BufRead for Watched<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.go_on()?;
        let bytes = self.bytes.fill_buf()?;
        Ok(bytes.get(..bytes.len().min(64 << 10)).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// The first frame, small and upright; or why there is none, in words for a reader.
pub(super) fn decode(
    bytes: &[u8],
    format: ImageFormat,
    turned: Option<u8>,
    cancelled: &Cancelled,
) -> Result<Picture, &'static str> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    let until = Instant::now() + PATIENCE;
    let watched = Watched { bytes: Cursor::new(bytes), cancelled, until };
    let mut reader = ImageReader::with_format(watched, format);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| match error {
        _ if Instant::now() > until => "decoding its pixels took too long",
        ImageError::Limits(_) => "its pixels take more than 64 MiB, or a side is longer than 16,384 of them",
        ImageError::Unsupported(_) => "its pixels are stored in a way that is not decoded here",
        _ => "its pixels are damaged or cut short",
    })?;
    // Turned it may lie the other way.
    let side = FINE.0.max(FINE.1);
    let mut image = if image.width() > side || image.height() > side { image.thumbnail(side, side) } else { image };
    if let Some(orientation) = turned.and_then(Orientation::from_exif) {
        image.apply_orientation(orientation);
    }
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    if width == 0 || height == 0 {
        return Err("it has no pixels");
    }
    let whole = Picture { width, height, pixels: image.pixels().map(|pixel| pixel.0).collect(), finer: None };
    let finer =
        if width > FINE.0 || height > FINE.1 { whole.within(FINE.0, FINE.1).ok_or("it has no pixels")? } else { whole };
    if finer.width <= WIDEST && finer.height <= HIGHEST {
        return Ok(finer);
    }
    let small = finer.within(WIDEST, HIGHEST).ok_or("it has no pixels")?;
    Ok(Picture { finer: Some(Arc::new(finer)), ..small })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: u32, height: u32, of: impl Fn(u32, u32) -> [u8; 4]) -> Picture {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| of(x, y)).collect();
        Picture { width, height, pixels, finer: None }
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
