//! Pictures on a terminal that draws pixels: it is asked once, its answer is not taken for keys, and what is written to it
//! goes when something else lies there.

use image::{ImageFormat, Rgba, RgbaImage};

use crate::{
    program::{in_terminal, started},
    wire::{request, send},
};

fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    RgbaImage::from_pixel(40, 20, Rgba([200, 30, 90, 255])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn a_terminal_that_draws_pixels_gets_them() {
    let (mut pty, port) = started(in_terminal(&["--listen", "127.0.0.1:0", "--ephemeral"]), 120, 30);
    let count = |raw: &[u8], text: &[u8]| raw.windows(text.len()).filter(|part| *part == text).count();
    assert_eq!(count(&pty.raw(), b"\x1b[16t"), 0, "it is asked before there is a picture");
    send(port, &request("POST /avatar HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nConnection: close", png()));
    pty.wait_for("40 × 20 pixels");
    pty.wait_until_raw("the question", |raw| count(raw, b"\x1b[5n") == 1);
    // No kitty; sixels; how large a cell is; all is well. As keys these would ask for help, quit and more.
    pty.send(b"\x1b[?62;4;22c\x1b[6;20;10t\x1b[0n");
    pty.wait_until_raw("sixels", |raw| count(raw, b"\x1bP") == 1);
    // An overlay lies over it, and it comes back.
    pty.keys("?");
    pty.wait_for("Keys");
    pty.keys("<Esc>");
    pty.wait_until_raw("sixels again", |raw| count(raw, b"\x1bP") == 2);
    // What takes the terminal for a while takes them along.
    pty.keys("<C-l>");
    pty.wait_until_raw("sixels after a redraw", |raw| count(raw, b"\x1bP") == 3);
    assert_eq!(count(&pty.raw(), b"\x1b[5n"), 1, "it is asked once");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
}
