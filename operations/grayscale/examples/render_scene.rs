//! Renders the project's sample pictures: a colorful scene in which a good or a bad grayscale is told by eye.
//!
//! ```text
//! cargo run --release -p errand-grayscale --example render_scene -- examples/image.jpg examples/balloons.png
//! ```
//!
//! The first file gets the whole valley (2 megapixels), the second a closer view of the balloons. Every pixel is the
//! mean of nine samples of one function from place to color; the noise is a hash of the place, so each run gives
//! the same picture.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "places in a picture and the colors there are small numbers"
)]
#![allow(
    clippy::many_single_char_names,
    reason = "coordinates are named as everyone names them"
)]

use std::f32::consts::{PI, TAU};
use std::path::Path;
use std::process::ExitCode;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{Rgb, RgbImage};

type Color = [f32; 3];

/// A rectangle of the scene, and the picture that it becomes. The scene is 4/3 wide and 1 high, y pointing down.
struct View {
    left: f32,
    top: f32,
    width: f32,
    pixels: (u32, u32),
    card: bool,
}

const VALLEY: View = View {
    left: 0.0,
    top: 0.0,
    width: 4.0 / 3.0,
    pixels: (1632, 1224),
    card: true,
};
const BALLOONS: View = View {
    left: 0.10,
    top: 0.03,
    width: 0.80,
    pixels: (640, 440),
    card: false,
};

