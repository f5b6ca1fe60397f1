//! An answer that is a list: each kind of item makes a schema of its own.

use std::borrow::Cow;
use std::marker::PhantomData;

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// `List<T>` of the documents, by a name that tells of what.
pub(in crate::api) struct Listed<T>(PhantomData<T>);

impl<T: ToSchema> PartialSchema for Listed<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .description(Some("At most 1,000."));
        let whole = |about: &str| {
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(0))
                .description(Some(about))
        };
        ObjectBuilder::new()
            .description(Some("A list, and the journal position that it shows."))
            .property("items", items)
            .property("seq", whole("Journal position."))
            .property("total", whole("In all, kept in memory or not."))
            .required("items")
            .required("seq")
            .required("total")
            .into()
    }
}

impl<T: ToSchema> ToSchema for Listed<T> {
    fn name() -> Cow<'static, str> {
        format!("List_{}", T::name()).into()
    }

    fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
        all.push((T::name().into_owned(), T::schema()));
        T::schemas(all);
    }
}
