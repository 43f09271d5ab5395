//! Images: what their headers say of them, and a small picture of them for whoever can draw one.
//!
//! Decided: what is said comes from bounded reading of our own, one reader a format in the table [`KINDS`], so that a header
//! is read where the pixels are damaged, cut off or too many. The pixels are decoded once, by the `image` crate under limits,
//! and kept as a small [`Picture`]. A body is taken for an image by its first bytes, whatever its type
//! says; a type that says another format is said.
//!
//! Refused: the pixels of parts of a body, of which there may be a thousand; SVG, which is XML; any other frame than the
//! first; and text in metadata, which the hex view shows.

mod bmp;
mod exif;
mod gif;
mod jpeg;
mod picture;
mod png;
mod read;
#[cfg(test)]
mod tests;
mod webp;

use super::{Cancelled, Fit, Subject, built::Built, compose::Compose, fields, lines::Stop, media_type::essence};
use crate::model::Size;
pub use picture::Picture;
#[cfg(test)]
use picture::{HIGHEST, WIDEST};

/// A format.
#[derive(Debug)]
struct Kind {
    /// What it is called.
    name: &'static str,
    /// The types that say it; all begin with `image/`.
    types: &'static [&'static str],
    /// Whether a body begins as it does.
    begins: fn(&[u8]) -> bool,
    /// Reads what the header says.
    read: fn(&[u8]) -> Result<Facts, Wrong>,
    /// Who decodes its pixels.
    format: ::image::ImageFormat,
}

/// Every format that is read.
const KINDS: &[Kind] = &[
    Kind {
        name: "PNG",
        types: &["png", "apng", "x-png", "vnd.mozilla.apng"],
        begins: |bytes| bytes.starts_with(png::MARK),
        read: png::read,
        format: ::image::ImageFormat::Png,
    },
    Kind {
        name: "JPEG",
        types: &["jpeg", "jpg", "pjpeg"],
        begins: |bytes| bytes.starts_with(b"\xff\xd8\xff"),
        read: jpeg::read,
        format: ::image::ImageFormat::Jpeg,
    },
    Kind {
        name: "GIF",
        types: &["gif"],
        begins: |bytes| bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a"),
        read: gif::read,
        format: ::image::ImageFormat::Gif,
    },
    Kind {
        name: "WebP",
        types: &["webp"],
        begins: |bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        read: webp::read,
        format: ::image::ImageFormat::WebP,
    },
    Kind {
        name: "BMP",
        types: &["bmp", "x-bmp", "x-ms-bmp"],
        begins: bmp::begins,
        read: bmp::read,
        format: ::image::ImageFormat::Bmp,
    },
    Kind {
        name: "ICO",
        types: &["x-icon", "vnd.microsoft.icon", "ico"],
        begins: bmp::icon_begins,
        read: bmp::icon,
        format: ::image::ImageFormat::Ico,
    },
];

/// What is wrong, and at which byte.
type Wrong = (usize, &'static str);

/// What a header says.
#[derive(Default, PartialEq, Eq, Debug)]
struct Facts {
    /// In pixels.
    width: u32,
    height: u32,
    /// How deep pixels are and what they consist of.
    pixels: String,
    /// How they are stored: interlaced, progressive, packed.
    stored: Vec<String>,
    /// How many frames there are, where there may be more than one, how long all of them last together in milliseconds,
    /// where that is known, and how often they are shown, 0 for ever.
    frames: Option<(u64, Option<u64>, Option<u32>)>,
    /// How it is to be turned, as EXIF counts (CIPA DC-008 §4.6.5.1).
    turned: Option<u8>,
    /// Dots per inch in both directions.
    density: Option<(u32, u32)>,
    /// Images of other sizes that are there too, a few words each.
    others: Vec<String>,
    /// Where the image ends; nothing where its end is not there.
    end: Option<usize>,
    /// Why its pixels shall not be decoded.
    costly: Option<&'static str>,
}

/// How well it fits.
pub(super) fn fit(subject: &Subject) -> Fit {
    match (kind_of(&subject.bytes), declared(subject)) {
        (Some(_), Some(_)) => Fit::Exact,
        (None, Some(_)) => Fit::Declared,
        (Some(_), None) => Fit::Likely,
        (None, None) => Fit::Never,
    }
}

/// Whether the body begins as an image does: its pixels may take longer than its size says.
pub(super) fn is_image(bytes: &[u8]) -> bool {
    kind_of(bytes).is_some()
}

fn kind_of(bytes: &[u8]) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| (kind.begins)(bytes))
}

