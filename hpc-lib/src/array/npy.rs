//! Arrays in NumPy's file format (versions 1 to 3), as NumPy's documentation of `numpy.lib.format`
//! describes it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use num_complex::Complex;

use super::Array;
use super::dense::Dense;
use super::dtype::{DType, with_type};
use super::element::Typed;
use super::layout::checked_len;
use super::storage::Storage;
use crate::error::{Error, OrRaise};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Longest header that is read; NumPy's own limit for headers it trusts less.
const LONGEST_HEADER: usize = 64 << 10;

/// Elements that are read or written at a time.
const PART: usize = 1 << 14;

/// Headers are filled up so that the elements begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// NumPy leaves room for this many digits of the first length, so that files can grow.
const DIGITS: usize = 21;

/// An element as it is stored.
trait Stored: Typed {
    const KIND: char;
    /// From as many bytes as it has, the least one first.
    fn of_bytes(bytes: &[u8]) -> Self;
    fn put(self, bytes: &mut Vec<u8>);
    /// The parts whose bytes have an order of their own.
    const PARTS: usize = 1;
}

macro_rules! stored {
    ($($type:ty: $kind:literal),*) => {$(
        impl Stored for $type {
            const KIND: char = $kind;

            fn of_bytes(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<Self>()];
                own.copy_from_slice(bytes);
                Self::from_le_bytes(own)
            }

            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

stored!(i8: 'i', i16: 'i', i32: 'i', i64: 'i', u8: 'u', u16: 'u', u32: 'u', u64: 'u', f32: 'f', f64: 'f');

impl Stored for bool {
    const KIND: char = 'b';

    fn of_bytes(bytes: &[u8]) -> Self {
        bytes[0] != 0
    }

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self));
    }
}

macro_rules! stored_complex {
    ($($part:ty),*) => {$(
        impl Stored for Complex<$part> {
            const KIND: char = 'c';
            const PARTS: usize = 2;

            fn of_bytes(bytes: &[u8]) -> Self {
                let (re, im) = bytes.split_at(size_of::<$part>());
                Self::new(Stored::of_bytes(re), Stored::of_bytes(im))
            }

            fn put(self, bytes: &mut Vec<u8>) {
                self.re.put(bytes);
                self.im.put(bytes);
            }
        }
    )*};
}

stored_complex!(f32, f64);

/// What the header of a file says.
struct Header {
    dtype: DType,
    big_endian: bool,
    fortran_order: bool,
    shape: Vec<usize>,
}

fn malformed(what: impl Into<String>) -> Error {
    Error::File {
        routine: "load",
        path: String::new(),
        message: what.into(),
    }
}

fn failed(error: &std::io::Error) -> Error {
    malformed(error.to_string())
}

impl Header {
    /// The header's text: a dictionary in Python's notation.
    fn parse(text: &str) -> Result<Self, Error> {
        let mut text = Text(text);
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        text.expect('{')?;
        while !text.takes('}') {
            let key = text.string()?;
            text.expect(':')?;
            match key {
                "descr" => descr = Some(text.string()?),
                "fortran_order" => fortran_order = Some(text.boolean()?),
                "shape" => shape = Some(text.lengths()?),
                other => return Err(malformed(format!("an unknown key {other:?} in the header"))),
            }
            if !text.takes(',') {
                text.expect('}')?;
                break;
            }
        }
        if !text.0.trim().is_empty() {
            return Err(malformed("something after the header's dictionary"));
        }
        let missing = |key: &str| malformed(format!("the header has no {key}"));
        let (dtype, big_endian) = parse_dtype(descr.ok_or_else(|| missing("descr"))?)?;
        Ok(Self {
            dtype,
            big_endian,
            fortran_order: fortran_order.ok_or_else(|| missing("fortran_order"))?,
            shape: shape.ok_or_else(|| missing("shape"))?,
        })
    }

