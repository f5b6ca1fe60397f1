//! An answer that is one thing or another.

use std::borrow::Cow;
use std::marker::PhantomData;

use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// `A` or `B`.
pub(in crate::api) struct Or<A, B>(PhantomData<(A, B)>);

impl<A: ToSchema, B: ToSchema> PartialSchema for Or<A, B> {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(A::name()))
            .item(Ref::from_schema_name(B::name()))
            .into()
    }
}

impl<A: ToSchema, B: ToSchema> ToSchema for Or<A, B> {
    fn name() -> Cow<'static, str> {
        format!("{}_or_{}", A::name(), B::name()).into()
    }

    fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
        all.push((A::name().into_owned(), A::schema()));
        A::schemas(all);
        all.push((B::name().into_owned(), B::schema()));
        B::schemas(all);
    }
}
