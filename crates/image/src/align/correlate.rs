//! Phase correlation (Kuglin and Hines, 1975): by how much a picture is shifted against another, to a fraction of a
//! pixel by the upsampled transform around the peak (Guizar-Sicairos, Thurman and Fienup, Optics Letters 33, 2008).

use std::ops::Range;

use microfft::Complex32;
use microfft::complex::cfft_128;
use microfft::inverse::ifft_128;

/// Side of the square that is transformed; smaller pictures lie at its upper left.
pub(super) const SIDE: usize = 128;

/// Steps in a pixel.
const UPSAMPLE: usize = 20;

/// A picture's frequencies, `SIDE × SIDE`, row by row.
#[derive(Debug, Clone)]
pub(super) struct Spectrum(Vec<Complex32>);

impl Spectrum {
    /// Of a picture of at most `SIDE` pixels each way, row by row.
    pub(super) fn of(values: &[f32], width: usize) -> Self {
        let mut spectrum = vec![Complex32::default(); SIDE * SIDE];
        for (row, line) in values.chunks_exact(width.max(1)).zip(spectrum.chunks_exact_mut(SIDE)) {
            line.iter_mut().zip(row).for_each(|(cell, &value)| cell.re = value);
        }
        transform(&mut spectrum, |line| {
            let _ = cfft_128(line);
        });
        Self(spectrum)
    }

    /// Rows and columns that `moved` must be shifted by to lie on this, each within `reach` pixels.
    pub(super) fn shift(&self, moved: &Self, reach: (usize, usize)) -> (f32, f32) {
        let product = phases(self, moved);
        let mut correlation = product.clone();
        transform(&mut correlation, |line| {
            let _ = ifft_128(line);
        });
        let (mut peak, mut most) = ((0, 0), f32::NEG_INFINITY);
        for row in offsets(reach.0) {
            for column in offsets(reach.1) {
                let value = correlation[wrapped(row) * SIDE + wrapped(column)].re;
                if value > most {
                    (peak, most) = ((row, column), value);
                }
            }
        }
        refined(&product, peak)
    }
}

/// The peak of the correlation within a pixel of a whole one, in steps of 1 / [`UPSAMPLE`]: a discrete Fourier transform at
/// these places alone, as two products of matrices.
fn refined(product: &[Complex32], (row, column): (isize, isize)) -> (f32, f32) {
    let steps = -(UPSAMPLE as isize)..=UPSAMPLE as isize;
    let places =
        |whole: isize| -> Vec<f32> { steps.clone().map(|step| whole as f32 + step as f32 / UPSAMPLE as f32).collect() };
    let (rows, columns) = (places(row), places(column));
    let (along_rows, along_columns) = (waves(&rows), waves(&columns));
    // [place across, frequency down]
    let halfway: Vec<Complex32> = along_columns
        .chunks_exact(SIDE)
        .flat_map(|wave| product.chunks_exact(SIDE).map(move |line| dot(line, wave)))
        .collect();
    let (mut peak, mut most) = ((row as f32, column as f32), f32::NEG_INFINITY);
    for (row, wave) in rows.iter().zip(along_rows.chunks_exact(SIDE)) {
        for (column, down) in columns.iter().zip(halfway.chunks_exact(SIDE)) {
            let value = dot(down, wave).re;
            if value > most {
                (peak, most) = ((*row, *column), value);
            }
        }
    }
    peak
}

fn dot(a: &[Complex32], b: &[Complex32]) -> Complex32 {
    a.iter().zip(b).fold(Complex32::default(), |sum, (a, b)| sum + a * b)
}

/// Transforms every row and then every column, in place.
fn transform(values: &mut [Complex32], line: impl Fn(&mut [Complex32; SIDE])) {
    for _ in 0..2 {
        values.as_chunks_mut::<SIDE>().0.iter_mut().for_each(&line);
        transpose(values);
    }
}

fn transpose(values: &mut [Complex32]) {
    for row in 0..SIDE {
        for column in 0..row {
            values.swap(row * SIDE + column, column * SIDE + row);
        }
    }
}

/// The cross-power spectrum with all magnitudes one.
fn phases(reference: &Spectrum, moved: &Spectrum) -> Vec<Complex32> {
    let product = |(a, b): (&Complex32, &Complex32)| {
        let product = a * b.conj();
        product / product.norm_sqr().sqrt().max(100.0 * f32::EPSILON)
    };
    reference.0.iter().zip(&moved.0).map(product).collect()
}

/// exp(2πi · frequency · place / SIDE) for each place, a row each; frequencies as the transform orders them.
fn waves(places: &[f32]) -> Vec<Complex32> {
    let frequency = |index: usize| if index < SIDE / 2 { index as f64 } else { index as f64 - SIDE as f64 };
    let wave = |place: f32, index: usize| {
        let angle = std::f64::consts::TAU * frequency(index) * f64::from(place) / SIDE as f64;
        Complex32::new(angle.cos() as f32, angle.sin() as f32)
    };
    places.iter().flat_map(|&place| (0..SIDE).map(move |index| wave(place, index))).collect()
}

/// Shifts of at most `reach`, and of less than half the side: farther ones are told from nearer ones by nothing.
fn offsets(reach: usize) -> Range<isize> {
    let reach = reach.min(SIDE / 2 - 1) as isize;
    -reach..reach + 1
}

fn wrapped(offset: isize) -> usize {
    offset.rem_euclid(SIDE as isize) as usize
}

#[cfg(test)]
mod goldens;