/// The format that the type says.
fn declared(subject: &Subject) -> Option<&'static Kind> {
    let essence = essence(subject.content_type.as_deref())?;
    let name = essence.strip_prefix("image/")?;
    KINDS.iter().find(|kind| kind.types.contains(&name))
}

/// The facts of an image, line by line, and its picture.
pub(super) fn build(subject: &Subject, cancelled: &Cancelled) -> Result<Built, Stop> {
    let bytes = subject.bytes.as_ref();
    let Some(kind) = kind_of(bytes) else {
        return Err(Stop::Not { at: 0, why: "it begins like none of the known formats" });
    };
    let facts = (kind.read)(bytes).map_err(|(at, why)| Stop::Not { at: at.min(bytes.len()), why })?;
    let mut picture = None;
    let mut undrawn = None;
    if subject.nested == 0 {
        match facts.costly.map_or_else(|| picture::decode(bytes, kind.format, facts.turned, cancelled), Err) {
            Ok(decoded) => picture = Some(decoded),
            Err(why) => undrawn = Some(why),
        }
    }
    if cancelled.is_cancelled() {
        return Err(Stop::Cancelled);
    }
    let mut lines = Vec::new();
    for (name, value) in said(kind, &facts, bytes.len(), undrawn) {
        lines.extend_from_slice(format!("{name}: {value}\n").as_bytes());
    }
    let mut compose = Compose::default();
    compose.walk(&lines, fields::WAY, 0, cancelled)?;
    let note = note(kind, declared(subject), &facts, bytes.len());
    Ok(Built { picture, note, ..compose.built() })
}

/// Names and values, in order.
fn said(kind: &Kind, facts: &Facts, length: usize, undrawn: Option<&str>) -> Vec<(&'static str, String)> {
    let Facts { width, height, .. } = *facts;
    let mut said = vec![("type", kind.name.to_owned())];
    let area = u64::from(width) * u64::from(height);
    let mega = if area >= 1_000_000 { format!(", {:.1} megapixels", area as f64 / 1e6) } else { String::new() };
    said.push(("dimensions", format!("{width} × {height} pixels{mega}")));
    said.push(("pixels", facts.pixels.clone()));
    if !facts.stored.is_empty() {
        said.push(("stored", facts.stored.join(", ")));
    }
    if let Some((count, lasting, loops)) = facts.frames {
        let mut words = count.to_string();
        if let Some(milliseconds) = lasting.filter(|_| count > 1) {
            words += &format!(" in {}.{:02} s", milliseconds / 1000, milliseconds % 1000 / 10);
        }
        match loops.filter(|_| count > 1) {
            Some(0) => words += ", for ever",
            Some(1) => words += ", once",
            Some(loops) => words += &format!(", {loops} times"),
            None => {}
        }
        said.push(("frames", words));
    }
    if let Some(turned) = facts.turned {
        said.push(("orientation", format!("{} (EXIF {turned})", exif::words(turned))));
    }
    match facts.density {
        Some((across, down)) if across == down => said.push(("density", format!("{across} dots per inch"))),
        Some((across, down)) => said.push(("density", format!("{across} × {down} dots per inch"))),
        None => {}
    }
    said.extend(facts.others.iter().map(|words| ("also", words.clone())));
    let per_pixel = match area {
        0 => String::new(),
        area => format!(", {:.2} bits a pixel", length as f64 * 8.0 / area as f64),
    };
    said.push(("size", format!("{}{per_pixel}", Size(length as u64))));
    if let Some(why) = undrawn {
        said.push(("not drawn", why.to_owned()));
    }
    said
}

/// What the reader must know, a sentence.
fn note(kind: &Kind, declared: Option<&Kind>, facts: &Facts, length: usize) -> Option<String> {
    let other = declared.filter(|declared| declared.name != kind.name);
    if let Some(other) = other {
        return Some(format!("declared as {}, but it is {}", other.name, kind.name));
    }
    match facts.end {
        None => Some("the image is cut short".to_owned()),
        Some(end) if end < length => {
            Some(format!("{} follow the end of the image, at byte {end}", Size((length - end) as u64)))
        }
        Some(_) => None,
    }
}
