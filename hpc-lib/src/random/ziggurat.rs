//! Normal and exponential numbers by the ziggurat method (Marsaglia and Tsang, "The ziggurat method
//! for generating random variables", Journal of Statistical Software 5, 2000), with the layer, the
//! sign and the place in the layer from separate bits of the word (Doornik, 2005).
//!
//! The area under the density is covered by 256 layers of equal area. A point of a random layer is
//! inside the next narrower one 99 times in 100, which one comparison of integers tells.

use std::sync::LazyLock;

use super::substream::Substream;

const LAYERS: usize = 256;

/// Where the tail begins: the place for which 256 layers end at the top of the density.
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;

/// Bits of the place in a layer.
const PLACE: u32 = 52;

pub(super) struct Layers {
    /// What a step of the place is worth in each layer.
    steps: [f64; LAYERS],
    /// Places below it are certainly under the density.
    inside: [u64; LAYERS],
    /// The density at the outer edge of each layer.
    heights: [f64; LAYERS],
}

impl Layers {
    /// `tail_area` is what lies beyond `tail`.
    fn new(tail: f64, tail_area: f64, density: fn(f64) -> f64, inverse: fn(f64) -> f64) -> Self {
        let scale = (1_u64 << PLACE) as f64;
        let area = tail * density(tail) + tail_area;
        // The lowest layer counts as a rectangle that includes the tail.
        let mut edges = [0.0; LAYERS + 1];
        edges[0] = area / density(tail);
        edges[1] = tail;
        for i in 2..LAYERS {
            let height = density(edges[i - 1]) + area / edges[i - 1];
            edges[i] = inverse(height);
        }
        Self {
            steps: std::array::from_fn(|i| edges[i] / scale),
            inside: std::array::from_fn(|i| (edges[i + 1] / edges[i] * scale) as u64),
            heights: std::array::from_fn(|i| density(edges[i])),
        }
    }

    /// A number of either sign, and whether it may be taken as it is.
    #[inline]
    pub(super) fn signed(&self, word: u64) -> (f64, bool) {
        let (x, taken) = self.positive(word);
        let (_, _, sign) = parts(word);
        (f64::from_bits(x.to_bits() | sign << 63), taken)
    }

    /// A number of at least 0, and whether it may be taken as it is.
    #[inline]
    pub(super) fn positive(&self, word: u64) -> (f64, bool) {
        let (layer, place, _) = parts(word);
        let x = place as f64 * self.steps[layer];
        (x, place < self.inside[layer])
    }
}

pub(super) static NORMAL: LazyLock<Layers> = LazyLock::new(|| {
    // Mills' ratio as a continued fraction, from the far end.
    let ratio = (1..200)
        .rev()
        .fold(NORMAL_TAIL, |x, k| NORMAL_TAIL + f64::from(k) / x);
    let density = |x: f64| (-0.5 * x * x).exp();
    Layers::new(
        NORMAL_TAIL,
        density(NORMAL_TAIL) / ratio,
        density,
        |height| (-2.0 * height.ln()).sqrt(),
    )
});

pub(super) static EXPONENTIAL: LazyLock<Layers> = LazyLock::new(|| {
    let density = |x: f64| (-x).exp();
    Layers::new(
        EXPONENTIAL_TAIL,
        density(EXPONENTIAL_TAIL),
        density,
        |height| -height.ln(),
    )
});

/// Layer, place in it, and a bit for the sign.
#[inline]
fn parts(word: u64) -> (usize, u64, u64) {
    (word as usize % LAYERS, word >> (64 - PLACE), word >> 8 & 1)
}

/// A normal number where that of the layers may not be taken as it is.
#[cold]
pub(super) fn normal_again(mut word: u64, rest: &mut Substream) -> f64 {
    let layers = &*NORMAL;
    loop {
        let (layer, _, sign) = parts(word);
        let (x, taken) = layers.signed(word);
        if taken {
            return x;
        }
        if layer == 0 {
            // Marsaglia's method for the tail.
            loop {
                let beyond = -rest.open().ln() / NORMAL_TAIL;
                if -2.0 * rest.open().ln() > beyond * beyond {
                    let x = NORMAL_TAIL + beyond;
                    return if sign == 1 { -x } else { x };
                }
            }
        }
        if under(layers, layer, rest.uniform(), (-0.5 * x * x).exp()) {
            return x;
        }
        word = rest.word();
    }
}

/// An exponential number where that of the layers may not be taken as it is.
#[cold]
pub(super) fn exponential_again(mut word: u64, rest: &mut Substream) -> f64 {
    let layers = &*EXPONENTIAL;
    loop {
        let (layer, _, _) = parts(word);
        let (x, taken) = layers.positive(word);
        if taken {
            return x;
        }
        if layer == 0 {
            // The tail looks like the whole.
            return EXPONENTIAL_TAIL - rest.open().ln();
        }
        if under(layers, layer, rest.uniform(), (-x).exp()) {
            return x;
        }
        word = rest.word();
    }
}

/// Whether a point at the height `share` between the lower and the upper edge of a layer is under
/// the density.
fn under(layers: &Layers, layer: usize, share: f64, density: f64) -> bool {
    let low = layers.heights[layer];
    let high = layers.heights.get(layer + 1).copied().unwrap_or(1.0);
    low + share * (high - low) < density
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_layer_ends_at_the_top() {
        for layers in [&NORMAL, &EXPONENTIAL] {
            let scale = (1_u64 << PLACE) as f64;
            let edge = layers.steps[LAYERS - 1] * scale;
            let area = layers.steps[0] * scale * layers.heights[1];
            let top = layers.heights[LAYERS - 1] + area / edge;
            assert!((top - 1.0).abs() < 1e-9, "{top}");
            assert!(layers.heights[1..].is_sorted());
        }
    }
}
