//! Each limit of the gate with its use and its last refusal, and the live guard's figures.

use super::ask::Ask;
use super::list;
use super::openapi::{AFTER, LIMIT, Words};
use super::routes::Given;
use crate::snapshot::{GuardRow, LimitRow, List};

pub(super) const LIMITS: Words = Words::of("Each limit of the gate, its use and its last refusal.")
    .query(&[LIMIT, AFTER])
    .gives_list::<LimitRow>();

pub(super) fn limits(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let rows = whole(snapshot.limits.clone(), snapshot.status.seq);
    let id = |row: &LimitRow| format!("{} {} {}", row.level, row.rule, row.unit);
    list::answer(ask, &rows, list::ALL, None, |_| true, id)
}

pub(super) const GUARD: Words = Words::of("What the live guard measures of each venue.")
    .query(&[LIMIT, AFTER])
    .gives_list::<GuardRow>();

pub(super) fn guard(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let rows = whole(snapshot.status.guard.clone(), snapshot.status.seq);
    let id = |row: &GuardRow| row.venue.clone();
    list::answer(ask, &rows, list::ALL, None, |_| true, id)
}

fn whole<T>(items: Vec<T>, seq: u64) -> List<T> {
    let total = items.len() as u64;
    List { items, seq, total }
}
