//! What the machine can do: loops of plain Rust on all threads, over memory that was touched
//! before. Each exists with ordinary stores and with stores that go past the caches (`NAME-nt`); the
//! better of the two is the limit that a row of the table is held against.

#![allow(unsafe_code)] // Vector instructions that the compiler does not choose by itself.
#![allow(clippy::inline_always)] // Only what is inlined gets the instructions of its caller.

mod arithmetic;
mod store;

use std::array::from_fn;
use std::hint::black_box;
use std::sync::Mutex;

use hpc::threads;
use rayon::{BroadcastContext, ThreadPool, ThreadPoolBuilder};

/// The numbers of a cache line, at its boundary.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([f64; 8]);

const WIDTH: usize = 8;

/// Goes over its memory once, on all threads.
type Work = Box<dyn FnMut(&ThreadPool)>;

/// A loop with memory of its own.
pub(crate) struct Loop {
    pool: ThreadPool,
    work: Work,
}

impl Loop {
    pub(crate) fn run(&mut self) {
        (self.work)(&self.pool);
    }
}

/// The loop of that name over `n` numbers; for `fma` and `fma32`, `n` operations.
pub(crate) fn prepare(name: &str, n: usize) -> Option<Loop> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads())
        .build()
        .ok()?;
    let (name, streaming) = match name.strip_suffix("-nt") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let work: Work = match name {
        "compare" => {
            // Eight lines of numbers give one of bytes.
            let n = n / (WIDTH * WIDTH) * (WIDTH * WIDTH);
            writing(n / WIDTH, n, 2, streaming, |[a, b, ..], i| {
                Line(from_fn(|k| {
                    let (y, z) = (a[8 * i + k].0, b[8 * i + k].0);
                    let bytes = from_fn(|k| u8::from(y[k] * z[k] - 4.1 * y[k] > 2.5 * z[k]));
                    f64::from_le_bytes(bytes)
                }))
            })
        }
        "dot" if !streaming => reading(n, 2, |sum, [a, b], i| {
            for k in 0..WIDTH {
                sum.0[k] += a[i].0[k] * b[i].0[k];
            }
        }),
        "sum" if !streaming => reading(n, 1, |sum, [a, _], i| {
            for k in 0..WIDTH {
                sum.0[k] += a[i].0[k];
            }
        }),
        "gather" if !streaming => gathering(n),
        "fma" if !streaming => {
            Box::new(move |pool| on_all(pool, |share| arithmetic::f64s(n / share.num_threads())))
        }
        "fma32" if !streaming => {
            Box::new(move |pool| on_all(pool, |share| arithmetic::f32s(n / share.num_threads())))
        }
        _ => match name.strip_suffix("-strided") {
            Some(name) => elementwise::<2>(name, n, streaming)?,
            None => elementwise::<1>(name, n, streaming)?,
        },
    };
    Some(Loop { pool, work })
}

/// Sums and products of every `STRIDE`-th number of the sources.
fn elementwise<const STRIDE: usize>(name: &str, n: usize, streaming: bool) -> Option<Work> {
    let read = STRIDE * n.next_multiple_of(WIDTH);
    Some(match name {
        "copy" => writing(n, read, 1, streaming, |[a, ..], i| {
            Line(from_fn(|k| number::<STRIDE>(a, i, k)))
        }),
        "triad" => writing(n, read, 2, streaming, |[a, b, ..], i| {
            Line(from_fn(|k| {
                2.0 * number::<STRIDE>(a, i, k) + 3.0 * number::<STRIDE>(b, i, k)
            }))
        }),
        "quad" => writing(n, read, 4, streaming, |[a, b, c, d], i| {
            Line(from_fn(|k| {
                number::<STRIDE>(a, i, k) * number::<STRIDE>(b, i, k)
                    + number::<STRIDE>(c, i, k) * number::<STRIDE>(d, i, k)
            }))
        }),
        _ => return None,
    })
}

/// The `k`-th number of line `i` of what a stride leaves of an array.
#[inline(always)]
fn number<const STRIDE: usize>(source: &[Line], i: usize, k: usize) -> f64 {
    source[STRIDE * i + STRIDE * k / WIDTH].0[STRIDE * k % WIDTH]
}

