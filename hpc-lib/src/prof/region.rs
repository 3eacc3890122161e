use std::marker::PhantomData;
use std::rc::Rc;
use std::thread;

use hpc_profile::{Callsite, Paradigm, Role, Token, Writer};

use super::local::{Local, Nesting};
use super::session::is_enabled;
use crate::error::OrRaise;
use crate::expr;

/// A region that is open. It ends when this is dropped.
#[must_use = "a region ends when its guard is dropped; bind it to a name that begins with `_`"]
pub struct Region {
    /// `None` while nothing is recorded.
    open: Option<Open>,
    /// Ends on the thread on which it began.
    not_send: PhantomData<*const ()>,
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Region")
            .field("is_recorded", &self.open.is_some())
            .finish()
    }
}

struct Open {
    local: Rc<Local>,
    token: Token,
    nesting: Nesting,
    /// Where this thread's waiting arrays ended when it began; they are computed before it ends.
    mark: Option<expr::Mark>,
}

impl Region {
    const NONE: Self = Self {
        open: None,
        not_send: PhantomData,
    };

    /// Opens a region whose name is known only at run time. [`region!`](crate::region) with a
    /// literal name is cheaper.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// for n in [10, 100] {
    ///     let _region = prof::Region::enter(&format!("n = {n}"));
    /// }
    /// assert_eq!(prof::report().rows().len(), 2);
    /// ```
    pub fn enter(name: &str) -> Self {
        if is_enabled() {
            Self::open(true, |local| local.writer.enter(local.named(name)))
        } else {
            Self::NONE
        }
    }

    fn open(settles: bool, enter: impl FnOnce(&Local) -> Token) -> Self {
        let open = Local::get().map(|local| {
            let mark = settles.then(expr::mark);
            let nesting = local.nest();
            let token = enter(&local);
            Open {
                local,
                token,
                nesting,
                mark,
            }
        });
        Self {
            open,
            not_send: PhantomData,
        }
    }
}

impl Drop for Region {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            leave(open);
        }
    }
}

/// Closes a region. Not inlined: what a cell compiles for each of its regions stays small.
#[inline(never)]
fn leave(open: Open) {
    if thread::panicking() {
        open.close(Writer::unwind);
    } else if let Some(mark) = open.mark
        && expr::may_wait(mark)
    {
        settle_and_leave(open, mark);
    } else {
        open.close(Writer::exit);
    }
}

/// Computes what waits in a region, and closes that also if it cannot be computed.
#[cold]
fn settle_and_leave(open: Open, mark: expr::Mark) {
    struct Closing(Open);
    impl Drop for Closing {
        fn drop(&mut self) {
            self.0.close(if thread::panicking() {
                Writer::unwind
            } else {
                Writer::exit
            });
        }
    }
    let _closing = Closing(open);
    expr::settle(mark).or_raise();
}

impl Open {
    #[inline]
    fn close(&self, end: impl FnOnce(&Writer, Token)) {
        if !self.local.has_closed(self.nesting) {
            end(&self.local.writer, self.token);
            self.local.unnest(self.nesting);
        }
    }
}

/// The place of a region in the source: what [`region!`](crate::region) makes.
#[derive(Debug)]
pub struct Site(Callsite);

impl Site {
    /// A place with a name, in a line of a file of a module.
    #[must_use]
    pub const fn new(
        name: &'static str,
        file: &'static str,
        line: u32,
        module: &'static str,
    ) -> Self {
        Self(Callsite::new(name, file, line, module))
    }

    /// A function of the user's.
    #[must_use]
    pub const fn function(
        name: &'static str,
        file: &'static str,
        line: u32,
        module: &'static str,
    ) -> Self {
        let site = Callsite::new(name, file, line, module);
        Self(site.with_role(Role::Function, Paradigm::User))
    }

    /// A routine of this library; the same one wherever it is called that.
    pub(crate) const fn routine(name: &'static str) -> Self {
        let site = Callsite::new(name, "", 0, "hpc");
        Self(site.with_role(Role::Function, Paradigm::Library))
    }

    /// Opens the region.
    #[inline]
    pub fn enter(&'static self) -> Region {
        if is_enabled() {
            self.open(true)
        } else {
            Region::NONE
        }
    }

    /// Opens the region of a routine. It computes nothing by itself at its end.
    pub(crate) fn enter_routine(&'static self) -> Region {
        if is_enabled() {
            self.open(false)
        } else {
            Region::NONE
        }
    }

    #[inline(never)]
    fn open(&'static self, settles: bool) -> Region {
        Region::open(settles, |local| {
            local.writer.enter(self.0.id(&local.session.recorder))
        })
    }

    /// A phase of the user's.
    #[must_use]
    pub const fn phase(
        name: &'static str,
        file: &'static str,
        line: u32,
        module: &'static str,
    ) -> Self {
        let site = Callsite::new(name, file, line, module);
        Self(site.with_role(Role::Phase, Paradigm::User))
    }

