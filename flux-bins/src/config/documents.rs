//! docs/operations.md, held against the settings that there are.

use super::Config;

const OPERATIONS: &str = include_str!("../../../docs/operations.md");

/// The first two columns of the table of settings.
fn documented() -> Vec<(&'static str, &'static str)> {
    let table = OPERATIONS.split("\n| key | default | meaning |\n").nth(1).expect("the table of settings");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cell = |row: &'static str, place| row.split(" | ").nth(place).unwrap_or_default();
    let bare = |cell: &'static str| cell.trim_start_matches("| ").trim_matches('`');
    rows.map(|row| (bare(cell(row, 0)), bare(cell(row, 1)))).collect()
}

#[test]
fn the_table_of_settings_has_every_setting_with_its_default_in_the_order_of_config_show() {
    let mut config = Config::default();
    let slots = config.slots();
    let shown: Vec<(String, String)> =
        slots.iter().map(|slot| (slot.key.clone(), slot.value.show())).collect();
    let documented = documented();
    for (place, (key, default)) in shown.iter().enumerate() {
        let row = documented.get(place).copied();
        assert_eq!(
            row,
            Some((key.as_str(), default.as_str())),
            "row {place} of the table in docs/operations.md"
        );
    }
    assert_eq!(documented.len(), shown.len(), "docs/operations.md has settings that there are not");
}
