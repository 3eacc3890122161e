//! How [`show!`](crate::show) finds out what a value can do.
//!
//! The compiler does it, by the order in which it looks for methods: a type's own method comes
//! before one of a trait, and one that needs fewer references before one that needs more, and those
//! before the ones that need to follow a reference. So `value.evcxr_display()` is, for `value: &T`,
//! the type's own method, else that of [`ShowAny`], which all types have. It only notes the value as
//! a [`Probe`]. For an [`Outcome`] of it, `(&&&outcome).form()` is the method of the first that fits
//! of [`FormRender`], [`FormDebug`], [`FormOpaque`] and [`FormShown`]. In the same way `failure()`
//! finds out what the error of a `Result` can do: [`FailureError`], [`FailureBoxed`],
//! [`FailureText`], [`FailureNone`].
//!
//! A cell compiles nothing but these choices: what they give are trait objects.

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::ops::Deref;

use hpc_channel::{CellMessage, MimeBundle};

use super::bundle::Bundle;
use super::collection;
use super::failure::Failure;
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
/// hpc::show!(format!("{} bytes", text.len()));
/// hpc::show!(());
/// hpc::show!(if text.is_empty() { 1 } else { 2 });
/// hpc::show!(|x: f64| x + 1.0); // no `Debug`: the name of its type
/// hpc::show!("1O".parse::<i32>()); // error: invalid digit found in string
/// assert_eq!(text, "kept");
/// ```
#[macro_export]
macro_rules! show {
    // A text that is only shown needs no `String` of the cell's own: making and dropping one costs the
    // compiler as much as ten lines.
    (format!($($text:tt)*)) => {
        $crate::display::show_text(::std::format_args!($($text)*))
    };
    ($value:expr) => {
        match &$value {
            value => {
                #[allow(unused_imports)]
                use $crate::display::{
                    FailureBoxed as _, FailureError as _, FailureNone as _, FailureText as _,
                    FormDebug as _, FormOpaque as _, FormRender as _, FormShown as _, ShowAny as _,
                };
                match $crate::display::Outcome(value.evcxr_display()) {
                    outcome => {
                        $crate::display::show_as((&&&outcome).form(), (&&&outcome).failure());
                    }
                }
            }
        }
    };
}

/// Sends names and short texts of variables as the result of a cell: how a debugger shows them. The
/// variables are only borrowed.
#[doc(hidden)]
#[macro_export]
macro_rules! inspect {
    ($($name:ident),* $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::display::{
            FormDebug as _, FormOpaque as _, FormRender as _, FormShown as _,
        };
        $crate::display::send_values(&[$((
            stringify!($name),
            // Not a type's own method, which shows at once.
            match $crate::display::Outcome($crate::display::ShowAny::evcxr_display(&&$name)) {
                outcome => $crate::display::brief((&&&outcome).form()),
            },
        )),*]);
    }};
}

/// How a value is to be shown.
#[derive(Clone, Copy)]
pub enum Form<'a> {
    /// Not at all: it has no value, or has shown itself.
    Nothing,
    /// By what it says itself.
    Render(&'a dyn Render),
    /// By its `{:?}` text.
    Debug(&'a dyn Debug),
    /// By the name of its type.
    Opaque(&'static str),
}

/// Sends the result of a cell.
pub fn show_as(form: Form<'_>, failure: Option<Failure<'_>>) {
    if let Some(bundle) = bundle(form, failure) {
        deliver(&CellMessage::Result {
            bundle: bundle.into_mime(),
        });
    }
}

/// Sends a text as the result of a cell.
pub fn show_text(text: fmt::Arguments<'_>) {
    show_as(Form::Render(&text.to_string()), None);
}

/// Characters of a value among others, at most.
const BRIEF: usize = 500;

/// A value in one line.
#[must_use]
pub fn brief(form: Form<'_>) -> String {
    let shown = bundle(form, None).map(Bundle::into_mime);
    let text = shown.as_ref().and_then(MimeBundle::plain).unwrap_or("()");
    one_line(text, BRIEF)
}

/// Text with single spaces instead of white space, cut at some number of characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(limit) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Sends names and texts as the result of a cell.
pub fn send_values(values: &[(&str, String)]) {
    let json = serde_json::json!(values).to_string();
    deliver(&CellMessage::Result {
        bundle: MimeBundle::text(json),
    });
}

fn bundle(form: Form<'_>, failure: Option<Failure<'_>>) -> Option<Bundle> {
    if let Some(failure) = failure {
        return Some(failure.render());
    }
    match form {
        Form::Nothing => None,
        Form::Render(value) => Some(value.render()),
        Form::Debug(value) => Some(collection::any(value)),
        Form::Opaque(name) => {
            // The crate that the kernel puts the notebook's items into.
            let name = name.strip_prefix("cells::").unwrap_or(name);
            Some(Bundle::of_text(format!("a value of type {name}")))
        }
    }
}

/// A value of which nothing is known yet.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(&'a T);

/// What became of a value: a [`Probe`], or whatever its own method gave.
#[derive(Debug)]
pub struct Outcome<O>(pub O);

/// For all values without a method of their own.
pub trait ShowAny<'a, T: ?Sized> {
    /// Notes the value.
    fn evcxr_display(&self) -> Probe<'a, T>;
}

impl<'a, T: ?Sized> ShowAny<'a, T> for &'a T {
    fn evcxr_display(&self) -> Probe<'a, T> {
        Probe(self)
    }
}

