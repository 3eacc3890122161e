//! Procedural macros of `hpc`, which exports and documents them.

mod expression;
mod instrument;
mod kernel;

use proc_macro::TokenStream;

/// Makes a function of numbers one of arrays too: see `hpc::kernel`.
#[proc_macro_attribute]
pub fn kernel(arguments: TokenStream, item: TokenStream) -> TokenStream {
    kernel::expand(&arguments.into(), item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// An expression of arrays without `&`: see `hpc::expr`.
#[proc_macro]
pub fn expr(tokens: TokenStream) -> TokenStream {
    expression::expand(tokens.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes each call of a function a region: see `hpc::instrument`.
#[proc_macro_attribute]
pub fn instrument(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument::expand(arguments.into(), item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
