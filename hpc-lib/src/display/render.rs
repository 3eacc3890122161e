use std::fmt::Debug;

use super::bundle::Bundle;

/// A value that can be shown.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown by `display`",
    note = "implement `hpc::display::Render` for it, or print it with `println!(\"{{:?}}\", value)`"
)]
pub trait Render {
    /// The value's forms.
    fn render(&self) -> Bundle;
}

impl<T: Render + ?Sized> Render for &T {
    fn render(&self) -> Bundle {
        (**self).render()
    }
}

/// HTML to be shown as such.
///
/// ```
/// use hpc::prelude::*;
/// display(&Html("<progress value=0.3></progress>".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Html(pub String);

impl Render for Html {
    fn render(&self) -> Bundle {
        Bundle::text(&self.0).html(&self.0)
    }
}

/// Markdown to be shown as such, formulas between dollar signs included.
///
/// ```
/// use hpc::prelude::*;
/// display(&Markdown(format!("The speed-up is **{:.1}**.", 12.34)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markdown(pub String);

impl Render for Markdown {
    fn render(&self) -> Bundle {
        Bundle::text(&self.0).markdown(&self.0)
    }
}

/// An SVG picture.
///
/// ```
/// use hpc::prelude::*;
/// display(&Svg("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Svg(pub String);

impl Render for Svg {
    fn render(&self) -> Bundle {
        Bundle::text("an SVG picture").svg(&self.0)
    }
}

macro_rules! render_debug {
    ($($type:ty),*) => {$(
        impl Render for $type {
            fn render(&self) -> Bundle {
                Bundle::text(format!("{self:?}"))
            }
        }
    )*};
}

render_debug!(
    bool, char, f32, f64, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, str,
    String
);

impl<T: Debug> Render for [T] {
    fn render(&self) -> Bundle {
        Bundle::text(format!("{self:?}"))
    }
}

impl<T: Debug> Render for Vec<T> {
    fn render(&self) -> Bundle {
        Bundle::text(format!("{self:?}"))
    }
}

impl<T: Debug> Render for Option<T> {
    fn render(&self) -> Bundle {
        Bundle::text(format!("{self:?}"))
    }
}

impl<T: Debug, E: Debug> Render for Result<T, E> {
    fn render(&self) -> Bundle {
        Bundle::text(format!("{self:?}"))
    }
}
