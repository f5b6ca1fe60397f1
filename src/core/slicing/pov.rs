//! A share of the traded volume: what the market has traded since the start allows so much.

use super::adapt;
use super::view::{View, Wish};

pub(super) fn wish(view: &View) -> Wish {
    let allowed = view.slicing.share_of_volume(view.pov_share);
    let backlog = allowed.min(view.order.quantity) - view.committed;
    view.send(adapt::halved(view, backlog).min(backlog))
}
