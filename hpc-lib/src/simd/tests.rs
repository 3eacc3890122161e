//! What the operations do with special operands.

use super::*;

/// Numbers without order: splitmix64.
fn random(count: usize, seed: u64, map: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            map(((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64)
        })
        .collect()
}

#[test]
fn remainders_have_the_sign_of_the_divisor() {
    let pairs = [
        (7, 3, 1),
        (-7, 3, 2),
        (7, -3, -2),
        (-7, -3, -1),
        (5, 0, 0),
        (i64::MIN, -1, 0),
    ];
    for (a, b, expected) in pairs {
        let mut result = [0];
        divide(Binary::Rem, Arg::Each(&[a]), Arg::All(b), &mut result);
        assert_eq!(result, [expected], "{a} % {b}");
        if b != 0 && a != i64::MIN {
            let mut result = [0.0];
            divide(
                Binary::Rem,
                Arg::Each(&[a as f64]),
                Arg::All(b as f64),
                &mut result,
            );
            assert_eq!(result, [expected as f64], "{a}.0 % {b}.0");
        }
    }
}

#[test]
fn quotients_are_rounded_down() {
    for (a, b, expected) in [(7, 2, 3), (-7, 2, -4), (7, -2, -4), (-8, 2, -4), (1, 0, 0)] {
        let mut result = [0_i32];
        divide(Binary::FloorDiv, Arg::Each(&[a]), Arg::All(b), &mut result);
        assert_eq!(result, [expected], "{a} // {b}");
    }
    let mut result = [0_i8];
    divide(
        Binary::FloorDiv,
        Arg::Each(&[i8::MIN]),
        Arg::All(-1),
        &mut result,
    );
    assert_eq!(result, [i8::MIN]);
}

#[test]
fn shifts_over_the_width_leave_nothing() {
    for (a, distance, left, right) in [
        (5_i8, 1, 10, 2),
        (-5, 8, 0, -1),
        (5, 9, 0, 0),
        (5, -1, 0, 0),
    ] {
        let (mut shl, mut shr) = ([0], [0]);
        bits(Binary::Shl, Arg::Each(&[a]), Arg::All(distance), &mut shl);
        bits(Binary::Shr, Arg::Each(&[a]), Arg::All(distance), &mut shr);
        assert_eq!((shl, shr), ([left], [right]), "{a} by {distance}");
    }
}

#[test]
fn sums_do_not_depend_on_the_level_and_integers_do_not_overflow() {
    let values = random(1000, 7, |u| u - 0.5);
    assert_eq!(sum(&values), reduce::sum(&values));
    assert_eq!(
        sum(&[i64::MAX; 1000]),
        Total::Int(1000 * i128::from(i64::MAX))
    );
    assert_eq!(
        sum(&[i64::MIN; 1000]),
        Total::Int(1000 * i128::from(i64::MIN))
    );
    assert_eq!(
        sum(&[u64::MAX; 1000]),
        Total::Int(1000 * i128::from(u64::MAX))
    );
    assert_eq!(sum(&[i8::MIN; 1000]), Total::Int(-128_000));
}

#[test]
fn nan_wins_in_minimum_and_maximum() {
    let mut values = random(100, 8, |u| u);
    values[77] = f64::NAN;
    assert!(fold_ordered(Fold::Min, &values).is_nan() && fold_ordered(Fold::Max, &values).is_nan());
    values[77] = -3.0;
    assert_eq!(fold_ordered(Fold::Min, &values), -3.0);
    for (a, b) in [(f64::NAN, 1.0), (1.0, f64::NAN)] {
        let mut result = [0.0];
        ordered(Binary::Maximum, Arg::Each(&[a]), Arg::All(b), &mut result);
        assert!(result[0].is_nan());
    }
}
