//! How [`show!`](crate::show) finds out what a value can do.
//!
//! The compiler does it, by the order in which it looks for methods: a type's own method comes
//! before one of a trait, and one that needs fewer references before one that needs more. So
//! `value.evcxr_display()` is, for `value: &T`, the type's own method, else that of [`ShowAny`],
//! which all types have. It only notes the value as a [`Probe`]; `finish` then chooses between
//! [`ShowUnit`], [`ShowRender`], [`ShowDebug`] and [`ShowOpaque`] by the same order.

use std::any::type_name;
use std::fmt::Debug;

use hpc_channel::CellMessage;

use super::bundle::Bundle;
use super::handle::deliver;
use super::render::Render;

/// Shows the value of an expression as the result of a cell: see [`display`](mod@crate::display). The
/// expression is only borrowed.
///
/// ```
/// use hpc::prelude::*;
/// let text = String::from("kept");
/// hpc::show!(text);
/// hpc::show!(text.as_str());
/// hpc::show!(());
/// hpc::show!(if text.is_empty() { 1 } else { 2 });
/// hpc::show!(|x: f64| x + 1.0); // no `Debug`: the name of its type
/// assert_eq!(text, "kept");
/// ```
#[macro_export]
macro_rules! show {
    ($value:expr) => {
        match &$value {
            value => {
                #[allow(unused_imports)]
                use $crate::display::{
                    Plain as _, ShowAny as _, ShowDebug as _, ShowOpaque as _, ShowRender as _,
                    ShowUnit as _,
                };
                match value.evcxr_display() {
                    outcome => (&&outcome).finish(),
                }
            }
        }
    };
}

/// Sends the result of a cell.
fn show_bundle(bundle: Bundle) {
    deliver(&CellMessage::Result {
        bundle: bundle.into_mime(),
    });
}

fn show_render(value: &dyn Render) {
    show_bundle(value.render());
}

fn show_debug(value: &dyn Debug) {
    show_bundle(Bundle::text(format!("{value:?}")));
}

/// A value of which nothing is known yet.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(&'a T);

/// For all other values.
pub trait ShowAny<'a, T: ?Sized> {
    /// Notes the value.
    fn evcxr_display(&self) -> Probe<'a, T>;
}

impl<'a, T: ?Sized> ShowAny<'a, T> for &'a T {
    fn evcxr_display(&self) -> Probe<'a, T> {
        Probe(self)
    }
}

/// For values that showed themselves.
pub trait Plain {
    /// Nothing is left to do.
    fn finish(&self);
}

impl Plain for &() {
    fn finish(&self) {}
}

/// For the value of a statement.
pub trait ShowUnit {
    /// Shows nothing.
    fn finish(&self);
}

impl ShowUnit for &Probe<'_, ()> {
    fn finish(&self) {}
}

/// For values that can be shown richly.
pub trait ShowRender {
    /// Shows the richest form.
    fn finish(&self);
}

impl<T: Render + ?Sized> ShowRender for &Probe<'_, T> {
    fn finish(&self) {
        show_render(&self.0);
    }
}

/// For values with a `Debug` form.
pub trait ShowDebug {
    /// Shows that form.
    fn finish(&self);
}

impl<T: Debug + ?Sized> ShowDebug for &&Probe<'_, T> {
    fn finish(&self) {
        show_debug(&self.0);
    }
}

/// For values without any form.
pub trait ShowOpaque {
    /// Shows the name of the type.
    fn finish(&self);
}

impl<T: ?Sized> ShowOpaque for Probe<'_, T> {
    fn finish(&self) {
        show_bundle(Bundle::text(format!(
            "a value of type {}",
            type_name::<T>()
        )));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    thread_local! {
        static SHOWN: Cell<bool> = const { Cell::new(false) };
    }

    /// `Debug` and a method of its own, which must win.
    #[derive(Debug)]
    struct Own;

    impl Own {
        #[expect(clippy::unused_self, reason = "the method's form is given")]
        fn evcxr_display(&self) {
            SHOWN.set(true);
        }
    }

    #[test]
    fn a_method_of_the_type_itself_comes_first() {
        crate::show!(Own);
        assert!(SHOWN.take());
    }

    #[test]
    fn everything_can_be_shown() {
        struct Nothing;
        crate::show!("abc");
        crate::show!([1, 2, 3]);
        crate::show!(vec![Some(1.5)]);
        crate::show!(*"abc");
        crate::show!((1, "x"));
        crate::show!(Nothing);
        crate::show!(&&Nothing);
        crate::show!({
            let x = 1;
            x + 1
        });
        crate::show!(println!("a statement"));
        crate::show!(crate::array::linspace(0.0, 1.0, 3));
        crate::show!(&crate::array::linspace(0.0, 1.0, 3));
    }
}
