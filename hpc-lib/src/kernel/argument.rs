use super::blocks::Value;
use crate::array::{Array, DType, Operand};

/// What may be handed to a parameter of type `T`: a number of that type, or an array.
#[diagnostic::on_unimplemented(
    message = "the parameter takes an array or `{T}`, not `{Self}`",
    note = "bring a number to `{T}` by `as`"
)]
pub trait Argument<T> {
    /// Whether it is a number or an array.
    type Kind: Kind;
    /// The number.
    fn number(self) -> T;
    /// The array, or the number for all elements.
    fn operand(self) -> Operand;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Argument<$type> for $type {
            type Kind = Number;

            #[inline(always)]
            fn number(self) -> $type {
                self
            }

            fn operand(self) -> Operand {
                self.into()
            }
        }
    )*};
}

numbers!(bool, i32, i64, f32, f64);

impl<T> Argument<T> for Array {
    type Kind = Elements;

    fn number(self) -> T {
        unreachable!("a call with an array does not take its arguments as numbers")
    }

    fn operand(self) -> Operand {
        self.into()
    }
}

impl<T> Argument<T> for &Array {
    type Kind = Elements;

    fn number(self) -> T {
        unreachable!("a call with an array does not take its arguments as numbers")
    }

    fn operand(self) -> Operand {
        self.into()
    }
}

/// The arguments are numbers.
#[derive(Debug)]
pub enum Number {}

/// One of the arguments is an array.
#[derive(Debug)]
pub enum Elements {}

/// [`Number`] or [`Elements`]: decides when a call is compiled what it does.
pub trait Kind {
    /// The kind of a call with an argument of this kind and one of another.
    type And<K: Kind>: Kind;
    /// What the call gives.
    type Output<R: Results>;
    /// Calls one of the two.
    fn call<A, R: Results>(
        arguments: A,
        number: impl FnOnce(A) -> R,
        elements: impl FnOnce(A) -> Vec<Array>,
    ) -> Self::Output<R>;
}

impl Kind for Number {
    type And<K: Kind> = K;
    type Output<R: Results> = R;

    #[inline(always)]
    fn call<A, R: Results>(
        arguments: A,
        number: impl FnOnce(A) -> R,
        _: impl FnOnce(A) -> Vec<Array>,
    ) -> R {
        number(arguments)
    }
}

impl Kind for Elements {
    type And<K: Kind> = Self;
    type Output<R: Results> = R::Arrays;

    #[inline(always)]
    fn call<A, R: Results>(
        arguments: A,
        _: impl FnOnce(A) -> R,
        elements: impl FnOnce(A) -> Vec<Array>,
    ) -> R::Arrays {
        R::arrays(elements(arguments))
    }
}

/// What a kernel gives for numbers.
pub trait Results {
    /// What it gives for arrays.
    type Arrays;
    /// The dtypes of these.
    const DTYPES: &'static [DType];
    /// As many arrays as there are dtypes.
    fn arrays(arrays: Vec<Array>) -> Self::Arrays;
}

/// The next of some arrays.
fn next(arrays: &mut std::vec::IntoIter<Array>) -> Array {
    match arrays.next() {
        Some(array) => array,
        None => unreachable!("a kernel makes an array for each result"),
    }
}

macro_rules! one {
    ($($type:ty),*) => {$(
        impl Results for $type {
            type Arrays = Array;
            const DTYPES: &'static [DType] = &[<$type as Value>::DTYPE];

            fn arrays(arrays: Vec<Array>) -> Array {
                next(&mut arrays.into_iter())
            }
        }
    )*};
}

one!(bool, i32, i64, f32, f64);

/// Stands for `Array` in a list of types.
type ArrayFor<T> = <T as One>::Array;

/// Gives a type its place in a list.
pub trait One {
    /// `Array`.
    type Array;
}

impl<T: Value> One for T {
    type Array = Array;
}

macro_rules! several {
    ($($name:ident)*) => {
        impl<$($name: Value),*> Results for ($($name,)*) {
            type Arrays = ($(ArrayFor<$name>,)*);
            const DTYPES: &'static [DType] = &[$($name::DTYPE),*];

            fn arrays(arrays: Vec<Array>) -> Self::Arrays {
                let mut arrays = arrays.into_iter();
                ($({
                    const { assert!(size_of::<$name>() > 0) };
                    next(&mut arrays)
                },)*)
            }
        }
    };
}

several!(A B);
several!(A B C);
several!(A B C D);
