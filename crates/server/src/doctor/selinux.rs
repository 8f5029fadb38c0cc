//! `firewall/selinux`: what SELinux has kept the server from.

use super::check::{Finding, Findings};
use super::scene::{NotAsked, Scene};
use crate::screen::time::counted;

/// Denials that are shown; a single cause makes many.
const SHOWN: usize = 160;

/// Denials in the log of the audit system.
pub fn denials(scene: &Scene) -> Findings {
    if scene.machine.number("/sys/fs/selinux/enforce") != Some(1) {
        return Ok(Vec::new());
    }
    let unreadable = |error| NotAsked(format!("/var/log/audit/audit.log: {error}: sudo"));
    let log = scene.machine.read("/var/log/audit/audit.log").map_err(unreadable)?;
    let is_ours =
        |line: &&str| line.contains("avc:  denied") && line.contains("comm=\"lampfield\"");
    let denied: Vec<&str> = log.lines().filter(is_ours).collect();
    let Some(last) = denied.last() else { return Ok(Vec::new()) };
    let data = scene.data_dir()?;
    let text = format!(
        "SELinux has refused the server something ({})",
        counted(denied.len() as u64, "denial")
    );
    let matters = "what SELinux refused: a start, a port, its data folder";
    let mend = format!(
        "restorecon -Rv {} /usr/bin/lampfield   (if it comes again: ausearch -m avc -c lampfield | audit2allow \
         -M lampfield && semodule -i lampfield.pp)",
        data.display()
    );
    let seen: String = last.chars().take(SHOWN).collect();
    Ok(vec![Finding::look(text, matters, mend).seen(seen)])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Stage, texts};
    use super::*;

    #[test]
    fn what_selinux_refuses_is_told() {
        let stage = Stage::new();
        let denied = "type=AVC msg=audit(1): avc:  denied  { name_bind } for  pid=42 comm=\"lampfield\" src=5222\n";
        stage.file("var/log/audit/audit.log", denied);
        assert_eq!(texts(denials(&stage.scene())), [""; 0], "there is none");
        stage.file("sys/fs/selinux/enforce", "1");
        assert_eq!(texts(denials(&stage.scene())).len(), 1);
        stage.file("var/log/audit/audit.log", &denied.replace("lampfield", "httpd"));
        assert_eq!(texts(denials(&stage.scene())), [""; 0]);
        let closed = Stage::new();
        closed.file("sys/fs/selinux/enforce", "1");
        assert!(denials(&closed.scene()).is_err());
    }
}
