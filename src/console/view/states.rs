//! Everything the console can look like, for tests that hold it to something everywhere.

use super::tests::frozen;
use super::*;
use crate::console::fixture;
use crate::console::form::Form;
use crate::console::palette::Typed;
use crate::console::ui::{Layer, Prompt, Question, Screen};

/// Everything that can lie above a screen.
pub(super) fn layers() -> Vec<Layer> {
    let chosen = Typed {
        chosen: Some(3),
        ..Typed::default()
    };
    let wrong = Typed {
        error: Some("no row here is \"order_9\"; did you mean order_42? ".repeat(4)),
        .."go order_9".into()
    };
    vec![
        Layer::Filter,
        Layer::Palette("pa".into()),
        Layer::Palette("go ".into()),
        Layer::Palette("zzz".into()),
        Layer::Palette(chosen),
        Layer::Palette(wrong),
        Layer::Prompt(Prompt::ClearWord(3), "CLE".into()),
        Layer::Question(Question::Close(
            "position_7".into(),
            "long 0.4 BTC/USDT from 67900.00, now 68000.00, P&L +40.00".into(),
        )),
        Layer::Form(Form::of("position_9", &fixture::snapshot()).unwrap()),
        Layer::Form(Form::optimise("ema_cross")),
        Layer::Help { scroll: 5 },
        Layer::Detail { scroll: 900 },
        Layer::LampTest,
        Layer::Prompt(
            Prompt::RenewTtl("trader_1771077231000".into()),
            "300".into(),
        ),
        Layer::Question(Question::Approve("approval_3".into(), "buy 1 ".repeat(60))),
        Layer::Story {
            about: "order_41".into(),
            lines: vec!["risk looked at 12 rules and all passed".repeat(9); 40],
            scroll: 3,
        },
    ]
}

/// Every pane of every screen with the keys, every layer over every screen, and what was.
pub(super) fn everything() -> Vec<Ui> {
    let mut all = Vec::new();
    for screen in Screen::all() {
        let mut ui = Ui::new(false);
        ui.screen = screen;
        for focus in 0..ui.screen.panes().len() {
            ui.focus = focus;
            all.push(ui.clone());
        }
        for layer in layers() {
            let mut ui = Ui::new(false);
            ui.screen = screen;
            ui.layer = Some(layer);
            ui.tell(Role::Bad, "RESUME_CAUSE_LASTS the cause lasts");
            all.push(ui);
        }
    }
    for focus in 0..2 {
        let mut ui = super::research_tests::reported();
        ui.focus = focus;
        all.push(ui.clone());
        ui.layer = Some(Layer::Detail { scroll: 0 });
        all.push(ui);
    }
    all.push(frozen());
    all
}
