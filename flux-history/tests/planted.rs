//! Each thing that must never happen is planted in a history that is otherwise good, and found there; nothing else is.

use std::collections::BTreeSet;

use flux_history::{Checker, Event, Kind, Limits, Reader, Recorder, Report, What};

/// Milliseconds to microseconds.
const MS: u64 = 1_000;

/// A history that is being written, a millisecond an event.
#[derive(Default)]
struct History(Vec<Event<'static>>, u64);

impl History {
    fn add(&mut self, what: What<'static>) -> &mut Self {
        self.1 += MS;
        self.0.push(Event { at: self.1, what });
        self
    }

    fn wait(&mut self, ms: u64) -> &mut Self {
        self.1 += ms * MS;
        self
    }

    fn login(&mut self, session: &'static str, user: &'static str) -> &mut Self {
        self.add(What::Login { session: session.into(), user: user.into() })
    }

    fn revoked(&mut self, session: &'static str) -> &mut Self {
        self.add(What::Revoked { session: session.into() })
    }

    fn hello(&mut self, connection: &'static str, session: &'static str) -> &mut Self {
        self.add(What::Hello { connection: connection.into(), session: session.into() })
    }

    fn welcome(&mut self, connection: &'static str) -> &mut Self {
        self.add(What::Welcome { connection: connection.into() })
    }

    fn closed(&mut self, connection: &'static str) -> &mut Self {
        self.add(What::Closed { connection: connection.into() })
    }

    fn connect(&mut self, connection: &'static str, session: &'static str) -> &mut Self {
        self.hello(connection, session).welcome(connection)
    }

    /// Ada's session sends over her first connection, in her lane.
    fn send(&mut self, op: u64, message: &'static str) -> &mut Self {
        self.send_as(op, "a", Some("a1"), message, message)
    }

    fn send_as(
        &mut self,
        op: u64,
        session: &'static str,
        connection: Option<&'static str>,
        message: &'static str,
        body: &'static str,
    ) -> &mut Self {
        self.add(What::Send {
            op,
            session: session.into(),
            connection: connection.map(Into::into),
            lane: Some(session.into()),
            conversation: "c".into(),
            message: message.into(),
            body: body.into(),
        })
    }

    fn acked(&mut self, op: u64, seq: u64) -> &mut Self {
        self.add(What::Acked { op, epoch: "e".into(), seq })
    }

    fn failed(&mut self, op: u64) -> &mut Self {
        self.add(What::Failed { op })
    }

    fn unknown(&mut self, op: u64) -> &mut Self {
        self.add(What::Unknown { op })
    }

    /// A session is given a message of Ada's.
    fn got(&mut self, session: &'static str, seq: u64, message: &'static str) -> &mut Self {
        self.got_as(session, "e", seq, message, "ada", message)
    }

    fn both_got(&mut self, seq: u64, message: &'static str) -> &mut Self {
        self.got("a", seq, message).got("b", seq, message)
    }

    fn got_as(
        &mut self,
        session: &'static str,
        epoch: &'static str,
        seq: u64,
        message: &'static str,
        sender: &'static str,
        body: &'static str,
    ) -> &mut Self {
        self.add(What::Got {
            session: session.into(),
            epoch: epoch.into(),
            conversation: "c".into(),
            seq,
            message: message.into(),
            sender: sender.into(),
            body: body.into(),
        })
    }

    fn receipt(&mut self, user: &'static str, delivered: u64, read: u64) -> &mut Self {
        self.add(What::Receipt {
            session: "a".into(),
            conversation: "c".into(),
            user: user.into(),
            delivered,
            read,
        })
    }

    fn reading(&mut self, epoch: &'static str) -> &mut Self {
        self.add(What::Reading { reading: 1, conversation: "c".into(), epoch: epoch.into() })
    }

    fn entry(&mut self, seq: u64, message: &'static str) -> &mut Self {
        self.add(What::Entry {
            reading: 1,
            seq,
            message: message.into(),
            sender: "ada".into(),
            body: message.into(),
        })
    }

    fn read(&mut self, head: u64) -> &mut Self {
        self.add(What::Read { reading: 1, head })
    }

    fn presence(&mut self, online: bool) -> &mut Self {
        self.add(What::Presence { session: "a".into(), user: "bob".into(), online })
    }

    fn check(&self) -> Report {
        let mut checker = Checker::new(Limits::default());
        for event in &self.0 {
            checker.see(event);
        }
        checker.finish()
    }
}

/// Ada and Bob are members of a conversation, and each has a session that is connected.
fn world() -> History {
    let mut history = History::default();
    history.add(What::Members { conversation: "c".into(), users: vec!["ada".into(), "bob".into()] });
    history.login("a", "ada").login("b", "bob").connect("a1", "a").connect("b1", "b");
    history
}

/// Three messages of Ada's, acknowledged and given to both.
fn talk() -> History {
    let mut history = world();
    history.send(1, "m1").send(2, "m2").acked(1, 1).both_got(1, "m1").acked(2, 2).both_got(2, "m2");
    history.send(3, "m3").both_got(3, "m3").acked(3, 3);
    history
}

/// What `kinds` are in it, and the event numbers that show the first of them.
fn found(history: &History) -> (Vec<Kind>, Vec<u64>) {
    let report = history.check();
    let kinds: BTreeSet<Kind> = report.violations.iter().map(|found| found.kind).collect();
    let witness = report.violations.first().map(|found| found.witness.clone()).unwrap_or_default();
    assert_eq!(report.found, report.violations.len() as u64);
    (kinds.into_iter().collect(), witness)
}

/// Fails unless `kind` is all that is in the history, and these of its last events (1 is the very last) show it.
#[track_caller]
fn only(kind: Kind, history: &History, from_the_end: &[u64]) {
    let (kinds, witness) = found(history);
    assert_eq!(kinds, [kind]);
    let end = history.0.len() as u64;
    let mut expected: Vec<u64> = from_the_end.iter().map(|back| end + 1 - back).collect();
    expected.sort_unstable();
    assert_eq!(witness, expected);
}

#[track_caller]
fn clean(history: &History) {
    let report = history.check();
    assert!(report.is_clean(), "{report:#?}");
}

#[test]
fn a_good_history_is_clean() {
    let mut history = talk();
    history.reading("e").entry(1, "m1").entry(2, "m2").entry(3, "m3").read(3);
    history.receipt("bob", 2, 1).receipt("bob", 3, 3).receipt("bob", 3, 3);
    // A try that failed, and was made again; one of which nobody knows, which is there; one that is not.
    history.send(4, "m4").failed(4).send(5, "m4").acked(5, 4).both_got(4, "m4");
    history.send(6, "m5").unknown(6).send(7, "m6").unknown(7).got("b", 5, "m5");
    history.wait(60_000).add(What::Quiet);
    let report = history.check();
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!((report.counts.sends, report.counts.acknowledged, report.counts.unknown), (7, 4, 2));
    assert_eq!((report.counts.given, report.counts.readings), (9, 1));
}

#[test]
fn a_repeated_send_that_has_the_same_place_is_good() {
    let mut history = talk();
    clean(history.send(4, "m1").acked(4, 1));
}

#[test]
fn lost_what_a_connected_member_was_never_given() {
    let mut history = talk();
    only(Kind::Lost, history.send(4, "m4").got("a", 4, "m4").acked(4, 4).add(What::Quiet), &[2, 1]);
}

#[test]
fn lost_where_a_member_was_given_nothing_at_all() {
    let mut history = world();
    only(Kind::Lost, history.send(1, "m1").acked(1, 1).got("a", 1, "m1").add(What::Quiet), &[3, 1]);
}

#[test]
fn who_is_away_has_lost_nothing() {
    let mut history = talk();
    clean(history.closed("b1").send(4, "m4").acked(4, 4).got("a", 4, "m4").add(What::Quiet));
}

#[test]
fn lost_after_coming_back() {
    let mut history = talk();
    history.closed("b1").send(4, "m4").got("a", 4, "m4").acked(4, 4).connect("b2", "b");
    only(Kind::Lost, history.add(What::Quiet), &[4, 1]);
}

#[test]
fn late_what_a_connected_member_was_given_after_the_limit() {
    let mut history = talk();
    history.send(4, "m4").acked(4, 4).got("a", 4, "m4");
    only(Kind::Late, history.wait(10_001).got("b", 4, "m4"), &[3]);
}

#[test]
fn what_is_broken_on_purpose_may_be_late() {
    let mut history = talk();
    history.add(What::Storm).send(4, "m4").acked(4, 4).got("a", 4, "m4").wait(60_000).add(What::Calm);
    clean(history.wait(9_000).got("b", 4, "m4"));
}

#[test]
fn late_after_the_storm_as_well() {
    let mut history = talk();
    history.add(What::Storm).send(4, "m4").acked(4, 4).got("a", 4, "m4").wait(60_000).add(What::Calm);
    only(Kind::Late, history.wait(10_001).got("b", 4, "m4"), &[4]);
}

#[test]
fn not_durable_what_a_later_reading_does_not_find() {
    let mut history = talk();
    only(Kind::NotDurable, history.reading("e").entry(1, "m1").entry(2, "m2").read(2), &[8, 5, 4, 1]);
}

#[test]
fn not_durable_if_everything_is_gone() {
    let mut history = talk();
    only(Kind::NotDurable, history.reading("another life").read(0), &[6, 3, 2, 1]);
}

#[test]
fn another_life_of_the_store_may_be_begun_on_purpose() {
    let mut history = talk();
    clean(history.add(What::NewEpoch { epoch: "e2".into() }).reading("e2").read(0));
}

#[test]
fn what_is_acknowledged_while_a_reading_goes_on_need_not_be_in_it() {
    let mut history = talk();
    clean(
        history.reading("e").entry(1, "m1").send(4, "m4").acked(4, 4).entry(2, "m2").entry(3, "m3").read(3),
    );
}

#[test]
fn doubled_by_a_second_acknowledgement_elsewhere() {
    let mut history = talk();
    only(Kind::Doubled, history.send(4, "m3").acked(4, 4), &[5, 1]);
}

#[test]
fn doubled_in_what_an_application_was_given() {
    let mut history = talk();
    only(Kind::Doubled, history.got("b", 3, "m3"), &[3, 1]);
}

#[test]
fn doubled_in_a_reading() {
    let mut history = talk();
    history.reading("e").entry(1, "m1").entry(2, "m2").entry(3, "m3").entry(4, "m3");
    only(Kind::Doubled, history.read(4), &[9, 2]);
}

#[test]
fn torn_when_two_messages_have_one_place() {
    let mut history = talk();
    only(Kind::Torn, history.send(4, "m4").acked(4, 3), &[5, 1]);
}

#[test]
fn torn_when_two_readers_see_two_histories() {
    let mut history = talk();
    history.send(4, "m4").unknown(4).send(5, "m5").unknown(5);
    history.got("b", 4, "m4");
    only(Kind::Torn, history.got("a", 4, "m5"), &[2, 1]);
}

#[test]
fn reordered_in_the_log() {
    let mut history = world();
    only(Kind::Reordered, history.send(1, "m1").send(2, "m2").acked(2, 1).acked(1, 2), &[4, 3, 2, 1]);
}

#[test]
fn without_a_lane_no_order_was_promised() {
    let mut history = world();
    for (op, message) in [(1, "m1"), (2, "m2")] {
        history.add(What::Send {
            op,
            session: "a".into(),
            connection: None,
            lane: None,
            conversation: "c".into(),
            message: message.into(),
            body: message.into(),
        });
    }
    clean(history.acked(2, 1).acked(1, 2));
}

#[test]
fn reordered_in_what_an_application_was_given() {
    let mut history = talk();
    history.send(4, "m4").acked(4, 4).send(5, "m5").acked(5, 5);
    let history = history.got("b", 5, "m5").got("b", 4, "m4");
    let (kinds, _) = found(history);
    assert_eq!(kinds, [Kind::Reordered, Kind::Skipped]);
}

#[test]
fn reordered_in_a_reading() {
    let mut history = talk();
    history.reading("e").entry(1, "m1").entry(2, "m2").entry(3, "m3");
    only(Kind::Reordered, history.entry(2, "m2").read(3), &[3, 2]);
}

#[test]
fn skipped_in_what_an_application_was_given() {
    let mut history = talk();
    history.send(4, "m4").acked(4, 4).send(5, "m5").acked(5, 5);
    only(Kind::Skipped, history.got("b", 5, "m5"), &[7, 1]);
}

#[test]
fn skipped_in_a_reading() {
    let mut history = talk();
    only(Kind::Skipped, history.reading("e").entry(1, "m1").entry(3, "m3").read(3), &[3, 2]);
}

#[test]
fn skipped_at_the_end_of_a_reading() {
    let mut history = talk();
    history.send(4, "m4").unknown(4);
    history.reading("e").entry(1, "m1").entry(2, "m2").entry(3, "m3");
    only(Kind::Skipped, history.read(4), &[2, 1]);
}

#[test]
fn a_phantom_that_nobody_sent() {
    let mut history = talk();
    only(Kind::Phantom, history.got("b", 4, "nobody's"), &[1]);
}

#[test]
fn a_phantom_that_was_refused() {
    let mut history = talk();
    only(Kind::Phantom, history.send(4, "m4").got("b", 4, "m4").failed(4), &[3, 2, 1]);
}

#[test]
fn a_phantom_in_a_reading() {
    let mut history = talk();
    history.reading("e").entry(1, "m1").entry(2, "m2").entry(3, "m3").entry(4, "nobody's");
    only(Kind::Phantom, history.read(4), &[2]);
}

#[test]
fn a_wrong_sender() {
    let mut history = talk();
    history.send(4, "m4").acked(4, 4);
    only(Kind::WrongSender, history.got_as("b", "e", 4, "m4", "bob", "m4"), &[3, 1]);
}

#[test]
fn altered_on_the_way() {
    let mut history = talk();
    history.send(4, "m4").acked(4, 4);
    only(Kind::Altered, history.got_as("b", "e", 4, "m4", "ada", "something else"), &[3, 1]);
}

#[test]
fn altered_by_a_repeated_id_that_was_taken() {
    let mut history = talk();
    history.send_as(4, "a", Some("a1"), "m3", "something else");
    only(Kind::Altered, history.acked(4, 3), &[6, 2, 1]);
}

#[test]
fn a_repeated_id_with_another_text_is_good_where_the_first_was_refused() {
    let mut history = talk();
    history.send(4, "m4").failed(4).send_as(5, "a", Some("a1"), "m4", "other words").acked(5, 4);
    clean(history.got_as("b", "e", 4, "m4", "ada", "other words"));
}

#[test]
fn a_stranger_who_was_given_a_message() {
    let mut history = talk();
    history.login("x", "eve").connect("x1", "x");
    only(Kind::NotMember, history.got("x", 1, "m1"), &[23, 1]);
}

#[test]
fn a_stranger_whose_message_was_taken() {
    let mut history = talk();
    history.login("x", "eve").connect("x1", "x").send_as(4, "x", Some("x1"), "m4", "m4");
    only(Kind::NotMember, history.acked(4, 4), &[24, 2, 1]);
}

#[test]
fn a_stranger_with_a_cursor() {
    let mut history = talk();
    only(Kind::NotMember, history.receipt("eve", 1, 1), &[1]);
}

#[test]
fn a_write_after_the_end_of_the_session() {
    let mut history = talk();
    only(Kind::AfterRevocation, history.revoked("a").send(4, "m4").acked(4, 4), &[3, 2, 1]);
}

#[test]
fn what_was_on_its_way_when_the_session_ended_may_be_taken() {
    let mut history = talk();
    clean(history.send(4, "m4").revoked("a").acked(4, 4));
}

#[test]
fn a_message_given_to_a_session_that_had_ended() {
    let mut history = talk();
    history.send(4, "m4").acked(4, 4).revoked("b").wait(1_001);
    only(Kind::AfterRevocation, history.got("b", 4, "m4"), &[2, 1]);
}

#[test]
fn a_connection_of_a_session_that_had_ended() {
    let mut history = talk();
    only(Kind::AfterRevocation, history.revoked("b").hello("b2", "b").welcome("b2"), &[3, 2, 1]);
}

#[test]
fn two_connections_that_own_a_session() {
    let mut history = talk();
    history.connect("a2", "a").send(4, "m4");
    only(Kind::TwoOwners, history.acked(4, 4), &[3, 2, 1]);
}

#[test]
fn of_two_connections_that_asked_at_once_either_may_own_the_session() {
    let mut history = world();
    history.login("z", "ada").hello("z1", "z").hello("z2", "z").welcome("z1").welcome("z2");
    clean(history.send_as(1, "z", Some("z1"), "m1", "m1").acked(1, 1));
}

#[test]
fn a_cursor_that_went_back() {
    let mut history = talk();
    only(Kind::CursorBack, history.receipt("bob", 3, 2).receipt("bob", 3, 1), &[2, 1]);
}

#[test]
fn a_cursor_that_is_read_but_not_delivered() {
    let mut history = talk();
    only(Kind::CursorBack, history.receipt("bob", 1, 2), &[1]);
}

#[test]
fn a_cursor_beyond_what_there_is() {
    let mut history = talk();
    only(Kind::CursorBack, history.receipt("bob", 4, 0), &[1]);
}

#[test]
fn presence_that_never_told_of_a_departure() {
    let mut history = talk();
    history.add(What::Watch { session: "a".into(), user: "bob".into() }).presence(true);
    history.closed("b1").add(What::Left { user: "bob".into() }).wait(10_001);
    only(Kind::PresenceLate, history.add(What::Calm), &[4, 2]);
}

#[test]
fn presence_that_told_of_a_departure_in_time() {
    let mut history = talk();
    history.add(What::Watch { session: "a".into(), user: "bob".into() }).presence(true);
    history.closed("b1").add(What::Left { user: "bob".into() }).wait(9_000).presence(false);
    clean(history.wait(60_000).add(What::Quiet));
}

#[test]
fn presence_of_somebody_who_is_not_there() {
    let mut history = talk();
    history.add(What::Watch { session: "a".into(), user: "bob".into() }).presence(true);
    history.closed("b1").add(What::Left { user: "bob".into() }).presence(false).wait(10_001);
    only(Kind::PresenceLate, history.presence(true), &[3, 1]);
}

#[test]
fn a_history_that_cannot_be() {
    let mut history = talk();
    only(Kind::Malformed, history.acked(3, 3), &[1]);
    let mut history = talk();
    only(Kind::Malformed, history.add(What::Read { reading: 7, head: 0 }), &[1]);
    let mut history = talk();
    only(Kind::Malformed, history.welcome("b1"), &[1]);
}

#[test]
fn a_program_that_starts_over_is_given_things_anew() {
    let mut history = talk();
    history.add(What::StartedOver { session: "b".into() });
    clean(history.got("b", 1, "m1").got("b", 2, "m2").got("b", 3, "m3").add(What::Quiet));
}

#[test]
fn what_is_written_is_read() {
    let history = talk();
    let mut file = Vec::new();
    let mut recorder = Recorder::new(&mut file);
    for event in &history.0 {
        recorder.record(event).unwrap();
    }
    recorder.flush().unwrap();
    drop(recorder);
    let mut reader = Reader::new(file.as_slice());
    for (number, event) in (1..).zip(&history.0) {
        assert_eq!(reader.read().unwrap(), Some((number, event.clone())));
    }
    assert!(reader.read().unwrap().is_none());
    let mut torn = Reader::new(&file[..file.len() - 5]);
    let error = loop {
        match torn.read() {
            Ok(found) => assert!(found.is_some(), "the last line is not whole"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().starts_with("line 19 "), "{error}");
}
