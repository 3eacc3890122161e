//! What the machine can do: loops of plain Rust on all threads, over memory that was touched
//! before. Each exists with ordinary stores and with stores that go past the caches (`NAME-nt`); the
//! better of the two is the limit that a row of the table is held against.

#![allow(unsafe_code)] // Vector instructions that the compiler does not choose by itself.
#![allow(clippy::inline_always)] // Only what is inlined gets the instructions of its caller.

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

/// Loops over lines, compiled for the processor's widest vectors.
mod store {
    use super::Line;

    macro_rules! for_all_processors {
        ($(fn $name:ident<$f:ident: $bound:path>($($argument:ident: $type:ty),*) $(-> $result:ty)? = $body:ident;)*) => {$(
            pub(crate) fn $name<$f: $bound>($($argument: $type),*) $(-> $result)? {
                #[cfg(target_arch = "x86_64")]
                {
                    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
                    fn avx512<$f: $bound>($($argument: $type),*) $(-> $result)? { $body($($argument),*) }
                    #[target_feature(enable = "avx2,fma")]
                    fn avx2<$f: $bound>($($argument: $type),*) $(-> $result)? { $body($($argument),*) }
                    if has_avx512() {
                        // SAFETY: the processor has these instructions.
                        return unsafe { avx512($($argument),*) };
                    }
                    if has_avx2() {
                        // SAFETY: the processor has these instructions.
                        return unsafe { avx2($($argument),*) };
                    }
                }
                $body($($argument),*)
            }
        )*};
    }

    for_all_processors! {
        fn ordinarily<F: Fill>(target: &mut [Line], line: F) = fill;
        fn past_the_caches<F: Fill>(target: &mut [Line], line: F) = stream;
        fn sum<F: Add>(n: usize, add: F) -> Line = total;
    }

    pub(crate) trait Fill: Fn(usize) -> Line {}
    impl<F: Fn(usize) -> Line> Fill for F {}
    pub(crate) trait Add: Fn(&mut Line, usize) {}
    impl<F: Fn(&mut Line, usize)> Add for F {}

    #[cfg(target_arch = "x86_64")]
    pub(crate) fn has_avx2() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }

    #[cfg(target_arch = "x86_64")]
    pub(crate) fn has_avx512() -> bool {
        has_avx2()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
    }

    #[inline(always)]
    fn fill(target: &mut [Line], line: impl Fn(usize) -> Line) {
        for (i, target) in target.iter_mut().enumerate() {
            *target = line(i);
        }
    }

    #[inline(always)]
    fn stream(target: &mut [Line], line: impl Fn(usize) -> Line) {
        for (i, target) in target.iter_mut().enumerate() {
            write(target, line(i));
        }
        fence();
    }

    #[inline(always)]
    fn total(n: usize, add: impl Fn(&mut Line, usize)) -> Line {
        let mut sums = [Line([0.0; 8]); 4];
        for i in 0..n / 4 {
            for (k, sum) in sums.iter_mut().enumerate() {
                add(sum, 4 * i + k);
            }
        }
        for i in n / 4 * 4..n {
            add(&mut sums[0], i);
        }
        Line(std::array::from_fn(|k| {
            sums.iter().map(|sum| sum.0[k]).sum()
        }))
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn write(target: &mut Line, line: Line) {
        use std::arch::x86_64::{_mm_loadu_pd, _mm_stream_pd};
        for k in (0..8).step_by(2) {
            // SAFETY: two numbers inside the line, whose address is a multiple of 64.
            unsafe { _mm_stream_pd(&raw mut target.0[k], _mm_loadu_pd(&raw const line.0[k])) };
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn fence() {
        // SAFETY: every x86-64 processor has it.
        unsafe { std::arch::x86_64::_mm_sfence() };
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn write(target: &mut Line, line: Line) {
        *target = line;
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn fence() {}
}

/// Fused multiply-adds that wait for nothing but each other.
mod arithmetic {
    use std::hint::black_box;

    macro_rules! peak {
        ($name:ident, $type:ty, $avx512:literal, $avx2:literal) => {
            /// Does at least `operations` additions and multiplications.
            pub(crate) fn $name(operations: usize) {
                #[inline(always)]
                fn run<const W: usize>(operations: usize) {
                    // As many chains as hide the latency and fit the registers.
                    let mut chains = [[1.0 as $type; W]; 12];
                    let (factor, term) =
                        (black_box([0.5 as $type; W]), black_box([0.5 as $type; W]));
                    for _ in 0..operations.div_ceil(2 * 12 * W) {
                        for chain in &mut chains {
                            for k in 0..W {
                                chain[k] = chain[k].mul_add(factor[k], term[k]);
                            }
                        }
                    }
                    black_box(chains);
                }
                #[cfg(target_arch = "x86_64")]
                {
                    #[target_feature(enable = "avx512f,fma")]
                    fn avx512(operations: usize) {
                        run::<$avx512>(operations);
                    }
                    #[target_feature(enable = "avx2,fma")]
                    fn avx2(operations: usize) {
                        run::<$avx2>(operations);
                    }
                    if super::store::has_avx512() {
                        // SAFETY: the processor has these instructions.
                        return unsafe { avx512(operations) };
                    }
                    if super::store::has_avx2() {
                        // SAFETY: the processor has these instructions.
                        return unsafe { avx2(operations) };
                    }
                }
                run::<{ $avx2 / 2 }>(operations);
            }
        };
    }

    peak!(f64s, f64, 8, 4);
    peak!(f32s, f32, 16, 8);
}
