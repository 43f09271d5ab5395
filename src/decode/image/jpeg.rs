//! JPEG (ITU-T T.81) with the headers of JFIF, EXIF and Adobe.

use super::{
    Facts, Wrong, exif,
    read::{be16, byte},
};

/// How many scans an image may have to be drawn. Every scan goes over all of the image, so a small body with thousands of
/// them takes minutes; those of real encoders have about ten.
const SCANS: usize = 100;

/// Goes over the segments up to the first scan.
pub(super) fn read(bytes: &[u8]) -> Result<Facts, Wrong> {
    let mut facts = Facts::default();
    let mut framed = None;
    let mut adobe = None;
    let mut at = 2;
    loop {
        let marker = match (byte(bytes, at), byte(bytes, at + 1)) {
            (Some(0xff), Some(0xff)) => {
                at += 1;
                continue;
            }
            (Some(0xff), Some(marker)) => marker,
            (Some(_), _) => return Err((at, "expected a marker")),
            (None, _) => return Err((bytes.len(), "the header is cut short")),
        };
        let data = at + 4;
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            at += 2;
            continue;
        }
        let length = be16(bytes, at + 2).ok_or((bytes.len(), "the header is cut short"))?;
        let end = at.saturating_add(2).saturating_add(length.max(2).into());
        let segment = bytes.get(data..end).unwrap_or_default();
        match marker {
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let frame = (byte(segment, 0), be16(segment, 1), be16(segment, 3), byte(segment, 5));
                let (Some(depth), Some(height), Some(width), Some(components)) = frame else {
                    return Err((data, "the frame header is cut short"));
                };
                facts.width = width.into();
                facts.height = height.into();
                facts.stored.push(process(marker).to_owned());
                framed = Some((depth, components, sampling(segment, components)));
            }
            0xe0 if segment.starts_with(b"JFIF\0") => {
                let (across, down) = (be16(segment, 8).map(u32::from), be16(segment, 10).map(u32::from));
                facts.density = match (byte(segment, 7), across.zip(down)) {
                    (Some(1), density) => density,
                    (Some(2), Some((across, down))) => Some((across * 254 / 100, down * 254 / 100)),
                    _ => None,
                };
            }
            0xe1 => {
                if let Some(tiff) = segment.strip_prefix(b"Exif\0\0") {
                    facts.turned = facts.turned.or(exif::orientation(tiff));
                }
            }
            0xee if segment.starts_with(b"Adobe") => adobe = byte(segment, 11),
            0xda => break,
            0xd9 => return Err((at, "it ends before its first scan")),
            _ => {}
        }
        at = end;
    }
    let Some((depth, components, sampling)) = framed else { return Err((at, "it has a scan and no frame")) };
    let colours = match (components, adobe) {
        (1, _) => "grey",
        (3, Some(0)) => "RGB",
        (3, _) => "YCbCr",
        (4, Some(2)) => "YCCK",
        (4, _) => "CMYK",
        _ => "of an unknown kind",
    };
    facts.pixels = format!("{components} × {depth} bits, {colours}{sampling}");
    // In what is coded, FF is followed by 00 or by a number of a restart.
    let coded = bytes.get(at..).unwrap_or_default();
    facts.end = memchr::memmem::rfind(coded, b"\xff\xd9").map(|end| at + end + 2);
    if memchr::memmem::find_iter(coded, b"\xff\xda").nth(SCANS).is_some() {
        facts.costly = Some("it has too many scans, each of which takes as long as an image");
    }
    Ok(facts)
}

/// How the frame is coded, by its marker.
fn process(marker: u8) -> &'static str {
    match marker {
        0xc0 => "baseline",
        0xc1 => "sequential",
        0xc2 => "progressive",
        0xc3 => "lossless",
        0xc9 | 0xca => "with arithmetic coding",
        0xcb => "lossless with arithmetic coding",
        _ => "hierarchical",
    }
}

/// How much coarser colours are than brightness, as it is usually written.
fn sampling(frame: &[u8], components: u8) -> &'static str {
    let factors = |component: usize| byte(frame, 7 + 3 * component);
    match (components, factors(0), factors(1), factors(2)) {
        (3, Some(0x11), Some(0x11), Some(0x11)) => " 4:4:4",
        (3, Some(0x21), Some(0x11), Some(0x11)) => " 4:2:2",
        (3, Some(0x22), Some(0x11), Some(0x11)) => " 4:2:0",
        (3, Some(0x12), Some(0x11), Some(0x11)) => " 4:4:0",
        (3, Some(0x41), Some(0x11), Some(0x11)) => " 4:1:1",
        _ => "",
    }
}
