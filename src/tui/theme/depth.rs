//! How many colours the terminal has, and what becomes of a style that asks for more.
//!
//! Decided: sixteen colours are chosen by hue, because by distance every pastel is grey; a background that would have to
//! be told from the ground by one of sixteen colours becomes the role's plain attributes; without colour the same
//! attributes carry the meaning. Colours 0 to 15 are the user's own and are never chosen for an rgb colour where 256 are
//! to be had. Refused: asking terminfo, which most terminals that can do more have no entry in.

use ratatui::style::{Color, Style};

use super::Role;

/// How many colours there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Depth {
    /// None: attributes only.
    Mono,
    /// The sixteen of the terminal's own palette.
    Ansi16,
    /// Those sixteen, a cube of 216 and 24 greys.
    Ansi256,
    /// 24 bits.
    True,
}

/// Terminals that have 24 bits and say so in `TERM` alone: `COLORTERM` does not travel over ssh.
const TRUE_COLOUR_TERMS: &[&str] =
    &["alacritty", "contour", "foot", "iterm2", "rio", "wezterm", "xterm-ghostty", "xterm-kitty"];

/// The sixteen colours in their order: name in theme files, colour, and xterm's value, which the user may have changed.
pub(super) const SIXTEEN: [(&str, Color, [u8; 3]); 16] = [
    ("black", Color::Black, [0, 0, 0]),
    ("red", Color::Red, [205, 0, 0]),
    ("green", Color::Green, [0, 205, 0]),
    ("yellow", Color::Yellow, [205, 205, 0]),
    ("blue", Color::Blue, [0, 0, 238]),
    ("magenta", Color::Magenta, [205, 0, 205]),
    ("cyan", Color::Cyan, [0, 205, 205]),
    ("white", Color::Gray, [229, 229, 229]),
    ("bright-black", Color::DarkGray, [127, 127, 127]),
    ("bright-red", Color::LightRed, [255, 0, 0]),
    ("bright-green", Color::LightGreen, [0, 255, 0]),
    ("bright-yellow", Color::LightYellow, [255, 255, 0]),
    ("bright-blue", Color::LightBlue, [92, 92, 255]),
    ("bright-magenta", Color::LightMagenta, [255, 0, 255]),
    ("bright-cyan", Color::LightCyan, [0, 255, 255]),
    ("bright-white", Color::White, [255, 255, 255]),
];

impl Depth {
    /// What the environment says: `NO_COLOR` (<https://no-color.org>), then `COLORTERM`, then `TERM`.
    pub fn detect(env: &dyn Fn(&str) -> Option<String>) -> Self {
        if env("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return Self::Mono;
        }
        if matches!(env("COLORTERM").as_deref(), Some("truecolor" | "24bit")) {
            return Self::True;
        }
        let term = env("TERM").unwrap_or_default();
        if term == "dumb" {
            Self::Mono
        } else if term.ends_with("-direct") || TRUE_COLOUR_TERMS.contains(&term.as_str()) {
            Self::True
        } else if term.contains("256color") {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }

    /// The colour of a pixel as this terminal can show it. Cheap, as there are thousands of them in a frame.
    pub(super) fn pixel(self, rgb @ [red, green, blue]: [u8; 3]) -> Option<Color> {
        let color = Color::Rgb(red, green, blue);
        match self {
            Self::True => Some(color),
            Self::Ansi256 => Some(pixel_256(rgb)),
            Self::Ansi16 => Some(nearest_16(color, None)),
            Self::Mono => None,
        }
    }

    /// The style of a role as this terminal can show it. `ground` is what it will stand on, not adapted.
    pub(super) fn adapt(self, role: Role, style: Style, ground: Option<Color>) -> Style {
        match self {
            Self::True => style,
            Self::Ansi256 => Style { fg: style.fg.map(to_256), bg: style.bg.map(to_256), ..style },
            Self::Ansi16 => to_16(role, style, ground),
            Self::Mono => Style { fg: None, bg: None, ..style }.add_modifier(role.plain()),
        }
    }
}

fn to_16(role: Role, style: Style, ground: Option<Color>) -> Style {
    let below = ground.map(|ground| nearest_16(ground, None));
    if role == Role::Background {
        return Style { fg: None, bg: style.bg.map(|_| below.unwrap_or(Color::Reset)), ..style };
    }
    match (style.fg, style.bg) {
        (fg, None) => Style { fg: fg.map(|fg| nearest_16(fg, below)), ..style },
        // A ground alone has the colours of everything on it to get along with.
        (None, Some(Color::Rgb(..) | Color::Indexed(16..))) => Style { bg: None, ..style }.add_modifier(role.plain()),
        (fg, Some(bg)) => {
            let bg = nearest_16(bg, None);
            Style { fg: fg.map(|fg| nearest_16(fg, Some(bg))), bg: Some(bg), ..style }
        }
    }
}

/// The red, green and blue of a colour, with xterm's values for the colours that the user may have changed.
pub(super) fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(index @ 16..=231) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            Some([level(cube / 36), level(cube / 6 % 6), level(cube % 6)])
        }
        Color::Indexed(index @ 232..) => Some([8 + 10 * (index - 232); 3]),
        Color::Indexed(index) => SIXTEEN.get(usize::from(index)).map(|(_, _, rgb)| *rgb),
        named => SIXTEEN.iter().find(|(_, color, _)| *color == named).map(|(_, _, rgb)| *rgb),
    }
}