    /// The file up to its elements, byte for byte as NumPy writes it.
    fn bytes(shape: &[usize], dtype: DType) -> Vec<u8> {
        let order = if dtype.size() == 1 { '|' } else { '<' };
        let kind = with_type!(dtype, T => <T as Stored>::KIND);
        let lengths = match shape {
            [n] => format!("({n},)"),
            lengths => format!(
                "({})",
                lengths
                    .iter()
                    .map(usize::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        let mut text = format!(
            "{{'descr': '{order}{kind}{}', 'fortran_order': False, 'shape': {lengths}, }}",
            dtype.size()
        );
        if let Some(first) = shape.first() {
            let digits = first.to_string().len();
            let _ = write!(text, "{}", " ".repeat(DIGITS.saturating_sub(digits)));
        }
        // Of the second version if two bytes cannot hold the length.
        let short = u16::try_from(text.len() + 1 + 10 + ALIGNMENT).is_ok();
        let start = if short { 10 } else { 12 };
        let total = (start + text.len() + 1).next_multiple_of(ALIGNMENT);
        let length = total - start;
        let mut bytes = MAGIC.to_vec();
        if short {
            bytes.extend([1, 0]);
            bytes.extend((length as u16).to_le_bytes());
        } else {
            bytes.extend([2, 0]);
            bytes.extend((length as u32).to_le_bytes());
        }
        bytes.extend(text.bytes());
        bytes.resize(total - 1, b' ');
        bytes.push(b'\n');
        bytes
    }
}

fn parse_dtype(descr: &str) -> Result<(DType, bool), Error> {
    use DType::{Bool, C64, C128, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    let refused = || {
        malformed(format!(
            "elements of NumPy's dtype {descr:?} are not supported"
        ))
    };
    let mut characters = descr.chars();
    let order = characters.next().ok_or_else(refused)?;
    let code = characters.as_str();
    let all = [
        Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128,
    ];
    let named = |dtype: &DType| {
        let kind = with_type!(*dtype, T => <T as Stored>::KIND);
        code == format!("{kind}{}", dtype.size())
    };
    let dtype = all.into_iter().find(named).ok_or_else(refused)?;
    let big_endian = match order {
        '<' => false,
        '>' => true,
        '=' => cfg!(target_endian = "big"),
        '|' if dtype.size() == 1 => false,
        _ => return Err(refused()),
    };
    Ok((dtype, big_endian))
}

/// The rest of a header's text.
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    fn takes(&mut self, character: char) -> bool {
        match self.0.trim_start().strip_prefix(character) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, character: char) -> Result<(), Error> {
        if self.takes(character) {
            return Ok(());
        }
        let found: String = self.0.trim_start().chars().take(20).collect();
        Err(malformed(format!(
            "{character:?} is missing in the header before {found:?}"
        )))
    }

    fn string(&mut self) -> Result<&'a str, Error> {
        let quote = if self.takes('\'') {
            '\''
        } else if self.takes('"') {
            '"'
        } else {
            return Err(malformed(
                "a header of elements with fields, or a broken one",
            ));
        };
        let (text, rest) = self
            .0
            .split_once(quote)
            .ok_or_else(|| malformed("a text in the header has no end"))?;
        self.0 = rest;
        Ok(text)
    }

    fn boolean(&mut self) -> Result<bool, Error> {
        let text = self.0.trim_start();
        for (name, value) in [("True", true), ("False", false)] {
            if let Some(rest) = text.strip_prefix(name) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(malformed("fortran_order is neither True nor False"))
    }

    fn lengths(&mut self) -> Result<Vec<usize>, Error> {
        self.expect('(')?;
        let mut lengths = Vec::new();
        while !self.takes(')') {
            let text = self.0.trim_start();
            let end = text
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len());
            let length = text[..end].parse();
            lengths.push(length.map_err(|_| malformed("a length in the header is no number"))?);
            // Python 2 marked long integers.
            self.0 = text[end..].strip_prefix('L').unwrap_or(&text[end..]);
            if !self.takes(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(lengths)
    }
}

/// Reads an array from `source`, which has `available` bytes.
pub(super) fn read(source: &mut impl Read, available: u64) -> Result<Array, Error> {
    let mut start = [0; 8];
    source
        .read_exact(&mut start)
        .map_err(|_| malformed("it is no npy file: too short"))?;
    if &start[..6] != MAGIC {
        return Err(malformed("it is no npy file: it begins with other bytes"));
    }
    let mut length = [0; 4];
    let size = match start[6] {
        1 => 2,
        2 | 3 => 4,
        version => {
            return Err(malformed(format!(
                "version {version} of the format is not known"
            )));
        }
    };
    source
        .read_exact(&mut length[..size])
        .map_err(|error| failed(&error))?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_HEADER {
        return Err(malformed(format!("a header of {length} bytes")));
    }
    let mut header = vec![0; length];
    source
        .read_exact(&mut header)
        .map_err(|error| failed(&error))?;
    let header = str::from_utf8(&header).map_err(|_| malformed("the header is no text"))?;
    let header = Header::parse(header)?;
    let Header {
        dtype, mut shape, ..
    } = header;
    let bytes = checked_len(&shape).and_then(|len| (len as u64).checked_mul(dtype.size() as u64));
    let before = (8 + size + length) as u64;
    if bytes.is_none_or(|bytes| bytes > available.saturating_sub(before)) {
        let message =
            format!("it ends before the elements of shape {shape:?} and dtype {dtype} do");
        return Err(malformed(message));
    }
    if header.fortran_order {
        shape.reverse();
    }
    let mut storage = Storage::allocate("load", &shape, dtype)?;
    let elements = storage.as_slice_mut();
    with_type!(dtype, T => read_elements::<T>(source, header.big_endian, T::slice_mut(elements)))?;
    let array = Array::of(Dense::new(storage, &shape));
    Ok(if header.fortran_order {
        array.t()
    } else {
        array
    })
}

fn read_elements<T: Stored>(
    source: &mut impl Read,
    big_endian: bool,
    elements: &mut [T],
) -> Result<(), Error> {
    let size = size_of::<T>();
    let mut bytes = vec![0; size * PART.min(elements.len())];
    for part in elements.chunks_mut(PART) {
        let bytes = &mut bytes[..size_of_val(part)];
        source.read_exact(bytes).map_err(|error| failed(&error))?;
        if big_endian {
            for number in bytes.chunks_exact_mut(size / T::PARTS) {
                number.reverse();
            }
        }
        for (element, bytes) in part.iter_mut().zip(bytes.chunks_exact(size)) {
            *element = T::of_bytes(bytes);
        }
    }
    Ok(())
}

/// Writes an array, row by row.
pub(super) fn write(array: &Array, target: &mut impl Write) -> Result<(), Error> {
    let dense = crate::expr::evaluate(&array.node)?.to_contiguous("save")?;
    let result = target.write_all(&Header::bytes(array.shape(), array.dtype()));
    let result = result.and_then(
        |()| with_type!(array.dtype(), T => write_elements(T::slice(dense.slice()), target)),
    );
    result.map_err(|error| Error::File {
        routine: "save",
        path: String::new(),
        message: error.to_string(),
    })
}

fn write_elements<T: Stored>(elements: &[T], target: &mut impl Write) -> std::io::Result<()> {
    let mut bytes = Vec::with_capacity(size_of::<T>() * PART.min(elements.len()));
    for part in elements.chunks(PART) {
        bytes.clear();
        for &element in part {
            element.put(&mut bytes);
        }
        target.write_all(&bytes)?;
    }
    Ok(())
}

/// Names the file in an error.
pub(super) fn at(path: &Path) -> impl Fn(Error) -> Error + '_ {
    |error| match error {
        Error::File {
            routine, message, ..
        } => Error::File {
            routine,
            path: path.display().to_string(),
            message,
        },
        other => other,
    }
}

impl Array {
    /// Writes the array to a file in NumPy's format, for `numpy.load` and [`Array::load`].
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let file = std::env::temp_dir().join(format!("hpc-doc-{}.npy", std::process::id()));
    /// let x = arange(0, 6, 1).reshape([2, 3]);
    /// x.save(&file)?;
    /// assert!(Array::load(&file)?.array_equal(&x));
    /// # std::fs::remove_file(&file).unwrap();
    /// # Ok::<(), hpc::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails when the file cannot be written; what is there then is not whole.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.save_at(path.as_ref())
    }

    fn save_at(&self, path: &Path) -> Result<(), Error> {
        let file = File::create(path).map_err(|error| Error::File {
            routine: "save",
            path: path.display().to_string(),
            message: error.to_string(),
        });
        write(self, &mut file?).map_err(at(path))
    }

    /// Reads an array from a file in NumPy's format: versions 1 to 3, either byte order, rows or
    /// columns first, the 13 dtypes.
    ///
    /// Takes no more memory than the file has elements, whatever its header says.
    ///
    /// # Errors
    /// Fails when the file cannot be read, is broken, or has elements of another dtype.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_at(path.as_ref())
    }

    fn load_at(path: &Path) -> Result<Self, Error> {
        let open = || {
            let mut file = File::open(path).map_err(|error| failed(&error))?;
            let available = file.metadata().map_err(|error| failed(&error))?.len();
            read(&mut file, available)
        };
        open().map_err(at(path))
    }

    /// The bytes of a file in NumPy's format.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let bytes = Array::from([1.0, 2.0]).to_npy();
    /// assert_eq!(&bytes[1..6], b"NUMPY");
    /// assert_eq!(Array::from_npy(&bytes)?.sum(), 3.0);
    /// assert!(Array::from_npy(&bytes[..100]).is_err());
    /// # Ok::<(), hpc::Error>(())
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn to_npy(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(self, &mut bytes).or_raise();
        bytes
    }

    /// An array from the bytes of a file in NumPy's format, as [`load`](Self::load) reads it.
    ///
    /// # Errors
    /// Fails when the bytes are broken, or elements are of another dtype.
    pub fn from_npy(bytes: &[u8]) -> Result<Self, Error> {
        read(&mut { bytes }, bytes.len() as u64)
    }
}
