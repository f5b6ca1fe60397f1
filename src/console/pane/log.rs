//! Log: what the program says, as tui-logger kept it.

use ratatui::Frame;
use ratatui::layout::Rect;
use tui_logger::{TuiLoggerLevelOutput, TuiLoggerWidget};

use super::Look;
use crate::console::theme::Role;

/// Draws the latest lines.
pub fn draw(look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let style = |role| look.theme.style(role);
    let widget = TuiLoggerWidget::default()
        .output_timestamp(Some("%H:%M:%S".to_owned()))
        .output_level(Some(TuiLoggerLevelOutput::Long))
        .output_separator(' ')
        .output_target(false)
        .output_file(false)
        .output_line(false)
        .style(style(Role::Normal))
        .style_error(style(Role::Bad))
        .style_warn(style(Role::Warn))
        .style_debug(style(Role::Quiet))
        .style_trace(style(Role::Quiet));
    frame.render_widget(widget, area);
}
