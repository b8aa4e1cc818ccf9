//! The catalogue of errors, as programs see it.

use std::collections::HashSet;

use flux_proto::{CloseCode, ErrorCode, Language, Reconnect, Retry, v1};

#[test]
fn every_code_is_read_back_from_its_text() {
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
        assert_eq!(code.to_string(), code.as_str());
    }
    for unknown in ["", "NOT_FOUND", "not_found ", "from_the_future"] {
        assert_eq!(ErrorCode::parse(unknown), None);
    }
}

#[test]
fn the_rows_stand_in_the_order_of_the_variants() {
    for (code, text, status) in [
        (ErrorCode::Malformed, "malformed", 400),
        (ErrorCode::NotFound, "not_found", 404),
        (ErrorCode::MessageConflict, "message_conflict", 409),
        (ErrorCode::Timeout, "timeout", 504),
        (ErrorCode::Internal, "internal", 500),
    ] {
        assert_eq!((code.as_str(), code.http_status()), (text, status));
    }
}

#[test]
fn what_may_be_repeated_is_the_servers_trouble_or_a_matter_of_waiting() {
    let later: HashSet<_> = ErrorCode::ALL.into_iter().filter(|code| code.retry() == Retry::Later).collect();
    let expected = [
        ErrorCode::SendHeld,
        ErrorCode::TooManyOpenRequests,
        ErrorCode::RateLimited,
        ErrorCode::Overloaded,
        ErrorCode::Unavailable,
        ErrorCode::Timeout,
        ErrorCode::Draining,
    ];
    assert_eq!(later, HashSet::from(expected));
}

#[test]
fn every_code_has_a_sentence_in_each_language() {
    for code in ErrorCode::ALL {
        assert!(code.text(Language::English).is_ascii(), "{code} in English");
        assert!(code.text(Language::Chinese).chars().all(|letter| !letter.is_ascii()), "{code} in Chinese");
    }
}

#[test]
fn a_retry_hint_is_the_same_on_the_wire() {
    assert_eq!(v1::Retry::from(Retry::Never), v1::Retry::Never);
    assert_eq!(v1::Retry::from(Retry::Later), v1::Retry::Later);
}

#[test]
fn an_error_that_ends_the_connection_names_the_close_code() {
    assert_eq!(ErrorCode::HelloExpected.closes(), Some(CloseCode::Unauthenticated));
    assert_eq!(ErrorCode::AlreadyGreeted.closes(), Some(CloseCode::Forbidden));
    assert_eq!(ErrorCode::SessionSuperseded.closes(), Some(CloseCode::SessionSuperseded));
    assert_eq!(ErrorCode::NotFound.closes(), None);
}

#[test]
fn every_close_code_is_read_back_from_its_number() {
    for code in CloseCode::ALL {
        assert_eq!(CloseCode::from_number(code.number()), Some(code));
        assert_eq!(code.to_string(), format!("{} {}", code.number(), code.as_str()));
    }
    for unknown in [0, 1004, 1005, 1006, 1010, 1015, 4000, u16::MAX] {
        assert_eq!(CloseCode::from_number(unknown), None);
    }
}

#[test]
fn a_close_code_says_whether_to_come_back() {
    for (number, reconnect) in [
        (1002, Reconnect::Never),
        (1012, Reconnect::WhenTold),
        (1013, Reconnect::BackOff),
        (4401, Reconnect::WithNewToken),
        (4409, Reconnect::Never),
        (4429, Reconnect::BackOff),
    ] {
        assert_eq!(CloseCode::from_number(number).map(CloseCode::reconnect), Some(reconnect), "{number}");
    }
}
