//! Images of every format, whole and damaged.

use super::super::properties::{chosen, typed};
use super::*;
use ::image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use bytes::Bytes;

/// An image of a gradient, as the crate writes it.
fn made(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let gradient = RgbaImage::from_fn(width, height, |x, y| Rgba([(x % 256) as u8, (y % 256) as u8, 128, 255]));
    let image = DynamicImage::ImageRgba8(gradient);
    let image = if format == ImageFormat::Jpeg { DynamicImage::ImageRgb8(image.into_rgb8()) } else { image };
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn rows(bytes: &[u8]) -> Vec<String> {
    let (view, rows, note) = chosen(bytes, "application/octet-stream");
    assert_eq!((view, note), ("image", None));
    rows
}

#[test]
fn every_format_says_what_it_is_and_is_drawn() {
    for kind in KINDS {
        let bytes = made(24, 12, kind.format);
        let content_type = format!("image/{}", kind.types[0]);
        let document = typed(&bytes, "image", &content_type);
        assert_eq!((document.view().name, document.note()), ("image", None), "{}", kind.name);
        let (view, rows, _) = chosen(&bytes, &content_type);
        assert_eq!(view, "image");
        assert_eq!(rows[0], format!("type: {}", kind.name));
        assert_eq!(rows[1], "dimensions: 24 × 12 pixels", "{}", kind.name);
        let picture = document.picture().unwrap();
        assert_eq!((picture.width(), picture.height()), (24, 12), "{}", kind.name);
        let [red, green, blue] = picture.pixel(20, 4).unwrap().map(i32::from);
        assert!((red - 20).abs() < 20 && (green - 4).abs() < 20 && (blue - 128).abs() < 20, "{} {red}", kind.name);
    }
}

#[test]
fn pixels_are_said_as_the_header_says_them() {
    assert_eq!(rows(&made(3, 2, ImageFormat::Png))[2], "pixels: 4 × 8 bits, RGB with alpha");
    let jpeg = rows(&made(3, 2, ImageFormat::Jpeg));
    assert!(jpeg[2].starts_with("pixels: 3 × 8 bits, YCbCr"), "{jpeg:?}");
    assert_eq!(jpeg[3], "stored: baseline");
    assert_eq!(rows(&made(3, 2, ImageFormat::WebP))[3], "stored: lossless");
    assert_eq!(rows(&made(3, 2, ImageFormat::Gif))[3], "frames: 1");
    assert!(rows(&made(3, 2, ImageFormat::Bmp))[2].ends_with("RGB with alpha"));
    let size = rows(&made(3, 2, ImageFormat::Png)).pop().unwrap();
    assert!(size.starts_with("size: ") && size.ends_with(" bits a pixel"), "{size}");
}

#[test]
fn frames_are_counted_with_their_time() {
    let mut bytes = Vec::new();
    let mut encoder = ::image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.set_repeat(::image::codecs::gif::Repeat::Infinite).unwrap();
    for _ in 0..3 {
        let delay = ::image::Delay::from_numer_denom_ms(150, 1);
        encoder.encode_frame(::image::Frame::from_parts(RgbaImage::new(4, 4), 0, 0, delay)).unwrap();
    }
    drop(encoder);
    assert!(rows(&bytes).contains(&"frames: 3 in 0.45 s, for ever".to_owned()), "{:?}", rows(&bytes));
}

/// A JPEG with an EXIF segment behind its first two bytes.
fn turned(by: u8) -> Vec<u8> {
    let jpeg = made(40, 20, ImageFormat::Jpeg);
    let mut tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend_from_slice(&[by, 0, 0, 0, 0, 0, 0]);
    let length = (tiff.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], b"\xff\xe1", &length, &tiff, &jpeg[2..]].concat()
}

#[test]
fn what_lies_on_its_side_is_drawn_upright() {
    let document = typed(&turned(6), "image", "image/jpeg");
    let picture = document.picture().unwrap();
    assert_eq!((picture.width(), picture.height()), (20, 40));
    assert!(rows(&turned(6)).contains(&"orientation: to be turned by 90° to the right (EXIF 6)".to_owned()));
    assert!(!rows(&turned(9)).iter().any(|row| row.starts_with("orientation")));
}

