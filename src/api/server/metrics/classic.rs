//! The classic text format, which every scraper reads: a counter is declared by the name that its
//! samples have, it has no kind for what is said of the program, and nothing marks the end.

/// What is declared otherwise: the kind there, the end of its samples' names, the kind here.
const KINDS: [(&str, &str, &str); 2] = [
    (" counter", "_total", " counter"),
    (" info", "_info", " gauge"),
];

/// The same metrics in the classic format.
pub(super) fn from_open_metrics(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut classic = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let next = lines.peek().copied().unwrap_or_default();
        match declared(line, next) {
            Some(line) => classic.push_str(&line),
            None => classic.push_str(line),
        }
        classic.push('\n');
    }
    classic
}

/// The declaration of a kind that is declared otherwise; its help stands before its type.
fn declared(line: &str, next: &str) -> Option<String> {
    let of = |line: &str| {
        let kind = line.strip_prefix("# TYPE ")?;
        KINDS.into_iter().find(|(open, ..)| kind.ends_with(open))
    };
    if let Some((open, end, kind)) = of(line) {
        return Some(format!("{}{end}{kind}", line.strip_suffix(open)?));
    }
    let (_, end, _) = of(next)?;
    let (name, words) = line.strip_prefix("# HELP ")?.split_once(' ')?;
    Some(format!("# HELP {name}{end} {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_what_is_sampled() {
        let open = "# HELP a_b Some words.\n# TYPE a_b counter\na_b_total 1\n\
                    # HELP c More.\n# TYPE c gauge\nc 2\n\
                    # HELP d Who.\n# TYPE d info\nd_info{v=\"1\"} 1\n# EOF\n";
        let classic = "# HELP a_b_total Some words.\n# TYPE a_b_total counter\na_b_total 1\n\
                       # HELP c More.\n# TYPE c gauge\nc 2\n\
                       # HELP d_info Who.\n# TYPE d_info gauge\nd_info{v=\"1\"} 1\n";
        assert_eq!(from_open_metrics(open), classic);
    }
}
