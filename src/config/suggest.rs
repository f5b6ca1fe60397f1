//! "Did you mean": near misses of names.

/// The known path nearest to `path`: a slip within it, or its name in another section.
pub(super) fn key(path: &str, known: Vec<String>) -> Option<String> {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let siblings = known.iter().filter_map(|path| {
        let (of, sibling) = path.rsplit_once('.').unwrap_or(("", path));
        (of == parent).then(|| sibling.to_owned())
    });
    if let Some(sibling) = nearest(name, siblings) {
        return Some(if parent.is_empty() {
            sibling
        } else {
            format!("{parent}.{sibling}")
        });
    }
    let same_name = |path: &&String| path.rsplit('.').next() == Some(name);
    // Slips in the section's name first: `[buss] queue`.
    let near = known
        .iter()
        .map(|known| (distance(path, known), known))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    near.map(|(_, known)| known)
        .or_else(|| known.iter().find(same_name))
        .cloned()
}

/// The nearest of some names, where it is near enough to be a slip of the hand.
pub fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .map(|known| (distance(name, &known), known))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, known)| known)
}

/// Bytes that two names may differ in length and still be compared.
const LONGEST_SLIP: usize = 16;

/// Letters to insert, remove, change or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    // No slip is this long, and a name from a file may be.
    if a.len().abs_diff(b.len()) > LONGEST_SLIP {
        return usize::MAX;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_slip() {
        assert_eq!(distance("queue", "queeu"), 1);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn a_name_in_the_wrong_section_is_found() {
        let known = vec!["health.window".to_owned(), "bus.queue".to_owned()];
        assert_eq!(key("risk.queue", known.clone()).unwrap(), "bus.queue");
        assert_eq!(key("buss.queue", known.clone()).unwrap(), "bus.queue");
        assert_eq!(key("bus.nonsense", known), None);
    }
}
