use super::Array;
use super::operators::Operand;
use crate::error::OrRaise;
use crate::expr::{Input, Node};
use crate::simd::{Binary, Function as Math, Function2, Part, Test, Unary};

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident, $op:expr;)*) => {
        impl Array {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Self {
                self.unary(stringify!($name), $op)
            }
        )*}
    };
}

methods! {
    /// The sine of each element (in radians) to 1 unit in the last place. Integers become f64, as
    /// for all such functions.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = linspace(0.0, 1.5, 4);
    /// assert!((x.sin().item(3) - 1.5_f64.sin()).abs() < 1e-15);
    /// ```
    sin, Unary::Math(Math::Sin);
    /// The cosine of each element (in radians) to 1 unit in the last place.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).cos().item(0), 1.0);
    /// ```
    cos, Unary::Math(Math::Cos);
    /// The tangent of each element (in radians) to 1 unit in the last place.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).tan().item(0), 0.0);
    /// ```
    tan, Unary::Math(Math::Tan);
    /// e to the power of each element, to 1 unit in the last place.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).exp().item(0), 1.0);
    /// ```
    exp, Unary::Math(Math::Exp);
    /// The natural logarithm of each element to 1 unit in the last place: NaN for negative
    /// ones, -inf for 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0]).log().item(0), 0.0);
    /// ```
    log, Unary::Math(Math::Log);
    /// The angle whose sine is the element, from -pi/2 to pi/2: NaN beyond -1 and 1.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0]).arcsin().item(0), PI / 2.0);
    /// ```
    arcsin, Unary::Math(Math::Asin);
    /// The angle whose cosine is the element, from 0 to pi: NaN beyond -1 and 1.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0]).arccos().item(0), 0.0);
    /// ```
    arccos, Unary::Math(Math::Acos);
    /// The angle whose tangent is the element, from -pi/2 to pi/2.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).arctan().item(0), 0.0);
    /// ```
    arctan, Unary::Math(Math::Atan);
    /// The hyperbolic sine of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).sinh().item(0), 0.0);
    /// ```
    sinh, Unary::Math(Math::Sinh);
    /// The hyperbolic cosine of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).cosh().item(0), 1.0);
    /// ```
    cosh, Unary::Math(Math::Cosh);
    /// The hyperbolic tangent of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([100.0]).tanh().item(0), 1.0);
    /// ```
    tanh, Unary::Math(Math::Tanh);
    /// The number whose hyperbolic sine is the element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).arcsinh().item(0), 0.0);
    /// ```
    arcsinh, Unary::Math(Math::Asinh);
    /// The number whose hyperbolic cosine is the element: NaN below 1.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0]).arccosh().item(0), 0.0);
    /// ```
    arccosh, Unary::Math(Math::Acosh);
    /// The number whose hyperbolic tangent is the element: NaN beyond -1 and 1.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).arctanh().item(0), 0.0);
    /// ```
    arctanh, Unary::Math(Math::Atanh);
    /// 2 to the power of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3.0]).exp2().item(0), 8.0);
    /// ```
    exp2, Unary::Math(Math::Exp2);
    /// e to the power of each element, minus 1, precise for small ones.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1e-20]).expm1().item(0), 1e-20);
    /// ```
    expm1, Unary::Math(Math::Expm1);
    /// The logarithm to base 2 of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([8.0]).log2().item(0), 3.0);
    /// ```
    log2, Unary::Math(Math::Log2);
    /// The logarithm to base 10 of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1000.0]).log10().item(0), 3.0);
    /// ```
    log10, Unary::Math(Math::Log10);
    /// The natural logarithm of 1 plus each element, precise for small ones.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1e-20]).log1p().item(0), 1e-20);
    /// ```
    log1p, Unary::Math(Math::Log1p);
    /// The cube root of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-27.0]).cbrt().item(0), -3.0);
    /// ```
    cbrt, Unary::Math(Math::Cbrt);
    /// The error function of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0, 10.0]).erf().to_vec::<f64>(), [0.0, 1.0]);
    /// ```
    erf, Unary::Math(Math::Erf);
    /// 1 minus the error function of each element, precise for large ones.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).erfc().item(0), 1.0);
    /// ```
    erfc, Unary::Math(Math::Erfc);
    /// The gamma function of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!((Array::from([5.0]).gamma().item(0) - 24.0).abs() < 1e-13);
    /// ```
    gamma, Unary::Math(Math::Gamma);
    /// The natural logarithm of the absolute value of the gamma function of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0]).lgamma().item(0), 0.0);
    /// ```
    lgamma, Unary::Math(Math::Lgamma);
    /// The square root of each element, correctly rounded: NaN for negative ones.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([9.0]).sqrt().item(0), 3.0);
    /// ```
    sqrt, Unary::Sqrt;
    /// Each element multiplied by itself.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-3]).square().to_vec::<i64>(), [9]);
    /// ```
    square, Unary::Power(2);
    /// 1 divided by each element; integers become f64.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([4]).reciprocal().item(0), 0.25);
    /// ```
    reciprocal, Unary::Reciprocal;
    /// -1, 0 or 1; for complex numbers the number of length 1 in the same direction.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-5, 0, 7]).sign().to_vec::<i64>(), [-1, 0, 1]);
    /// ```
    sign, Unary::Sign;
    /// The complex conjugate of each element; real numbers are their own.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let z = Array::from([1.0]) + Complex::I;
    /// assert_eq!(z.conj().item_complex(0), Complex::new(1.0, -1.0));
    /// ```
    conj, Unary::Conj;
    /// The greatest whole number that is not greater than each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-1.5, 1.5]).floor().to_vec::<f64>(), [-2.0, 1.0]);
    /// ```
    floor, Unary::Floor;
    /// The least whole number that is not less than each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-1.5, 1.5]).ceil().to_vec::<f64>(), [-1.0, 2.0]);
    /// ```
    ceil, Unary::Ceil;
    /// The whole number between each element and 0 that is nearest to the element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-1.5, 1.5]).trunc().to_vec::<f64>(), [-1.0, 1.0]);
    /// ```
    trunc, Unary::Trunc;
    /// The nearest whole number to each element, the even one of two.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.5, 1.5, 2.6]).round().to_vec::<f64>(), [0.0, 2.0, 3.0]);
    /// ```
    round, Unary::Round;
}

