//! What stands beside the table: at the root, and what is no request with one answer.

use utoipa::ToSchema;

use super::words::Words;
use crate::api::request::Role;
use crate::api::stream;

/// Something that answers outside the table.
pub(super) struct Root {
    /// From the root on; the method is `GET`.
    pub(super) path: &'static str,
    pub(super) needs: Option<Role>,
    pub(super) words: Words,
}

/// Whether the process answers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is looked at")]
struct Liveness {
    /// `true`.
    ok: bool,
}

/// Whether the engine takes what is asked.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is looked at")]
struct Readiness {
    /// `false` while it recovers or stops.
    ready: bool,
}

/// All of them.
pub(super) const ROOTS: &[Root] = &[
    Root {
        path: stream::PATH,
        needs: Some(Role::Agent),
        words: Words::of(
            "The agents' stream: a WebSocket, JSON frames with a request id each, many requests under way.",
        )
        .nothing(101)
        .refuses(&[426]),
    },
    Root {
        path: "/healthz",
        needs: None,
        words: Words::of("Whether the process answers.").gives::<Liveness>(),
    },
    Root {
        path: "/readyz",
        needs: None,
        words: Words::of("Whether the engine takes what is asked; 503 while it recovers or stops.")
            .gives::<Readiness>()
            .answers::<Readiness>(503),
    },
    Root {
        path: "/metrics",
        needs: None,
        words: Words::of("Figures for Prometheus.").gives_text("text/plain"),
    },
    Root {
        path: "/docs",
        needs: None,
        words: Words::of("This reference, as a page.").gives_text("text/html"),
    },
];
