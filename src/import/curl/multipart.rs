//! The parts of a multipart form (RFC 7578), as `-F` names them.

use super::orders::Given;

/// The boundary between parts; curl makes one up for each request. A longer one is used where this stands in a part.
const BOUNDARY: &str = "------------------------creel";

/// One part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Part {
    name: Vec<u8>,
    content: Given,
    file_name: Option<Vec<u8>>,
    media_type: Option<Vec<u8>>,
}

impl Part {
    /// `name=content`, `name=@file` or `name=<file`, with `;type=` and `;filename=` behind it unless it is `plain`.
    pub(super) fn of(argument: &[u8], plain: bool, read: impl Fn(&[u8]) -> Given) -> Result<Self, String> {
        let at = memchr::memchr(b'=', argument).ok_or("a part of a form is written name=content")?;
        let (name, rest) = argument.split_at_checked(at).unwrap_or_default();
        let mut part =
            Self { name: name.to_vec(), content: Given::Bytes(Vec::new()), file_name: None, media_type: None };
        let content = rest.get(1..).unwrap_or_default();
        if plain {
            part.content = Given::Bytes(content.to_vec());
            return Ok(part);
        }
        let content = part.attributes(content);
        part.content = match content.split_first() {
            Some((b'@', file)) => {
                let file = unquoted(file);
                let base = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                part.file_name.get_or_insert_with(|| base.to_vec());
                part.media_type.get_or_insert_with(|| media_type(&file).to_vec());
                read(&file)
            }
            Some((b'<', file)) => read(&unquoted(file)),
            _ => Given::Bytes(unquoted(content)),
        };
        Ok(part)
    }

    /// Takes the attributes off the end; what is left.
    fn attributes<'a>(&mut self, content: &'a [u8]) -> &'a [u8] {
        let mut pieces = pieces(content).into_iter();
        let first = pieces.next().unwrap_or_default();
        let (mut end, mut any) = (first.len(), false);
        for piece in pieces {
            let trimmed = piece.trim_ascii_start();
            if let Some(value) = trimmed.strip_prefix(b"type=") {
                self.media_type = Some(value.to_vec());
            } else if let Some(value) = trimmed.strip_prefix(b"filename=") {
                self.file_name = Some(unquoted(value));
            } else if !any {
                // Something else: the semicolon belongs to the content.
                end += 1 + piece.len();
                continue;
            }
            any = true;
        }
        content.get(..end).unwrap_or_default()
    }
}

/// What semicolons part, but for those within double quotes.
fn pieces(content: &[u8]) -> Vec<&[u8]> {
    let (mut pieces, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in content.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                pieces.push(content.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(content.get(start..).unwrap_or_default());
    pieces
}

/// A value without the double quotes around it.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inside) = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")) else {
        return value.to_vec();
    };
    let mut out = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter();
    while let Some(byte) = bytes.next() {
        out.push(if *byte == b'\\' { *bytes.next().unwrap_or(byte) } else { *byte });
    }
    out
}

/// What curl takes a file for by its name.
fn media_type(file: &[u8]) -> &'static [u8] {
    const TYPES: [(&[u8], &[u8]); 10] = [
        (b".gif", b"image/gif"),
        (b".jpg", b"image/jpeg"),
        (b".jpeg", b"image/jpeg"),
        (b".png", b"image/png"),
        (b".svg", b"image/svg+xml"),
        (b".txt", b"text/plain"),
        (b".htm", b"text/html"),
        (b".html", b"text/html"),
        (b".pdf", b"application/pdf"),
        (b".xml", b"application/xml"),
    ];
    let lower = file.to_ascii_lowercase();
    TYPES.iter().find(|(ending, _)| lower.ends_with(ending)).map_or(b"application/octet-stream", |(_, known)| known)
}

/// The body of these parts and the media type that tells of it. Where a part stands in a file, there is a reason instead of a
/// body.
pub(super) fn body(parts: &[Part]) -> (Given, Vec<u8>) {
    let mut boundary = BOUNDARY.as_bytes().to_vec();
    let stands = |boundary: &[u8]| {
        parts
            .iter()
            .any(|part| matches!(&part.content, Given::Bytes(bytes) if memchr::memmem::find(bytes, boundary).is_some()))
    };
    while stands(&boundary) {
        boundary.push(b'0');
    }
    let media_type = [b"multipart/form-data; boundary=", boundary.as_slice()].concat();
    let mut body = Vec::new();
    for part in parts {
        let Given::Bytes(content) = &part.content else { return (part.content.clone(), media_type) };
        let lines: [&[u8]; 5] =
            [b"--", &boundary, b"\r\nContent-Disposition: form-data; name=\"", &quoted(&part.name), b"\""];
        body.extend(lines.concat());
        if let Some(name) = &part.file_name {
            body.extend([b"; filename=\"", quoted(name).as_slice(), b"\""].concat());
        }
        if let Some(known) = &part.media_type {
            body.extend([b"\r\nContent-Type: ", known.as_slice()].concat());
        }
        body.extend([b"\r\n\r\n", content.as_slice(), b"\r\n"].concat());
    }
    body.extend([b"--", boundary.as_slice(), b"--\r\n"].concat());
    (Given::Bytes(body), media_type)
}

/// A name between double quotes, as browsers and curl write it.
fn quoted(name: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b'"' => b"%22".to_vec(),
        b'\r' => b"%0D".to_vec(),
        b'\n' => b"%0A".to_vec(),
        byte => vec![*byte],
    };
    name.iter().flat_map(escape).collect()
}
