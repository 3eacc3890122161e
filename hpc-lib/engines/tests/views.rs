//! Views: what may be read and written.

use std::panic::catch_unwind;

use hpc_engines::{View, ViewMut};

#[test]
fn views_stay_inside_their_slice() {
    let data = [0.0; 12];
    for (start, shape, strides, is_right) in [
        (0, vec![3, 4], vec![4, 1], true),
        (0, vec![4, 3], vec![1, 4], true),
        (11, vec![3, 4], vec![-4, -1], true),
        (0, vec![5, 4], vec![0, 1], true),
        (0, vec![], vec![], true),
        (99, vec![0, 4], vec![4, 1], true),
        (1, vec![3, 4], vec![4, 1], false),
        (10, vec![3, 4], vec![-4, -1], false),
        (0, vec![3, 4], vec![4], false),
        (0, vec![3], vec![isize::MAX], false),
    ] {
        let made = catch_unwind(|| View::new(&data, start, &shape, &strides).shape().len());
        assert_eq!(made.is_ok(), is_right, "{start} {shape:?} {strides:?}");
    }
}

#[test]
fn written_elements_are_distinct() {
    for (shape, strides, is_right) in [
        (vec![3, 4], vec![4, 1], true),
        (vec![3, 4], vec![1, 3], true),
        (vec![2, 3, 4], vec![12, 4, 1], true),
        (vec![1, 4], vec![0, 1], true),
        (vec![2, 4], vec![0, 1], false),
        (vec![3, 4], vec![3, 1], false),
        (vec![3, 4], vec![2, 2], false),
    ] {
        let made = catch_unwind(|| {
            let mut data = [0.0; 24];
            ViewMut::new(&mut data, 0, &shape, &strides).shape().len()
        });
        assert_eq!(made.is_ok(), is_right, "{shape:?} {strides:?}");
    }
}
