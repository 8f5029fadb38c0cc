//! How long a PBX that drops is waited for, with the settings that everybody has: as long as its
//! back-off keeps it away, and not much longer.

use std::time::Duration;

use lampfield_board::DeviceState::InUse;
use lampfield_hub::{ConnId, Trouble};

use super::fixture::{A, ASTERISK, Story, name, secs};

const DEVICE: &str = "PJSIP/1";

/// The waits of one process of Asterisk, of which the last goes on for ever.
const WAITS: [u64; 8] = [1, 2, 4, 8, 16, 32, 60, 60];

/// One Asterisk with a lamp, seen from Lampfield: its connections are numbered upwards.
struct Asterisk {
    story: Story,
    conn: u64,
}

impl Asterisk {
    fn new() -> Self {
        let mut asterisk = Self { story: Story::new(), conn: 0 };
        asterisk.comes();
        asterisk
    }

    fn comes(&mut self) {
        self.conn += 1;
        self.story.login(self.conn, A);
        self.story.device(self.conn, 1, DEVICE, InUse);
    }

    fn comes_by_relay(&mut self, stream: &str) {
        self.story.act(|hub, _| hub.comes(&name(A), ASTERISK, Some(stream)));
        self.comes();
    }

    /// Nobody has noticed that its last connection but one is broken.
    fn replaces(&mut self) {
        let (old, new) = (ConnId(self.conn - 1), ConnId(self.conn));
        self.story.act(|hub, now| hub.replaced(old, new, now));
    }

    fn drops(&mut self) {
        self.story.lost(self.conn);
    }

    fn is_cut_off(&mut self) {
        let conn = ConnId(self.conn);
        self.story.act(|hub, now| hub.cut_off(conn, now));
    }

    /// Drops and is back after `away`, and stays for long.
    fn is_away(&mut self, away: Duration) {
        self.drops();
        self.story.pass(away);
        self.comes();
        self.story.pass(secs(1_000));
    }

    /// A process that has dropped so often, each time after a calm.
    fn after_drops(drops: usize) -> Self {
        let mut asterisk = Self::new();
        WAITS.iter().take(drops).for_each(|wait| asterisk.is_away(secs(*wait)));
        asterisk
    }

    fn grace(&self) -> Duration {
        self.story.hub.origins(self.story.now)[0].grace
    }

    fn is_lit(&self) -> bool {
        self.story.shows(DEVICE).is_some()
    }

    /// It dies, and its lamp stands for exactly that long.
    fn dies_and_is_lit_for(&mut self, time: Duration) {
        self.drops();
        self.story.pass(time - secs(1));
        assert!(self.is_lit(), "after {:?}", time - secs(1));
        self.story.pass(secs(1));
        assert!(!self.is_lit(), "after {time:?}");
    }
}

#[test]
fn who_dies_after_six_drops_is_lit_for_as_long_as_its_wait_and_not_much_longer() {
    let mut asterisk = Asterisk::after_drops(6);
    asterisk.drops();
    asterisk.story.pass(secs(60));
    assert!(asterisk.is_lit(), "it may be waiting");
    asterisk.story.pass(secs(15));
    assert!(!asterisk.is_lit(), "it would be back");
    let troubles = asterisk.story.troubles();
    assert!(
        matches!(troubles[..], [Trouble::OriginGone { .. }, Trouble::LongBackoff { .. }]),
        "that it is gone, and why it was lit for so long: {troubles:?}"
    );
}

#[test]
fn who_dies_at_the_first_drop_is_lit_for_ten_seconds() {
    Asterisk::new().dies_and_is_lit_for(secs(10));
}

/// The table of the manual, row by row.
#[test]
fn the_manual_says_how_long_a_dead_server_is_lit() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lamps-and-pbxs-that-die.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("| drops before |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut told = 0;
    for (drops, row) in rows.enumerate() {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let seconds = |cell: &str| secs(cell.trim_end_matches(" s").parse().unwrap());
        assert!(cells[0].starts_with(&drops.to_string()), "{row}");
        let mut asterisk = Asterisk::after_drops(drops);
        assert_eq!(seconds(cells[1]), secs(WAITS[drops]), "{row}");
        asterisk.dies_and_is_lit_for(seconds(cells[2]));
        told += 1;
    }
    assert_eq!(told, 7, "from none to those that change nothing any more");
}

/// An attempt takes its time, on a long line more of it, and the two ends do not notice at the same
/// moment. It is the same process all the same.
#[test]
fn who_comes_back_a_little_late_or_early_keeps_its_lamps() {
    for late in [0, 300, 900, 1_600, 2_100, 2_700, 3_500, 4_500] {
        let mut asterisk = Asterisk::new();
        for wait in WAITS {
            asterisk.drops();
            asterisk.story.pass(secs(wait) + Duration::from_millis(late));
            assert!(asterisk.is_lit(), "{late} ms later than {wait} s");
            asterisk.comes();
            asterisk.story.pass(secs(1_000));
        }
    }
    let mut asterisk = Asterisk::new();
    for wait in WAITS {
        asterisk.is_away(secs(wait) - Duration::from_millis(700));
        let next = secs(60).min(2 * secs(wait));
        assert!(asterisk.grace() > next, "{:?} before a wait of {next:?}", asterisk.grace());
    }
}

