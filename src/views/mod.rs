//! SQL tables folded from the journal, for people and their tools.