/// The nearest of the 240 colours that are the same everywhere.
fn to_256(color: Color) -> Color {
    let Color::Rgb(..) = color else { return color };
    let Some(wanted) = rgb(color) else { return color };
    (16..=255).map(Color::Indexed).min_by_key(|near| rgb(*near).map(|near| distance(wanted, near))).unwrap_or(color)
}

/// The nearest step of the cube in every channel, or the nearest grey.
fn pixel_256(wanted: [u8; 3]) -> Color {
    let step = |level: u8| match level {
        0..48 => 0,
        48..115 => 1,
        _ => (level - 35) / 40,
    };
    let [red, green, blue] = wanted.map(step);
    let cube = Color::Indexed(16 + 36 * red + 6 * green + blue);
    let grey = Color::Indexed(232 + (luma(wanted) as u8).saturating_sub(3).div_euclid(10).min(23));
    let far = |color| rgb(color).map_or(u32::MAX, |near| distance(wanted, near));
    if far(grey) < far(cube) { grey } else { cube }
}

/// How different two colours look: the "redmean" weighting of the squared difference, good enough for a palette.
fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let ([red, green, blue], [red_too, green_too, blue_too]) = (one.map(u32::from), other.map(u32::from));
    let mean = u32::midpoint(red, red_too);
    let weighted = (512 + mean) * red.abs_diff(red_too).pow(2)
        + 1024 * green.abs_diff(green_too).pow(2)
        + (767 - mean) * blue.abs_diff(blue_too).pow(2);
    weighted / 256
}

/// The colour of the sixteen that says the same; never `taken`, on which it would not be seen.
fn nearest_16(color: Color, taken: Option<Color>) -> Color {
    if !matches!(color, Color::Rgb(..) | Color::Indexed(16..)) {
        return color;
    }
    let Some(wanted) = rgb(color) else { return color };
    let light = luma(wanted);
    family_of(wanted)
        .iter()
        .copied()
        .filter(|near| Some(*near) != taken)
        .min_by_key(|near| rgb(*near).map(|near| luma(near).abs_diff(light)))
        .unwrap_or(color)
}

/// The greys, or the two of one hue.
fn family_of(rgb: [u8; 3]) -> &'static [Color] {
    let [red, green, blue] = rgb.map(i32::from);
    let (high, low) = (red.max(green).max(blue), red.min(green).min(blue));
    let chroma = high - low;
    // What is nearly grey, and what is too dark to have a colour at all.
    if chroma < 40 || high < 72 {
        return &[Color::Black, Color::DarkGray, Color::Gray, Color::White];
    }
    let hue = if high == red {
        (60 * (green - blue) / chroma).rem_euclid(360)
    } else if high == green {
        120 + 60 * (blue - red) / chroma
    } else {
        240 + 60 * (red - green) / chroma
    };
    match hue {
        25..75 => &[Color::Yellow, Color::LightYellow],
        75..160 => &[Color::Green, Color::LightGreen],
        160..200 => &[Color::Cyan, Color::LightCyan],
        200..255 => &[Color::Blue, Color::LightBlue],
        255..340 => &[Color::Magenta, Color::LightMagenta],
        _ => &[Color::Red, Color::LightRed],
    }
}

