//! Records a console session as one SVG that plays by itself: `cargo run --example record -- OUT.svg
//! COLUMNS ROWS SCRIPT PROGRAM [ARGUMENT…]`. A line of the script is what is pressed, and for how many
//! milliseconds what comes of it is shown: `p 1500`, `^X 2500`, `Enter 2000`, `- 3000` for nothing.
//!
//! The picture in the README is made with it, so that it shows what is, not what somebody drew.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use vt100::{Color, Parser, Screen};

/// Width and height of a letter, and the margin, pixels.
const LETTER: (f32, f32) = (8.4, 17.0);
const MARGIN: f32 = 12.0;
/// However long something takes to come, what came is shown no longer.
const LONGEST: Duration = Duration::from_secs(4);
const BACKGROUND: &str = "#11151c";
const FOREGROUND: &str = "#d5dae3";
/// The 16 colours of a terminal.
const PALETTE: [&str; 16] = [
    "#1c212b", "#e5534b", "#57ab5a", "#d4a72c", "#539bf5", "#b083f0", "#39c5cf", "#adbac7",
    "#6b7688", "#ff7b72", "#6bc46d", "#e3b341", "#6cb6ff", "#dcbdfb", "#56d4dd", "#f0f6fc",
];

/// What is pressed, and how long what comes of it is shown.
struct Step {
    keys: Vec<u8>,
    shown: Duration,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, columns, rows, script, program, rest @ ..] = &arguments[..] else {
        return Err("OUT.svg COLUMNS ROWS SCRIPT PROGRAM [ARGUMENT…] are needed".into());
    };
    let (columns, rows) = (columns.parse()?, rows.parse()?);
    let script = fs::read_to_string(script)?;
    let steps: Vec<Step> = script.lines().filter_map(step).collect();

    let size = PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system().openpty(size)?;
    let mut command = CommandBuilder::new(program);
    command.args(rest);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.cwd(std::env::current_dir()?);
    let mut child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let parser = Arc::new(Mutex::new(Parser::new(rows, columns, 0)));
    let mut reader = pair.master.try_clone_reader()?;
    let seen = Arc::clone(&parser);
    std::thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            seen.lock()
                .expect("nobody panics with it")
                .process(&bytes[..count]);
        }
    });
    let mut writer = pair.master.take_writer()?;
    let mut frames = Vec::new();
    for step in &steps {
        writer.write_all(&step.keys)?;
        writer.flush()?;
        std::thread::sleep(step.shown);
        let parser = parser.lock().expect("nobody panics with it");
        frames.push((picture(parser.screen()), step.shown.min(LONGEST)));
    }
    child.kill()?;
    fs::write(out, film(&frames, columns, rows))?;
    Ok(())
}

/// A line of the script; none for an empty one and a comment.
fn step(line: &str) -> Option<Step> {
    let (keys, ms) = line.trim().rsplit_once(' ')?;
    if keys.starts_with('#') {
        return None;
    }
    let keys = match keys {
        "-" => Vec::new(),
        "Enter" => b"\r".to_vec(),
        "Tab" => b"\t".to_vec(),
        "Esc" => b"\x1b".to_vec(),
        "Down" => b"\x1b[B".to_vec(),
        "Up" => b"\x1b[A".to_vec(),
        control if control.len() == 2 && control.starts_with('^') => {
            vec![control.as_bytes()[1].to_ascii_uppercase() - b'@']
        }
        text => text.as_bytes().to_vec(),
    };
    let shown = Duration::from_millis(ms.parse().ok()?);
    Some(Step { keys, shown })
}

/// One screen as SVG.
fn picture(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let mut svg = String::new();
    for row in 0..rows {
        let y = MARGIN + f32::from(row) * LETTER.1;
        let mut column = 0;
        while column < columns {
            let style = style(screen, row, column);
            let (from, mut text) = (column, String::new());
            while column < columns && self::style(screen, row, column) == style {
                let letters = screen.cell(row, column).map_or("", |cell| cell.contents());
                text.push_str(if letters.is_empty() { " " } else { letters });
                column += 1;
            }
            run(&mut svg, y, from, &text, &style);
        }
    }
    svg
}

/// Foreground, background and whether it is bold.
type Style = (String, Option<String>, bool);

fn style(screen: &Screen, row: u16, column: u16) -> Style {
    let Some(cell) = screen.cell(row, column) else {
        return (FOREGROUND.into(), None, false);
    };
    let (mut front, mut back) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        (front, back) = (
            Some(back.unwrap_or(BACKGROUND.into())),
            Some(front.unwrap_or(FOREGROUND.into())),
        );
    }
    let dim = if cell.dim() { "#7d8899" } else { FOREGROUND };
    (front.unwrap_or(dim.into()), back, cell.bold())
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(n) => PALETTE.get(usize::from(n)).map(|c| (*c).to_owned()),
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
    }
}

fn run(svg: &mut String, y: f32, column: u16, text: &str, (front, back, bold): &Style) {
    let x = MARGIN + f32::from(column) * LETTER.0;
    let width = text.chars().count() as f32 * LETTER.0;
    if let Some(back) = back {
        let height = LETTER.1;
        let _ = write!(
            svg,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{back}"/>"#
        );
    }
    let shown = text.trim_end();
    if shown.trim_start().is_empty() {
        return;
    }
    let before = (shown.chars().count() - shown.trim_start().chars().count()) as f32 * LETTER.0;
    let shown = shown.trim_start();
    let length = shown.chars().count() as f32 * LETTER.0;
    let escaped = shown
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let weight = if *bold { r#" font-weight="bold""# } else { "" };
    let (x, y) = (x + before, y + LETTER.1 * 0.78);
    let _ = write!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" fill="{front}" textLength="{length:.1}" lengthAdjust="spacingAndGlyphs"{weight}>{escaped}</text>"#
    );
}

/// The screens one after the other, for ever; the last one where nothing moves.
fn film(frames: &[(String, Duration)], columns: u16, rows: u16) -> String {
    let width = f32::from(columns) * LETTER.0 + 2.0 * MARGIN;
    let height = f32::from(rows) * LETTER.1 + 2.0 * MARGIN;
    let all: f32 = frames.iter().map(|(_, shown)| shown.as_secs_f32()).sum();
    let mut styles = String::new();
    let mut groups = String::new();
    let mut at = 0.0;
    for (n, (picture, shown)) in frames.iter().enumerate() {
        let (from, to) = (at / all * 100.0, (at + shown.as_secs_f32()) / all * 100.0);
        at += shown.as_secs_f32();
        let _ = write!(
            styles,
            "@keyframes f{n}{{0%,{from:.3}%{{visibility:hidden}}{from:.3}%,{to:.3}%{{visibility:visible}}{to:.3}%,100%{{visibility:hidden}}}}\
             #f{n}{{visibility:hidden;animation:f{n} {all:.1}s step-end infinite}}"
        );
        let _ = write!(groups, r#"<g id="f{n}">{picture}</g>"#);
    }
    let last = frames.len().saturating_sub(1);
    let _ = write!(
        styles,
        "@media (prefers-reduced-motion:reduce){{g{{animation:none!important}}#f{last}{{visibility:visible!important}}}}"
    );
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" xml:space="preserve"><style>{styles}</style><rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>{groups}</svg>
"#
    )
}