/// Where sky and lake meet.
const HORIZON: f32 = 0.56;
const SUN: (f32, f32) = (1.02, 0.40);

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args().skip(1).collect();
    let [valley, balloons] = files.as_slice() else {
        eprintln!("usage: render_scene IMAGE.jpg BALLOONS.png");
        return ExitCode::from(2);
    };
    for (file, view) in [(valley, VALLEY), (balloons, BALLOONS)] {
        if let Err(error) = save(&render(&view), Path::new(file)) {
            eprintln!("{file}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn save(picture: &RgbImage, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    if file.extension().is_some_and(|extension| extension == "png") {
        let best = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
        picture.write_with_encoder(best)?;
    } else {
        JpegEncoder::new_with_quality(&mut bytes, 88).encode_image(picture)?;
    }
    Ok(std::fs::write(file, bytes)?)
}

fn render(view: &View) -> RgbImage {
    let (width, height) = view.pixels;
    let scale = view.width / width as f32;
    RgbImage::from_fn(width, height, |column, row| {
        let mut sum = [0.0; 3];
        for sample in 0..9_u8 {
            let x = view.left + (column as f32 + (f32::from(sample % 3) + 0.5) / 3.0) * scale;
            let y = view.top + (row as f32 + (f32::from(sample / 3) + 0.5) / 3.0) * scale;
            let color = place(x, y, view.card);
            for channel in 0..3 {
                sum[channel] += color[channel].clamp(0.0, 1.0) / 9.0;
            }
        }
        Rgb(sum.map(|value| (value * 255.0).round() as u8))
    })
}

/// The color at one place: the nearest thing that is there.
fn place(x: f32, y: f32, card: bool) -> Color {
    let mut color = if y < HORIZON { background(x, y) } else { lake(x, y) };
    color = meadow(color, x, y);
    color = windmill(color, x, y);
    for balloon in &FLEET {
        color = balloon.over(color, x, y);
    }
    color = birds(color, x, y);
    if card { test_card(color, x, y) } else { color }
}

// ---- sky, mountains and lake

fn background(x: f32, y: f32) -> Color {
    let mut color = sky(x, y);
    let ridges: [(f32, f32, f32, Color); 3] = [
        (0.415, 0.17, 2.3, [0.56, 0.63, 0.80]),
        (0.475, 0.12, 3.7, [0.38, 0.46, 0.66]),
        (0.530, 0.07, 6.1, [0.20, 0.36, 0.38]),
    ];
    for (index, (base, rise, frequency, tint)) in ridges.into_iter().enumerate() {
        let seed = 17.0 * (index as f32 + 1.0);
        let crest = base + 0.5 * rise - rise * ridged(x * frequency + seed, seed);
        if y > crest {
            let below = (y - crest) / rise;
            let (fold_x, fold_y) = (
                x * 9.0 * frequency.sqrt() + seed,
                y * 14.0 * frequency.sqrt() + seed,
            );
            let slope = fbm(fold_x + 0.35 * below, fold_y, 5) - fbm(fold_x - 0.10, fold_y + 0.12, 5);
            let rock = fbm(x * 26.0 + seed, y * 34.0, 4);
            let mut lit = scale(tint, 0.86 + 0.3 * rock + (slope * 1.5).clamp(-0.20, 0.20));
            if index == 0 {
                let snow =
                    smooth(0.30, 0.16, below + 0.34 * (rock - 0.5)) * smooth(base + 0.02, base - 0.05, crest);
                lit = mix(
                    lit,
                    scale([0.98, 0.97, 1.0], 0.90 + (slope * 0.8).clamp(-0.16, 0.1)),
                    snow,
                );
            }
            let haze = smooth(HORIZON - 0.16, HORIZON, y) * (0.62 - 0.24 * index as f32);
            color = mix(lit, [1.0, 0.86, 0.72], haze);
        }
    }
    color
}

fn sky(x: f32, y: f32) -> Color {
    let height = (y / HORIZON).clamp(0.0, 1.0);
    let mut color = mix([0.11, 0.33, 0.74], [0.48, 0.72, 0.95], smooth(0.0, 0.62, height));
    color = mix(color, [1.0, 0.84, 0.62], smooth(0.50, 1.0, height));
    let distance = (x - SUN.0).hypot(y - SUN.1);
    color = add(color, scale([1.0, 0.72, 0.36], 0.55 * (-distance * 4.6).exp()));
    color = mix(color, [1.0, 0.97, 0.86], smooth(0.052, 0.046, distance));
    let drift = fbm(x * 1.7 + 3.0, y * 4.0 + 9.0, 3);
    let cloud = fbm(x * 3.1 + drift * 1.3, y * 9.5 + 4.0 * drift, 6);
    let cover = smooth(0.53, 0.76, cloud) * smooth(0.0, 0.10, y) * (1.0 - smooth(0.30, 0.46, y));
    let underside = smooth(
        0.58,
        0.84,
        fbm(x * 3.1 + drift * 1.3, (y - 0.018) * 9.5 + 4.0 * drift, 6),
    );
    let lit = mix([1.0, 0.97, 0.93], [0.76, 0.74, 0.84], underside * 0.7);
    mix(color, lit, cover * 0.92)
}

fn lake(x: f32, y: f32) -> Color {
    let depth = (y - HORIZON) / (1.0 - HORIZON);
    let ripple = fbm(x * 9.0, y * 150.0 / (1.0 + 3.0 * depth), 3) - 0.5;
    let mirrored = HORIZON - (y - HORIZON) * 1.25 + ripple * 0.05 * (0.2 + depth);
    let mut color = background(x + ripple * 0.012, mirrored.clamp(0.0, HORIZON - 0.001));
    for balloon in &FLEET {
        color = mix(color, balloon.over(color, x + ripple * 0.02, mirrored), 0.8);
    }
    color = mix(scale(color, 0.84), [0.06, 0.25, 0.42], 0.22 + 0.20 * depth);
    let glitter = smooth(0.12, 0.26, ripple) * (-((x - SUN.0) / (0.05 + 0.25 * depth)).powi(2)).exp();
    let shore = smooth(HORIZON + 0.006, HORIZON, y);
    mix(
        add(color, scale([1.0, 0.82, 0.50], glitter * 0.8)),
        [0.16, 0.27, 0.22],
        shore * 0.8,
    )
}

// ---- the tulip field

const TULIPS: [Color; 7] = [
    [0.87, 0.08, 0.12],
    [0.99, 0.80, 0.05],
    [0.94, 0.35, 0.62],
    [0.97, 0.95, 0.90],
    [0.50, 0.16, 0.62],
    [0.98, 0.45, 0.06],
    [0.20, 0.30, 0.86],
];

fn meadow(behind: Color, x: f32, y: f32) -> Color {
    let edge = 0.685 + 0.014 * (x * 5.0 + 0.7).sin() + 0.006 * (fbm(x * 42.0, 2.0, 3) - 0.5);
    if y < edge {
        return behind;
    }
    // A plane seen in perspective: rows run to a vanishing point, flowers shrink with distance.
    let nearness = (y - 0.60).max(0.01);
    let across = (x - 0.60) / nearness;
    let along = 1.0 / nearness;
    let row = across * 1.55 + 40.0;
    let within = row.fract();
    let grass = scale(
        mix(
            [0.15, 0.40, 0.09],
            [0.45, 0.64, 0.17],
            fbm((across + 40.0) * 26.0, along * 40.0, 4),
        ),
        0.95,
    );
    let color = if within < 0.80 {
        let tulip = TULIPS[row as usize % TULIPS.len()];
        let (u, v) = ((across + 40.0) * 34.0, along * 46.0);
        let mut bloom = mix(scale(grass, 0.45), scale(tulip, 0.45), 0.45);
        for (du, dv) in [(0.0, 0.0), (0.5, 0.5)] {
            let (cell_u, cell_v) = ((u + du).floor(), (v + dv).floor());
            let jitter = (
                hash(cell_u + du, cell_v + dv) - 0.5,
                hash(cell_v + 7.0, cell_u + dv) - 0.5,
            );
            let from_heart = (
                (u + du).fract() - 0.5 - 0.36 * jitter.0,
                (v + dv).fract() - 0.5 - 0.36 * jitter.1,
            );
            let distance = from_heart.0.hypot(from_heart.1);
            let light = 0.84 + 0.30 * hash(cell_u * 3.1, cell_v + du) - 0.55 * from_heart.1 - distance * 0.25;
            let petal = add(
                scale(tulip, light),
                scale([0.12, 0.08, 0.02], smooth(0.25, 0.0, distance)),
            );
            bloom = mix(bloom, petal, smooth(0.47, 0.40, distance));
        }
        mix(bloom, scale(tulip, 0.86), smooth(9.0, 13.0, along) * 0.8)
    } else {
        grass
    };
    let haze = smooth(0.78, 0.66, y) * 0.30;
    let shade = 0.90 + 0.18 * fbm(x * 2.0 + 8.0, y * 5.0, 3);
    mix(scale(color, shade), [1.0, 0.86, 0.66], haze)
}

fn windmill(behind: Color, x: f32, y: f32) -> Color {
    let (px, py) = ((x - 0.565) / 0.085, (y - 0.575) / 0.085);
    let mut color = behind;
    let half = 0.30 + 0.11 * (py + 0.1).max(0.0);
    if (-0.10..1.55).contains(&py) && px.abs() < half {
        let round = 0.62 + 0.42 * (px / half * 0.5 + 0.5);
        color = scale(
            if py > 1.05 {
                [0.46, 0.30, 0.22]
            } else {
                [0.62, 0.20, 0.15]
            },
            round,
        );
        let window = (px.abs() < 0.07 && (0.35..0.55).contains(&py)) || (px.abs() < 0.10 && py > 1.22);
        if window || (py - 1.05).abs() < 0.03 {
            color = [0.95, 0.92, 0.84];
        }
    }
    if (-0.42..-0.08).contains(&py) && px.abs() < 0.34 * ((py + 0.46) / 0.38).min(1.0).sqrt() {
        color = [0.22, 0.20, 0.25];
    }
    let (dx, dy) = (px, py + 0.16);
    let turned = (dx * 0.86 + dy * 0.5, dy * 0.86 - dx * 0.5);
    for (along, side) in [
        turned,
        (-turned.1, turned.0),
        (-turned.0, -turned.1),
        (turned.1, -turned.0),
    ] {
        if (0.0..1.25).contains(&along) && side.abs() < 0.022 {
            color = [0.27, 0.20, 0.16];
        } else if (0.22..1.22).contains(&along) && (0.022..0.20).contains(&side) {
            let lattice = (along * 12.0).fract() < 0.16 || side > 0.178;
            color = if lattice {
                [0.36, 0.26, 0.20]
            } else {
                mix(color, [0.98, 0.95, 0.88], 0.93)
            };
        }
    }
    color
}

// ---- balloons and birds

struct Balloon {
    center: (f32, f32),
    radius: f32,
    gores: f32,
    colors: &'static [Color],
    band: Option<Color>,
}

const FLEET: [Balloon; 5] = [
    Balloon {
        center: (0.79, 0.335),
        radius: 0.032,
        gores: 8.0,
        colors: &[[0.95, 0.55, 0.10], [0.98, 0.94, 0.82]],
        band: None,
    },
    Balloon {
        center: (1.22, 0.25),
        radius: 0.040,
        gores: 10.0,
        colors: &[[0.10, 0.55, 0.42], [0.96, 0.84, 0.20]],
        band: Some([0.86, 0.12, 0.18]),
    },
    Balloon {
        center: (0.20, 0.375),
        radius: 0.048,
        gores: 12.0,
        colors: &[[0.48, 0.14, 0.56], [0.95, 0.42, 0.68], [0.99, 0.90, 0.94]],
        band: None,
    },
    Balloon {
        center: (0.68, 0.165),
        radius: 0.094,
        gores: 12.0,
        colors: &[[0.12, 0.28, 0.74], [0.96, 0.96, 0.94]],
        band: Some([0.98, 0.76, 0.08]),
    },
    Balloon {
        center: (0.375, 0.235),
        radius: 0.150,
        gores: 14.0,
        colors: &[
            [0.86, 0.10, 0.14],
            [0.97, 0.48, 0.07],
            [0.99, 0.83, 0.10],
            [0.24, 0.66, 0.22],
            [0.08, 0.56, 0.80],
            [0.22, 0.22, 0.66],
            [0.60, 0.16, 0.58],
        ],
        band: None,
    },
];

impl Balloon {
    fn over(&self, behind: Color, x: f32, y: f32) -> Color {
        let (px, py) = (
            (x - self.center.0) / self.radius,
            (y - self.center.1) / self.radius,
        );
        if px.abs() > 1.05 || !(-1.05..1.95).contains(&py) {
            return behind;
        }
        let half = if py < 0.25 {
            (1.0 - py * py).max(0.0).sqrt()
        } else {
            let fall = (py - 0.25) / 1.05;
            0.17 + 0.798 * (1.0 - fall * fall * (1.6 - 0.6 * fall)).max(0.0)
        };
        if py < 1.30 && px.abs() < half {
            return self.envelope(px / half, py);
        }
        let basket = (1.58..1.84).contains(&py) && px.abs() < 0.155 - 0.05 * (py - 1.58);
        if basket {
            let weave = if ((px * 46.0).floor() + (py * 34.0).floor()) as i32 % 2 == 0 {
                0.88
            } else {
                1.06
            };
            let rim = if py < 1.62 { 0.62 } else { 1.0 };
            return scale([0.56, 0.36, 0.18], weave * rim * (0.92 + 0.9 * px));
        }
        let rope = (1.30..1.60).contains(&py)
            && [-1.0_f32, -0.4, 0.4, 1.0]
                .iter()
                .any(|side| (px - side * 0.15).abs() < 0.011);
        if rope { [0.25, 0.18, 0.14] } else { behind }
    }

    fn envelope(&self, across: f32, py: f32) -> Color {
        let longitude = (across.asin() / PI + 0.5) * self.gores;
        let mut color = self.colors[longitude as usize % self.colors.len()];
        let zigzag = 0.12 * ((longitude.fract() - 0.5).abs() * 2.0);
        if let Some(band) = self.band
            && (0.16..0.50).contains(&(py + zigzag))
        {
            color = band;
        }
        if py > 1.16 {
            color = [0.24, 0.18, 0.20];
        }
        let puff = (longitude.fract() * PI).sin();
        let facing = 0.60 * across + 0.34 * -py + 0.62 * (1.0 - across * across).sqrt();
        let light = (0.56 + 0.46 * facing) * (0.84 + 0.16 * puff);
        let shine = (-((across - 0.42).powi(2) * 9.0 + (py + 0.42).powi(2) * 7.0)).exp() * 0.30;
        add(scale(color, light), scale([1.0, 0.92, 0.78], shine))
    }
}

fn birds(behind: Color, x: f32, y: f32) -> Color {
    let flock = [
        (0.93, 0.12),
        (0.975, 0.135),
        (1.01, 0.115),
        (0.955, 0.16),
        (1.06, 0.15),
    ];
    let wing = |&(bird_x, bird_y): &(f32, f32)| {
        let (dx, dy) = ((x - bird_x) / 0.013, (y - bird_y) / 0.013);
        dx.abs() < 1.0 && (dy + 0.45 * (dx.abs() * 2.4).sin()).abs() < 0.15 * (1.08 - dx.abs())
    };
    if flock.iter().any(wing) {
        [0.14, 0.16, 0.24]
    } else {
        behind
    }
}

// ---- a photographer's card: a color wheel, a ramp of grays and a word

fn test_card(behind: Color, x: f32, y: f32) -> Color {
    let (left, top, width, height) = (0.945, 0.715, 0.350, 0.245);
    let (px, py) = (x - left, y - top);
    let outside = |px: f32, py: f32| {
        let corner = (
            (px - width / 2.0).abs() - width / 2.0 + 0.014,
            (py - height / 2.0).abs() - height / 2.0 + 0.014,
        );
        corner.0.max(0.0).hypot(corner.1.max(0.0)) - 0.014
    };
    if outside(px, py) > 0.0 {
        return scale(
            behind,
            1.0 - 0.5 * smooth(0.016, 0.0, outside(px - 0.006, py - 0.009)),
        );
    }
    let paper = [0.97, 0.96, 0.93];
    let (dx, dy) = (px - 0.106, py - 0.106);
    let radius = dx.hypot(dy) / 0.088;
    if radius < 1.0 {
        let hue = dy.atan2(dx) / TAU + 0.5;
        return mix([1.0; 3], rainbow(hue), smooth(0.06, 0.82, radius));
    }
    if radius < 1.035 {
        return [0.20; 3];
    }
    if (0.205..0.232).contains(&py) && (0.018..0.332).contains(&px) {
        return [((px - 0.018) / 0.314 * 11.0).floor() / 10.0; 3];
    }
    let patches: [Color; 6] = [
        [0.90, 0.10, 0.12],
        [0.10, 0.62, 0.20],
        [0.12, 0.22, 0.80],
        [0.05, 0.72, 0.80],
        [0.85, 0.15, 0.65],
        [0.98, 0.86, 0.08],
    ];
    let (patch_x, patch_y) = ((px - 0.212) / 0.0405, (py - 0.094) / 0.050);
    if (0.0..3.0).contains(&patch_x) && (0.0..2.0).contains(&patch_y) {
        if patch_x.fract() < 0.93 && patch_y.fract() < 0.93 {
            return patches[patch_y as usize * 3 + patch_x as usize];
        }
        return paper;
    }
    if word((px - 0.212) / 0.00346, (py - 0.030) / 0.0050) {
        [0.16, 0.17, 0.26]
    } else {
        paper
    }
}

/// Whether the word's ink is at a place, counted in dots of its 5 by 7 letters.
fn word(x: f32, y: f32) -> bool {
    const E: [u8; 7] = [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111];
    const R: [u8; 7] = [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001];
    const A: [u8; 7] = [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001];
    const N: [u8; 7] = [0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001];
    const D: [u8; 7] = [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110];
    if x < 0.0 || !(0.0..7.0).contains(&y) {
        return false;
    }
    let (letter, column) = (x as usize / 6, x as usize % 6);
    [E, R, R, A, N, D]
        .get(letter)
        .is_some_and(|rows| column < 5 && rows[y as usize] & (0b10000 >> column) != 0)
}

fn rainbow(hue: f32) -> Color {
    [0.0, 2.0, 4.0]
        .map(|shift| (((hue * 6.0 + 6.0 - shift + 3.0) % 6.0 - 3.0).abs()).clamp(0.0, 3.0))
        .map(|away| (2.0 - away).clamp(0.0, 1.0))
}

// ---- colors and noise

fn scale(color: Color, by: f32) -> Color {
    color.map(|value| value * by)
}

fn add(one: Color, other: Color) -> Color {
    [one[0] + other[0], one[1] + other[1], one[2] + other[2]]
}

fn mix(from: Color, to: Color, part: f32) -> Color {
    add(scale(from, 1.0 - part), scale(to, part))
}

/// 0 at `from`, 1 at `to`, an S between them; `from` may be the greater.
fn smooth(from: f32, to: f32, value: f32) -> f32 {
    let part = ((value - from) / (to - from)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

/// A number from 0 to 1 that looks random, the same for the same place.
fn hash(x: f32, y: f32) -> f32 {
    let mut bits = (x * 64.0) as i32 as u32 ^ ((y * 64.0) as i32 as u32).rotate_left(16);
    for multiplier in [0x7FEB_352D_u32, 0x846C_A68B] {
        bits = (bits ^ (bits >> 16)).wrapping_mul(multiplier);
    }
    (bits >> 8) as f32 / (1 << 24) as f32
}

/// Smoothed noise from 0 to 1.
fn noise(x: f32, y: f32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let across = smooth(0.0, 1.0, x - column);
    let line = |row: f32| hash(column, row) * (1.0 - across) + hash(column + 1.0, row) * across;
    let down = smooth(0.0, 1.0, y - row);
    line(row) * (1.0 - down) + line(row + 1.0) * down
}

/// Noise with ever finer detail, from 0 to 1.
fn fbm(x: f32, y: f32, octaves: u8) -> f32 {
    let (mut sum, mut weight, mut total, mut frequency) = (0.0, 0.5, 0.0, 1.0);
    for octave in 0..octaves {
        let shift = f32::from(octave) * 19.0;
        sum += weight * noise(x * frequency + shift, y * frequency + shift);
        total += weight;
        weight *= 0.5;
        frequency *= 2.0;
    }
    sum / total
}

/// A mountain's crest: noise folded into sharp ridges, from 0 to 1.
fn ridged(x: f32, seed: f32) -> f32 {
    let (mut sum, mut weight, mut frequency) = (0.0, 0.56, 1.0);
    for _ in 0..6 {
        sum += weight * (1.0 - (2.0 * noise(x * frequency, seed) - 1.0).abs());
        weight *= 0.45;
        frequency *= 2.07;
    }
    sum
}
