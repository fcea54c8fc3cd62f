//! A small JPEG encoder and decoder that work on coefficients, written apart from the code under test: bit by bit,
//! with no thought of speed.

#![allow(
    dead_code,
    reason = "the tests of operations/grayscale use it too, and each crate its own part"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers throughout"
)]

use std::collections::HashMap;

/// One block of coefficients in zigzag order.
pub(crate) type Block = [i32; 64];

/// A reproducible source of numbers (xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1) as u64) as i32
    }
}

/// A Huffman table: how many codes of each length, and the symbols.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) counts: [u8; 16],
    pub(crate) symbols: Vec<u8>,
}

impl Table {
    /// Codes of four bits for DC differences up to `largest` bits.
    pub(crate) fn dc(largest: u8) -> Self {
        let mut counts = [0; 16];
        counts[3] = largest + 1;
        Self {
            counts,
            symbols: (0..=largest).collect(),
        }
    }

    /// All AC symbols at eight or nine bits.
    pub(crate) fn flat_ac() -> Self {
        let mut counts = [0; 16];
        (counts[7], counts[8]) = (254, 2);
        Self {
            counts,
            symbols: (0..=255).collect(),
        }
    }

    /// A few short codes, and all other symbols at fifteen or sixteen bits.
    pub(crate) fn steep_ac() -> Self {
        let mut counts = [0; 16];
        counts[1..7].fill(1);
        (counts[14], counts[15]) = (20, 230);
        let frequent = [0x01, 0x00, 0x02, 0x11, 0x03, 0x21];
        let rest = (0..=255).filter(|symbol| !frequent.contains(symbol));
        Self {
            counts,
            symbols: frequent.into_iter().chain(rest).collect(),
        }
    }

    fn codes(&self) -> HashMap<u8, (u32, u8)> {
        let mut codes = HashMap::new();
        let (mut code, mut symbols) = (0, self.symbols.iter());
        for (&count, length) in self.counts.iter().zip(1..) {
            for _ in 0..count {
                codes.insert(*symbols.next().unwrap(), (code, length));
                code += 1;
            }
            code <<= 1;
        }
        codes
    }
}

/// A component with its blocks, padding included, line by line.
#[derive(Clone)]
pub(crate) struct Plane {
    pub(crate) horizontal: usize,
    pub(crate) vertical: usize,
    pub(crate) columns: usize,
    pub(crate) blocks: Vec<Block>,
}

/// An image to encode.
#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) planes: Vec<Plane>,
    pub(crate) dc: Table,
    pub(crate) ac: Table,
}

impl Image {
    /// Random coefficients, few of them and mostly small, as in photographs.
    pub(crate) fn random(
        random: &mut Random,
        (width, height): (usize, usize),
        sampling: &[(usize, usize)],
    ) -> Self {
        let across = sampling.iter().map(|factors| factors.0).max().unwrap();
        let down = sampling.iter().map(|factors| factors.1).max().unwrap();
        let mcus = (width.div_ceil(8 * across), height.div_ceil(8 * down));
        let planes = sampling.iter().map(|&(horizontal, vertical)| {
            let columns = mcus.0 * horizontal;
            let blocks = (0..columns * mcus.1 * vertical)
                .map(|_| random_block(random))
                .collect();
            Plane {
                horizontal,
                vertical,
                columns,
                blocks,
            }
        });
        Self {
            width,
            height,
            planes: planes.collect(),
            dc: Table::dc(11),
            ac: Table::flat_ac(),
        }
    }

    /// Factors of a plane's sampling among all.
    fn largest(&self) -> (usize, usize) {
        let across = self.planes.iter().map(|plane| plane.horizontal).max().unwrap();
        (
            across,
            self.planes.iter().map(|plane| plane.vertical).max().unwrap(),
        )
    }

    /// Blocks of a plane that hold samples of the image, line by line.
    pub(crate) fn visible(&self, plane: usize) -> Vec<Block> {
        let (columns, lines) = self.visible_size(plane);
        let plane = &self.planes[plane];
        let line = |line: usize| plane.blocks[line * plane.columns..][..columns].iter().copied();
        (0..lines).flat_map(line).collect()
    }

    fn visible_size(&self, plane: usize) -> (usize, usize) {
        let (across, down) = self.largest();
        let plane = &self.planes[plane];
        let columns = (self.width * plane.horizontal).div_ceil(across).div_ceil(8);
        (columns, (self.height * plane.vertical).div_ceil(down).div_ceil(8))
    }

