//! What goes to the terminal's clipboard: an id, or what is read.

use ratatui::text::Line;

use crate::console::action::Action;
use crate::console::message::{Effect, Effects};
use crate::console::pane::Look;
use crate::console::theme::{Role, Theme};
use crate::console::ui::{Layer, Ui};
use crate::console::{help, overlay};
use crate::snapshot::Snapshot;

/// Bytes of a copy, at most: some terminals drop the whole of a longer one.
const MOST: usize = 32 * 1_024;
/// Letters of a line that is copied.
const WIDTH: usize = 110;

/// Copies the selected row's id, or all of what is read.
pub(super) fn copy(ui: &mut Ui, shown: &Snapshot, live: &Snapshot) -> Effects {
    let Some((what, text)) = chosen(ui, shown, live) else {
        ui.tell(Role::Normal, "nothing is selected, so nothing was copied");
        return Vec::new();
    };
    let kept = within(&text, MOST);
    let cut = if kept.len() < text.len() {
        format!(", the first {} KiB of it", MOST / 1_024)
    } else {
        String::new()
    };
    let help = ui.key(Action::Help);
    ui.tell(
        Role::Normal,
        format!("{what}{cut} sent to the terminal's clipboard; {help} says what it needs"),
    );
    vec![Effect::Copy(kept.to_owned())]
}

/// What is copied, and what it is called.
fn chosen(ui: &Ui, shown: &Snapshot, live: &Snapshot) -> Option<(String, String)> {
    let look = Look {
        snapshot: shown,
        live,
        ui,
        theme: Theme::default(),
        now: shown.built_at,
    };
    let lines: Vec<String> = match &ui.layer {
        None => {
            let id = ui.selected_id(shown)?;
            return Some((id.clone(), id));
        }
        Some(Layer::Story { lines, .. }) => lines.clone(),
        Some(Layer::Detail { .. }) => {
            let lines = overlay::detail(ui.focused(), look, WIDTH);
            lines.iter().map(Line::to_string).collect()
        }
        Some(Layer::Help { .. }) => {
            let lines = help::lines(look, WIDTH);
            lines.iter().map(Line::to_string).collect()
        }
        _ => return None,
    };
    let text = lines.iter().map(|line| line.trim_end());
    let text = text.collect::<Vec<_>>().join("\n");
    Some((format!("{} lines", lines.len()), text))
}

/// As much of a text as fits, between two letters.
fn within(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_ends_between_two_letters() {
        assert_eq!(within("abc", 8), "abc");
        assert_eq!(within("aéb", 2), "a");
        assert_eq!(within("aéb", 3), "aé");
    }
}