fn on_all(pool: &ThreadPool, work: impl Fn(&BroadcastContext<'_>) + Sync) {
    pool.broadcast(|share| work(&share));
}

/// Touched memory on huge pages, for `n` numbers.
fn lines(n: usize) -> Vec<Line> {
    let n = n.div_ceil(WIDTH);
    let mut lines: Vec<Line> = Vec::with_capacity(n);
    huge_pages(&mut lines);
    lines.extend((0..n).map(|i| Line(from_fn(|k| ((i + k) % 1000) as f64 * 1e-3))));
    lines
}

#[cfg(target_os = "linux")]
fn huge_pages(lines: &mut Vec<Line>) {
    use rustix::mm::{Advice, madvise};
    const PAGE: usize = 4096;
    let start = lines.as_mut_ptr().cast::<u8>();
    let skipped = start.align_offset(PAGE);
    let length = (lines.capacity() * size_of::<Line>()).saturating_sub(skipped) / PAGE * PAGE;
    if length > 0 {
        // SAFETY: whole pages inside the vector's own memory; the advice changes no contents. That
        // it is refused does no harm.
        let _ = unsafe { madvise(start.add(skipped).cast(), length, Advice::LinuxHugepage) };
    }
}

#[cfg(not(target_os = "linux"))]
fn huge_pages(_: &mut Vec<Line>) {}

/// `target[i] = line(sources, i)`, of which the first `reads` sources are read.
fn writing<F>(written: usize, read: usize, reads: usize, streaming: bool, line: F) -> Work
where
    F: Fn([&[Line]; 4], usize) -> Line + Copy + Sync + 'static,
{
    let memory: Vec<Vec<Line>> = (0..reads).map(|_| lines(read)).collect();
    let mut target = lines(written);
    Box::new(move |pool| {
        let sources: [&[Line]; 4] = from_fn(|k| memory.get(k).map_or(&[][..], Vec::as_slice));
        let part = target.len().div_ceil(pool.current_num_threads());
        let parts: Vec<Mutex<&mut [Line]>> = target.chunks_mut(part).map(Mutex::new).collect();
        on_all(pool, |share| {
            if let Some(Ok(mut target)) = parts.get(share.index()).map(Mutex::lock) {
                let first = share.index() * part;
                let line = |i| line(sources, first + i);
                if streaming {
                    store::past_the_caches(&mut target, line);
                } else {
                    store::ordinarily(&mut target, line);
                }
            }
        });
    })
}

/// `add(sum, sources, i)` for all lines.
fn reading<F>(n: usize, reads: usize, add: F) -> Work
where
    F: Fn(&mut Line, [&[Line]; 2], usize) + Copy + Sync + 'static,
{
    let memory: Vec<Vec<Line>> = (0..reads).map(|_| lines(n)).collect();
    Box::new(move |pool| {
        let sources: [&[Line]; 2] = from_fn(|k| memory.get(k).map_or(&[][..], Vec::as_slice));
        let n = memory[0].len();
        let part = n.div_ceil(pool.current_num_threads());
        on_all(pool, |share| {
            let first = (share.index() * part).min(n);
            let range = first..(first + part).min(n);
            let sources = sources.map(|source| source.get(range.clone()).unwrap_or_default());
            black_box(store::sum(range.len(), |sum, i| add(sum, sources, i)));
        });
    })
}

/// `target[i] = source[places[i]]` for a random permutation.
fn gathering(n: usize) -> Work {
    let source = lines(n);
    let mut target = lines(n);
    let mut places: Vec<usize> = (0..n).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for i in (1..n).rev() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        places.swap(i, (random % (i as u64 + 1)) as usize);
    }
    Box::new(move |pool| {
        let part = target.len().div_ceil(pool.current_num_threads());
        let parts: Vec<_> = target
            .chunks_mut(part)
            .zip(places.chunks(part * WIDTH))
            .map(Mutex::new)
            .collect();
        on_all(pool, |share| {
            if let Some(Ok(mut part)) = parts.get(share.index()).map(Mutex::lock) {
                let (target, places) = &mut *part;
                for (target, places) in target.iter_mut().zip(places.chunks_exact(WIDTH)) {
                    *target = Line(from_fn(|k| source[places[k] / WIDTH].0[places[k] % WIDTH]));
                }
            }
        });
    })
}
