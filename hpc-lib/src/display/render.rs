use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;

use super::bundle::Bundle;
use super::collection;
use super::failure::Failure;

/// A value that says itself how it is shown.
///
/// Implement it for a type of your own: values of it are then shown that way as the last
/// expression of a cell, by [`display`](super::display()) and inside of `Some` and `Ok`.
///
/// ```
/// use hpc::prelude::*;
///
/// struct Load(f64);
///
/// impl Render for Load {
///     fn render(&self) -> Bundle {
///         let percent = 100.0 * self.0;
///         Bundle::text(format!("load {percent:.0} %"))
///             .html(format!("<meter value='{}'>{percent:.0} %</meter>", self.0))
///     }
/// }
///
/// display(Load(0.25));
/// assert_eq!(Some(Load(0.25)).render().plain(), "Some(load 25 %)");
/// hpc::show!(Load(0.25)) // what the kernel makes of a last expression `Load(0.25)`
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown by `display`",
    note = "show its `{{:?}}` form with `display(debug(&value))`, or implement `Render` for it"
)]
pub trait Render {
    /// The value's forms.
    fn render(&self) -> Bundle;
}

macro_rules! render_inner {
    ($($pointer:ty),*) => {$(
        impl<T: Render + ?Sized> Render for $pointer {
            fn render(&self) -> Bundle {
                (**self).render()
            }
        }
    )*};
}

render_inner!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

macro_rules! render_debug {
    ($($type:ty),*) => {$(
        impl Render for $type {
            fn render(&self) -> Bundle {
                collection::any(&self)
            }
        }
    )*};
}

render_debug!(
    bool, char, f32, f64, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, str,
    String
);

impl<T: Render> Render for Option<T> {
    fn render(&self) -> Bundle {
        match self {
            Some(value) => inside("Some", value),
            None => Bundle::text("None"),
        }
    }
}

/// An error is shown by its `{:?}` text; as the last expression of a cell with its causes.
impl<T: Render, E: Debug> Render for Result<T, E> {
    fn render(&self) -> Bundle {
        match self {
            Ok(value) => inside("Ok", value),
            Err(error) => Failure::Debug(error).render(),
        }
    }
}

fn inside(name: &str, value: &dyn Render) -> Bundle {
    collection::wrapped(name, &value.render())
}

impl<T: Debug> Render for [T] {
    fn render(&self) -> Bundle {
        collection::sequence(&self)
    }
}

impl<T: Debug, const N: usize> Render for [T; N] {
    fn render(&self) -> Bundle {
        collection::sequence(&self.as_slice())
    }
}

impl<T: Debug> Render for Vec<T> {
    fn render(&self) -> Bundle {
        collection::sequence(&self.as_slice())
    }
}

impl<T: Debug> Render for VecDeque<T> {
    fn render(&self) -> Bundle {
        collection::sequence(self)
    }
}

impl<K: Debug, V: Debug, S> Render for HashMap<K, V, S> {
    fn render(&self) -> Bundle {
        collection::mapping(self, false)
    }
}

impl<K: Debug, V: Debug> Render for BTreeMap<K, V> {
    fn render(&self) -> Bundle {
        collection::mapping(self, true)
    }
}

impl<T: Debug, S> Render for HashSet<T, S> {
    fn render(&self) -> Bundle {
        collection::set(self, false)
    }
}

impl<T: Debug> Render for BTreeSet<T> {
    fn render(&self) -> Bundle {
        collection::set(self, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rich;

    impl Render for Rich {
        fn render(&self) -> Bundle {
            Bundle::text("two\nlines").html("<b>rich</b>")
        }
    }

    #[test]
    fn wrappers_keep_the_rich_form() {
        let some = Some(Box::new(Rich)).render();
        assert_eq!(some.get("text/html"), Some("<b>rich</b>"));
        assert_eq!(some.plain(), "Some(\ntwo\nlines\n)");
        let fine: Result<Option<Rich>, ()> = Ok(Some(Rich));
        assert_eq!(fine.render().plain(), "Ok(\nSome(\ntwo\nlines\n)\n)");
        assert_eq!(None::<Rich>.render(), Bundle::text("None"));
        assert_eq!(Some(2.5).render(), Bundle::text("Some(2.5)"));
        let wrong: Result<Rich, i32> = Err(5);
        assert_eq!(wrong.render().plain(), "error: 5");
    }

    #[test]
    fn plain_values_are_as_debug_writes_them() {
        assert_eq!("a\"b".render(), Bundle::text("\"a\\\"b\""));
        assert_eq!("[1, 2]".to_owned().render(), Bundle::text("\"[1, 2]\""));
        assert_eq!((-1.0).render(), Bundle::text("-1.0"));
        assert!("x".repeat(10_000_000).render().plain().len() < 30_000);
    }
}
