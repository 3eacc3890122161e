//! `#[kernel]`: a function of numbers becomes one that takes arrays as well.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemFn, Pat, Result, ReturnType, Type};

/// Parameters that a kernel may have, and results.
const PARAMETERS: usize = 8;
const RESULTS: usize = 4;

pub(crate) fn expand(arguments: &TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new(arguments.span(), "`kernel` takes no arguments"));
    }
    let function: ItemFn = syn::parse2(item)?;
    refuse(&function)?;
    let parameters = parameters(&function)?;
    let results = results(&function)?;

    let ItemFn {
        attrs,
        vis,
        sig,
        block,
        ..
    } = &function;
    let (docs, others): (Vec<_>, Vec<_>) = attrs
        .iter()
        .partition(|attribute| attribute.path().is_ident("doc"));
    // It is always inlined, into its loops.
    let others = others
        .into_iter()
        .filter(|attribute| !attribute.path().is_ident("inline"));
    let (name, inputs, output) = (&sig.ident, &sig.inputs, &sig.output);
    let title = name.to_string();
    let output_type = match output {
        ReturnType::Type(_, output) => &**output,
        ReturnType::Default => unreachable!("refused before"),
    };

    let names: Vec<&Ident> = parameters.iter().map(|(name, _)| *name).collect();
    let types: Vec<&Type> = parameters.iter().map(|(_, of)| *of).collect();
    let titles: Vec<String> = names.iter().map(ToString::to_string).collect();
    let generics: Vec<Ident> = (0..names.len()).map(|i| format_ident!("HpcA{i}")).collect();
    let index: Vec<usize> = (0..names.len()).collect();
    let outputs: Vec<Ident> = (0..results.len())
        .map(|i| format_ident!("hpc_result{i}"))
        .collect();
    let places: Vec<Ident> = (0..results.len())
        .map(|i| format_ident!("hpc_place{i}"))
        .collect();
    let result_index: Vec<usize> = (0..results.len()).collect();
    let pattern = if matches!(output_type, Type::Tuple(_)) {
        quote!((#(#outputs),*))
    } else {
        quote!(#(#outputs)*)
    };
    let kind = generics.iter().zip(&types).rev().fold(
        quote!(::hpc::kernel::Number),
        |rest, (generic, of)| {
            quote! {
                <<#generic as ::hpc::kernel::Argument<#of>>::Kind as ::hpc::kernel::Kind>::And<#rest>
            }
        },
    );

    // The names inside begin with `hpc`, so that they hide none of those that the function uses.
    Ok(quote! {
        #(#docs)*
        #[allow(clippy::all, non_camel_case_types)]
        #[inline]
        #[track_caller]
        #vis fn #name<#(#generics: ::hpc::kernel::Argument<#types>),*>(
            #(#names: #generics),*
        ) -> <#kind as ::hpc::kernel::Kind>::Output<#output_type> {
            #(#others)*
            #[inline(always)]
            fn hpc_scalar(#inputs) #output #block

            #[inline(always)]
            fn hpc_each(blocks: &mut ::hpc::kernel::Blocks<'_>) {
                #(let #places = <#results as ::hpc::kernel::Value>::result(blocks, #result_index);)*
                let hpc_length = hpc_place0.len();
                #(let #places = &mut #places[..hpc_length];)*
                #(let #names = &<#types as ::hpc::kernel::Value>::argument(blocks, #index)[..hpc_length];)*
                for hpc_index in 0..hpc_length {
                    let #pattern = hpc_scalar(#(#names[hpc_index]),*);
                    #(#places[hpc_index] = #outputs;)*
                }
            }

            #[cfg_attr(
                target_arch = "x86_64",
                target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")
            )]
            fn hpc_avx512(blocks: &mut ::hpc::kernel::Blocks<'_>) {
                hpc_each(blocks)
            }

            #[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma"))]
            fn hpc_avx2(blocks: &mut ::hpc::kernel::Blocks<'_>) {
                hpc_each(blocks)
            }

            fn hpc_baseline(blocks: &mut ::hpc::kernel::Blocks<'_>) {
                hpc_each(blocks)
            }

            static HPC_KERNEL: ::hpc::kernel::Kernel = ::hpc::kernel::Kernel {
                name: #title,
                parameters: &[#(::hpc::kernel::Parameter {
                    name: #titles,
                    dtype: <#types as ::hpc::kernel::Value>::DTYPE,
                }),*],
                results: <#output_type as ::hpc::kernel::Results>::DTYPES,
                variants: ::hpc::kernel::Variants {
                    avx512: hpc_avx512,
                    avx2: hpc_avx2,
                    baseline: hpc_baseline,
                },
            };

            <#kind as ::hpc::kernel::Kind>::call::<_, #output_type>(
                (#(#names,)*),
                |(#(#names,)*)| hpc_scalar(#(#names.number()),*),
                |(#(#names,)*)| HPC_KERNEL.launch(::std::vec![#(#names.operand()),*]),
            )
        }
    })
}

