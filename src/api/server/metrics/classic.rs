//! The classic text format, which every scraper reads: a counter is declared by the name that its
//! samples have, and nothing marks the end.

/// The same metrics in the classic format.
pub(super) fn from_open_metrics(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut classic = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let of_counter = |line: &str| line.starts_with("# TYPE ") && line.ends_with(" counter");
        let declares = of_counter(line)
            || line.starts_with("# HELP ") && lines.peek().is_some_and(|next| of_counter(next));
        if declares {
            let mut words = line.splitn(4, ' ');
            let mut word = || words.next().unwrap_or_default();
            let (mark, what, name, rest) = (word(), word(), word(), word());
            classic.push_str(&format!("{mark} {what} {name}_total {rest}\n"));
        } else {
            classic.push_str(line);
            classic.push('\n');
        }
    }
    classic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_declared_as_they_are_sampled() {
        let open = "# HELP a_b Some words.\n# TYPE a_b counter\na_b_total 1\n\
                    # HELP c More.\n# TYPE c gauge\nc 2\n# EOF\n";
        let classic = "# HELP a_b_total Some words.\n# TYPE a_b_total counter\na_b_total 1\n\
                       # HELP c More.\n# TYPE c gauge\nc 2\n";
        assert_eq!(from_open_metrics(open), classic);
    }
}
