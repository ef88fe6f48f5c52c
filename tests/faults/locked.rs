//! Another program that holds the database while parts arrive, as a backup program or a person's SQL tool does.

use std::path::PathBuf;

use rusqlite::Connection;
use sightline_tests::{TestLine, drop_file, good_part, wait_until};

use crate::count::{expect_one_each, expect_one_row_each};
use crate::{alarms, is_over, watch};

#[test]
fn a_locked_database_stops_verdicts_and_loses_none() {
    let line = TestLine::learned();
    let mut written: Vec<PathBuf> = Vec::new();
    let mut put = |number: u64| {
        let name = format!("part {number:03}.png");
        drop_file(&line.camera(), &name, &good_part(number));
        written.push(name.into());
    };
    let mut watching = watch(&line);
    put(0);
    let store = line.store();
    wait_until("it judges", || store.counters().unwrap().inspected() == 1);

    let other = Connection::open(line.folder().join("sightline.db")).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    (1..30).for_each(&mut put);
    // It waits for the other program first, and says so when that takes longer than a moment.
    wait_until("it says so", || alarms(&mut watching, "storeFailing") == 1);
    assert_eq!(store.counters().unwrap().inspected(), 1, "a record was stored past the lock");
    other.execute_batch("ROLLBACK").unwrap();

    wait_until("all parts", || store.counters().unwrap().inspected() == 30);
    wait_until("it says that it is over", || is_over(&mut watching, "storeFailing"));
    watching.interrupt().expect_code(0);
    let records = expect_one_each("locked database", &line.folder(), &written);
    expect_one_row_each(&line.folder(), &records);
}
