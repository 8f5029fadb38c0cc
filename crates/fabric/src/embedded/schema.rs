//! The schema of the file, as numbered steps that only ever run forward. A step that has been
//! released must never be edited: add the next one.

use rusqlite::Connection;

/// Step n of this list leads from version n - 1 to version n (`PRAGMA user_version`).
pub(super) const STEPS: &[&str] = &[
    include_str!("schema/0001_buckets.sql"),
    include_str!("schema/0002_facts_by_origin.sql"),
    include_str!("schema/0003_boards_and_kinds.sql"),
    include_str!("schema/0004_history.sql"),
    include_str!("schema/0005_audit.sql"),
];

/// Why a file could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    /// The file was written by a program that knows more steps.
    #[error("schema {found} is newer than {known}")]
    Newer { found: u32, known: u32 },
    /// A step failed; the file is as it was before that step.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
}

/// Runs the steps that the file lacks, each in a transaction of its own. Returns the version that
/// was found: 0 for a new file.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<u32, SchemaError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(SchemaError::Newer { found, known });
    }
    for (version, step) in (1..).zip(steps).skip(found as usize) {
        let step_in_one = connection.transaction()?;
        step_in_one.execute_batch(step)?;
        step_in_one.pragma_update(None, "user_version", version)?;
        step_in_one.commit()?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bucket;

    fn version(connection: &Connection) -> u32 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_new_file_gets_a_table_for_each_bucket() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(migrate(&mut connection, STEPS).unwrap(), 0);
        for bucket in Bucket::ALL {
            let sql = format!("SELECT key, value, revision FROM {bucket}");
            assert!(connection.prepare(&sql).is_ok(), "{bucket}");
        }
    }

    #[test]
    fn an_older_file_is_brought_forward_and_keeps_its_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        let old = ["CREATE TABLE lamps (name TEXT)"];
        assert_eq!(migrate(&mut connection, &old).unwrap(), 0);
        connection.execute("INSERT INTO lamps VALUES ('100')", []).unwrap();

        let new = [old[0], "ALTER TABLE lamps ADD lit INTEGER DEFAULT 1", "CREATE TABLE more (x)"];
        assert_eq!(migrate(&mut connection, &new).unwrap(), 1);
        assert_eq!(version(&connection), 3);
        let lit: i64 = connection
            .query_row("SELECT lit FROM lamps WHERE name = '100'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(lit, 1);
        assert_eq!(migrate(&mut connection, &new).unwrap(), 3, "nothing left to do");
    }

    #[test]
    fn the_second_step_turns_the_keys_of_facts_round() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &STEPS[..1]).unwrap();
        let insert = "INSERT INTO facts VALUES ('device/PJSIP/100|a@d|02:00:00:00:00:01', '{}', 1)";
        connection.execute(insert, []).unwrap();
        migrate(&mut connection, &STEPS[..2]).unwrap();
        let key: String =
            connection.query_row("SELECT key FROM facts", [], |row| row.get(0)).unwrap();
        assert_eq!(key, "a@d|02:00:00:00:00:01|device/PJSIP/100");
    }

    #[test]
    fn the_third_step_puts_what_is_said_under_its_kinds_form() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &STEPS[..2]).unwrap();
        let rows = [
            (
                "facts",
                r#"{"state":"INUSE","epoch":1,"door":"asterisk"}"#,
                r#"{"epoch":1,"form":1,"value":"INUSE","protocol":"xmpp"}"#,
            ),
            (
                "facts",
                r#"{"new":3,"epoch":1,"door":"asterisk"}"#,
                r#"{"epoch":1,"form":1,"value":{"new":3,"old":0},"protocol":"xmpp"}"#,
            ),
            ("facts", "nonsense", "nonsense"),
            (
                "tombstones",
                r#"{"withdrawn":"lost","door":"asterisk"}"#,
                r#"{"withdrawn":"lost","protocol":"xmpp"}"#,
            ),
        ];
        for (number, (bucket, before, _)) in rows.iter().enumerate() {
            let insert = format!("INSERT INTO {bucket} VALUES ('{number}', ?1, {number})");
            connection.execute(&insert, [before]).unwrap();
        }
        migrate(&mut connection, &STEPS[..3]).unwrap();
        for (number, (bucket, _, after)) in rows.iter().enumerate() {
            let select = format!("SELECT value FROM {bucket} WHERE revision = {number}");
            let value: String = connection.query_row(&select, [], |row| row.get(0)).unwrap();
            assert_eq!(&value, after);
        }
    }

    #[test]
    fn the_third_step_names_the_board_after_its_only_domain_or_shares_it() {
        for (accounts, expected) in [
            (&["a@one.example", "b@one.example"][..], "one.example"),
            (&["a@one.example", "b@two.example"], "shared"),
        ] {
            let mut connection = Connection::open_in_memory().unwrap();
            migrate(&mut connection, &STEPS[..2]).unwrap();
            for account in accounts {
                for (bucket, key) in [
                    ("accounts", (*account).to_owned()),
                    ("confirmations", (*account).to_owned()),
                    ("origins", format!("{account}|02:00:00:00:00:01")),
                    ("facts", format!("{account}|02:00:00:00:00:01|device/PJSIP/100")),
                    ("tombstones", format!("{account}|02:00:00:00:00:01|device/PJSIP/101")),
                ] {
                    let insert = format!("INSERT INTO {bucket} VALUES (?1, '{{}}', 1)");
                    connection.execute(&insert, [key]).unwrap();
                }
            }
            migrate(&mut connection, &STEPS[..3]).unwrap();
            for bucket in ["confirmations", "origins", "facts", "tombstones"] {
                let count =
                    format!("SELECT count(*) FROM {bucket} WHERE key LIKE '{expected}|%@%'");
                let found: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
                assert_eq!(found, i64::try_from(accounts.len()).unwrap(), "{bucket} of {expected}");
            }
            let shared: i64 = connection
                .query_row("SELECT count(*) FROM meta WHERE key = 'boards'", [], |row| row.get(0))
                .unwrap();
            assert_eq!(shared, i64::from(expected == "shared"));
        }
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"];
        assert!(matches!(migrate(&mut connection, &steps), Err(SchemaError::Sql(_))));
        assert_eq!(version(&connection), 1);
        assert!(connection.prepare("SELECT x FROM b").is_err(), "half a step is no step");
    }

    #[test]
    fn a_newer_file_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 7).unwrap();
        let refused = migrate(&mut connection, STEPS);
        assert!(matches!(refused, Err(SchemaError::Newer { found: 7, known: 5 })), "{refused:?}");
    }
}
