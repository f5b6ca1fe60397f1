//! From the core's refusals and the engine's silence to problems with a status.

use super::request::Role;
use crate::client::{Problem, UNREACHABLE};
use crate::core::Refusal;
use crate::engine::EngineError;

/// Code of what this version has an endpoint for and nothing behind it.
const NOT_CONFIGURED: &str = "NOT_CONFIGURED";

/// Refusals by a budget, for which another try makes sense.
const RATES: [&str; 2] = ["RESERVE_API", "RISK_ORDER_RATE"];

/// Refusals of what only others may do.
const NOT_YOURS: [&str; 10] = [
    "ACTIVITY_OWNED",
    "APPROVAL_OPERATOR_ONLY",
    "CYCLE_KEY_PREFIX",
    "CYCLE_NOT_ASKED",
    "MESSAGE_NOT_YOURS",
    "RESEARCH_OWNED",
    "RESERVE_OWNED",
    "SERVICE_OWNED",
    "SUPERVISOR_ONLY",
    "TOKEN_OPERATOR_ONLY",
];

/// Refusals of what cannot be carried out as it is written, whatever the engine's state.
const UNFIT: [&str; 6] = [
    "RESEARCH_DATA",
    "RESEARCH_DATA_GAP",
    "RESEARCH_DATA_SHORT",
    "RESEARCH_PARAMETER",
    "RESEARCH_SPEC",
    "RESEARCH_STRATEGY",
];

/// Seconds after which another try makes sense where a budget was used up.
pub(super) const RETRY_AFTER_S: u32 = 1;

/// A refusal's status follows from its code.
pub(super) fn refused(refusal: Refusal) -> Problem {
    let code = refusal.code.as_str();
    let status = if RATES.contains(&code) {
        429
    } else if NOT_YOURS.contains(&code) {
        403
    } else if code.ends_with("_UNKNOWN") {
        404
    } else if code.ends_with("_INVALID") || code == "REASON_MISSING" || UNFIT.contains(&code) {
        422
    } else {
        409
    };
    Problem {
        status,
        code: refusal.code,
        message: refusal.message,
        hint: refusal.hint,
        rule: refusal.rule,
        limit: refusal.limit,
        value: refusal.value,
        holders: refusal.holders,
    }
}

pub(super) fn silent(error: &EngineError) -> Problem {
    let message = error.to_string();
    match error {
        EngineError::Busy => Problem::new(429, "ENGINE_BUSY", message, "try again in a second"),
        EngineError::Stopped => {
            Problem::new(503, UNREACHABLE, message, "`pilothouse run` starts one")
        }
        EngineError::TimedOut => Problem::new(
            503,
            "ENGINE_TIMEOUT",
            message,
            "`pilothouse audit` shows whether it was; repeat it with the same key",
        ),
    }
}

/// A handler panicked.
pub(super) fn internal() -> Problem {
    let message = "the request could not be answered";
    Problem::new(500, "INTERNAL", message, "see the log")
}

pub(super) fn forbidden(role: Role, needs: Role) -> Problem {
    Problem {
        rule: Some("role".into()),
        limit: Some(needs.to_string()),
        value: Some(role.to_string()),
        ..Problem::new(
            403,
            "FORBIDDEN",
            format!("the role {role} may not do this"),
            format!("it takes the role {needs}"),
        )
    }
}

/// Nobody is known by this.
pub(super) fn unauthenticated(message: &str, hint: &str) -> Problem {
    Problem::new(401, "UNAUTHENTICATED", message, hint)
}

/// There is no chance to make a token of.
pub(super) fn no_chance(error: &std::io::Error) -> Problem {
    let hint = "the system gives no random bytes; see its log";
    Problem::new(500, "TOKEN_FAILED", error.to_string(), hint)
}

/// The thing exists in the interfaces and not in this version.
pub(super) fn absent(what: &str) -> Problem {
    Problem::new(
        409,
        NOT_CONFIGURED,
        format!("{what} is not configured, or not part of this version"),
        "`pilothouse --help` lists what is",
    )
}

/// The path is there, and takes other methods.
pub(super) fn no_method(method: &str, path: &str, takes: &str) -> Problem {
    Problem::new(
        405,
        "METHOD_NOT_ALLOWED",
        format!("{path} takes no {method}"),
        format!("it takes {takes}"),
    )
}

/// A value that cannot be: in `field`, for this reason.
pub(super) fn invalid(field: &str, why: impl std::fmt::Display) -> Problem {
    Problem::new(
        422,
        "REQUEST_INVALID",
        format!("{field}: {why}"),
        "mend the value and ask again",
    )
}

/// The journal cannot be read, for this reason.
pub(super) fn unreadable(error: impl std::fmt::Display) -> Problem {
    Problem::new(
        409,
        "JOURNAL_UNREADABLE",
        error.to_string(),
        "`pilothouse journal verify` says where and what",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusals_status_follows_from_its_code() {
        for (code, status) in [
            ("RISK_PRICE_COLLAR", 409),
            ("RESERVE_CAPITAL", 409),
            ("RESERVE_BOUND", 409),
            ("IDEMPOTENCY_MISMATCH", 409),
            ("RESERVE_API", 429),
            ("RISK_ORDER_RATE", 429),
            ("ORDER_UNKNOWN", 404),
            ("CYCLE_KEY_PREFIX", 403),
            ("SUPERVISOR_ONLY", 403),
            ("RESEARCH_OWNED", 403),
            ("RESEARCH_UNKNOWN", 404),
            ("RESEARCH_DATA_GAP", 422),
            ("DEPLOY_STATE", 409),
            ("ORDER_INVALID", 422),
            ("REASON_MISSING", 422),
        ] {
            let refusal = Refusal::new(code, "m", "h")
                .measured(1, 2)
                .held_by(vec!["x".into()]);
            let problem = refused(refusal);
            assert_eq!((problem.status, problem.code.as_str()), (status, code));
            assert_eq!(problem.rule, Some(code.to_ascii_lowercase()));
            assert_eq!(
                (problem.limit, problem.value),
                (Some("1".into()), Some("2".into()))
            );
            assert_eq!(problem.holders, ["x"]);
        }
    }

    #[test]
    fn an_engine_that_gives_no_answer_says_which_kind() {
        let of = |e| (silent(&e).status, silent(&e).code);
        assert_eq!(of(EngineError::Busy), (429, "ENGINE_BUSY".into()));
        assert_eq!(of(EngineError::Stopped), (503, UNREACHABLE.into()));
        assert_eq!(of(EngineError::TimedOut), (503, "ENGINE_TIMEOUT".into()));
    }
}
