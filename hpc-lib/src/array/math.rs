use super::Array;
use crate::simd::Unary;

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident, $op:ident;)*) => {
        impl Array {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Self {
                self.unary(stringify!($name), Unary::$op)
            }
        )*}
    };
}

methods! {
    /// The sine of each element (in radians), in f64, to 1 unit in the last place.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = linspace(0.0, 1.5, 4);
    /// assert!((x.sin().item(3) - 1.5_f64.sin()).abs() < 1e-15);
    /// ```
    sin, Sin;
    /// The cosine of each element (in radians), in f64, to 1 unit in the last place.
    cos, Cos;
    /// The tangent of each element (in radians), in f64, to 1 unit in the last place.
    tan, Tan;
    /// e to the power of each element, in f64, to 1 unit in the last place.
    exp, Exp;
    /// The natural logarithm of each element, in f64, to 1 unit in the last place: NaN for negative
    /// ones, -inf for 0.
    log, Log;
    /// The square root of each element, in f64, correctly rounded: NaN for negative ones.
    sqrt, Sqrt;
    /// The absolute value of each element, of the same dtype. That of the least i64 is itself.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(-2, 2, 1).abs().to_vec::<i64>(), [2, 1, 0, 1]);
    /// ```
    abs, Abs;
    /// The greatest whole number that is not greater than each element.
    floor, Floor;
    /// The least whole number that is not less than each element.
    ceil, Ceil;
    /// The nearest whole number to each element, the even one of two.
    round, Round;
}

/// A function of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// [`sin`]
    Sin,
    /// [`cos`]
    Cos,
    /// [`tan`]
    Tan,
    /// [`exp`]
    Exp,
    /// [`log`]
    Log,
    /// [`sqrt`]
    Sqrt,
    /// [`abs`]
    Abs,
}

/// What functions such as [`sin`] take: an [`Array`], a reference to one, or an `f64`.
pub trait Argument {
    /// The type of the result.
    type Output;
    /// The result of a function.
    #[track_caller]
    fn apply(self, function: Function) -> Self::Output;
}

impl Argument for &Array {
    type Output = Array;

    #[track_caller]
    fn apply(self, function: Function) -> Array {
        match function {
            Function::Sin => self.sin(),
            Function::Cos => self.cos(),
            Function::Tan => self.tan(),
            Function::Exp => self.exp(),
            Function::Log => self.log(),
            Function::Sqrt => self.sqrt(),
            Function::Abs => self.abs(),
        }
    }
}

impl Argument for Array {
    type Output = Array;

    #[track_caller]
    fn apply(self, function: Function) -> Array {
        (&self).apply(function)
    }
}

impl Argument for f64 {
    type Output = f64;

    fn apply(self, function: Function) -> f64 {
        match function {
            Function::Sin => self.sin(),
            Function::Cos => self.cos(),
            Function::Tan => self.tan(),
            Function::Exp => self.exp(),
            Function::Log => self.ln(),
            Function::Sqrt => self.sqrt(),
            Function::Abs => self.abs(),
        }
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident, $function:ident;)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name<T: Argument>(x: T) -> T::Output {
            x.apply(Function::$function)
        }
    )*};
}

functions! {
    /// The sine of an array's elements, or of a number.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = linspace(0.0, 1.0, 3);
    /// assert_eq!(sin(2.0 * &x).item(1), sin(1.0));
    /// ```
    sin, Sin;
    /// The cosine of an array's elements, or of a number.
    cos, Cos;
    /// The tangent of an array's elements, or of a number.
    tan, Tan;
    /// The exponential of an array's elements, or of a number.
    exp, Exp;
    /// The natural logarithm of an array's elements, or of a number.
    log, Log;
    /// The square root of an array's elements, or of a number.
    sqrt, Sqrt;
    /// The absolute value of an array's elements, or of a number.
    abs, Abs;
}
