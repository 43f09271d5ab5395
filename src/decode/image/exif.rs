//! The one thing of EXIF that a reader must know: how the image is to be turned.

use super::read::{be16, be32, le16, le32};

/// The tag of the orientation (CIPA DC-008 §4.6.5.1).
const ORIENTATION: u16 = 0x0112;

/// The orientation, 1 to 8, in a TIFF header and its first directory.
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    let big = match tiff.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = if big { be16 } else { le16 };
    let directory = if big { be32(tiff, 4) } else { le32(tiff, 4) }? as usize;
    let count = short(tiff, directory)?;
    (0..usize::from(count))
        .map(|entry| directory.saturating_add(2 + 12 * entry))
        .take_while(|entry| *entry < tiff.len())
        .find(|entry| short(tiff, *entry) == Some(ORIENTATION))
        .and_then(|entry| short(tiff, entry.saturating_add(8)))
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| (1..=8).contains(value))
}

/// What has to be done to see it upright.
pub(super) fn words(orientation: u8) -> &'static str {
    match orientation {
        2 => "to be mirrored",
        3 => "to be turned by 180°",
        4 => "to be mirrored upside down",
        5 => "to be mirrored and turned by 90° to the left",
        6 => "to be turned by 90° to the right",
        7 => "to be mirrored and turned by 90° to the right",
        8 => "to be turned by 90° to the left",
        _ => "upright",
    }
}
