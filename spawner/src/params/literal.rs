//! Values of parameters, and the Rust literals that they become.

use std::fmt::Debug;
use std::str::FromStr;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text from the command line, to be read as whatever type is wanted.
    Untyped(String),
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text, also when it looks like a number.
    Text(String),
}

/// What a notebook says of the type of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// Nothing.
    Unstated,
    /// It is a type of values that have a literal: its text.
    Plain(String),
    /// It is a type without literals: its text.
    Other(String),
}

impl Type {
    /// The type of a variable that states it.
    pub(super) fn of_type(stated: &syn::Type) -> Self {
        match stated {
            syn::Type::Infer(_) => Self::Unstated,
            syn::Type::Reference(reference) => match reference.elem.as_ref() {
                syn::Type::Path(path) if path.path.is_ident("str") => {
                    let lifetime = reference
                        .lifetime
                        .as_ref()
                        .map(|lifetime| format!("{lifetime} "));
                    Self::Plain(format!("&{}str", lifetime.unwrap_or_default()))
                }
                _ => Self::Other(text(stated)),
            },
            syn::Type::Path(path) => match path.path.get_ident().map(ToString::to_string) {
                Some(name) if reader(&name).is_some() => Self::Plain(name),
                _ => Self::Other(text(stated)),
            },
            _ => Self::Other(text(stated)),
        }
    }

    /// The type of a variable, as far as its initial value tells.
    pub(super) fn of_initial_value(value: &syn::Expr) -> Self {
        let plain = |name: &str| Self::Plain(name.into());
        match value {
            syn::Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
                Self::of_initial_value(&unary.expr)
            }
            syn::Expr::Lit(literal) => match &literal.lit {
                syn::Lit::Bool(_) => plain("bool"),
                syn::Lit::Char(_) => plain("char"),
                syn::Lit::Str(_) => plain("&'static str"),
                syn::Lit::Int(integer) if !integer.suffix().is_empty() => plain(integer.suffix()),
                syn::Lit::Float(float) if float.suffix().is_empty() => plain("f64"),
                syn::Lit::Float(float) => plain(float.suffix()),
                _ => Self::Unstated,
            },
            _ => Self::Unstated,
        }
    }
}

impl Value {
    /// The value as a Rust expression, and its type.
    ///
    /// The text of neither can hold anything but a type and a literal: values are parsed and
    /// printed again.
    pub(super) fn literal(&self, wanted: &Type) -> Result<(String, String), String> {
        let name = match wanted {
            Type::Plain(name) => name.clone(),
            Type::Other(name) => {
                return Err(format!(
                    "a value of type `{name}` cannot be given here; use a number, a bool, a char \
                     or a string"
                ));
            }
            Type::Unstated => self.natural_type()?.into(),
        };
        // A text from a file is not a number, even if it looks like one, and the other way round.
        let fits = match self {
            Self::Untyped(_) => true,
            Self::Text(_) => is_text(&name),
            Self::Boolean(_) => name == "bool",
            Self::Integer(_) => !is_text(&name) && name != "bool",
            Self::Float(_) => name.starts_with('f'),
        };
        let text = self.shown();
        reader(&name)
            .filter(|_| fits)
            .and_then(|read| read(&text))
            .map(|literal| (name.clone(), literal))
            .ok_or_else(|| format!("`{text}` is not a {name}"))
    }

    /// The type that the look of the value suggests.
    fn natural_type(&self) -> Result<&'static str, String> {
        match self {
            Self::Boolean(_) => Ok("bool"),
            Self::Integer(_) => Ok("i64"),
            Self::Float(_) => Ok("f64"),
            Self::Text(_) => Ok("&'static str"),
            Self::Untyped(text) => {
                let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
                if text == "true" || text == "false" {
                    Ok("bool")
                } else if text.parse::<i64>().is_ok() {
                    Ok("i64")
                } else if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    Err(format!(
                        "`{text}` is too large for an i64; state a type in the cell tagged \
                         `{}`",
                        super::DEFAULTS_TAG
                    ))
                } else if text.parse::<f64>().is_ok() {
                    Ok("f64")
                } else {
                    Ok("&'static str")
                }
            }
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Untyped(text) | Self::Text(text) => text.clone(),
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
        }
    }
}

/// What makes a literal of a text, if literals exist for the type of that name.
fn reader(kind: &str) -> Option<fn(&str) -> Option<String>> {
    fn whole<T: FromStr + ToString>(text: &str) -> Option<String> {
        text.parse::<T>().ok().map(|value| value.to_string())
    }
    fn quoted<T: FromStr + Debug>(text: &str) -> Option<String> {
        text.parse::<T>().ok().map(|value| format!("{value:?}"))
    }
    Some(match kind {
        "bool" => whole::<bool>,
        "i8" => whole::<i8>,
        "i16" => whole::<i16>,
        "i32" => whole::<i32>,
        "i64" => whole::<i64>,
        "i128" => whole::<i128>,
        "isize" => whole::<isize>,
        "u8" => whole::<u8>,
        "u16" => whole::<u16>,
        "u32" => whole::<u32>,
        "u64" => whole::<u64>,
        "u128" => whole::<u128>,
        "usize" => whole::<usize>,
        "f32" => |text| quoted::<f32>(text).map(|literal| float("f32", literal)),
        "f64" => |text| quoted::<f64>(text).map(|literal| float("f64", literal)),
        "char" => quoted::<char>,
        "&str" | "&'static str" => |text| Some(format!("{text:?}")),
        "String" => |text| Some(format!("String::from({text:?})")),
        _ => return None,
    })
}

fn is_text(kind: &str) -> bool {
    matches!(kind, "&str" | "&'static str" | "String" | "char")
}

/// Numbers without a literal have a name.
fn float(kind: &str, literal: String) -> String {
    match literal.as_str() {
        "inf" => format!("{kind}::INFINITY"),
        "-inf" => format!("{kind}::NEG_INFINITY"),
        "NaN" => format!("{kind}::NAN"),
        _ => literal,
    }
}

fn text(stated: &syn::Type) -> String {
    let mut tokens = TokenStream::new();
    stated.to_tokens(&mut tokens);
    tokens.to_string()
}
