//! Decimals in a definition: text or a number when read, text without trailing zeros when written, so
//! that equal numbers are written alike.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serializer};

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
pub(super) fn serialize<S: Serializer>(number: &Decimal, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&number.normalize())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
    let number = <Decimal as Deserialize>::deserialize(d)?;
    Ok(number.normalize())
}