#[test]
fn a_large_image_makes_a_small_picture() {
    for (width, height) in [(1000, 30), (30, 1000), (900, 900)] {
        let document = typed(&made(width, height, ImageFormat::Png), "image", "image/png");
        let picture = document.picture().unwrap();
        assert!(picture.width() <= WIDEST && picture.height() <= HIGHEST, "{width} {height}");
        assert!(document.cost() >= 4 * (picture.width() * picture.height()) as usize);
    }
}

#[test]
fn what_is_odd_is_noted() {
    let png = made(3, 2, ImageFormat::Png);
    assert_eq!(chosen(&png, "image/gif").2.unwrap(), "declared as GIF, but it is PNG");
    let longer = [&png[..], b"PK\x03\x04"].concat();
    let end = png.len();
    assert_eq!(chosen(&longer, "image/png").2, Some(format!("4 B follow the end of the image, at byte {end}")));
    let (view, rows, note) = chosen(&png[..png.len() - 20], "image/png");
    assert_eq!((view, note.as_deref()), ("image", Some("the image is cut short")));
    assert_eq!(rows.last().unwrap(), "not drawn: its pixels are damaged or cut short");
    let (view, _, note) = chosen(b"<html>", "image/png");
    let said = "not image: it begins like none of the known formats at byte 0";
    assert_eq!((view, note.as_deref()), ("text", Some(said)));
    assert_eq!(chosen(&png[..20], "image/png").2.unwrap(), "not image: the header is cut short at byte 20");
    // Another format of an image is no mistake.
    assert_eq!(chosen(b"II*\0\0\0\0\0\0\0", "image/tiff").2, None);
}

#[test]
fn what_is_too_large_is_said_and_not_drawn() {
    let mut png = made(3, 2, ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
    let mut sum = flate2::Crc::new();
    sum.update(&png[12..29]);
    png[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    let rows = rows(&png);
    assert_eq!(rows[1], "dimensions: 20000 × 20000 pixels, 400.0 megapixels");
    assert!(rows.last().unwrap().starts_with("not drawn: its pixels take more than 64 MiB"), "{rows:?}");
    let jpeg = made(3, 2, ImageFormat::Jpeg);
    let scans = [&jpeg[..jpeg.len() - 2], &b"\xff\xda\0\x08\x01\x01\0\0\x3f\0".repeat(200), b"\xff\xd9"].concat();
    let rows = self::rows(&scans);
    assert!(rows.last().unwrap().starts_with("not drawn: it has too many scans"), "{rows:?}");
}

#[test]
fn a_part_has_its_facts_and_no_picture() {
    let png = made(3, 2, ImageFormat::Png);
    let body = [b"--b\r\nContent-Type: image/png\r\n\r\n".as_slice(), &png, b"\r\n--b--\r\n"].concat();
    let document = typed(&body, "multipart", "multipart/mixed; boundary=b");
    assert!(document.picture().is_none());
    let rows = chosen(&body, "multipart/mixed; boundary=b").1;
    assert!(rows.contains(&"  dimensions: 3 × 2 pixels".to_owned()), "{rows:?}");
}

#[test]
fn text_that_begins_like_an_image_is_text() {
    for text in ["BMW sells cars and more", "GIF is a format", "RIFF....WEB"] {
        assert_eq!(fit(&Subject::held(Bytes::from(text), None)), Fit::Never, "{text}");
    }
}

#[test]
fn what_is_damaged_anywhere_is_read_without_a_panic() {
    for kind in KINDS {
        let bytes = made(9, 7, kind.format);
        for at in 0..bytes.len().min(120) {
            for with in [0, 0x7f, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = with;
                let _ = (kind.read)(&damaged);
                // Where a part is missing too.
                let _ = (kind.read)(&damaged[..at]);
            }
        }
    }
}