    /// The blocks of a scan by restart-countable units: each with its plane's index.
    fn units(&self, planes: &[usize]) -> Vec<Vec<(usize, Block)>> {
        if let &[only] = planes {
            return self
                .visible(only)
                .into_iter()
                .map(|block| vec![(only, block)])
                .collect();
        }
        let (across, down) = self.largest();
        let (columns, lines) = (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down));
        let mut units = Vec::new();
        for unit in 0..columns * lines {
            let (x, y) = (unit % columns, unit / columns);
            let mut blocks = Vec::new();
            for &index in planes {
                let plane = &self.planes[index];
                for (v, h) in (0..plane.vertical).flat_map(|v| (0..plane.horizontal).map(move |h| (v, h))) {
                    let at = (y * plane.vertical + v) * plane.columns + x * plane.horizontal + h;
                    blocks.push((index, plane.blocks[at]));
                }
            }
            units.push(blocks);
        }
        units
    }

    /// Start of image, quantization tables, frame header, Huffman tables.
    pub(crate) fn head(&self, frame: u8) -> Vec<u8> {
        let mut out = vec![0xFF, 0xD8];
        for table in 0..2u8 {
            let mut payload = vec![table];
            payload.extend((1..=64).map(|element| element + 64 * table));
            segment(&mut out, 0xDB, &payload);
        }
        let mut payload = vec![8];
        payload.extend((self.height as u16).to_be_bytes());
        payload.extend((self.width as u16).to_be_bytes());
        payload.push(self.planes.len() as u8);
        for (plane, id) in self.planes.iter().zip(1u8..) {
            payload.extend([
                id,
                (plane.horizontal << 4 | plane.vertical) as u8,
                u8::from(id > 1),
            ]);
        }
        segment(&mut out, frame, &payload);
        for (class, table) in [(0x00, &self.dc), (0x10, &self.ac)] {
            let mut payload = vec![class];
            payload.extend(table.counts);
            payload.extend(&table.symbols);
            segment(&mut out, 0xC4, &payload);
        }
        out
    }

    /// Appends a scan of these planes; `band` is `None` for a sequential one, else first and last coefficient, the bit
    /// position before and now. Refinement is known for DC coefficients only.
    pub(crate) fn scan(&self, out: &mut Vec<u8>, planes: &[usize], band: Option<[u8; 4]>, restart: u16) {
        segment(out, 0xDD, &restart.to_be_bytes());
        let mut payload = vec![planes.len() as u8];
        payload.extend(planes.iter().flat_map(|&plane| [plane as u8 + 1, 0]));
        let [first, last, before, now] = band.unwrap_or([0, 63, 0, 0]);
        payload.extend([first, last, before << 4 | now]);
        segment(out, 0xDA, &payload);
        let mut bits = Bits::default();
        let (dc, ac) = (self.dc.codes(), self.ac.codes());
        let mut predictions = vec![0; self.planes.len()];
        for (count, unit) in self.units(planes).iter().enumerate() {
            if restart > 0 && count > 0 && count % usize::from(restart) == 0 {
                bits.flush();
                let number = (count / usize::from(restart) - 1) % 8;
                bits.bytes.extend([0xFF, 0xD0 + number as u8]);
                predictions.fill(0);
            }
            for (plane, block) in unit {
                if first == 0 && before > 0 {
                    bits.put((block[0] >> now & 1) as u32, 1);
                } else if first == 0 {
                    let value = block[0] >> now;
                    let difference = value - predictions[*plane];
                    predictions[*plane] = value;
                    bits.coefficient(&dc, 0, difference);
                }
                let mut run = 0;
                for &value in &block[usize::from(first.max(1))..=usize::from(last.max(first))] {
                    if last == 0 {
                        break;
                    }
                    let value = value.signum() * (value.abs() >> now);
                    if value == 0 {
                        run += 1;
                        continue;
                    }
                    while run > 15 {
                        bits.code(ac[&0xF0]);
                        run -= 16;
                    }
                    bits.coefficient(&ac, run, value);
                    run = 0;
                }
                if run > 0 {
                    bits.code(ac[&0x00]);
                }
            }
        }
        bits.flush();
        out.extend(bits.bytes);
    }

    /// A sequential JPEG with one scan of everything.
    pub(crate) fn sequential(&self, restart: u16) -> Vec<u8> {
        let mut out = self.head(0xC0);
        let planes: Vec<usize> = (0..self.planes.len()).collect();
        self.scan(&mut out, &planes, None, restart);
        out.extend([0xFF, 0xD9]);
        out
    }

    /// A progressive JPEG: DC coefficients interleaved in three steps, AC coefficients in two bands.
    pub(crate) fn progressive(&self, restart: u16) -> Vec<u8> {
        let mut out = self.head(0xC2);
        let planes: Vec<usize> = (0..self.planes.len()).collect();
        self.scan(&mut out, &planes, Some([0, 0, 0, 2]), restart);
        for &plane in planes.iter().rev() {
            self.scan(&mut out, &[plane], Some([1, 5, 0, 0]), restart);
        }
        self.scan(&mut out, &planes, Some([0, 0, 2, 1]), restart);
        for &plane in &planes {
            self.scan(&mut out, &[plane], Some([6, 63, 0, 0]), 0);
        }
        self.scan(&mut out, &planes, Some([0, 0, 1, 0]), restart);
        out.extend([0xFF, 0xD9]);
        out
    }
}

