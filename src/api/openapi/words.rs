//! What is said of a route, beside its handler: what it is for, what it takes, what it gives.

use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::listed::Listed;

/// Answers of a route, at most.
const ANSWERS: usize = 3;

/// Schemas by their names.
pub(super) type Named = Vec<(String, RefOr<Schema>)>;

/// What is said of a route.
#[derive(Clone, Copy)]
pub(in crate::api) struct Words {
    /// In a sentence.
    pub(super) summary: &'static str,
    /// What may be asked beside the path.
    pub(super) query: &'static [Param],
    /// What its body is.
    pub(super) takes: Option<Content>,
    /// What it answers when it is done.
    pub(super) gives: [Option<Gives>; ANSWERS],
    /// Statuses of its refusals, beside those that every route may have.
    pub(super) refuses: &'static [u16],
}

/// An answer when it is done.
#[derive(Clone, Copy)]
pub(super) struct Gives {
    pub(super) status: u16,
    pub(super) content: Content,
}

/// What a body is.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// There is none.
    Nothing,
    /// A JSON document.
    Json(Known),
    /// Any JSON at all.
    Any,
    /// A JSON document a line.
    Lines(Known),
    /// Text of this media type.
    Text(&'static str),
}

/// A type that has a schema.
#[derive(Clone, Copy)]
pub(super) struct Known {
    name: fn() -> std::borrow::Cow<'static, str>,
    schema: fn() -> RefOr<Schema>,
    inner: fn(&mut Named),
}

impl Known {
    const fn of<T: ToSchema>() -> Self {
        Self {
            name: T::name,
            schema: T::schema,
            inner: T::schemas,
        }
    }

    /// Its name among the schemas.
    pub(super) fn name(&self) -> String {
        (self.name)().into_owned()
    }

    /// Its schema, and those that it leans on.
    pub(super) fn collect(&self, all: &mut Named) {
        all.push((self.name(), (self.schema)()));
        (self.inner)(all);
    }
}

impl Words {
    /// What it is for, in a sentence.
    pub(in crate::api) const fn of(summary: &'static str) -> Self {
        Self {
            summary,
            query: &[],
            takes: None,
            gives: [None; ANSWERS],
            refuses: &[],
        }
    }

    /// What may be asked beside the path.
    pub(in crate::api) const fn query(self, query: &'static [Param]) -> Self {
        Self { query, ..self }
    }

    /// What its body is.
    pub(in crate::api) const fn takes<T: ToSchema>(self) -> Self {
        let takes = Some(Content::Json(Known::of::<T>()));
        Self { takes, ..self }
    }

    /// Its body is any JSON.
    pub(in crate::api) const fn takes_any(self) -> Self {
        let takes = Some(Content::Any);
        Self { takes, ..self }
    }

    /// What it answers, with 200.
    pub(in crate::api) const fn gives<T: ToSchema>(self) -> Self {
        self.answers::<T>(200)
    }

    /// It answers with a list of these, with 200.
    pub(in crate::api) const fn gives_list<T: ToSchema>(self) -> Self {
        self.answers::<Listed<T>>(200)
    }

    /// What it answers, with this status.
    pub(in crate::api) const fn answers<T: ToSchema>(self, status: u16) -> Self {
        self.and(status, Content::Json(Known::of::<T>()))
    }

    /// It answers with any JSON.
    pub(in crate::api) const fn gives_any(self) -> Self {
        self.and(200, Content::Any)
    }

    /// It answers with a document a line.
    pub(in crate::api) const fn gives_lines<T: ToSchema>(self) -> Self {
        self.and(200, Content::Lines(Known::of::<T>()))
    }

    /// It answers with text of this media type.
    pub(in crate::api) const fn gives_text(self, media: &'static str) -> Self {
        self.and(200, Content::Text(media))
    }

    /// It answers with this status and nothing else.
    pub(in crate::api) const fn nothing(self, status: u16) -> Self {
        self.and(status, Content::Nothing)
    }

    /// Statuses of its refusals, beside those that every route may have.
    pub(in crate::api) const fn refuses(self, refuses: &'static [u16]) -> Self {
        Self { refuses, ..self }
    }

    const fn and(mut self, status: u16, content: Content) -> Self {
        let mut free = 0;
        while self.gives[free].is_some() {
            free += 1;
        }
        self.gives[free] = Some(Gives { status, content });
        self
    }
}

/// Something that may be asked beside the path.
#[derive(Clone, Copy)]
pub(in crate::api) struct Param {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: Kind,
    pub(super) needed: bool,
}

/// What a parameter is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    OneOf(&'static [&'static str]),
    /// A whole number, from and to where.
    Number(u64, u64),
    Flag,
}

impl Param {
    /// A text.
    pub(in crate::api) const fn text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Kind::Text)
    }

    /// One of some words.
    pub(in crate::api) const fn one_of(
        name: &'static str,
        words: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Kind::OneOf(words))
    }

    /// A whole number, from `least` to `most`.
    pub(in crate::api) const fn number(
        name: &'static str,
        (least, most): (u64, u64),
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Kind::Number(least, most))
    }

    /// `true` or `false`.
    pub(in crate::api) const fn flag(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Kind::Flag)
    }

    /// The same, which has to be there.
    pub(in crate::api) const fn needed(self) -> Self {
        Self {
            needed: true,
            ..self
        }
    }

    const fn new(name: &'static str, about: &'static str, kind: Kind) -> Self {
        Self {
            name,
            about,
            kind,
            needed: false,
        }
    }
}

/// Rows that a list shows at most.
pub(in crate::api) const LIMIT: Param = Param::number(
    "limit",
    (0, 1_000),
    "Rows, at most; more than 1,000 are never given.",
);
/// From where on a list goes.
pub(in crate::api) const AFTER: Param =
    Param::text("after", "Rows that come after the one with this id.");
/// Only about one pair.
pub(in crate::api) const SYMBOL: Param =
    Param::text("symbol", "Only of this pair, such as BTC/USDT.");
/// Only of one agent.
pub(in crate::api) const AGENT: Param = Param::text("agent", "Only of this agent.");
/// Only of one strategy.
pub(in crate::api) const STRATEGY: Param = Param::text("strategy", "Only of this strategy.");
