//! Shows a part of itself at its limit; when that is filled, the next.

use super::view::{View, Wish};

pub(super) fn wish(view: &View) -> Wish {
    match view.live_child() {
        Some(_) => Wish::Wait,
        None => view.send(view.shown()),
    }
}
