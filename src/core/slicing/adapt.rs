//! How large a child is: halved where the market is thin, doubled where the plan is behind.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::view::View;
use crate::core::order::Order;
use crate::core::quote::Quote;

/// A child whose mean price is so much worse than expected has moved the price: a fraction.
const MOVED: Decimal = dec!(0.0005);

/// Of a plan in slots: what the slot is due, halved or doubled, up to what is due in all.
pub(super) fn timed(view: &View, target: Decimal, nominal: Decimal) -> Decimal {
    let due = (target - view.committed).max(Decimal::ZERO);
    if view.slicing.is_last_slot(view.now) {
        // Nothing comes after it: as much as may be, and no more than twice a slice of the mean size.
        let rest = view.order.quantity - view.slicing.before;
        let mean = rest / Decimal::from(view.slicing.slots.max(1));
        let most = Decimal::TWO * nominal.max(mean).max(view.minimum);
        return due.min(most);
    }
    let is_behind = due >= nominal + view.minimum;
    let size = halved(view, nominal);
    let size = if is_behind { Decimal::TWO * size } else { size };
    let rounding = due - nominal;
    if !is_behind && !view.is_careful && rounding > Decimal::ZERO {
        return due;
    }
    size.min(due)
}

/// Half of it where children should be smaller, never under what the venue takes.
pub(super) fn halved(view: &View, size: Decimal) -> Decimal {
    if view.is_careful {
        (size / Decimal::TWO).max(view.minimum)
    } else {
        size
    }
}

/// Whether the spread exceeds half of its cap.
pub(super) fn is_wide(quote: &Quote, cap: Decimal) -> bool {
    let middle = (quote.ask + quote.bid) / Decimal::TWO;
    let spread = (quote.ask - quote.bid).checked_div(middle);
    spread.unwrap_or_default() > cap / Decimal::TWO
}

/// Whether a child's fills were worse than what was to be expected.
pub(super) fn has_moved_the_price(child: &Order, expected: Decimal) -> bool {
    let worse = child.average_price().and_then(|mean| {
        let paid = (mean - child.decision_price) * child.request.side.sign();
        paid.checked_div(child.decision_price)
    });
    worse.is_some_and(|w| w > expected + MOVED)
}
