//! How values that minicbor does not know are written in the journal.

use std::fmt::Display;
use std::str::FromStr;

/// Decimals, present or absent: exact, with the scale they had.
pub mod dec {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};
    use rust_decimal::Decimal;

    /// What is written as a decimal.
    pub trait Number {
        /// The number, where there is one.
        fn number(&self) -> Option<Decimal>;
    }

    /// What is read from one.
    pub trait Field: Number + Sized {
        /// From what was read; none where it must not be absent.
        fn from_number(number: Option<Decimal>) -> Option<Self>;
    }

    impl<T: Number> Number for &T {
        fn number(&self) -> Option<Decimal> {
            (*self).number()
        }
    }

    impl Number for Decimal {
        fn number(&self) -> Option<Decimal> {
            Some(*self)
        }
    }

    impl Field for Decimal {
        fn from_number(number: Option<Decimal>) -> Option<Self> {
            number
        }
    }

    impl Number for Option<Decimal> {
        fn number(&self) -> Option<Decimal> {
            *self
        }
    }

    impl Field for Option<Decimal> {
        fn from_number(number: Option<Decimal>) -> Option<Self> {
            Some(number)
        }
    }

    /// Scale and mantissa; the sixteen bytes of its own layout where the mantissa is long.
    pub fn encode<C, T: Number, W: Write>(
        value: &T,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match value.number() {
            None => e.null()?.ok(),
            Some(number) => {
                let mantissa = number.mantissa();
                match i64::try_from(mantissa) {
                    Ok(small) => e.array(2)?.u32(number.scale())?.i64(small)?.ok(),
                    Err(_) => e.bytes(&number.serialize())?.ok(),
                }
            }
        }
    }

    /// The reverse of [`encode`].
    pub fn decode<C, T: Field>(d: &mut Decoder<'_>, _: &mut C) -> Result<T, DecodeError> {
        use minicbor::data::Type;
        let number = match d.datatype()? {
            Type::Null => {
                d.null()?;
                None
            }
            Type::Array => {
                if d.array()? != Some(2) {
                    return Err(DecodeError::message("a decimal has two parts"));
                }
                let (scale, mantissa) = (d.u32()?, d.i64()?);
                Some(
                    Decimal::try_from_i128_with_scale(i128::from(mantissa), scale)
                        .map_err(DecodeError::message)?,
                )
            }
            _ => {
                let bytes: [u8; 16] = d
                    .bytes()?
                    .try_into()
                    .map_err(|_| DecodeError::message("a decimal has 16 bytes"))?;
                Some(Decimal::deserialize(bytes))
            }
        };
        T::from_number(number).ok_or_else(|| DecodeError::message("a number is missing"))
    }

    /// What stands for an absent field.
    pub fn nil<T: Field>() -> Option<T> {
        T::from_number(None)
    }

    /// Whether the field may be left out.
    pub fn is_nil<T: Number>(value: &T) -> bool {
        value.number().is_none()
    }
}

/// Anything that prints and parses, as text.
pub mod text {
    use super::{Display, FromStr};
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    /// As its text.
    pub fn encode<C, T: Display, W: Write>(
        value: &T,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.str(&value.to_string())?.ok()
    }

    /// From its text.
    pub fn decode<C, T: FromStr>(d: &mut Decoder<'_>, _: &mut C) -> Result<T, DecodeError>
    where
        T::Err: Display,
    {
        d.str()?.parse().map_err(DecodeError::message)
    }
}

#[cfg(test)]
mod tests {
    use minicbor::{Decode, Encode};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    #[derive(Debug, PartialEq, Encode, Decode)]
    struct Pair {
        #[cbor(n(0), with = "super::dec", has_nil)]
        must: Decimal,
        #[cbor(n(1), with = "super::dec", has_nil)]
        may: Option<Decimal>,
    }

    proptest! {
        #[test]
        fn decimals_survive_encoding_to_the_last_digit(
            hi: i32, lo: i64, scale in 0u32..=28, may: Option<i64>
        ) {
            let must = Decimal::from_i128_with_scale((i128::from(hi) << 62) ^ i128::from(lo), scale);
            let pair = Pair { must, may: may.map(|m| Decimal::new(m, scale)) };
            let bytes = minicbor::to_vec(&pair).unwrap();
            let back: Pair = minicbor::decode(&bytes).unwrap();
            prop_assert_eq!(back.must.serialize(), must.serialize());
            prop_assert_eq!(back, pair);
        }
    }
}