fn refuse(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    let refusal = |span, what: &str| Err(Error::new(span, format!("a kernel {what}")));
    if let Some(part) = &signature.asyncness {
        return refusal(part.span(), "is not async");
    }
    if let Some(part) = &signature.constness {
        return refusal(part.span(), "is not const: it would be without arrays");
    }
    if let Some(part) = &signature.abi {
        return refusal(part.span(), "has no ABI of its own");
    }
    if !signature.generics.params.is_empty() {
        return refusal(signature.generics.span(), "has no generic parameters");
    }
    Ok(())
}

fn parameters(function: &ItemFn) -> Result<Vec<(&Ident, &Type)>> {
    let inputs = &function.sig.inputs;
    if inputs.is_empty() || inputs.len() > PARAMETERS {
        let message = format!("a kernel has 1 to {PARAMETERS} parameters");
        return Err(Error::new(function.sig.span(), message));
    }
    inputs
        .iter()
        .map(|input| match input {
            FnArg::Typed(input) => match &*input.pat {
                Pat::Ident(name) if name.subpat.is_none() && name.by_ref.is_none() => {
                    number(&input.ty)?;
                    Ok((&name.ident, &*input.ty))
                }
                other => Err(Error::new(
                    other.span(),
                    "a parameter of a kernel is a name",
                )),
            },
            FnArg::Receiver(receiver) => Err(Error::new(receiver.span(), "a kernel is no method")),
        })
        .collect()
}

fn results(function: &ItemFn) -> Result<Vec<&Type>> {
    let ReturnType::Type(_, output) = &function.sig.output else {
        return Err(Error::new(
            function.sig.span(),
            "a kernel gives a number: `-> f64`",
        ));
    };
    let results: Vec<&Type> = match &**output {
        Type::Tuple(tuple) => tuple.elems.iter().collect(),
        one => return number(one).map(|()| vec![one]),
    };
    if results.len() < 2 || results.len() > RESULTS {
        let message = format!("a kernel gives a number, or 2 to {RESULTS} in a tuple");
        return Err(Error::new(output.span(), message));
    }
    results.iter().try_for_each(|result| number(result))?;
    Ok(results)
}

/// Refuses types that arrays of kernels do not have.
fn number(of: &Type) -> Result<()> {
    let is_known = match of {
        Type::Path(path) => ["bool", "i32", "i64", "f32", "f64"]
            .iter()
            .any(|known| path.path.is_ident(known)),
        _ => false,
    };
    if is_known {
        return Ok(());
    }
    let message = "a kernel takes and gives `f64`, `f32`, `i64`, `i32` and `bool`";
    Err(Error::new(of.span(), message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let item = text.parse().unwrap();
        expand(&TokenStream::new(), item).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_kernel_is_refused() {
        for (text, expected) in [
            ("fn f() -> f64 { 1.0 }", "1 to 8 parameters"),
            ("fn f(x: f64) {}", "gives a number"),
            ("fn f(x: &f64) -> f64 { *x }", "takes and gives `f64`"),
            ("fn f(x: f64) -> u8 { 1 }", "takes and gives `f64`"),
            ("fn f(x: f64) -> (f64,) { (x,) }", "2 to 4 in a tuple"),
            ("fn f((x, y): (f64, f64)) -> f64 { x }", "is a name"),
            ("fn f(self) -> f64 { 1.0 }", "no method"),
            ("fn f<T>(x: f64) -> f64 { x }", "no generic parameters"),
            ("async fn f(x: f64) -> f64 { x }", "not async"),
            ("const fn f(x: f64) -> f64 { x }", "not const"),
            ("extern \"C\" fn f(x: f64) -> f64 { x }", "no ABI"),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(expected), "{text}: {refusal}");
        }
        assert!(expand(&"fast".parse().unwrap(), TokenStream::new()).is_err());
    }
}