    /// Opens the region as a phase: below the cell that runs, or outermost in a program without cells.
    pub fn enter_phase(&'static self) -> Region {
        if !is_enabled() {
            return Region::NONE;
        }
        Region::open(true, |local| {
            let cell = local.cell.get().map_or(Token::NONE, |cell| cell.token);
            let id = self.0.id(&local.session.recorder);
            local.writer.enter_phase(id, cell)
        })
    }
}

/// Times a stretch of the program under a name.
///
/// With a block it is an expression with the block's value; `?`, `break`, `return` and panics in it
/// end the region as they should. Without one it gives a [`Region`](crate::prof::Region), and the
/// region ends when that is dropped. With `dynamic`, each visit is counted apart, by its number.
///
/// ```
/// use hpc::prelude::*;
/// fn parse(text: &str) -> Result<f64, std::num::ParseFloatError> {
///     let _region = region!("parse");
///     let x: f64 = region!("number", { text.parse()? });
///     Ok(2.0 * x)
/// }
/// assert_eq!(parse("21"), Ok(42.0));
/// assert!(parse("x").is_err());
/// assert_eq!(prof::report().get("parse/number").unwrap().visits, 2);
///
/// for _ in 0..3 {
///     region!("step", dynamic, {});
/// }
/// assert_eq!(prof::report().get("step/instance=2").unwrap().visits, 1);
/// ```
#[macro_export]
macro_rules! region {
    ($name:literal, dynamic, $body:block) => {{
        static VISITS: ::core::sync::atomic::AtomicI64 = ::core::sync::atomic::AtomicI64::new(0);
        let _region = $crate::region!($name);
        $crate::prof::parameter(
            "instance",
            VISITS.fetch_add(1, ::core::sync::atomic::Ordering::Relaxed),
        );
        $body
    }};
    ($name:literal, $body:block) => {{
        let _region = $crate::region!($name);
        $body
    }};
    ($name:literal) => {{
        static SITE: $crate::prof::Site = $crate::prof::Site::new(
            $name,
            ::core::file!(),
            ::core::line!(),
            ::core::module_path!(),
        );
        SITE.enter()
    }};
    ($name:expr, $body:block) => {{
        let _region = $crate::region!($name);
        $body
    }};
    ($name:expr) => {
        $crate::prof::Region::enter(::core::convert::AsRef::<str>::as_ref(&$name))
    };
}

/// Times a stage of the program that has a call tree of its own, wherever it is entered: right below the
/// cell, or outermost in a program without cells.
///
/// The regions around are left meanwhile; its time is not theirs. A phase inside of a phase leaves that as
/// well. With a block it is an expression with the block's value, without one a
/// [`Region`](crate::prof::Region), as [`region!`](crate::region). In a timeline a phase lies where it
/// happened.
///
/// ```
/// use hpc::prelude::*;
/// for step in 0..3 {
///     region!("iterate", {
///         if step == 0 {
///             hpc::phase!("warm-up", { region!("fill", {}) });
///         }
///     });
/// }
/// let report = prof::report();
/// assert!(report.get("iterate/warm-up").is_none());
/// assert_eq!(report.get("warm-up/fill").unwrap().visits, 1);
/// ```
#[macro_export]
macro_rules! phase {
    ($name:literal, $body:block) => {{
        let _region = $crate::phase!($name);
        $body
    }};
    ($name:literal) => {{
        static SITE: $crate::prof::Site = $crate::prof::Site::phase(
            $name,
            ::core::file!(),
            ::core::line!(),
            ::core::module_path!(),
        );
        SITE.enter_phase()
    }};
}

/// Opens a region that lasts until [`region_end`] with the same name, across cells' statements but
/// not across cells: what is open at the end of a cell is closed there, with a warning.
///
/// ```
/// use hpc::prelude::*;
/// region_begin("setup");
/// let x = arange(0, 1000, 1);
/// region_end("setup");
/// # assert_eq!(x.len(), 1000);
/// assert_eq!(prof::report().get("setup").unwrap().visits, 1);
/// ```
pub fn region_begin(name: &str) {
    Local::with(|local| local.begin(name));
}

/// Closes the region that [`region_begin`] opened last.
///
/// # Panics
/// Panics when the innermost open region has another name, or was not opened by `region_begin`.
#[track_caller]
pub fn region_end(name: &str) {
    match Local::with(|local| local.may_end(name)) {
        None => {}
        Some(Ok(mark)) => {
            expr::settle(mark).or_raise();
            Local::with(Local::end);
        }
        Some(Err(problem)) => panic!("region_end(\"{name}\"): {problem}"),
    }
}

/// Says that the innermost open region moved that many bytes and did that many floating-point
/// operations: reports then have its GB/s and GFLOP/s. Routines of this library say it themselves.
///
/// ```
/// use hpc::prelude::*;
/// region!("copy", { prof::work(16_000, 0) });
/// assert_eq!(prof::report().get("copy").unwrap().bytes, 16_000);
/// ```
pub fn work(bytes: u64, flops: u64) {
    if is_enabled() {
        Local::with(|local| local.writer.work(bytes, flops));
    }
}