fn random_block(random: &mut Random) -> Block {
    let mut block = [0; 64];
    block[0] = random.between(-1023, 1023);
    for _ in 0..random.below(12) {
        let at = 1 + random.below(63) as usize;
        block[at] = random.between(-9, 9);
    }
    if random.below(10) == 0 {
        block[63] = random.between(-1000, 1000);
    }
    block
}

/// Appends a marker segment.
pub(crate) fn segment(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    out.extend([0xFF, marker]);
    out.extend((payload.len() as u16 + 2).to_be_bytes());
    out.extend(payload);
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    current: u8,
    count: u8,
}

impl Bits {
    fn put(&mut self, bits: u32, count: u8) {
        for place in (0..count).rev() {
            self.current = self.current << 1 | (bits >> place & 1) as u8;
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.current);
                if self.current == 0xFF {
                    self.bytes.push(0);
                }
                (self.current, self.count) = (0, 0);
            }
        }
    }

    fn code(&mut self, (code, length): (u32, u8)) {
        self.put(code, length);
    }

    fn coefficient(&mut self, codes: &HashMap<u8, (u32, u8)>, run: u8, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        self.code(codes[&(run << 4 | size as u8)]);
        let low = if value < 0 { value - 1 } else { value };
        self.put(low as u32 & ((1 << size) - 1), size as u8);
    }

    fn flush(&mut self) {
        while self.count > 0 {
            self.put(1, 1);
        }
    }
}

/// What a decoder makes of a JPEG with one component.
#[derive(Debug, PartialEq)]
pub(crate) struct Gray {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) quantization: Vec<u8>,
    pub(crate) blocks: Vec<Block>,
    /// Marker and payload of everything that is no table, frame or scan.
    pub(crate) others: Vec<(u8, Vec<u8>)>,
}

/// Decodes a JPEG with one component, sequential or progressive without refinement of AC coefficients.
pub(crate) fn decode_gray(jpeg: &[u8]) -> Gray {
    let mut gray = Gray {
        width: 0,
        height: 0,
        quantization: vec![],
        blocks: vec![],
        others: vec![],
    };
    let mut tables: HashMap<u8, HashMap<(u32, u8), u8>> = HashMap::new();
    let mut restart = 0;
    assert_eq!(jpeg[..2], [0xFF, 0xD8]);
    let mut at = 2;
    loop {
        assert_eq!(jpeg[at], 0xFF, "a marker at {at}");
        let marker = jpeg[at + 1];
        if marker == 0xD9 {
            assert_eq!(at + 2, jpeg.len(), "nothing after the end of the image");
            return gray;
        }
        let end = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        let payload = &jpeg[at + 4..end];
        at = end;
        match marker {
            0xDB => gray.quantization = payload.to_vec(),
            0xC0..=0xC2 => {
                assert_eq!(payload[5..], [1, 1, 0x11, 0], "one component without subsampling");
                gray.height = usize::from(u16::from_be_bytes([payload[1], payload[2]]));
                gray.width = usize::from(u16::from_be_bytes([payload[3], payload[4]]));
                gray.blocks = vec![[0; 64]; gray.width.div_ceil(8) * gray.height.div_ceil(8)];
            }
            0xC4 => {
                let table = Table {
                    counts: payload[1..17].try_into().unwrap(),
                    symbols: payload[17..].to_vec(),
                };
                let codes = table
                    .codes()
                    .into_iter()
                    .map(|(symbol, code)| (code, symbol))
                    .collect();
                tables.insert(payload[0], codes);
            }
            0xDD => restart = usize::from(u16::from_be_bytes([payload[0], payload[1]])),
            0xDA => {
                assert_eq!(payload[..3], [1, 1, 0]);
                let band = [payload[3], payload[4], payload[5] >> 4, payload[5] & 15];
                let mut reader = Reader { jpeg, at, bit: 0 };
                let empty = HashMap::new();
                let dc = tables.get(&0x00).unwrap_or(&empty);
                let ac = tables.get(&0x10).unwrap_or(&empty);
                decode_scan(&mut reader, &mut gray.blocks, band, restart, dc, ac);
                at = reader.end();
            }
            _ => gray.others.push((marker, payload.to_vec())),
        }
    }
}