/// For values that say how they are shown.
pub trait FormRender {
    /// That form.
    fn form(&self) -> Form<'_>;
}

impl<T: Render + ?Sized> FormRender for &&Outcome<Probe<'_, T>> {
    fn form(&self) -> Form<'_> {
        Form::Render(&self.0.0)
    }
}

impl FormRender for &&Outcome<Probe<'_, ()>> {
    fn form(&self) -> Form<'_> {
        Form::Nothing
    }
}

/// For values with a `Debug` form.
pub trait FormDebug {
    /// That form.
    fn form(&self) -> Form<'_>;
}

impl<T: Debug + ?Sized> FormDebug for &&&Outcome<Probe<'_, T>> {
    fn form(&self) -> Form<'_> {
        Form::Debug(&self.0.0)
    }
}

/// For values without any form.
pub trait FormOpaque {
    /// The name of the type.
    fn form(&self) -> Form<'_>;
}

impl<T: ?Sized> FormOpaque for &Outcome<Probe<'_, T>> {
    fn form(&self) -> Form<'_> {
        Form::Opaque(type_name::<T>())
    }
}

/// For values that have shown themselves.
pub trait FormShown {
    /// Nothing is left to do.
    fn form(&self) -> Form<'_>;
}

impl<O> FormShown for Outcome<O> {
    fn form(&self) -> Form<'_> {
        Form::Nothing
    }
}

/// For results with a proper error.
pub trait FailureError {
    /// The error.
    fn failure(&self) -> Option<Failure<'_>>;
}

impl<T, E: Error> FailureError for &&Outcome<Probe<'_, Result<T, E>>> {
    fn failure(&self) -> Option<Failure<'_>> {
        let error = self.0.0.as_ref().err()?;
        Some(Failure::Chain(error))
    }
}

/// An error of any type.
pub trait AnyError {
    /// The error itself.
    fn error(&self) -> &dyn Error;
}

macro_rules! any_error {
    ($($error:ty),*) => {$(
        impl AnyError for $error {
            fn error(&self) -> &dyn Error {
                self
            }
        }
    )*};
}

any_error!(dyn Error, dyn Error + Send, dyn Error + Send + Sync);

/// For results with a box around an error of any type, such as `Box<dyn Error>`.
pub trait FailureBoxed {
    /// The error inside of the box.
    fn failure(&self) -> Option<Failure<'_>>;
}

impl<T, E: Deref<Target: AnyError>> FailureBoxed for &&&Outcome<Probe<'_, Result<T, E>>> {
    fn failure(&self) -> Option<Failure<'_>> {
        let error = self.0.0.as_ref().err()?;
        Some(Failure::Chain((**error).error()))
    }
}

/// For results whose error is only something with a text.
pub trait FailureText {
    /// The text.
    fn failure(&self) -> Option<Failure<'_>>;
}

impl<T, E: Display> FailureText for &Outcome<Probe<'_, Result<T, E>>> {
    fn failure(&self) -> Option<Failure<'_>> {
        let error = self.0.0.as_ref().err()?;
        Some(Failure::Text(error))
    }
}

/// For everything else.
pub trait FailureNone {
    /// Nothing that could be said better than by the value's form.
    fn failure(&self) -> Option<Failure<'_>>;
}

