//! Recorded histories.

use flux_history::{Checker, Limits, Reader, Recorder};

/// A history: what was read is written and read again as it was, and the checker takes whatever it is told.
pub(crate) fn history(data: &[u8]) {
    let mut reader = Reader::new(data);
    let mut checker = Checker::new(Limits::default());
    while let Ok(Some((_, event))) = reader.read() {
        let mut line = Vec::new();
        let mut recorder = Recorder::new(&mut line);
        recorder.record(&event).and_then(|()| recorder.flush()).expect("memory takes everything");
        drop(recorder);
        let mut again = Reader::new(line.as_slice());
        assert!(matches!(again.read(), Ok(Some((1, read))) if read == event), "{event:?}");
        checker.see(&event);
    }
    let _ = checker.finish();
}
