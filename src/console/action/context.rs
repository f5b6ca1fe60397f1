//! Where keys count.

use super::super::ui::{Layer, Ui};
use Context::{Always, Asking, Browsing, Commanding, Filling, Named, Reading, Typing};

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Everywhere.
    Always,
    /// On a screen, with nothing above it.
    Browsing,
    /// While a filter, a name or a reason is typed.
    Typing,
    /// While an action is named.
    Commanding,
    /// While a form is filled in.
    Filling,
    /// While a question is open.
    Asking,
    /// While help or a detail is open.
    Reading,
    /// By name in the palette only.
    Named,
}

impl Context {
    /// Every context that the console can be in.
    pub const PLACES: [Self; 6] = [Browsing, Typing, Commanding, Filling, Asking, Reading];

    /// Whether a key may mean both at once.
    pub fn overlaps(self, other: Self) -> bool {
        let mut places = Self::PLACES.into_iter();
        places.any(|here| self.counts_in(here) && other.counts_in(here))
    }

    /// Whether its keys count in `here`: what is named is typed too, and what is done by name alone
    /// counts on a screen where it was given a key.
    pub fn counts_in(self, here: Self) -> bool {
        self == Always
            || self == here
            || self == Typing && here == Commanding
            || self == Named && here == Browsing
    }

    /// Whether letters are typed in it.
    pub fn takes_letters(self) -> bool {
        matches!(self, Typing | Commanding | Filling)
    }
}

/// Where keys count at this moment.
pub fn context(ui: &Ui) -> Context {
    match ui.layer {
        None => Browsing,
        Some(Layer::Filter | Layer::Prompt(..)) => Typing,
        Some(Layer::Palette(_)) => Commanding,
        Some(Layer::Form(_)) => Filling,
        Some(Layer::Question(_)) => Asking,
        Some(Layer::Help { .. } | Layer::Detail { .. } | Layer::Story { .. } | Layer::LampTest) => {
            Reading
        }
    }
}
