//! A small form: figures in force, to be changed, or what something new is asked for with. What cannot
//! be is said beside the field it is about, also where it is the engine that refuses.

mod field;
mod research;

use serde_json::{Map, Value, json};

use super::message::Request;
use crate::client::{Call, Problem};
use crate::console::figures;
use crate::console::pane::orders;
use crate::core::order::{Kind, Purpose};
use crate::snapshot::{OrderRow, PositionRow, Snapshot};
pub use field::Field;
pub use research::Proved;

/// A form that is being filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The id of what is changed, or what is begun.
    pub about: String,
    /// What it is, in words.
    pub words: String,
    /// Its path below the API.
    path: String,
    /// What is typed.
    pub fields: Vec<Field>,
    /// Which one is typed.
    pub at: usize,
    /// What is wrong with the whole.
    pub error: Option<String>,
    /// Sent, and not answered yet.
    pub sent: bool,
    sends: Sends,
}

/// What a form sends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sends {
    /// The figures that were changed.
    Changes,
    /// That a version goes into service.
    Deployment {
        /// The strategy.
        strategy: String,
        /// Which version of it.
        version: String,
    },
    /// That a run begins.
    Run,
}

impl Form {
    fn new(about: impl Into<String>, words: String) -> Self {
        Self {
            about: about.into(),
            words,
            path: String::new(),
            fields: Vec::new(),
            at: 0,
            error: None,
            sent: false,
            sends: Sends::Changes,
        }
    }

    /// The form of a row of that id; an order that protects a position is that position's affair.
    pub fn of(id: &str, snapshot: &Snapshot) -> Option<Self> {
        let positions = &snapshot.positions.items;
        let order = snapshot
            .orders
            .items
            .iter()
            .find(|o| o.id.to_string() == id);
        let position = match order {
            Some(o) if matches!(o.purpose, Purpose::Stop | Purpose::Target) => {
                positions.iter().find(|p| Some(p.id) == o.position_id)
            }
            Some(o) => return Some(Self::of_order(o)),
            None => positions.iter().find(|p| p.id.to_string() == id),
        };
        position.map(Self::of_position)
    }

    fn of_position(p: &PositionRow) -> Self {
        let quantity = figures::quantity(p.quantity);
        let entry = figures::price(p.entry);
        let words = format!("{} {} {quantity} from {entry}", p.symbol, p.side);
        Self {
            path: format!("positions/{}", p.id),
            fields: vec![
                Field::new("stop", "price that ends it at a loss", p.stop),
                Field::new("target", "price that ends it at a gain", p.target),
                Field::trail(p.trail),
            ],
            ..Self::new(p.id.to_string(), words)
        }
    }

    fn of_order(o: &OrderRow) -> Self {
        let mut fields = vec![Field::new(
            "quantity",
            "base, with what has filled",
            Some(o.quantity),
        )];
        if o.kind == Kind::Limit {
            fields.push(Field::new("price", "its limit", o.price));
        }
        if o.stop_price.is_some() {
            fields.push(Field::new("stop_price", "its trigger", o.stop_price));
        }
        let filled = figures::quantity(o.filled);
        let words = format!(
            "{} {}, filled {filled}",
            o.symbol,
            orders::purpose(o.purpose)
        );
        Self {
            path: format!("orders/{}", o.id),
            fields,
            ..Self::new(o.id.to_string(), words)
        }
    }

    /// The figure that is typed, to change it; none while an answer is awaited.
    pub fn input(&mut self) -> Option<&mut String> {
        if self.sent {
            return None;
        }
        let field = self.fields.get_mut(self.at)?;
        field.error = None;
        self.error = None;
        Some(&mut field.text)
    }

    /// To the next figure, or the one before.
    pub fn step(&mut self, on: bool) {
        let all = self.fields.len();
        let by = if on { 1 } else { all.saturating_sub(1) };
        self.at = (self.at + by) % all.max(1);
    }

    /// What stands above it.
    pub fn title(&self) -> String {
        match self.sends {
            Sends::Changes => format!("EDIT {}", self.about),
            Sends::Deployment { .. } | Sends::Run => self.about.clone(),
        }
    }

