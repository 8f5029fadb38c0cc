//! `members`: what the running server knows to be wrong with PBXs, and with itself. The same as `status`
//! shows, with the same words; what another check tells is left to that one.

use super::check::{Finding, Findings};
use super::scene::Scene;
use crate::document::status::{Attention, RefusedLogin, Severity, SilentPbx};

/// Problems that have a check of their own.
const TOLD_ELSEWHERE: [&str; 1] = ["certificate-ends"];
/// PBXs and causes that are named; `status` names all.
const MOST: usize = 20;

/// What `status` wants attention for.
pub fn attention(scene: &Scene) -> Findings {
    let all = scene.status()?.attention.iter();
    let wanted = all.filter(|one| !TOLD_ELSEWHERE.contains(&one.code.as_str())).take(MOST);
    let found = wanted.map(|Attention { code, severity, text, remedy }| {
        let made = match severity {
            Severity::Look => Finding::look,
            Severity::Bad => Finding::bad,
        };
        made(text.clone(), "the lamps of the PBX that is named".to_owned(), remedy.clone())
            .seen(format!("{code}   (lampfield help {code})"))
    });
    Ok(found.collect())
}

/// PBXs that are connected and say nothing.
pub fn silent(scene: &Scene) -> Findings {
    let found = scene.status()?.silent.iter().take(MOST).map(|pbx| {
        let SilentPbx { account, address, remedy, .. } = pbx;
        let text = format!("{account} is connected and has published nothing");
        Finding::look(text, "its lamps: all of them are dark", remedy.clone())
            .seen(format!("from {address}"))
    });
    Ok(found.collect())
}

/// PBXs that are kept out.
pub fn logins(scene: &Scene) -> Findings {
    let found = scene.status()?.refused_logins.iter().take(MOST).map(|refused| {
        let RefusedLogin { cause, asked, address, count, remedy, .. } = refused;
        let whom = asked.as_ref().map(|asked| format!(" as {asked}")).unwrap_or_default();
        let text = format!("logins{whom} from {address} are refused: {cause}");
        Finding::look(text, "that PBX, if it is one of yours", remedy.clone())
            .seen(format!("{count} in the last ten minutes"))
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Stage, texts};
    use super::*;
    use crate::document::status::StatusDocument;

    fn seen(look: fn(&Scene) -> Findings, change: impl FnOnce(&mut StatusDocument)) -> Vec<String> {
        let stage = Stage::new();
        assert_eq!(texts(look(&stage.scene())), [""; 0]);
        let mut scene = stage.scene();
        change(scene.status.as_mut().expect("a status"));
        assert!(look(&stage.without_server()).is_err());
        texts(look(&scene))
    }

    fn wrong(code: &str) -> Attention {
        Attention {
            code: code.to_owned(),
            severity: Severity::Bad,
            text: format!("{code} is so"),
            remedy: "mend it".to_owned(),
        }
    }

    #[test]
    fn what_status_knows_is_told_once() {
        let said = seen(attention, |status| {
            status.attention = vec![wrong("duplicate-eid"), wrong("certificate-ends")];
        });
        assert_eq!(said, ["duplicate-eid is so"]);
    }

    #[test]
    fn a_silent_pbx_and_a_refused_login_are_told() {
        let said = seen(silent, |status| {
            status.silent = vec![SilentPbx {
                account: "pbx-1@a".to_owned(),
                address: "192.0.2.7".to_owned(),
                connected_seconds: 60.0,
                listens: true,
                remedy: "distribute_events=yes".to_owned(),
            }];
        });
        assert_eq!(said, ["pbx-1@a is connected and has published nothing"]);
        let said = seen(logins, |status| {
            status.refused_logins = vec![RefusedLogin {
                cause: "wrong-password".to_owned(),
                asked: Some("pbx-2@a".to_owned()),
                address: "192.0.2.8".to_owned(),
                count: 3,
                last_seconds: 5.0,
                remedy: "lampfield invite pbx-2".to_owned(),
            }];
        });
        assert_eq!(said, ["logins as pbx-2@a from 192.0.2.8 are refused: wrong-password"]);
    }
}