/// Attempts fail while the PBX is out of reach, and each doubles the next wait.
#[test]
fn six_outages_of_three_seconds_are_waited_for() {
    let mut asterisk = Asterisk::new();
    for away in [7, 8, 16, 32, 60, 60] {
        asterisk.drops();
        asterisk.story.pass(Duration::from_millis(away * 1_000 + 1_200));
        assert!(asterisk.is_lit(), "away for {away} s");
        asterisk.comes();
        asterisk.story.pass(secs(1_000));
    }
}

#[test]
fn the_grace_of_a_restarted_asterisk_comes_down() {
    for back_after in [1, 5, 20, 50] {
        let mut asterisk = Asterisk::after_drops(6);
        assert_eq!(asterisk.grace(), secs(75));
        asterisk.drops();
        asterisk.story.pass(secs(back_after));
        asterisk.comes();
        assert_eq!(asterisk.grace(), secs(10), "back after {back_after} s");
        asterisk.dies_and_is_lit_for(secs(10));
    }
}

/// What an earlier process has said and the new one does not repeat ends after the new grace.
#[test]
fn what_a_restarted_asterisk_does_not_repeat_ends_after_the_shorter_grace() {
    let mut asterisk = Asterisk::after_drops(6);
    asterisk.story.device(asterisk.conn, 1, "PJSIP/call", InUse);
    asterisk.drops();
    asterisk.story.pass(secs(5));
    asterisk.comes();
    asterisk.story.pass(secs(9));
    assert_eq!(asterisk.story.shows("PJSIP/call"), Some(InUse));
    asterisk.story.pass(secs(1));
    assert_eq!(asterisk.story.shows("PJSIP/call"), None);
}

/// An Asterisk that was restarted, after however long a maintenance, is not predicted at all.
#[test]
fn a_maintenance_is_no_back_off() {
    let mut asterisk = Asterisk::after_drops(5);
    asterisk.drops();
    asterisk.story.pass(secs(60));
    asterisk.comes();
    asterisk.dies_and_is_lit_for(secs(10));
}

/// Asterisk hears of a cut when the line is back, and waits from then on: whenever it returns, that was
/// one wait more.
#[test]
fn a_cut_that_asterisk_does_not_notice_is_one_wait_more() {
    for cut in [1, 7, 50, 3_600] {
        let mut asterisk = Asterisk::after_drops(5);
        asterisk.is_cut_off();
        asterisk.story.pass(secs(cut + 32));
        asterisk.comes();
        asterisk.story.pass(secs(1_000));
        asterisk.dies_and_is_lit_for(secs(75));
    }
}

/// Its machine fell and stood up again before anybody noticed. Who was heard a moment ago has not
/// waited for a minute since.
#[test]
fn a_restart_that_nobody_noticed_brings_the_grace_down() {
    let mut asterisk = Asterisk::after_drops(6);
    asterisk.story.device(asterisk.conn, 1, "PJSIP/2", InUse);
    asterisk.story.pass(secs(12));
    let (old, new) = (ConnId(asterisk.conn), ConnId(asterisk.conn + 1));
    asterisk.story.act(|hub, now| hub.replaced(old, new, now));
    asterisk.comes();
    assert_eq!(asterisk.grace(), secs(10));
}

#[test]
fn a_drop_that_nobody_noticed_is_a_step_like_any_other() {
    let mut asterisk = Asterisk::after_drops(5);
    assert_eq!(asterisk.grace(), secs(40));
    asterisk.comes();
    asterisk.replaces();
    assert_eq!(asterisk.grace(), secs(75));
}

/// The relay comes back at once, whatever Asterisk behind it would do.
#[test]
fn behind_a_relay_nobody_is_waited_for_longer() {
    let mut asterisk = Asterisk::after_drops(6);
    asterisk.drops();
    asterisk.story.pass(secs(60));
    for wait in WAITS {
        asterisk.comes_by_relay("a");
        assert_eq!(asterisk.grace(), secs(10));
        asterisk.drops();
        asterisk.story.pass(secs(wait));
    }
    asterisk.comes_by_relay("a");
    for _ in WAITS {
        asterisk.comes_by_relay("a");
        asterisk.replaces();
    }
    asterisk.dies_and_is_lit_for(secs(10));
}

/// When the relay itself ends, Asterisk loses its stream, and waits.
#[test]
fn a_relay_that_starts_again_costs_asterisk_its_waits() {
    let mut asterisk = Asterisk::new();
    asterisk.drops();
    asterisk.comes_by_relay("0");
    for (wait, stream) in WAITS.iter().zip(["1", "2", "3", "4", "5", "6", "7"]) {
        asterisk.drops();
        asterisk.story.pass(secs(*wait));
        assert!(asterisk.is_lit(), "it may be waiting for {wait} s");
        asterisk.comes_by_relay(stream);
        asterisk.story.pass(secs(1_000));
        // A lost line is none of Asterisk's.
        asterisk.drops();
        asterisk.comes_by_relay(stream);
    }
    assert_eq!(asterisk.grace(), secs(75));
    asterisk.drops();
    asterisk.story.pass(secs(60));
    asterisk.comes_by_relay("8");
    let troubles = asterisk.story.troubles();
    let [Trouble::LongBackoff { by_relay: true, remedy, .. }] = troubles[..] else {
        panic!("{troubles:?}")
    };
    assert_eq!(remedy, ASTERISK.waits.unwrap().relay_remedy);
}
