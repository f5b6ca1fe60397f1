//! A definition as text: TOML or JSON, of the same shape.

use super::check::MOST_BYTES;
use super::definition::Definition;
use super::error::DefinitionError;

impl Definition {
    /// Reads one from JSON, and checks it.
    ///
    /// # Errors
    /// It is not of the form, or does not hold together.
    pub fn from_json(text: &str) -> Result<Self, DefinitionError> {
        short(text)?;
        let mut reader = serde_json::Deserializer::from_str(text);
        let unreadable = |said: String| DefinitionError::Unreadable {
            format: "JSON",
            said,
        };
        let read: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            match path.as_str() {
                "." => unreadable(error.inner().to_string()),
                path => unreadable(format!("{path}: {}", error.inner())),
            }
        })?;
        reader
            .end()
            .map_err(|error| unreadable(error.to_string()))?;
        read.check()?;
        Ok(read)
    }

    /// Reads one from TOML, and checks it.
    ///
    /// # Errors
    /// It is not of the form, or does not hold together.
    pub fn from_toml(text: &str) -> Result<Self, DefinitionError> {
        short(text)?;
        let read: Self = toml::from_str(text).map_err(|error| {
            let message = error.message().trim().replace('\n', ", ");
            let line = error.span().and_then(|span| text.get(..span.start));
            DefinitionError::Unreadable {
                format: "TOML",
                said: match line.map(|before| before.matches('\n').count() + 1) {
                    Some(line) => format!("line {line}: {message}"),
                    None => message,
                },
            }
        })?;
        read.check()?;
        Ok(read)
    }

    /// As JSON on one line; equal definitions give equal text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text and decimals can always be written")
    }

    /// As TOML.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("text and decimals can always be written")
    }
}

/// Whether a text is one that is read at all.
fn short(text: &str) -> Result<(), DefinitionError> {
    if text.len() <= MOST_BYTES {
        return Ok(());
    }
    Err(DefinitionError::TooLong {
        bytes: text.len(),
        most: MOST_BYTES,
    })
}
