//! The functions of the language.

use crate::array::dtype::DType;
use crate::simd::{Binary, Fold, Function as Math, Function2, Part, Test, Unary};

/// A function that an expression may call.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) routine: Routine,
    /// What `NumExpr` makes of the dtypes of its arguments.
    pub(super) least: Least,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Routine {
    Unary(Unary),
    Test(Test),
    Part(Part),
    Binary(Binary),
    Power,
    Abs,
    Conj,
    Copy,
    OnesLike,
    /// From a real and an imaginary part.
    Complex,
    Where,
    Clip,
    Reduce(Reduce),
}

/// What makes one number of many, of all or along axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reduce {
    Sum,
    Product,
    Min,
    Max,
    Mean,
    Var,
    Std,
    Any,
    All,
    Count,
    /// The position of the extreme, of all elements only.
    Position(Fold),
}

/// The least dtype that arguments are brought to under `NumExpr`'s rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Least {
    /// They stay as they are.
    AsIs,
    /// Integers go to f64, the others to this.
    Real(DType),
    /// Integers stay, bool goes to f64.
    Integer,
}

impl Routine {
    /// How many arguments it takes.
    pub(super) fn arguments(self) -> usize {
        match self {
            Self::Binary(_) | Self::Power | Self::Complex => 2,
            Self::Where | Self::Clip => 3,
            _ => 1,
        }
    }
}

impl Function {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }
}

const fn function(name: &'static str, routine: Routine, least: Least) -> Function {
    Function {
        name,
        routine,
        least,
    }
}

const fn math(name: &'static str, function: Math) -> Function {
    self::function(name, Routine::Unary(Unary::Math(function)), FLOAT)
}

const fn reduce(name: &'static str, reduce: Reduce) -> Function {
    function(name, Routine::Reduce(reduce), Least::AsIs)
}

const FLOAT: Least = Least::Real(DType::F32);
const DOUBLE: Least = Least::Real(DType::F64);
const COMPLEX: Least = Least::Real(DType::C128);

pub(super) static FUNCTIONS: [Function; 74] = [
    function("where", Routine::Where, Least::AsIs),
    function("isnan", Routine::Test(Test::IsNan), DOUBLE),
    function("isfinite", Routine::Test(Test::IsFinite), DOUBLE),
    function("isinf", Routine::Test(Test::IsInfinite), DOUBLE),
    function("signbit", Routine::Test(Test::SignBit), DOUBLE),
    math("sin", Math::Sin),
    math("cos", Math::Cos),
    math("tan", Math::Tan),
    math("arcsin", Math::Asin),
    math("arccos", Math::Acos),
    math("arctan", Math::Atan),
    function(
        "arctan2",
        Routine::Binary(Binary::Math(Function2::Atan2)),
        FLOAT,
    ),
    math("sinh", Math::Sinh),
    math("cosh", Math::Cosh),
    math("tanh", Math::Tanh),
    math("arcsinh", Math::Asinh),
    math("arccosh", Math::Acosh),
    math("arctanh", Math::Atanh),
    function(
        "hypot",
        Routine::Binary(Binary::Math(Function2::Hypot)),
        DOUBLE,
    ),
    math("log", Math::Log),
    math("log10", Math::Log10),
    math("log1p", Math::Log1p),
    math("log2", Math::Log2),
    math("exp", Math::Exp),
    math("expm1", Math::Expm1),
    math("exp2", Math::Exp2),
    math("cbrt", Math::Cbrt),
    math("erf", Math::Erf),
    math("erfc", Math::Erfc),
    math("gamma", Math::Gamma),
    math("lgamma", Math::Lgamma),
    function("sqrt", Routine::Unary(Unary::Sqrt), FLOAT),
    function("square", Routine::Unary(Unary::Power(2)), Least::AsIs),
    function("reciprocal", Routine::Unary(Unary::Reciprocal), FLOAT),
    function("abs", Routine::Abs, FLOAT),
    function("conj", Routine::Conj, COMPLEX),
    function("real", Routine::Part(Part::Real), DOUBLE),
    function("imag", Routine::Part(Part::Imag), DOUBLE),
    function("angle", Routine::Part(Part::Angle), DOUBLE),
    function("complex", Routine::Complex, DOUBLE),
    function("floor", Routine::Unary(Unary::Floor), FLOAT),
    function("ceil", Routine::Unary(Unary::Ceil), FLOAT),
    function("trunc", Routine::Unary(Unary::Trunc), DOUBLE),
    function("round", Routine::Unary(Unary::Round), Least::Integer),
    function("rint", Routine::Unary(Unary::Round), Least::Integer),
    function("sign", Routine::Unary(Unary::Sign), Least::Integer),
    function("fmod", Routine::Binary(Binary::Fmod), FLOAT),
    function("nextafter", Routine::Binary(Binary::NextAfter), DOUBLE),
    function("copysign", Routine::Binary(Binary::CopySign), DOUBLE),
    function("maximum", Routine::Binary(Binary::Maximum), DOUBLE),
    function("minimum", Routine::Binary(Binary::Minimum), DOUBLE),
    function("fmax", Routine::Binary(Binary::Fmax), DOUBLE),
    function("fmin", Routine::Binary(Binary::Fmin), DOUBLE),
    function("gcd", Routine::Binary(Binary::Gcd), Least::AsIs),
    function("lcm", Routine::Binary(Binary::Lcm), Least::AsIs),
    function("pow", Routine::Power, Least::AsIs),
    function("power", Routine::Power, Least::AsIs),
    function("clip", Routine::Clip, Least::AsIs),
    function("copy", Routine::Copy, Least::AsIs),
    function("ones_like", Routine::OnesLike, Least::AsIs),
    reduce("sum", Reduce::Sum),
    reduce("prod", Reduce::Product),
    reduce("min", Reduce::Min),
    reduce("max", Reduce::Max),
    reduce("mean", Reduce::Mean),
    reduce("var", Reduce::Var),
    reduce("std", Reduce::Std),
    reduce("any", Reduce::Any),
    reduce("all", Reduce::All),
    reduce("count", Reduce::Count),
    reduce("count_nonzero", Reduce::Count),
    reduce("argmin", Reduce::Position(Fold::Min)),
    reduce("argmax", Reduce::Position(Fold::Max)),
    function("absolute", Routine::Abs, FLOAT),
];