macro_rules! tests {
    ($($(#[$doc:meta])* $name:ident, $op:ident;)*) => {
        impl Array {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Self {
                let node = Node::test(stringify!($name), Test::$op, &self.node);
                Self { node: node.or_raise().into() }
            }
        )*}
    };
}

tests! {
    /// Where an element is not a number: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, f64::NAN]).isnan().to_vec::<bool>(), [false, true]);
    /// ```
    isnan, IsNan;
    /// Where an element is infinite: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, f64::INFINITY]).isinf().to_vec::<bool>(), [false, true]);
    /// ```
    isinf, IsInfinite;
    /// Where an element is neither infinite nor NaN: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, f64::NAN]).isfinite().to_vec::<bool>(), [true, false]);
    /// ```
    isfinite, IsFinite;
    /// Where an element has a minus sign, as -0.0 has: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-0.0, 0.0]).signbit().to_vec::<bool>(), [true, false]);
    /// ```
    signbit, SignBit;
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident, $op:ident;)*) => {
        impl Array {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Self {
                Self { node: Node::part(Part::$op, &self.node).or_raise().into() }
            }
        )*}
    };
}

parts! {
    /// The real part of each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let z = Array::from([1.0, 2.0]) + Complex::new(0.0, 3.0);
    /// assert_eq!(z.real().to_vec::<f64>(), [1.0, 2.0]);
    /// assert_eq!(z.imag().to_vec::<f64>(), [3.0, 3.0]);
    /// ```
    real, Real;
    /// The imaginary part of each element.
    imag, Imag;
    /// The angle of each element in the complex plane, from -pi to pi.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!((Array::from([0.0]) + Complex::I).angle().item(0), PI / 2.0);
    /// ```
    angle, Angle;
}