type Codes = HashMap<(u32, u8), u8>;

fn decode_scan(
    reader: &mut Reader,
    blocks: &mut [Block],
    [first, last, before, now]: [u8; 4],
    restart: usize,
    dc: &Codes,
    ac: &Codes,
) {
    let mut prediction = 0;
    let mut end_of_band_run = 0;
    for (count, block) in blocks.iter_mut().enumerate() {
        if restart > 0 && count > 0 && count % restart == 0 {
            let end = reader.end();
            assert_eq!(
                reader.jpeg[end..end + 2],
                [0xFF, 0xD0 + ((count / restart - 1) % 8) as u8]
            );
            *reader = Reader {
                jpeg: reader.jpeg,
                at: end + 2,
                bit: 0,
            };
            prediction = 0;
        }
        if first == 0 && before > 0 {
            block[0] |= reader.bits(1).cast_signed() << now;
            continue;
        }
        if first == 0 {
            let size = reader.symbol(dc);
            prediction += reader.signed(size);
            block[0] = prediction << now;
        }
        if end_of_band_run > 0 {
            end_of_band_run -= 1;
            continue;
        }
        let mut at = usize::from(first.max(1));
        while at <= usize::from(last) {
            let symbol = reader.symbol(ac);
            match (symbol >> 4, symbol & 15) {
                (15, 0) => at += 16,
                // Only bands know runs; in a sequential scan, damage alone brings other codes than the one for a block.
                (_, 0) if first == 0 => break,
                (exponent, 0) => {
                    end_of_band_run = (1 << exponent) - 1 + reader.bits(exponent);
                    break;
                }
                (run, size) => {
                    at += usize::from(run);
                    block[at] = reader.signed(size) << now;
                    at += 1;
                }
            }
        }
    }
}

struct Reader<'a> {
    jpeg: &'a [u8],
    at: usize,
    bit: u8,
}

impl Reader<'_> {
    fn bits(&mut self, count: u8) -> u32 {
        (0..count).fold(0, |bits, _| bits << 1 | self.next())
    }

    fn next(&mut self) -> u32 {
        let byte = self.jpeg[self.at];
        assert!(
            byte != 0xFF || self.jpeg[self.at + 1] == 0,
            "the scan ends too early"
        );
        let bit = byte >> (7 - self.bit) & 1;
        self.bit += 1;
        if self.bit == 8 {
            self.at = self.end();
            self.bit = 0;
        }
        u32::from(bit)
    }

    /// The first byte after the current one, if it was begun.
    fn end(&self) -> usize {
        match (self.bit, self.jpeg[self.at]) {
            (0, _) => self.at,
            (_, 0xFF) => self.at + 2,
            _ => self.at + 1,
        }
    }

    fn symbol(&mut self, codes: &Codes) -> u8 {
        let mut code = 0;
        for length in 1..=16 {
            code = code << 1 | self.next();
            if let Some(&symbol) = codes.get(&(code, length)) {
                return symbol;
            }
        }
        panic!("no code at {}", self.at);
    }

    fn signed(&mut self, size: u8) -> i32 {
        let bits = self.bits(size).cast_signed();
        if size > 0 && bits >> (size - 1) == 0 {
            bits + 1 - (1 << size)
        } else {
            bits
        }
    }
}
