//! Files of NumPy's formats: what is written is read again, and nothing that is read does harm.

use std::fs;
use std::path::PathBuf;

use hpc::prelude::*;
use proptest::prelude::*;

const ALL: [DType; 13] = [
    DType::Bool,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::F32,
    DType::F64,
    DType::C64,
    DType::C128,
];

/// A file of this process that goes with the test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("hpc-test-{}-{name}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A file with this header.
fn with_header(version: u8, header: &str) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((header.len() as u16).to_le_bytes()),
        _ => bytes.extend((header.len() as u32).to_le_bytes()),
    }
    bytes.extend(header.as_bytes());
    bytes
}

#[test]
fn all_dtypes_and_layouts_come_back() {
    for dtype in ALL {
        let x = arange(0, 24, 1).reshape([2, 3, 4]).astype(dtype);
        for array in [
            x.clone(),
            x.t(),
            x.slice(s![.., ..;-1, 1..3]),
            x.slice(s![0, 0, 0]),
            zeros_of([2, 0], dtype),
        ] {
            let back = Array::from_npy(&array.to_npy()).unwrap();
            assert_eq!((back.dtype(), back.shape()), (dtype, array.shape()));
            assert!(back.array_equal(&array), "{dtype}");
        }
    }
}

#[test]
fn broken_files_are_errors() {
    let good = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n";
    let mut whole = with_header(1, good);
    whole.extend([0; 16]);
    assert_eq!(Array::from_npy(&whole).unwrap().shape(), [2]);
    let cases: [(Vec<u8>, &str); 14] = [
        (Vec::new(), "too short"),
        (
            b"PK\x03\x04 not an array".to_vec(),
            "it begins with other bytes",
        ),
        (with_header(9, good), "version 9"),
        (
            with_header(1, good),
            "it ends before the elements of shape [2] and dtype f64 do",
        ),
        (
            with_header(
                1,
                "{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }",
            ),
            "\"<f2\"",
        ),
        (
            with_header(
                1,
                "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
            ),
            "\"|O\"",
        ),
        (
            with_header(
                1,
                "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': ()}",
            ),
            "fields",
        ),
        (
            with_header(1, "{'descr': '<f8', 'shape': (2,)}"),
            "no fortran_order",
        ),
        (
            with_header(1, "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}"),
            "neither True nor",
        ),
        (
            with_header(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (-2,)}"),
            "no number",
        ),
        (
            with_header(
                1,
                "{'descr': '<f8', 'fortran_order': True, 'shape': (99999999999999999999,)}",
            ),
            "no number",
        ),
        (
            with_header(
                2,
                "{'descr': '<f8', 'fortran_order': True, 'shape': (4611686018427387904, 4)}",
            ),
            "it ends before",
        ),
        (
            with_header(1, &good.replace('}', "}}")),
            "after the header's dictionary",
        ),
        (
            [
                b"\x93NUMPY\x02\x00\xff\xff\xff\xff".as_slice(),
                good.as_bytes(),
            ]
            .concat(),
            "a header of 4294967295 bytes",
        ),
    ];
    for (bytes, expected) in cases {
        let error = Array::from_npy(&bytes).unwrap_err().to_string();
        assert!(
            error.contains(expected),
            "{error:?} instead of {expected:?}"
        );
    }
    let error = Array::load("/nowhere/x.npy").unwrap_err().to_string();
    assert!(error.starts_with("load: /nowhere/x.npy: "), "{error}");
    assert!(zeros(1).save("/nowhere/x.npy").is_err());
}

#[test]
fn several_arrays_in_a_file() {
    let file = Temporary::new("several.npz");
    let (x, mask) = (linspace(0.0, 1.0, 1000), arange(0, 4, 1).gt(1));
    save_npz(&file.0, &[("x", &x), ("größe", &mask)]).unwrap();
    let arrays = load_npz(&file.0).unwrap();
    assert_eq!(arrays.len(), 2);
    assert!(arrays[0].0 == "x" && arrays[0].1.array_equal(&x));
    assert!(arrays[1].0 == "größe" && arrays[1].1.array_equal(&mask));
    assert!(save_npz(&file.0, &[("x", &x), ("x", &x)]).is_err());

    // A single bit that is wrong is noticed.
    save_npz(&file.0, &[("x", &x)]).unwrap();
    let mut bytes = fs::read(&file.0).unwrap();
    bytes[500] ^= 1;
    fs::write(&file.0, &bytes).unwrap();
    let error = load_npz(&file.0).unwrap_err().to_string();
    assert!(error.ends_with("x: its checksum is wrong"), "{error}");
    fs::write(&file.0, &bytes[..bytes.len() - 30]).unwrap();
    assert!(load_npz(&file.0).is_err());
}

/// `numpy.savez_compressed(file, a=numpy.arange(5))` of NumPy 2.4.
const PACKED: &str = "\
    504b03042d000000080000002100cb779da9ffffffffffffffff05001400612e6e707901001000a800000000\
    00000051000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e965f5452\
    9498179f5f94920a12774bcc294e058a17672416a402f91aa63a9a3a0ab50a14002e06286084d24c509a194a\
    b3406900504b01022d032d000000080000002100cb779da951000000a8000000050000000000000000000000\
    800100000000612e6e7079504b0506000000000100010033000000880000000000";

#[test]
fn packed_files_of_numpy_are_read() {
    let bytes: Vec<u8> = PACKED
        .as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
        .collect();
    let file = Temporary::new("packed.npz");
    fs::write(&file.0, &bytes).unwrap();
    let arrays = load_npz(&file.0).unwrap();
    assert_eq!(arrays[0].0, "a");
    assert_eq!(arrays[0].1.to_vec::<i64>(), [0, 1, 2, 3, 4]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_array_comes_back(
        shape in prop::collection::vec(0..6_usize, 0..4),
        dtype in prop::sample::select(ALL.to_vec()),
        seed in -100..100_i64,
    ) {
        let n: usize = shape.iter().product();
        let x = (arange(0, n as i64, 1) * seed).astype(dtype).reshape(shape.clone());
        let back = Array::from_npy(&x.to_npy()).unwrap();
        prop_assert_eq!(back.shape(), &shape[..]);
        prop_assert_eq!(back.dtype(), dtype);
        prop_assert!(back.array_equal(&x));
    }

    #[test]
    fn damaged_bytes_never_end_the_program(
        at in 0..400_usize,
        to: u8,
        cut in 0..400_usize,
    ) {
        let file = Temporary::new("damaged.npz");
        let x = arange(0, 10, 1);
        let mut bytes = x.to_npy();
        let place = at % bytes.len();
        bytes[place] = to;
        let _ = Array::from_npy(&bytes);
        let _ = Array::from_npy(&bytes[..cut % bytes.len()]);
        save_npz(&file.0, &[("x", &x)]).unwrap();
        let mut bytes = fs::read(&file.0).unwrap();
        let place = at % bytes.len();
        bytes[place] = to;
        fs::write(&file.0, &bytes).unwrap();
        let _ = load_npz(&file.0);
        fs::write(&file.0, &bytes[..cut % bytes.len()]).unwrap();
        let _ = load_npz(&file.0);
    }
}
