//! Any component comes out coefficient for coefficient, whatever its sampling factors and those of the others are.

#![allow(clippy::cast_possible_truncation, reason = "small numbers throughout")]

use crate::support::{Image, Random, Table, decode_gray, segment};
use jpeg_luma::{Error, Method, Options, component, inspect};

const SIZES: [(usize, usize); 5] = [(1, 1), (9, 7), (17, 33), (33, 17), (70, 41)];

/// Every sampling of two components, with one or two more whose factors are drawn; and the largest unit there is.
fn every_image(mut test: impl FnMut(&mut Random, &Image)) {
    let mut random = Random(0x0C0F_FEE0_1234_5678);
    let factors: Vec<(usize, usize)> = (1..=4).flat_map(|h| (1..=4).map(move |v| (h, v))).collect();
    let mut samplings = vec![vec![(4, 4); 4], vec![(4, 3)], vec![(1, 2), (2, 1)]];
    for &first in &factors {
        for &second in &factors {
            let mut sampling = vec![first, second];
            for _ in 0..=random.below(2) {
                sampling.push(factors[random.below(16) as usize]);
            }
            samplings.push(sampling);
        }
    }
    for sampling in samplings {
        let size = SIZES[random.below(SIZES.len() as u64) as usize];
        let mut image = Image::random(&mut random, size, &sampling);
        if random.below(3) == 0 {
            image.ac = Table::steep_ac();
        }
        test(&mut random, &image);
    }
}

/// Samples of a plane, by the rule of T.81, A.1.1.
fn size_of(image: &Image, index: usize) -> (usize, usize) {
    let most = |factor: fn(&(usize, usize)) -> usize| {
        let factors = image
            .planes
            .iter()
            .map(|plane| (plane.horizontal, plane.vertical));
        factors.map(|both| factor(&both)).max().unwrap()
    };
    let plane = &image.planes[index];
    (
        (image.width * plane.horizontal).div_ceil(most(|both| both.0)),
        (image.height * plane.vertical).div_ceil(most(|both| both.1)),
    )
}

fn every_component_is_exact(image: &Image, jpeg: &[u8]) {
    for index in 0..image.planes.len() {
        for bits in 0..4 {
            let options = Options::default().optimize(bits & 1 != 0).lenient(bits & 2 != 0);
            let copy = component(jpeg, index, &options).unwrap();
            let size = size_of(image, index);
            assert_eq!((copy.width as usize, copy.height as usize), size);
            let (width, height) = inspect(jpeg).unwrap().component_size(index).unwrap();
            assert_eq!((width, height), (copy.width, copy.height));
            assert_eq!((copy.method, copy.bit_depth), (Method::ComponentCopy, 8));
            let gray = decode_gray(&copy.bytes);
            assert_eq!((gray.width, gray.height), size);
            let first = 1 + if index > 0 { 64 } else { 0 };
            assert_eq!(gray.quantization[1..], (first..first + 64).collect::<Vec<u8>>());
            assert!(gray.others.is_empty(), "no metadata");
            let factors: Vec<_> = inspect(jpeg).unwrap().sampling.to_vec();
            assert!(
                gray.blocks == image.visible(index),
                "component {index} of {factors:?} at {:?}, {options:?}",
                (image.width, image.height)
            );
        }
    }
}

#[test]
fn components_of_an_interleaved_scan_are_exact() {
    every_image(|random, image| {
        every_component_is_exact(image, &image.sequential(0));
        every_component_is_exact(image, &image.sequential(1 + random.below(7) as u16));
    });
}

#[test]
fn components_of_scans_of_their_own_are_exact() {
    every_image(|random, image| {
        let mut jpeg = image.head(0xC1);
        for index in (0..image.planes.len()).rev() {
            image.scan(&mut jpeg, &[index], None, random.below(5) as u16);
        }
        jpeg.extend([0xFF, 0xD9]);
        every_component_is_exact(image, &jpeg);
    });
}

#[test]
fn components_of_scans_that_interleave_some_of_them_are_exact() {
    every_image(|random, image| {
        let [first, rest @ ..] = &(0..image.planes.len()).collect::<Vec<_>>()[..] else {
            return;
        };
        if rest.is_empty() {
            return;
        }
        let mut jpeg = image.head(0xC1);
        let reversed: Vec<usize> = rest.iter().copied().rev().collect();
        image.scan(&mut jpeg, &reversed, None, random.below(5) as u16);
        image.scan(&mut jpeg, &[*first], None, 0);
        jpeg.extend([0xFF, 0xD9]);
        every_component_is_exact(image, &jpeg);
    });
}

