//! Bodies that are images: what is said of them, and the picture below it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::io::Cursor;

use creel::{
    model::Capture,
    tui::theme::{Depth, Theme},
};
use image::{ImageFormat, Rgba, RgbaImage};
use ratatui::style::Color;
use support::{captures::capture, stage::Stage};

/// The left half red, the right half see-through.
fn half_red(width: u32, height: u32) -> Capture {
    let of = |x, _| if x < width / 2 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) };
    let mut png = Cursor::new(Vec::new());
    RgbaImage::from_fn(width, height, of).write_to(&mut png, ImageFormat::Png).unwrap();
    capture("POST", "/avatar", &[("Content-Type", "image/png")], png.into_inner())
}

/// How many cells of the screen are pixels, and the colours of those that have any.
fn pixels(stage: &Stage) -> (usize, Vec<Color>) {
    let buffer = stage.buffer();
    let halves: Vec<_> = buffer.content().iter().filter(|cell| matches!(cell.symbol(), "▀" | "▄")).collect();
    let mut colours: Vec<Color> = halves.iter().map(|cell| cell.fg).collect();
    colours.dedup();
    (halves.len(), colours)
}

fn at_depth(depth: Depth, size: (u16, u16)) -> Stage {
    let mut stage = Stage::new(size.0, size.1);
    stage.theme = Theme::named("dark", None, depth).unwrap().0;
    stage.receive(half_red(64, 32)).keys("enter");
    stage
}

#[test]
fn an_image_is_said_and_drawn_in_the_colours_that_there_are() {
    for (depth, red) in
        [(Depth::True, Color::Rgb(255, 0, 0)), (Depth::Ansi256, Color::Indexed(196)), (Depth::Ansi16, Color::LightRed)]
    {
        let stage = at_depth(depth, (140, 50));
        let screen = stage.screen();
        assert!(screen.contains("type: PNG") && screen.contains("dimensions: 64 × 32 pixels"), "{screen}");
        let (count, colours) = pixels(&stage);
        assert_eq!((count, colours), (32 * 16, vec![red]), "{depth:?}\n{screen}");
    }
}

#[test]
fn without_colours_only_the_facts_are_there() {
    let stage = at_depth(Depth::Mono, (140, 50));
    assert_eq!(pixels(&stage), (0, vec![]));
    assert!(stage.screen().contains("pixels: 4 × 8 bits, RGB with alpha"));
}

#[test]
fn the_picture_takes_the_room_that_is_left() {
    let mut stage = at_depth(Depth::True, (140, 50));
    let mut last = usize::MAX;
    for (width, height) in [(110, 30), (60, 20), (40, 12)] {
        stage.resize(width, height);
        let (count, _) = pixels(&stage);
        assert!(count < last, "{width}×{height} {count}\n{}", stage.screen());
        assert!(stage.screen().contains("type: PNG"));
        last = count;
    }
    assert_eq!(last, 0, "there is no room for it\n{}", stage.screen());
}

#[test]
fn the_bytes_are_a_key_away() {
    let mut stage = at_depth(Depth::True, (140, 50));
    // Past the views that any body is offered.
    for _ in 0..4 {
        stage.keys("v");
        if stage.screen().contains("00000000  89 50 4e 47") {
            assert_eq!(pixels(&stage).0, 0);
            return;
        }
    }
    panic!("no hex\n{}", stage.screen());
}
