//! `#[instrument]`: each call of a function is a region.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, ItemFn, LitStr, Result, Token, parenthesized};

/// What stands in the attribute's parentheses.
#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    params: Vec<Ident>,
    bytes: Option<Expr>,
    flops: Option<Expr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            match key.to_string().as_str() {
                "name" => {
                    input.parse::<Token![=]>()?;
                    options.name = Some(input.parse()?);
                }
                "params" => {
                    let inside;
                    parenthesized!(inside in input);
                    let names = Punctuated::<Ident, Token![,]>::parse_terminated(&inside)?;
                    options.params.extend(names);
                }
                "bytes" => {
                    input.parse::<Token![=]>()?;
                    options.bytes = Some(input.parse()?);
                }
                "flops" => {
                    input.parse::<Token![=]>()?;
                    options.flops = Some(input.parse()?);
                }
                other => {
                    return Err(Error::new(
                        key.span(),
                        format!(
                            "`instrument` has no option `{other}`; it has `name = \"…\"`, \
                             `params(…)`, `bytes = …` and `flops = …`"
                        ),
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options: Options = syn::parse2(arguments)?;
    let function: ItemFn = syn::parse2(item)?;
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
        ..
    } = &function;
    if let Some(constant) = &sig.constness {
        return Err(Error::new_spanned(
            constant,
            "a function that the compiler may run cannot be a region",
        ));
    }
    let name = match &options.name {
        Some(name) => name.value(),
        None => sig.ident.to_string(),
    };
    let params = &options.params;
    let titles = params.iter().map(ToString::to_string);
    let work = if options.bytes.is_some() || options.flops.is_some() {
        let or_none = |given: &Option<Expr>| given.as_ref().map_or(quote!(0), |e| quote!(#e));
        let (bytes, flops) = (or_none(&options.bytes), or_none(&options.flops));
        quote!(::hpc::prof::work((#bytes) as u64, (#flops) as u64);)
    } else {
        TokenStream::new()
    };
    let params =
        quote!(#(::hpc::prof::parameter(#titles, ::core::clone::Clone::clone(&#params));)*);
    let site = quote! {
        static HPC_SITE: ::hpc::prof::Site = ::hpc::prof::Site::function(
            #name, ::core::file!(), ::core::line!(), ::core::module_path!(),
        );
    };
    let body = if sig.asyncness.is_some() {
        quote! {{
            #site
            ::hpc::prof::instrumented(&HPC_SITE, async move { #params #work #block }).await
        }}
    } else {
        quote! {{
            #site
            let _hpc_region = HPC_SITE.enter();
            #params
            #work
            #block
        }}
    };
    Ok(quote!(#(#attrs)* #vis #sig #body))
}
