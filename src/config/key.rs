//! One line of the table of keys, and the macro that turns a section's lines into its struct.

use super::kind::Kind;
use super::value::Value;

/// A key of the configuration: all that is known of it stands here, once.
#[derive(Debug, PartialEq)]
pub struct Key {
    /// Its section: `execution.paper`.
    pub section: &'static str,
    /// Its name within the section: `latency_ms`.
    pub name: &'static str,
    /// What it accepts.
    pub kind: Kind,
    /// The built-in default, as a variable would give it.
    pub default: &'static str,
    /// What it means, line by line.
    pub doc: &'static [&'static str],
    /// Which way narrows it, where one strategy or instrument may have a value of its own.
    pub narrower: Narrower,
}

/// Which way a limit is narrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrower {
    /// A lower value allows less.
    Lower,
    /// A higher value allows less.
    Higher,
}

impl Key {
    /// Section and name: `execution.paper.latency_ms`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}

/// A section: its struct's lines of the table.
pub(super) trait Section {
    /// What the section is about, line by line.
    const ABOUT: &[&str];
    /// Its path: `execution.paper`.
    const PATH: &str;
    /// Its keys, in the order of the template.
    const KEYS: &[Key];
}

/// Gives the checked value of a section's key.
pub(super) type Get<'a> = &'a dyn Fn(&'static str, &'static str) -> Value;

/// Makes a section's struct, and its lines of the table, from one list of
/// `name: type = kind, "default";`, with `, Higher` where a higher value is the narrower one.
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $struct:ident in $path:literal {
            $(
                $(#[doc = $doc:literal])*
                $field:ident: $type:ty = $kind:expr, $default:literal $(, $narrower:ident)?;
            )*
        }
        $(with { $( $(#[doc = $sub_doc:literal])* $sub:ident: $sub_type:ty, )* })?
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        pub struct $struct {
            $( $(#[doc = $doc])* pub $field: $type, )*
            $( $( $(#[doc = $sub_doc])* pub $sub: $sub_type, )* )?
        }

        impl Section for $struct {
            const ABOUT: &[&str] = &[$($about),*];
            const PATH: &str = $path;
            const KEYS: &[Key] = &[$(
                Key {
                    section: $path,
                    name: stringify!($field),
                    kind: $kind,
                    default: $default,
                    doc: &[$($doc),*],
                    narrower: section!(@narrower $($narrower)?),
                },
            )*];
        }

        impl $struct {
            pub(super) fn build(get: Get<'_>) -> Self {
                Self {
                    $(
                        $field: Field::take(get($path, stringify!($field)))
                            .expect("a key's kind gives its field's type"),
                    )*
                    $( $( $sub: <$sub_type>::build(get), )* )?
                }
            }
        }
    };
    (@narrower) => { Narrower::Lower };
    (@narrower $narrower:ident) => { Narrower::$narrower };
}
pub(super) use section;
