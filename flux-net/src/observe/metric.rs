//! The metrics of this crate, by name.

flux_core::metrics! {
    CONNECTIONS: Gauge "flux_chat_connections" ["state"] "WebSocket connections, by whether they have said hello";
    ADMISSIONS_REFUSED: Counter "flux_chat_admissions_refused_total" ["code"] "connections refused before the upgrade";
    HELLOS: Counter "flux_chat_hellos_total" ["outcome"] "hellos, by whether they were welcomed or why not";
    CLOSES: Counter "flux_chat_closes_total" ["code"] "connections that ended, by what the server closed them with";
    COMMANDS: Counter "flux_chat_commands_total" ["command", "outcome"] "commands that were answered, by ok or the code of the refusal";
    COMMAND_TIME: Histogram "flux_chat_command_duration_seconds" ["command"] "time from a command to its answer";
    FRAMES: Counter "flux_chat_frames_total" ["direction"] "WebSocket messages that were read or written";
    FRAME_BYTES: Counter "flux_chat_frame_bytes_total" ["direction"] "bytes of the WebSocket messages that were read or written";
    DRAINING: Gauge "flux_chat_draining" [] "1 while the node sends its connections away";

    HTTP_REQUESTS: Counter "flux_http_requests_total" ["method", "route", "status"] "HTTP requests that were answered";
    HTTP_TIME: Histogram "flux_http_request_duration_seconds" ["method", "route"] "time from an HTTP request to its answer";
    HTTP_CONNECTIONS: Gauge "flux_http_connections" [] "TCP connections of the HTTP server, WebSockets included";
    HTTP_TURNED_AWAY: Counter "flux_http_connections_refused_total" [] "TCP connections closed at once because there were too many";

    GRPC_SERVED: Counter "flux_grpc_server_calls_total" ["method", "code"] "calls of other services that ended";
    GRPC_SERVED_TIME: Histogram "flux_grpc_server_call_duration_seconds" ["method"] "time that calls of other services took";
    GRPC_CALLED: Counter "flux_grpc_client_calls_total" ["method", "code"] "calls to other services that ended";
    GRPC_CALLED_TIME: Histogram "flux_grpc_client_call_duration_seconds" ["method"] "time that calls to other services took";

    PEER_LINKS: Gauge "flux_peer_links" ["state"] "links to other chat nodes, up or down";

    MAIL: Counter "flux_mail_total" ["outcome"] "mails and tries of mails, by what became of them";
    MAIL_QUEUE: Gauge "flux_mail_queue_mails" [] "mails that wait, are being sent, or will be tried again";
    MAIL_TIME: Histogram "flux_mail_send_duration_seconds" [] "time that one try to send a mail took";

    HASH_WAIT: Histogram "flux_password_wait_duration_seconds" [] "time that a password waited for a worker";
    HASH_TIME: Histogram "flux_password_hash_duration_seconds" [] "time that hashing a password took";
    HASH_QUEUE: Gauge "flux_password_queue_passwords" [] "passwords that are hashed or wait for it";
    HASH_REFUSED: Counter "flux_password_refused_total" [] "passwords that were not hashed because too many waited";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use flux_core::observe::MetricKind;

    use super::*;

    #[test]
    fn names_are_as_prometheus_wants_them() {
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len(), "each name once");
        for metric in ALL {
            assert!(metric.name.starts_with("flux_"), "{}", metric.name);
            assert_eq!(
                metric.name.ends_with("_total"),
                metric.kind == MetricKind::Counter,
                "{}",
                metric.name
            );
            assert_eq!(
                metric.name.ends_with("_seconds"),
                metric.kind == MetricKind::Histogram,
                "{}",
                metric.name
            );
        }
    }
}