    /// What sending it is called.
    pub fn request(&self) -> Request {
        match &self.sends {
            Sends::Changes => Request::Edit(self.about.clone()),
            Sends::Deployment { strategy, version } => {
                Request::Deploy(format!("{strategy} {version}"))
            }
            Sends::Run => {
                let strategy = self.fields.iter().find(|f| f.name == "strategy");
                Request::Optimise(strategy.map_or_else(String::new, |f| f.text.trim().to_owned()))
            }
        }
    }

    /// Whether it can be sent; where a field is wrong or nothing was changed, the form says so.
    pub fn holds(&mut self) -> bool {
        self.body().is_some()
    }

    /// What is asked of the engine; none where it cannot be sent, and then the form says so.
    pub fn send(&mut self) -> Option<Call> {
        if self.sent {
            return None;
        }
        let body = Value::Object(self.body()?);
        self.sent = true;
        let path = self.path.clone();
        Some(match self.sends {
            Sends::Changes => Call::patch(path, body),
            Sends::Deployment { .. } | Sends::Run => Call::post(path, body),
        })
    }

    fn body(&mut self) -> Option<Map<String, Value>> {
        self.error = None;
        let mut body = Map::new();
        let mut wrong = None;
        for (i, field) in self.fields.iter_mut().enumerate() {
            field.error = None;
            match field.wanted() {
                Ok(None) => {}
                Ok(Some(value)) => {
                    body.insert(field.name.to_owned(), value);
                }
                Err(why) => {
                    field.error = Some(why);
                    wrong.get_or_insert(i);
                }
            }
        }
        if let Some(at) = wrong {
            self.at = at;
            return None;
        }
        match &self.sends {
            Sends::Changes if body.is_empty() => {
                self.error = Some("no figure was changed: nothing to send".to_owned());
                return None;
            }
            Sends::Changes => {}
            Sends::Deployment { version, .. } => {
                body.insert("version".to_owned(), json!(version));
            }
            Sends::Run => {
                body.insert("kind".to_owned(), json!("optimise"));
                let data = body.remove("data");
                body.insert("data".to_owned(), json!([data]));
            }
        }
        Some(body)
    }

    /// The engine refuses: in `words`, beside the figure the problem is about.
    pub fn refused(&mut self, problem: &Problem, words: String) {
        self.sent = false;
        match self.culprit(problem) {
            Some(at) => {
                self.at = at;
                self.fields[at].error = Some(words);
            }
            None => self.error = Some(words),
        }
    }

