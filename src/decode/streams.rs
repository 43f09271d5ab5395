//! Decoders that the libraries have not quite as they are needed: deflate in both frames, br that tells an end from a fault,
//! and frames of zstd one behind the other.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

use crate::model::Size;

/// The largest window of a zstd frame, in bytes (RFC 9659).
const WINDOW: u64 = 1 << 23;

/// A deflate stream, whose first two bytes say whether it has zlib's frame.
pub(super) enum Deflate<R> {
    Unread(Option<R>),
    Framed(flate2::bufread::ZlibDecoder<R>),
    Bare(flate2::bufread::DeflateDecoder<R>),
}

impl<R: BufRead> Read for Deflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Self::Unread(source) = self {
            let Some(mut source) = source.take() else { return Ok(0) };
            let head = source.fill_buf()?;
            let framed = match (head.first(), head.get(1)) {
                (Some(&first), Some(&second)) => {
                    first & 0x0f == 8 && first >> 4 <= 7 && u16::from_be_bytes([first, second]).is_multiple_of(31)
                }
                _ => false,
            };
            *self = if framed {
                Self::Framed(flate2::bufread::ZlibDecoder::new(source))
            } else {
                Self::Bare(flate2::bufread::DeflateDecoder::new(source))
            };
        }
        match self {
            Self::Unread(_) => Ok(0),
            Self::Framed(decoder) => decoder.read(buffer),
            Self::Bare(decoder) => decoder.read(buffer),
        }
    }
}

/// A br stream, whose decoder calls everything that is wrong invalid data.
pub(super) struct Brotli<R: Read>(brotli_decompressor::Decompressor<Ending<R>>);

/// A source that knows whether more was wanted of it than there is.
struct Ending<R>(R, bool);

impl<R: Read> Brotli<R> {
    pub(super) fn new(source: R) -> Self {
        Self(brotli_decompressor::Decompressor::new(Ending(source, false), 16 * 1024))
    }
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1 |= read == 0;
        Ok(read)
    }
}

impl<R: Read> Read for Brotli<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer);
        let ended = self.0.get_ref().1;
        read.map_err(|error| if ended { io::ErrorKind::UnexpectedEof.into() } else { error })
    }
}

/// Frames of zstd, one behind the other, and what may be skipped between them (RFC 8878 §3.1).
pub(super) struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Zstd<R> {
    pub(super) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { source, decoder, in_frame: false }
    }

    /// Reads the head of the next frame that is not to be skipped. False at the end.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let length = u64::from(length);
                    if io::copy(&mut self.source.by_ref().take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                    let (wanted, most) = (Size(requested), Size(WINDOW));
                    return Err(io::Error::other(format!("it wants a window of {wanted}, and HTTP allows {most}")));
                }
                Err(error) => return Err(self.failure(error)),
            }
        }
        Ok(false)
    }

    /// An error, told from the end of the source.
    fn failure(&mut self, error: FrameDecoderError) -> io::Error {
        match self.source.fill_buf() {
            Ok([]) => io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => io::Error::other(error),
            Err(error) => error,
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame {
                if !self.begin()? {
                    return Ok(0);
                }
                self.in_frame = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let blocks = self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
                if let Err(error) = blocks {
                    return Err(self.failure(error));
                }
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.in_frame = false;
            let (said, is) = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
            if said.is_some() && said != is {
                return Err(io::Error::other("its checksum is wrong"));
            }
        }
    }
}
