//! Which files are read, and of what pair each is where its name tells none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::FeedError;
use super::{UNNAMED, pair};
use crate::core::Symbol;

/// Files with the pair that stands for each, and the pairs of those left out.
pub(super) type Chosen = (Vec<(PathBuf, Symbol)>, Vec<Symbol>);

/// The files of a symbol, each with the pair that stands for it where its name tells none; and the pairs
/// of the others.
///
/// # Errors
/// Two names without a pair come to the same one, and nobody said that they are of one.
pub(super) fn choose(files: Vec<PathBuf>, symbol: Option<Symbol>) -> Result<Chosen, FeedError> {
    let unnamed = files.iter().filter(|file| told(file).is_none());
    let stems: Vec<Symbol> = unnamed.filter_map(|file| of_stem(file)).collect();
    let by_stem = stems.len() > 1 && symbol.is_none_or(|wanted| stems.contains(&wanted));
    let mut others = Vec::new();
    let mut chosen: Vec<(PathBuf, Symbol)> = Vec::new();
    let mut stands_in: BTreeMap<Symbol, PathBuf> = BTreeMap::new();
    for file in files {
        let stem = of_stem(&file).filter(|_| by_stem);
        match (told(&file).or(stem), symbol) {
            (Some(told), Some(wanted)) if told != wanted => others.push(told),
            (pair, wanted) => {
                let fallback = pair
                    .or(wanted)
                    .unwrap_or_else(|| UNNAMED.parse().expect("a pair"));
                if told(&file).is_none()
                    && (by_stem || wanted.is_none())
                    && let Some(first) = stands_in.insert(fallback, file.clone())
                {
                    return Err(FeedError::Clash {
                        first,
                        second: file,
                        what: format!(
                            "both names stand for {fallback}; --symbol says of what they are"
                        ),
                    });
                }
                chosen.push((file, fallback));
            }
        }
    }
    others.sort();
    others.dedup();
    Ok((chosen, others))
}

fn told(file: &Path) -> Option<Symbol> {
    pair::symbol(&file.file_name()?.to_string_lossy())
}

/// `BARS0/USD` of `bars0.csv`.
fn of_stem(file: &Path) -> Option<Symbol> {
    let name = file.file_name()?.to_string_lossy();
    let stem = name.split('.').next()?;
    let base: String = stem.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}/USD", base.get(..base.len().min(11))?)
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Tapes;

    fn write(dir: &Path, name: &str, row: &str) {
        std::fs::write(dir.join(name), row).unwrap();
    }

    #[test]
    fn two_names_that_stand_for_one_pair_are_refused_until_it_is_named() {
        let bar = |n: i64| format!("{},1,2,0.5,1.5,7", 1_704_067_200_000 + n * 60_000);
        for (first, second) in [
            ("generated_bars_1.csv", "generated_bars_2.csv"),
            ("bars.csv", "bars.json.csv"),
            ("\u{e9}.csv", "\u{fc}.csv"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), first, &bar(0));
            write(dir.path(), second, &bar(1));
            let refused = Tapes::open(&[dir.path().to_owned()], None).unwrap_err();
            let text = refused.to_string();
            for words in [first, second, "--symbol"] {
                assert!(text.contains(words), "{text}");
            }
            let named = Tapes::open(&[dir.path().to_owned()], Some("BTC/USD".parse().unwrap()));
            assert_eq!(named.unwrap().tapes[0].len(), 2);
        }
    }
}