impl<O> FailureNone for Outcome<O> {
    fn failure(&self) -> Option<Failure<'_>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Arc;

    use super::*;

    /// What a cell with this last expression shows.
    macro_rules! shown {
        ($value:expr) => {
            match &$value {
                value => match Outcome(value.evcxr_display()) {
                    outcome => bundle((&&&outcome).form(), (&&&outcome).failure()),
                },
            }
        };
    }

    fn plain(bundle: Option<Bundle>) -> String {
        bundle.unwrap().plain().to_owned()
    }

    thread_local! {
        static SHOWN: Cell<bool> = const { Cell::new(false) };
    }

    /// `Debug` and a method of its own, which must win.
    #[derive(Debug)]
    struct Own;

    impl Own {
        #[expect(clippy::unused_self, reason = "the method's form is given")]
        fn evcxr_display(&self) -> bool {
            SHOWN.set(true);
            true
        }
    }

    /// The same by a trait, as some crates do it.
    #[derive(Debug)]
    struct ByTrait;

    trait EvcxrDisplay {
        fn evcxr_display(&self);
    }

    impl EvcxrDisplay for ByTrait {
        fn evcxr_display(&self) {
            SHOWN.set(true);
        }
    }

    #[test]
    fn a_method_of_the_type_itself_comes_first() {
        assert_eq!(shown!(Own), None);
        assert!(SHOWN.take());
        crate::show!(Own);
        assert!(SHOWN.take());
        assert_eq!(shown!(ByTrait), None);
        assert!(SHOWN.take());
    }

    #[test]
    fn everything_can_be_shown() {
        struct Nothing;
        #[derive(Debug)]
        #[expect(dead_code, reason = "only written")]
        struct Point {
            x: i32,
        }
        assert_eq!(plain(shown!("abc")), "\"abc\"");
        assert_eq!(plain(shown!(*"abc")), "\"abc\"");
        assert_eq!(plain(shown!([1, 2, 3])), "[1, 2, 3]");
        assert_eq!(plain(shown!(vec![Some(1.5)])), "[Some(1.5)]");
        assert_eq!(plain(shown!(vec![Point { x: 1 }])), "   x\n0  1");
        assert_eq!(plain(shown!(Some(Point { x: 1 }))), "Some(Point { x: 1 })");
        assert_eq!(plain(shown!((1, "x"))), "(1, \"x\")");
        assert!(plain(shown!(Nothing)).ends_with("::Nothing"));
        assert!(plain(shown!(&&Nothing)).ends_with("::Nothing"));
        assert!(plain(shown!(Some(Nothing))).ends_with("::Nothing>"));
        assert_eq!(
            plain(shown!({
                let x = 1;
                x + 1
            })),
            "2"
        );
        assert_eq!(shown!(println!("a statement")), None);
        let array = crate::array::linspace(0.0, 1.0, 3);
        let html = |bundle: Option<Bundle>| bundle.unwrap().get("text/html").map(str::to_owned);
        assert!(html(shown!(array)).is_some());
        assert_eq!(html(shown!(Some(&array))), html(shown!(array)));
        crate::show!(array);
    }

    #[test]
    fn errors_of_every_kind_are_shown_as_such() {
        struct Silent;
        let parsed = "x".parse::<i32>();
        let text = "error: invalid digit found in string";
        assert_eq!(plain(shown!(parsed)), text);
        assert!(shown!(parsed).unwrap().get("text/html").is_some());
        assert_eq!(plain(shown!("12".parse::<i32>())), "Ok(12)");
        let error = || "x".parse::<i32>().unwrap_err();
        let boxed: Result<Silent, Box<dyn Error>> = Err(error().into());
        assert_eq!(plain(shown!(boxed)), text);
        let boxed: Result<(), Box<dyn Error + Send + Sync>> = Err(error().into());
        assert_eq!(plain(shown!(boxed)), text);
        let shared: Result<(), Arc<dyn Error>> = Err(Arc::new(error()));
        assert_eq!(plain(shown!(shared)), text);
        assert_eq!(plain(shown!(Err::<Silent, _>("too hot"))), "error: too hot");
        assert_eq!(plain(shown!(Err::<(), _>(Some(1)))), "error: Some(1)");
        assert_eq!(plain(shown!(Ok::<(), String>(()))), "Ok(())");
        assert!(plain(shown!(Ok::<Silent, String>(Silent))).contains("Result<"));
    }
}