#[test]
fn components_of_a_progressive_image_are_exact() {
    every_image(|random, image| {
        every_component_is_exact(image, &image.progressive(0));
        every_component_is_exact(image, &image.progressive(1 + random.below(7) as u16));
    });
}

#[test]
fn a_height_that_follows_the_first_scan_counts_for_every_component() {
    let image = Image::random(&mut Random(3), (33, 21), &[(1, 2), (2, 1), (1, 1)]);
    let mut jpeg = image.sequential(0);
    let frame = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 7].fill(0);
    jpeg.truncate(jpeg.len() - 2);
    segment(&mut jpeg, 0xDC, &[0, 21]);
    jpeg.extend([0xFF, 0xD9]);
    every_component_is_exact(&image, &jpeg);
}

#[test]
fn a_component_that_is_not_there_is_an_error() {
    let jpeg = Image::random(&mut Random(3), (8, 8), &[(1, 1); 3]).sequential(0);
    for index in [3, 4, 255, usize::MAX] {
        assert_eq!(inspect(&jpeg).unwrap().component_size(index), None);
        let error = component(&jpeg, index, &Options::default()).unwrap_err();
        assert_eq!(error, Error::NoSuchComponent { index, components: 3 });
        assert_eq!(error.code(), "no_such_component");
    }
    let many = Image::random(&mut Random(3), (8, 8), &[(1, 1); 5]);
    assert!(matches!(
        component(&many.sequential(0), 0, &Options::default()),
        Err(Error::Unsupported { .. })
    ));
}

#[test]
fn damage_in_a_scan_of_one_component_is_found_and_made_good_on_demand() {
    let image = Image::random(&mut Random(27), (64, 64), &[(1, 1), (2, 2), (1, 1)]);
    let mut jpeg = image.head(0xC0);
    for index in 0..3 {
        image.scan(&mut jpeg, &[index], None, 0);
    }
    jpeg.extend([0xFF, 0xD9]);
    // The first scan ends at half its length, while the others are whole.
    let mut scans = jpeg
        .windows(2)
        .enumerate()
        .filter(|(_, bytes)| *bytes == [0xFF, 0xDA]);
    let first = scans.next().unwrap().0;
    let mut end = first + 2;
    while jpeg[end] != 0xFF || jpeg[end + 1] == 0 {
        end += 1;
    }
    jpeg.drain(first + (end - first) / 2..end);
    let error = component(&jpeg, 0, &Options::default()).unwrap_err();
    assert!(
        matches!(error, Error::Truncated { .. } | Error::Corrupt { .. }),
        "{error}"
    );
    let kept = component(&jpeg, 0, &Options::default().lenient(true)).unwrap();
    let (kept, whole) = (decode_gray(&kept.bytes), image.visible(0));
    assert!(kept.blocks[..4] == whole[..4]);
    assert!(kept.blocks[14..].iter().all(|block| *block == [0; 64]));
    for index in 1..3 {
        let copy = component(&jpeg, index, &Options::default()).unwrap();
        assert!(decode_gray(&copy.bytes).blocks == image.visible(index));
    }
}

#[test]
fn of_a_band_that_is_cut_off_the_blocks_that_are_there_are_kept() {
    let image = Image::random(&mut Random(29), (64, 64), &[(1, 1), (1, 1), (1, 1)]);
    for restart in [0, 5] {
        let mut jpeg = image.head(0xC2);
        image.scan(&mut jpeg, &[0, 1, 2], Some([0, 0, 0, 0]), 0);
        let band = jpeg.len();
        image.scan(&mut jpeg, &[0], Some([1, 63, 0, 0]), restart);
        jpeg.truncate(band + (jpeg.len() - band) / 2);
        let kept = component(&jpeg, 0, &Options::default().lenient(true)).unwrap();
        let (kept, whole) = (decode_gray(&kept.bytes).blocks, image.visible(0));
        let same = kept
            .iter()
            .zip(&whole)
            .take_while(|(one, other)| one == other)
            .count();
        assert!((20..44).contains(&same), "{same} blocks of 64");
        for (kept, whole) in kept.iter().zip(&whole).skip(same) {
            assert_eq!(kept[0], whole[0], "the DC coefficient is known");
            assert_eq!(kept[1..], [0; 63]);
        }
    }
}

#[test]
fn a_budget_that_is_too_small_is_refused_with_the_figures_and_those_suffice() {
    every_image(|_, image| {
        for jpeg in [image.sequential(0), image.progressive(0)] {
            let within = |budget| {
                component(
                    &jpeg,
                    1 % image.planes.len(),
                    &Options::default().memory_budget(budget),
                )
            };
            let Err(Error::MemoryBudget { needed, budget: 1000 }) = within(1000) else {
                panic!()
            };
            assert!(within(needed).is_ok());
        }
    });
}