macro_rules! pairs {
    ($($(#[$doc:meta])* $name:ident, $op:expr;)*) => {
        impl Array {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self, other: impl Into<Operand>) -> Self {
                self.pair(stringify!($name), $op, other.into())
            }
        )*}
    };
}

pairs! {
    /// The quotient of each two elements, rounded down; 0 where an integer is divided by 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([7_i64, -7]).floor_div(2).to_vec::<i64>(), [3, -4]);
    /// ```
    floor_div, Binary::FloorDiv;
    /// The remainder of each two elements, with the sign of the first, as in C (`%` has that of
    /// the second).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-7]).fmod(3).to_vec::<i64>(), [-1]);
    /// ```
    fmod, Binary::Fmod;
    /// The lesser of each two elements, the number where one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0]).fmin(f64::NAN).item(0), 1.0);
    /// ```
    fmin, Binary::Fmin;
    /// The greater of each two elements, the number where one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([f64::NAN]).fmax(1.0).item(0), 1.0);
    /// ```
    fmax, Binary::Fmax;
    /// The greatest common divisor of each two integers.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([12, 7]).gcd(18).to_vec::<i64>(), [6, 1]);
    /// ```
    gcd, Binary::Gcd;
    /// The least common multiple of each two integers.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([4, 5]).lcm(6).to_vec::<i64>(), [12, 30]);
    /// ```
    lcm, Binary::Lcm;
    /// Each element with the sign of the other one.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3.0]).copysign(-0.0).item(0), -3.0);
    /// ```
    copysign, Binary::CopySign;
    /// The next floating point number after each element in the direction of the other one.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0]).nextafter(2.0).item(0), 1.0 + f64::EPSILON);
    /// ```
    nextafter, Binary::NextAfter;
    /// The angle of the point (`other`, `self`), from -pi to pi.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0]).arctan2(0.0).item(0), PI / 2.0);
    /// ```
    arctan2, Binary::Math(Function2::Atan2);
    /// The length of the hypotenuse of a right triangle with these two legs.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3.0]).hypot(4.0).item(0), 5.0);
    /// ```
    hypot, Binary::Math(Function2::Hypot);
}

impl Array {
    #[track_caller]
    fn pair(&self, routine: &'static str, op: Binary, other: Operand) -> Self {
        let node = Node::binary(routine, op, Operand::from(self).0, other.0);
        Self {
            node: node.or_raise().into(),
        }
    }

    /// The absolute value of each element, of the same dtype (that of the least integer is
    /// itself); for complex numbers their length.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(-2, 2, 1).abs().to_vec::<i64>(), [2, 1, 0, 1]);
    /// assert_eq!((Array::from([3.0]) + Complex::new(0.0, 4.0)).abs().item(0), 5.0);
    /// ```
    #[track_caller]
    pub fn abs(&self) -> Self {
        if self.dtype().is_complex() {
            let node = Node::part(Part::Abs, &self.node);
            return Self {
                node: node.or_raise().into(),
            };
        }
        self.unary("abs", Unary::Abs)
    }

    /// Each element, brought between `low` and `high`. NaN stays.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 5, 1).clip(1, 3).to_vec::<i64>(), [1, 1, 2, 3, 3]);
    /// ```
    #[track_caller]
    pub fn clip(&self, low: impl Into<Operand>, high: impl Into<Operand>) -> Self {
        self.maximum(low).minimum(high)
    }
}

/// The elements of `a` where the condition is true (not 0), those of `b` elsewhere. Shapes and
/// dtypes meet as for operators.
///
/// ```
/// use hpc::prelude::*;
/// let x = arange(-2, 3, 1);
/// assert_eq!(select(x.lt(0), 0, &x).to_vec::<i64>(), [0, 0, 0, 1, 2]);
/// ```
///
/// # Panics
/// Panics when the shapes do not fit together.
#[track_caller]
pub fn select(
    condition: impl Into<Operand>,
    a: impl Into<Operand>,
    b: impl Into<Operand>,
) -> Array {
    choose(condition.into().0, a.into().0, b.into().0)
}

#[track_caller]
fn choose(condition: Input, a: Input, b: Input) -> Array {
    Array {
        node: Node::select("select", condition, a, b).or_raise().into(),
    }
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
