//! What a definition promises.

use super::*;

#[test]
fn what_is_built_in_holds_together() {
    assert_eq!(built_in().len(), 3);
    for definition in built_in() {
        definition.check().unwrap();
        let text = definition.to_toml();
        assert_eq!(
            Definition::from_toml(&text).as_ref(),
            Ok(&**definition),
            "{text}"
        );
        let text = definition.to_json();
        assert_eq!(
            Definition::from_json(&text).as_ref(),
            Ok(&**definition),
            "{text}"
        );
    }
}
