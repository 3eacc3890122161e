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
                    let lifetime = reference.lifetime.as_ref().map(|lifetime| format!("{lifetime} "));
                    Self::Plain(format!("&{}str", lifetime.unwrap_or_default()))
                }
                _ => Self::Other(text(stated)),
            },
            syn::Type::Path(path) => match path.path.get_ident().map(ToString::to_string) {
                Some(name) if read_as(&name, "").is_some() => Self::Plain(name),
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
        let literal = match (self, name.as_str()) {
            (Self::Text(text), "&str" | "&'static str" | "String") => read_as(&name, text),
            // A text from a file is not a number, even if it looks like one.
            (Self::Text(_), _) => None,
            (Self::Untyped(text), _) => read_as(&name, text),
            (Self::Boolean(value), "bool") => Some(Some(value.to_string())),
            (Self::Integer(value), _) if !is_text(&name) => read_as(&name, &value.to_string()),
            (Self::Float(value), "f32" | "f64") => read_as(&name, &value.to_string()),
            _ => None,
        };
        match literal.flatten() {
            Some(literal) => Ok((name, literal)),
            None => Err(format!("`{}` is not a {name}", self.shown())),
        }
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

/// `Some` if literals exist for the type of that name, and in it the literal if `text` is one.
fn read_as(kind: &str, text: &str) -> Option<Option<String>> {
    fn whole<T: FromStr + ToString>(text: &str) -> Option<String> {
        text.parse::<T>().ok().map(|value| value.to_string())
    }
    fn quoted<T: FromStr + Debug>(text: &str) -> Option<String> {
        text.parse::<T>().ok().map(|value| format!("{value:?}"))
    }
    Some(match kind {
        "bool" => whole::<bool>(text),
        "i8" => whole::<i8>(text),
        "i16" => whole::<i16>(text),
        "i32" => whole::<i32>(text),
        "i64" => whole::<i64>(text),
        "i128" => whole::<i128>(text),
        "isize" => whole::<isize>(text),
        "u8" => whole::<u8>(text),
        "u16" => whole::<u16>(text),
        "u32" => whole::<u32>(text),
        "u64" => whole::<u64>(text),
        "u128" => whole::<u128>(text),
        "usize" => whole::<usize>(text),
        "f32" => quoted::<f32>(text).map(|literal| float(kind, literal)),
        "f64" => quoted::<f64>(text).map(|literal| float(kind, literal)),
        "char" => quoted::<char>(text),
        "&str" | "&'static str" => Some(format!("{text:?}")),
        "String" => Some(format!("String::from({text:?})")),
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
