//! Strategies at work: deployments on their way to service, champions in it, candidates that are tried.

use rust_decimal::Decimal;

use super::equity::role;
use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::service::{End, Kind};
use crate::core::time::DAY_MS;
use crate::snapshot::{PromiseRow, ServiceRow, Snapshot};

/// The pane.
pub struct Services;

const COLUMNS: &[Column] = &[
    Column::whole("strategy", 10, 10),
    Column::whole("stage", 8, 8),
    Column::whole("state", 10, 9),
    Column::number("P&L", 8, 7),
    Column::number("trades", 6, 5),
    Column::number("Sharpe/prom", 11, 5),
    Column::number("fall/max %", 10, 6),
    Column::number("left", 4, 4),
    Column::number("capital", 7, 2),
    Column::whole("pair", 8, 1),
    Column::words("waits for, or why", 8, 3),
    Column::whole("version", 7, 1),
    Column::whole("id", 9, 0),
];

/// For how long what was taken back stands first, milliseconds.
const RECENT: i64 = DAY_MS;
/// The stage of a champion.
const CHAMPION: &str = "in_service";

/// A service of that id.
pub fn of<'a>(id: &str, snapshot: &'a Snapshot) -> Option<&'a ServiceRow> {
    let mut services = snapshot.research.services.iter();
    services.find(|service| service.id.to_string() == id)
}

/// How a service ended, in words.
pub fn ended(how: End) -> &'static str {
    match how {
        End::RolledBack => "rolled back",
        how => how.as_str(),
    }
}

/// Whether it is in service with all of its capital.
pub fn is_champion(service: &ServiceRow) -> bool {
    service.kind == Kind::Deployment && service.end.is_none() && service.stage == CHAMPION
}

/// The stages it goes through, the present one in brackets.
pub fn ladder(service: &ServiceRow, snapshot: &Snapshot) -> String {
    let steps = match service.kind {
        Kind::Candidate => vec![
            ("warm".to_owned(), "warm".to_owned()),
            ("limited".to_owned(), "limited".to_owned()),
            ("promoted".to_owned(), "promoted".to_owned()),
        ],
        Kind::Deployment => {
            let parts = 1..=snapshot.research.shares.len();
            let names = parts.map(|n| format!("stage_{n}"));
            let names = names.chain([CHAMPION.to_owned()]);
            names
                .map(|name| (name.clone(), stage(&name, snapshot)))
                .collect()
        }
    };
    let promoted = service.end.as_ref().is_some_and(|e| e.how == End::Promoted);
    let at = if promoted { "promoted" } else { &service.stage };
    let steps = steps.into_iter().map(|(stage, words)| match stage == at {
        true => format!("[{words}]"),
        false => words,
    });
    steps.collect::<Vec<_>>().join(" > ")
}

/// A stage as the ladder has it.
pub fn stage(name: &str, snapshot: &Snapshot) -> String {
    let part = name
        .strip_prefix("stage_")
        .and_then(|n| n.parse::<usize>().ok());
    let share = part.and_then(|n| snapshot.research.shares.get(n.checked_sub(1)?));
    share.map_or_else(|| name.replace('_', " "), |s| figures::percent(*s))
}

/// Where it stands, with its shape.
pub fn state(service: &ServiceRow) -> Cell {
    match service.end.as_ref().map(|end| end.how) {
        Some(End::RolledBack) => Cell::of(Role::Bad, "X rolled back"),
        Some(End::Dropped) if service.stage == CHAMPION => Cell::of(Role::Bad, "X dropped"),
        Some(End::Dropped) => Cell::of(Role::Warn, "! dropped"),
        Some(End::Promoted) => Cell::of(Role::Good, "+ promoted"),
        Some(how @ (End::Superseded | End::Cancelled)) => format!("- {}", ended(how)).into(),
        None if service.status == "waiting" => Cell::of(Role::Warn, "! waiting"),
        None if is_champion(service) => Cell::of(Role::Strong, "* champion"),
        None if service.stage == "warm" => "> on paper".into(),
        None => "> trading".into(),
    }
}

/// What its research promises, in words.
pub fn promise(promise: Option<&PromiseRow>) -> String {
    promise.map_or("nothing: nobody has judged it".to_owned(), |p| {
        format!(
            "Sharpe {}, drawdown {}%, return {}%",
            ratio(p.sharpe),
            figures::money(p.max_drawdown_pct),
            figures::signed(p.return_pct)
        )
    })
}

/// What becomes of its open positions, in words.
fn closes(service: &ServiceRow, snapshot: &Snapshot) -> String {
    match positions(service, snapshot).count() {
        0 => "It has no open position;".to_owned(),
        1 => "Its open position is closed at the market;".to_owned(),
        n => format!("Its {n} open positions are closed at the market;"),
    }
}

/// What dropping a candidate does, in words.
pub fn dropped(service: &ServiceRow, snapshot: &Snapshot) -> String {
    let strategy = service.strategy;
    if service.stage == "warm" {
        return format!("{strategy} trades on paper only: no money is in it. It is tried no more.");
    }
    format!(
        "{} {} USD go free. {strategy} is tried no more.",
        closes(service, snapshot),
        figures::money(service.asked)
    )
}

/// What rolling it back does, in words.
pub fn rolled_back(service: &ServiceRow, snapshot: &Snapshot) -> String {
    let closes = closes(service, snapshot);
    let back = match (service.replaces, is_champion(service)) {
        (Some(id), true) => format!(" {id} goes back to work."),
        _ => String::new(),
    };
    format!(
        "{} is taken back. {closes} {} USD go free.{back}",
        service.version,
        figures::money(service.asked)
    )
}

