//! What somebody may have meant.

/// The one of `known` that `word` is most likely a slip of; `None` if it resembles none.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = |candidate: &str| {
        let whole = strsim::damerau_levenshtein(word, candidate);
        // Somebody may also know the name and not the section.
        let tail = candidate.rsplit_once('.').map(|(_, name)| {
            let said = word.rsplit_once('.').map_or(word, |(_, name)| name);
            strsim::damerau_levenshtein(said, name) + 1
        });
        whole.min(tail.unwrap_or(usize::MAX))
    };
    // Of keys with the same last part, the one with the nearest section.
    let section = |key: &str| {
        key.rsplit_once('.').map_or(0, |(section, _)| {
            word.rsplit_once('.').map_or(0, |(said, _)| strsim::damerau_levenshtein(said, section))
        })
    };
    let allowed = (word.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|key| (near(key), section(key), key))
        .filter(|(far, ..)| *far <= allowed)
        .min()
        .map(|(.., key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 6] =
        ["chat.listen", "gate.listen", "http.listen", "http.public_url", "log.format", "smtp.host"];

    #[test]
    fn slips_find_what_was_meant() {
        for (word, meant) in [
            ("http.listne", "http.listen"),
            ("htpp.listen", "http.listen"),
            ("listen", "chat.listen"),
            ("server.public_url", "http.public_url"),
            ("gaet.listen", "gate.listen"),
            ("https.listne", "http.listen"),
            ("log.fromat", "log.format"),
            ("http.publicurl", "http.public_url"),
        ] {
            assert_eq!(nearest(word, KEYS), Some(meant), "{word}");
        }
    }

    #[test]
    fn what_resembles_nothing_is_not_guessed() {
        assert_eq!(nearest("kafka.brokers", KEYS), None);
        assert_eq!(nearest("x", KEYS), None);
    }
}
