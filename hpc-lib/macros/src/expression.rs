//! `expr!`: an expression in Rust's syntax becomes one of references to arrays.

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{BinOp, Error, Expr, ExprCall, Lit, LitFloat, Result, UnOp};

pub(crate) fn expand(tokens: TokenStream) -> Result<TokenStream> {
    let expression: Expr = syn::parse2(without_keywords(tokens))?;
    rewritten(&expression)
}

/// `where` is a keyword of Rust, which stands for `select`.
fn without_keywords(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(word) if word == "where" => Ident::new("select", word.span()).into(),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_keywords(group.stream()));
                inner.set_span(group.span());
                inner.into()
            }
            other => other,
        })
        .collect()
}

/// Parentheses of the macro's own, for which nobody is told that they are not needed.
fn in_parentheses(tokens: TokenStream) -> TokenStream {
    TokenTree::from(Group::new(Delimiter::Parenthesis, tokens)).into()
}

fn rewritten(expression: &Expr) -> Result<TokenStream> {
    let span = expression.span();
    Ok(match expression {
        Expr::Paren(inner) => {
            let inner = rewritten(&inner.expr)?;
            in_parentheses(inner)
        }
        Expr::Group(inner) => rewritten(&inner.expr)?,
        Expr::Reference(inner) => rewritten(&inner.expr)?,
        Expr::Path(_) | Expr::Field(_) => {
            quote_spanned!(span=> ::hpc::expr::terms::Term::term(&#expression))
        }
        Expr::Unary(unary) => {
            let (op, operand) = (&unary.op, rewritten(&unary.expr)?);
            match op {
                UnOp::Deref(_) => quote!(#expression),
                _ => in_parentheses(quote_spanned!(span=> #op #operand)),
            }
        }
        Expr::Binary(binary) => {
            let (a, b) = (rewritten(&binary.left)?, rewritten(&binary.right)?);
            let op = &binary.op;
            let compared = |name: &str| {
                let name = format_ident!("{name}", span = op.span());
                quote_spanned!(span=> ::hpc::expr::terms::#name(#a, #b))
            };
            match op {
                BinOp::Lt(_) => compared("lt"),
                BinOp::Le(_) => compared("le"),
                BinOp::Gt(_) => compared("gt"),
                BinOp::Ge(_) => compared("ge"),
                BinOp::Eq(_) => compared("eq"),
                BinOp::Ne(_) => compared("ne"),
                BinOp::And(_) => in_parentheses(quote_spanned!(span=> #a & #b)),
                BinOp::Or(_) => in_parentheses(quote_spanned!(span=> #a | #b)),
                BinOp::AddAssign(_)
                | BinOp::SubAssign(_)
                | BinOp::MulAssign(_)
                | BinOp::DivAssign(_)
                | BinOp::RemAssign(_)
                | BinOp::BitXorAssign(_)
                | BinOp::BitAndAssign(_)
                | BinOp::BitOrAssign(_)
                | BinOp::ShlAssign(_)
                | BinOp::ShrAssign(_) => {
                    return Err(Error::new(
                        op.span(),
                        "`expr!` computes, it assigns nothing",
                    ));
                }
                _ => in_parentheses(quote_spanned!(span=> #a #op #b)),
            }
        }
        // The compiler would not know what type `2.0` has beside something that may be an array.
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) if number.suffix().is_empty() => {
                let mut number = Literal::i64_suffixed(number.base10_parse()?);
                number.set_span(span);
                quote!(#number)
            }
            Lit::Float(number) if number.suffix().is_empty() => {
                let number = LitFloat::new(&format!("{}f64", number.base10_digits()), span);
                quote!(#number)
            }
            _ => quote!(#expression),
        },
        Expr::Call(call) => self::call(call)?,
        Expr::Assign(assign) => {
            let message = "`expr!` computes, it assigns nothing; write `==` to compare";
            return Err(Error::new(assign.eq_token.span(), message));
        }
        other => quote!(#other),
    })
}

/// Functions of one array, methods of `Array` of the same name.
const UNARY: [&str; 41] = [
    "abs",
    "angle",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "cbrt",
    "ceil",
    "conj",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "gamma",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "real",
    "reciprocal",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "trunc",
];

/// Methods with more arguments, or with a result that is no array.
const METHODS: [(&str, usize); 27] = [
    ("all", 1),
    ("any", 1),
    ("arctan2", 2),
    ("argmax", 1),
    ("argmin", 1),
    ("clip", 3),
    ("copysign", 2),
    ("count_nonzero", 1),
    ("floor_div", 2),
    ("fmax", 2),
    ("fmin", 2),
    ("fmod", 2),
    ("gcd", 2),
    ("hypot", 2),
    ("lcm", 2),
    ("max", 1),
    ("maximum", 2),
    ("mean", 1),
    ("min", 1),
    ("minimum", 2),
    ("nextafter", 2),
    ("pow", 2),
    ("power", 2),
    ("prod", 1),
    ("std", 1),
    ("sum", 1),
    ("var", 1),
];

fn call(call: &ExprCall) -> Result<TokenStream> {
    let span = call.span();
    let function = &call.func;
    let name = match &**function {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    };
    let is_known = |name: &&Ident| {
        let text = name.to_string();
        let is_method = METHODS.iter().any(|(known, _)| *known == text);
        is_method || UNARY.contains(&text.as_str()) || text == "select"
    };
    let Some(name) = name.filter(is_known) else {
        // Only the function knows of what type its numbers are.
        let arguments = call.args.iter().map(|argument| match argument {
            Expr::Lit(_) => Ok(quote!(#argument)),
            Expr::Unary(unary) if matches!(*unary.expr, Expr::Lit(_)) => Ok(quote!(#argument)),
            _ => rewritten(argument),
        });
        let arguments = arguments.collect::<Result<Vec<TokenStream>>>()?;
        return Ok(quote_spanned!(span=> #function(#(#arguments),*)));
    };
    let arguments = call
        .args
        .iter()
        .map(rewritten)
        .collect::<Result<Vec<TokenStream>>>()?;
    let expect = |expected: usize| {
        if arguments.len() == expected {
            return Ok(());
        }
        let message = format!(
            "`{name}` takes {expected} argument(s), not {}",
            arguments.len()
        );
        Err(Error::new(span, message))
    };
    let text = name.to_string();
    if UNARY.contains(&text.as_str()) {
        expect(1)?;
        // Not the method itself: where it is called is in its pointer's hidden argument, for which the
        // compiler makes a function of its own that a shared library cannot be linked to.
        return Ok(quote_spanned! {span=>
            ::hpc::expr::terms::Apply::apply(#(#arguments)*, |array| ::hpc::Array::#name(array))
        });
    }
    let method = METHODS.iter().find(|(known, _)| *known == text);
    let Some((_, expected)) = method else {
        expect(3)?;
        return Ok(quote_spanned!(span=> ::hpc::array::select(#(#arguments),*)));
    };
    expect(*expected)?;
    let method = if text == "power" {
        Ident::new("pow", name.span())
    } else {
        name.clone()
    };
    let (first, rest) = (&arguments[0], &arguments[1..]);
    Ok(quote_spanned! {span=>
        ::hpc::expr::terms::array(#first).#method(#(#rest),*)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String> {
        expand(text.parse().unwrap()).map(|tokens| tokens.to_string().replace(' ', ""))
    }

    #[test]
    fn numbers_get_their_types_where_arrays_may_be() {
        let ours = expanded("2 * x + 0.5").unwrap();
        assert_eq!(ours, "((2i64*::hpc::expr::terms::Term::term(&x))+0.5f64)");
        assert_eq!(expanded("mine(2, -0.5)").unwrap(), "mine(2,-0.5)");
        assert_eq!(expanded("x.len() - 1").unwrap(), "(x.len()-1i64)");
    }

    #[test]
    fn mistakes_are_told_where_they_are() {
        for (text, expected) in [
            ("sin(x, y)", "takes 1 argument(s), not 2"),
            ("where(x, y)", "takes 3 argument(s), not 2"),
            ("hypot(x)", "takes 2 argument(s), not 1"),
            ("x = y", "assigns nothing"),
            ("x += y", "assigns nothing"),
        ] {
            let refusal = expanded(text).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{text}: {refusal}");
        }
    }
}