/// How light a colour looks, 0 to 255 (the weights of Rec. 601).
fn luma([red, green, blue]: [u8; 3]) -> u32 {
    (299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue)) / 1000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Modifier;

    use super::*;

    fn detect(pairs: &[(&str, &str)]) -> Depth {
        Depth::detect(&|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_says_how_many_colours() {
        for (pairs, depth) in [
            (&[][..], Depth::Ansi16),
            (&[("TERM", "xterm")], Depth::Ansi16),
            (&[("TERM", "linux")], Depth::Ansi16),
            (&[("TERM", "dumb")], Depth::Mono),
            (&[("TERM", "tmux-256color")], Depth::Ansi256),
            (&[("TERM", "xterm-direct")], Depth::True),
            (&[("TERM", "xterm-kitty")], Depth::True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::True),
            (&[("TERM", "xterm"), ("COLORTERM", "24bit")], Depth::True),
            (&[("TERM", "xterm"), ("COLORTERM", "yes")], Depth::Ansi16),
            (&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")], Depth::Mono),
            (&[("COLORTERM", "truecolor"), ("NO_COLOR", "")], Depth::True),
        ] {
            assert_eq!(detect(pairs), depth, "{pairs:?}");
        }
    }

    #[test]
    fn an_rgb_colour_becomes_the_nearest_of_256() {
        for (rgb, index) in [
            ((0, 0, 0), 16),
            ((255, 255, 255), 231),
            ((95, 135, 175), 67),
            ((8, 8, 8), 232),
            ((238, 238, 238), 255),
            ((254, 1, 2), 196),
        ] {
            assert_eq!(to_256(Color::Rgb(rgb.0, rgb.1, rgb.2)), Color::Indexed(index));
        }
        assert_eq!(to_256(Color::Red), Color::Red);
        assert_eq!(to_256(Color::Indexed(3)), Color::Indexed(3));
    }

    #[test]
    fn a_pixel_of_an_image_has_the_colour_that_there_is() {
        for (rgb, index) in
            [([0; 3], 16), ([255; 3], 231), ([95, 135, 175], 67), ([8; 3], 232), ([128; 3], 244), ([254, 1, 2], 196)]
        {
            assert_eq!(Depth::Ansi256.pixel(rgb), Some(Color::Indexed(index)), "{rgb:?}");
        }
        assert_eq!(Depth::True.pixel([1, 2, 3]), Some(Color::Rgb(1, 2, 3)));
        assert_eq!(Depth::Ansi16.pixel([250, 5, 5]), Some(Color::LightRed));
        assert_eq!(Depth::Mono.pixel([250, 5, 5]), None);
    }

    #[test]
    fn sixteen_colours_keep_the_hue_of_a_pastel() {
        for (rgb, color) in [
            ((0xf3, 0x8b, 0xa8), Color::LightRed),
            ((0xf9, 0xe2, 0xaf), Color::LightYellow),
            ((0xa6, 0xe3, 0xa1), Color::LightGreen),
            ((0x94, 0xe2, 0xd5), Color::LightCyan),
            ((0x89, 0xb4, 0xfa), Color::LightBlue),
            ((0xcb, 0xa6, 0xf7), Color::LightMagenta),
            ((0x1e, 0x1e, 0x2e), Color::Black),
            ((0x00, 0x2b, 0x36), Color::Black),
            ((0xfd, 0xf6, 0xe3), Color::White),
            ((0x80, 0x84, 0x8a), Color::DarkGray),
        ] {
            assert_eq!(nearest_16(Color::Rgb(rgb.0, rgb.1, rgb.2), None), color, "{rgb:x?}");
        }
    }

    #[test]
    fn a_selection_is_reversed_where_colours_are_few() {
        let style = Style::new().bg(Color::Rgb(0x29, 0x31, 0x3d));
        let ground = Some(Color::Rgb(0x14, 0x17, 0x1c));
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        assert_eq!(Depth::Ansi16.adapt(Role::Selection, style, ground), reversed);
        assert_eq!(Depth::Mono.adapt(Role::Selection, style, ground), reversed);
        // A theme that names one of the sixteen means it.
        let named = Style::new().bg(Color::Blue);
        assert_eq!(Depth::Ansi16.adapt(Role::Selection, named, None), named);
    }

    proptest! {
        #[test]
        fn a_pixel_is_about_as_near_as_it_can_be(pixel in any::<[u8; 3]>()) {
            let Some(near) = Depth::Ansi256.pixel(pixel) else { panic!("no colour") };
            let nearest = to_256(Color::Rgb(pixel[0], pixel[1], pixel[2]));
            let far = |color| distance(pixel, rgb(color).unwrap());
            prop_assert!(far(near) <= 2 * far(nearest) + 2000, "{near:?} for {nearest:?}");
        }
    }

    fn colour() -> impl Strategy<Value = Color> {
        prop_oneof![
            any::<[u8; 3]>().prop_map(|[red, green, blue]| Color::Rgb(red, green, blue)),
            any::<u8>().prop_map(Color::Indexed),
            proptest::sample::select(SIXTEEN.as_slice()).prop_map(|(_, color, _)| color),
        ]
    }

    proptest! {
        #[test]
        fn no_depth_asks_for_more_than_there_is(fg in colour(), bg in colour(), ground in colour(), at in 0..Role::COUNT) {
            let role = super::super::ROLES[at].role;
            for (fg, bg) in [(Some(fg), None), (None, Some(bg)), (Some(fg), Some(bg))] {
                let style = Style { fg, bg, ..Style::new() };
                for color in colours(Depth::Ansi256.adapt(role, style, Some(ground))) {
                    prop_assert!(!matches!(color, Color::Rgb(..)));
                }
                let sixteen = Depth::Ansi16.adapt(role, style, Some(ground));
                for color in colours(sixteen) {
                    prop_assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(16..)));
                }
                if let (Some(Color::Rgb(..)), Some(_)) = (fg, bg) {
                    prop_assert!(role == Role::Background || sixteen.fg != sixteen.bg);
                }
                prop_assert_eq!(colours(Depth::Mono.adapt(role, style, Some(ground))).count(), 0);
            }
        }
    }

    fn colours(style: Style) -> impl Iterator<Item = Color> {
        [style.fg, style.bg].into_iter().flatten()
    }
}
