//! What a name looks like: names that look alike are one name, and some are nobody's.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::skeleton;

/// Names that read as if the service spoke.
const RESERVED: [&str; 32] = [
    "abuse",
    "admin",
    "administrator",
    "anonymous",
    "billing",
    "contact",
    "deleted",
    "everyone",
    "flux",
    "help",
    "helpdesk",
    "hostmaster",
    "info",
    "mailerdaemon",
    "mod",
    "moderator",
    "nobody",
    "noreply",
    "null",
    "official",
    "operator",
    "owner",
    "postmaster",
    "root",
    "security",
    "service",
    "staff",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "webmaster",
];

static RESERVED_READINGS: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| RESERVED.iter().map(|name| reading(name)).collect());

/// The same for all texts that look alike (UTS 39, section 4), whatever their case, separators and spaces.
pub(super) fn look(text: &str) -> String {
    let mut look = text.to_lowercase();
    // A skeleton may hold capitals (that of "0" is "O"), and theirs is another than that of the small letter. It
    // settles after a round or two; what did not would still be the same for the same text.
    for _ in 0..4 {
        let next: String = skeleton(&look).collect::<String>().to_lowercase();
        if next == look {
            break;
        }
        look = next;
    }
    look.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.')).collect()
}

/// Whether `text` reads like somebody who speaks for the service.
pub(super) fn reserved(text: &str) -> bool {
    RESERVED_READINGS.contains(&reading(text))
}

/// How a text is read by who is in good faith: digits in words pass for letters even where they look like others.
fn reading(text: &str) -> String {
    let letter = |c| match c {
        // Of "1", "l" and "i" the look is that of "l".
        'l' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    };
    look(text).chars().map(letter).collect()
}

/// Whether the letters of `word` are of one script, or of those that are written together (UTS 39, "highly
/// restrictive": Chinese, Japanese or Korean with Latin).
pub(super) fn scripts_go_together(word: &str) -> bool {
    let mut all = AugmentedScriptSet::default();
    let mut but_latin = AugmentedScriptSet::default();
    for c in word.chars().filter(|c| c.is_alphabetic()) {
        let scripts = AugmentedScriptSet::for_char(c);
        all.intersect_with(scripts);
        let mut latin = AugmentedScriptSet::for_char('a');
        latin.intersect_with(scripts);
        if latin.is_empty() {
            but_latin.intersect_with(scripts);
        }
    }
    !all.is_empty() || but_latin.hanb || but_latin.jpan || but_latin.kore
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a60_words_of_scripts_that_are_not_written_together_are_told() {
        for good in ["alice", "Ivan2", "иван", "張David", "カラオケ日本go", "한글abc", "123", "🎉", "ㄅㄆ中a"]
        {
            assert!(scripts_go_together(good), "{good}");
        }
        for bad in ["аlice", "аdmin", "раypal", "αlpha", "日本иван", "ひら한글"] {
            assert!(!scripts_go_together(bad), "{bad}");
        }
    }

    #[test]
    fn a60_what_looks_reserved_is_reserved() {
        for bad in [
            "admin",
            "ADMIN",
            "a.d-m_i n",
            "аdmіn",
            "adrnin",
            "r00t",
            "4dm1n",
            "5y5t3m",
            "ѕуѕtеm",
            "ﬂux",
            "Ｓｔａｆｆ",
        ] {
            assert!(reserved(bad), "{bad}");
        }
        for good in ["administer", "alice", "rooted", ""] {
            assert!(!reserved(good), "{good}");
        }
    }
}