/// The open positions of its strategy on its pair.
pub fn positions<'a>(
    service: &ServiceRow,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = &'a crate::snapshot::PositionRow> {
    let (strategy, symbol) = (service.strategy, service.symbol);
    let open = snapshot.positions.items.iter();
    open.filter(move |p| p.status == "open" && p.strategy == Some(strategy) && p.symbol == symbol)
}

/// A ratio with two decimals, `-` where there is none.
pub fn ratio(ratio: Option<Decimal>) -> String {
    ratio.map_or("-".to_owned(), figures::money)
}

/// How its fall from the peak looks, of the one that ends it.
pub fn fall(service: &ServiceRow) -> Cell {
    let one = |percent: Decimal| format!("{:.1}", percent.round_dp(1));
    let own = one(service.max_drawdown_pct);
    match service.allowed_drawdown_pct {
        Some(allowed) => {
            let share = figures::use_of(service.max_drawdown_pct, allowed);
            let role = match service.end {
                Some(_) => Role::Normal,
                None => figures::role_of_use(share),
            };
            Cell::of(role, format!("{own}/{}", one(allowed)))
        }
        None => own.into(),
    }
}

/// What must be seen first: what was taken back of late, what waits, champions, deployments on their
/// way, candidates, then what ended.
fn rank(service: &ServiceRow, clock: Time) -> u8 {
    match &service.end {
        Some(end) => {
            let lost =
                end.how == End::RolledBack || end.how == End::Dropped && service.stage == CHAMPION;
            if lost && clock - end.at < RECENT {
                0
            } else {
                5
            }
        }
        None if service.status == "waiting" => 1,
        None if is_champion(service) => 2,
        None if service.kind == Kind::Deployment => 3,
        None => 4,
    }
}

impl Rows for Services {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let services = &snapshot.research.services;
        let mut order: Vec<usize> = (0..services.len()).collect();
        order.sort_by_key(|i| rank(&services[*i], snapshot.status.clock));
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.research.services[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let s = &snapshot.research.services[index];
        let gone = s.end.is_some();
        let promised = s.promise.as_ref().and_then(|p| p.sharpe);
        let capital = match s.capital.is_zero() {
            true => s.asked,
            false => s.capital,
        };
        let why = s
            .waits_for
            .clone()
            .or_else(|| s.end.as_ref().map(|e| e.reason.clone()));
        Row {
            cells: vec![
                s.strategy.to_string().into(),
                ladder(s, snapshot).into(),
                state(s),
                Cell::of(
                    if gone { Role::Normal } else { role(s.pnl) },
                    figures::signed(s.pnl),
                ),
                figures::count(s.trades).into(),
                format!("{}/{}", ratio(s.sharpe), ratio(promised)).into(),
                fall(s),
                left(s).into(),
                figures::short(capital).into(),
                s.symbol.to_string().into(),
                why.unwrap_or_default().into(),
                s.version.clone().into(),
                s.id.to_string().into(),
            ],
            quiet: gone,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.research.services[index])
    }
}

/// Engine time before its stage can be left, coarsely; `due` where it is judged as soon as it can be.
pub fn left(service: &ServiceRow) -> String {
    match service.time_left_s {
        None => "-".to_owned(),
        Some(0) => "due".to_owned(),
        Some(seconds) => figures::about(seconds),
    }
}

/// How many champions there are, how many are on their way, and what was lost of late.
pub fn summary(snapshot: &Snapshot) -> String {
    let clock = snapshot.status.clock;
    let services = &snapshot.research.services;
    let count = |of: &dyn Fn(&&ServiceRow) -> bool| services.iter().filter(of).count();
    let live = |kind: Kind| move |s: &&ServiceRow| s.end.is_none() && s.kind == kind;
    let champions = count(&|s| is_champion(s));
    let parts = [
        (count(&|s| rank(s, clock) == 0), "lost today"),
        (count(&|s| rank(s, clock) == 1), "waiting"),
        (
            champions,
            if champions == 1 {
                "champion"
            } else {
                "champions"
            },
        ),
        (count(&live(Kind::Deployment)) - champions, "in stages"),
        (count(&live(Kind::Candidate)), "tried"),
    ];
    let shown = parts
        .iter()
        .filter(|(n, words)| *n > 0 || *words == "champions");
    let words: Vec<String> = shown.map(|(n, words)| format!("{n} {words}")).collect();
    words.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    #[test]
    fn the_present_stage_stands_in_brackets() {
        let snapshot = fixture::snapshot();
        let ladders: Vec<String> = Services
            .order(&snapshot)
            .iter()
            .map(|i| ladder(&snapshot.research.services[*i], &snapshot))
            .collect();
        assert_eq!(
            ladders[0], "10% > [50%] > 100% > in service",
            "rolled back there"
        );
        assert!(ladders.contains(&"10% > 50% > 100% > [in service]".to_owned()));
        assert!(ladders.contains(&"[warm] > limited > promoted".to_owned()));
        assert!(ladders.contains(&"warm > limited > [promoted]".to_owned()));
    }

    #[test]
    fn what_was_taken_back_of_late_stands_first_and_champions_before_what_is_tried() {
        let snapshot = fixture::snapshot();
        let states: Vec<String> = Services
            .order(&snapshot)
            .iter()
            .map(|i| state(&snapshot.research.services[*i]).text)
            .collect();
        assert_eq!(
            states[..5],
            [
                "X rolled back",
                "! waiting",
                "* champion",
                "> trading",
                "> trading"
            ]
        );
    }

    #[test]
    fn a_question_says_what_a_rollback_does() {
        let snapshot = fixture::snapshot();
        let champion = snapshot.research.services.iter().find(|s| is_champion(s));
        let words = rolled_back(champion.unwrap(), &snapshot);
        for part in [
            "1-run_21",
            "open position is closed",
            "4,000.00 USD go free",
            "service_18 goes back",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }
}