    /// The figure a problem is about: the one it names, or the only changed one its code can mean.
    fn culprit(&self, problem: &Problem) -> Option<usize> {
        let named = |f: &Field| {
            let said = problem.message.trim_start_matches("the ");
            let rest = said.strip_prefix(f.name);
            rest.is_some_and(|rest| rest.starts_with([':', ' ']))
        };
        if let Some(at) = self.fields.iter().position(named) {
            return Some(at);
        }
        let of_size = matches!(&*problem.code, "RISK_SIZE" | "RISK_ORDER_VALUE");
        let of_price = problem.code.starts_with("RISK_PRICE");
        let meant = |f: &Field| match f.name {
            "quantity" => of_size,
            "capital" => problem.code == "DEPLOY_CAPITAL",
            "strategy" => problem.code == "RESEARCH_STRATEGY",
            "data" => problem.code == "RESEARCH_DATA",
            "stop" | "target" | "price" | "stop_price" => of_price,
            _ => false,
        };
        let mut meant = (0..self.fields.len()).filter(|i| {
            let field = &self.fields[*i];
            meant(field) && matches!(field.wanted(), Ok(Some(_)))
        });
        meant.next().filter(|_| meant.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    fn form(id: &str) -> Form {
        Form::of(id, &fixture::snapshot()).unwrap()
    }

    fn types(form: &mut Form, text: &str) {
        *form.input().unwrap() = text.to_owned();
    }

    fn refusal(code: &str, message: &str) -> Problem {
        Problem::new(409, code, message, "mend it")
    }

    #[test]
    fn figures_in_force_are_filled_in_and_only_changes_are_sent() {
        let mut form = form("position_9");
        let names: Vec<&str> = form.fields.iter().map(|f| f.name).collect();
        assert_eq!(names, ["stop", "target", "trail"]);
        assert_eq!(form.fields[0].text, "61515.7");
        assert_eq!(form.send(), None);
        assert!(
            form.error
                .as_ref()
                .unwrap()
                .contains("no figure was changed")
        );
        types(&mut form, "63,100.50");
        let call = form.send().unwrap();
        assert_eq!(
            (call.method, &*call.path),
            ("PATCH", "positions/position_9")
        );
        assert_eq!(call.body.to_string(), r#"{"stop":"63100.50"}"#);
        assert_eq!(form.send(), None, "once is enough");
        assert_eq!(form.input(), None, "what is sent is not typed over");
    }

    #[test]
    fn a_wrong_figure_is_said_beside_it_and_nothing_is_sent() {
        for (wrong, why) in [
            ("soon", "no number"),
            ("-5", "above zero"),
            ("0", "above zero"),
            ("NaN", "no number"),
            ("61515,7", "no number"),
            ("", "not taken away"),
        ] {
            let mut form = form("position_9");
            form.step(true);
            types(&mut form, wrong);
            form.step(false);
            assert_eq!(form.send(), None, "{wrong}");
            assert_eq!(form.at, 1, "{wrong}");
            let error = form.fields[1].error.clone().unwrap();
            assert!(error.contains(why), "{wrong}: {error}");
            types(&mut form, "70000");
            assert_eq!(form.fields[1].error, None);
        }
    }

    #[test]
    fn a_trail_is_ended_by_zero_and_by_nothing() {
        for ended in ["", "0", " 0.0 "] {
            let mut form = form("position_7");
            assert_eq!(form.fields[2].text, "1.5");
            form.at = 2;
            types(&mut form, ended);
            let call = form.send().unwrap();
            assert_eq!(call.body.to_string(), r#"{"trail":"0"}"#, "{ended}");
        }
        let mut never = form("position_9");
        never.at = 2;
        types(&mut never, "0");
        assert_eq!(never.send(), None);
    }

    #[test]
    fn a_trail_is_percent_here_and_a_fraction_there() {
        let mut form = form("position_7");
        assert_eq!(form.fields[2].label, "trail %");
        form.at = 2;
        types(&mut form, "2.5");
        let call = form.send().unwrap();
        assert_eq!(call.body.to_string(), r#"{"trail":"0.025"}"#);
    }

    #[test]
    fn what_protects_a_position_is_changed_with_it() {
        assert_eq!(form("order_44").about, "position_9");
        let entry = form("order_45");
        assert_eq!(entry.about, "order_45");
        let names: Vec<&str> = entry.fields.iter().map(|f| f.name).collect();
        assert_eq!(names, ["quantity", "price"]);
        assert_eq!(Form::of("order_4711", &fixture::snapshot()), None);
    }

    #[test]
    fn a_refusal_stands_beside_the_figure_it_is_about() {
        let mut form = form("order_45");
        form.step(true);
        types(&mut form, "99999");
        form.send().unwrap();
        form.refused(
            &refusal("RISK_PRICE_COLLAR", "too far off"),
            "collar".into(),
        );
        assert_eq!(form.fields[1].error.as_deref(), Some("collar"));
        assert!(!form.sent, "it can be mended and sent again");
        form.send().unwrap();
        form.refused(&refusal("RISK_CAPITAL", "none is free"), "capital".into());
        assert_eq!(form.error.as_deref(), Some("capital"));
        let named = refusal("REQUEST_INVALID", "quantity: more than 8 digits");
        form.refused(&named, "digits".into());
        assert_eq!(
            (form.at, form.fields[0].error.as_deref()),
            (0, Some("digits"))
        );
    }

    #[test]
    fn a_refusal_that_may_mean_two_figures_is_said_of_the_whole() {
        let mut form = form("position_9");
        types(&mut form, "70000");
        form.step(true);
        types(&mut form, "60000");
        form.send().unwrap();
        form.refused(&refusal("RISK_PRICE", "off the step"), "step".into());
        assert_eq!(form.error.as_deref(), Some("step"));
        let which = refusal("RISK_PRICE", "the target is on the wrong side of the price");
        form.refused(&which, "side".into());
        assert_eq!(
            (form.at, form.fields[1].error.as_deref()),
            (1, Some("side"))
        );
    }
}
