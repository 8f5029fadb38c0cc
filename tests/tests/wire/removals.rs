//! An account that is gone is gone everywhere, whichever way it went: what it said ends on all other
//! PBXs, also on those that come later, nobody waits for it, and one of the same name begins
//! anew.

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::{
    DEVICES, MAILBOXES, publish, publish_mailbox, subscribe, unsubscribe,
};
use lampfield_tests::xmpp::{Client, Element};

const EID: &str = "02:00:00:00:00:99";
const DEVICE: &str = "Custom:night";
const MAILBOX: &str = "1000@default";
const PASSWORD: &str = "secret-of-gone";
const OTHER_DOMAIN: &str = "left.example";

/// The usual PBXs; the device that `gone` publishes would outlive it.
fn without() -> Config {
    Config::plain().servers().more("[[policy]]\nname = \"Custom:*\"\nrule = \"keep\"")
}

fn with() -> Config {
    without().account("gone", "")
}

fn with_another_domain() -> Config {
    // On the board of the others, whom it concerns.
    without().more(&format!("[[domain]]\nname = \"{OTHER_DOMAIN}\"\nboard = \"{DOMAIN}\""))
}

/// A server on which `gone` has said a lamp and a mailbox and has listened, and others with it.
struct Scene {
    server: Server,
    gone: Client,
    jid: String,
    /// Listens all the time.
    here: Client,
}

// === impl Scene ===

impl Scene {
    async fn begin(server: Server, jid: &str) -> Self {
        let here = listening(&server, "server2").await;
        let mut away = listening(&server, "server3").await;
        away.until(|stanza| stanza.attr("id") == Some("s2")).await;
        drop(away);
        let mut gone = Client::login(server.address(), &format!("{jid}/pbx"), PASSWORD).await;
        let bare = gone.bare().to_owned();
        gone.send(&subscribe("s1", &bare, DEVICES)).await;
        gone.send(&subscribe("s2", &bare, MAILBOXES)).await;
        gone.send(&publish("p1", EID, DEVICE, "INUSE")).await;
        gone.send(&publish_mailbox("p2", EID, MAILBOX, 3, 0)).await;
        gone.until(|stanza| stanza.attr("id") == Some("p2")).await;
        let scene = Self { server, gone, jid: jid.to_owned(), here };
        assert_eq!(scene.facts(), 2);
        scene
    }

    /// What is held of the account.
    fn facts(&self) -> usize {
        let facts = [DEVICE, MAILBOX].map(|subject| {
            let facts = self.server.why(subject).facts();
            facts.iter().filter(|fact| fact.account == self.jid).count()
        });
        facts.iter().sum()
    }

    /// Whether a withdrawal waits for the account, or anything else speaks of it.
    fn trace(&self) -> Option<String> {
        let status = self.server.status();
        let told = [&status["origins"], &status["attention"]].map(ToString::to_string);
        let whys = ["PJSIP/later", DEVICE, MAILBOX].map(|subject| {
            let why = self.server.ask_json(&["why", subject]);
            let tombstones = why["tombstones"].as_array().cloned().unwrap_or_default();
            tombstones.iter().map(|one| one["unconfirmed"].to_string()).collect::<String>()
        });
        let all = told.into_iter().chain(whys).filter(|text| text.contains(&self.jid));
        all.reduce(|all, one| all + "\n" + &one)
    }

    /// After the account went: what must be so, whichever way it was.
    async fn is_gone(&mut self) {
        eventually(SOON, || async {
            match self.facts() {
                0 => Ok(()),
                facts => Err(format!("{facts} facts of it stand")),
            }
        })
        .await;
        // Somebody else's withdrawal, which nobody but `gone` has not heard of.
        let mut other = scene::client(&self.server, "server4").await;
        other.send(&publish("p", "02:00:00:00:00:04", "PJSIP/later", "INUSE")).await;
        other.until(|stanza| stanza.attr("id") == Some("p")).await;
        other.send("</stream:stream>").await;
        eventually(SOON, || async {
            match self.server.why("PJSIP/later").facts().len() {
                0 => self.trace().map_or(Ok(()), Err),
                _ => Err("server4's lamp is lit".to_owned()),
            }
        })
        .await;
        hears_the_end(&mut self.here).await;
        // Was away all the time, and may show both.
        hears_the_end(&mut listening(&self.server, "server3").await).await;
    }

    /// After it was added again.
    async fn begins_anew(&self) {
        let jid = format!("{}/pbx", self.jid);
        let mut again = Client::login(self.server.address(), &jid, PASSWORD).await;
        again.send(&publish("p1", EID, "PJSIP/new", "INUSE")).await;
        again.until(|stanza| stanza.attr("id") == Some("p1")).await;
        assert_eq!(self.facts(), 0);
        assert_eq!(self.server.why("PJSIP/new").value(), "INUSE");
    }
}

/// Listens, and has heard nothing yet.
async fn listening(server: &Server, user: &str) -> Client {
    let mut client = scene::client(server, user).await;
    let bare = client.bare().to_owned();
    client.send(&subscribe("s1", &bare, DEVICES)).await;
    client.send(&subscribe("s2", &bare, MAILBOXES)).await;
    client
}

async fn hears_the_end(client: &mut Client) {
    let (mut device, mut mailbox) = (false, false);
    while !(device && mailbox) {
        let stanza = client.next().await.element;
        let Some(item) = stanza.find("item").filter(|_| stanza.name == "message") else { continue };
        let says = |name, text| item.find(name).is_some_and(|found| found.text() == text);
        device |= item.attr("id") == Some(DEVICE) && says("state", "UNKNOWN");
        mailbox |= item.attr("id") == Some(MAILBOX) && says("NEWMSGS", "0");
    }
}

async fn ended(client: &mut Client) -> Option<String> {
    client.ending().await.0
}

fn add(server: &Server, jid: &str, role: &str) {
    server.tell(&["user", "add", jid, "--role", role, "--allow", "*"], PASSWORD);
}

fn jid() -> String {
    format!("gone@{DOMAIN}")
}

#[tokio::test]
async fn by_command() {
    let server = Server::start(&without()).await;
    add(&server, &jid(), "pbx");
    let mut scene = Scene::begin(server, &jid()).await;
    let removed = scene.server.command(&["user", "remove", "gone", "--yes"]);
    let said = String::from_utf8(removed.stdout).unwrap();
    assert!(said.contains("2 facts withdrawn"), "{said}");
    assert_eq!(ended(&mut scene.gone).await.as_deref(), Some("not-authorized"));
    scene.is_gone().await;
    add(&scene.server, &jid(), "pbx");
    scene.begins_anew().await;
}

#[tokio::test]
async fn out_of_the_file_with_a_reload() {
    let mut scene = Scene::begin(Server::start(&with()).await, &jid()).await;
    scene.server.reload(&without()).await;
    assert_eq!(ended(&mut scene.gone).await.as_deref(), Some("not-authorized"));
    scene.is_gone().await;
    let past = scene.server.ask_json(&["history", MAILBOX]).to_string();
    assert!(past.contains("the account was removed"), "{past}");
    scene.server.reload(&with()).await;
    scene.begins_anew().await;
}

/// Its PBX was away when it was taken out.
#[tokio::test]
async fn out_of_the_file_while_it_is_away() {
    let mut scene = Scene::begin(Server::start(&with()).await, &jid()).await;
    scene.gone.send("</stream:stream>").await;
    ended(&mut scene.gone).await;
    assert_eq!(scene.facts(), 2, "both outlive their origin");
    scene.server.reload(&without()).await;
    scene.is_gone().await;
}

#[tokio::test]
async fn by_its_own_client() {
    let server = Server::start(&without().domain("registration = \"in-band\"")).await;
    add(&server, &jid(), "user");
    let mut scene = Scene::begin(server, &jid()).await;
    let leave = "<query xmlns='jabber:iq:register'><remove/></query>";
    let answer: Element = scene.gone.iq("set", DOMAIN, leave).await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    scene.is_gone().await;
    add(&scene.server, &jid(), "user");
    scene.begins_anew().await;
}

/// Lets what was said be stored, stops, and starts with another configuration.
async fn between_two_runs(scene: &mut Scene, config: &Config) {
    scene.server.settled().await;
    scene.server.stop().await;
    scene.server.configure(config);
    scene.server.run().await;
    scene.here = listening(&scene.server, "server2").await;
}

#[tokio::test]
async fn out_of_the_file_between_two_runs() {
    let mut scene = Scene::begin(Server::start(&with()).await, &jid()).await;
    between_two_runs(&mut scene, &without()).await;
    scene.is_gone().await;
    scene.server.reload(&with()).await;
    scene.begins_anew().await;
}

#[tokio::test]
async fn with_its_domain_between_two_runs() {
    let jid = format!("gone@{OTHER_DOMAIN}");
    let account = format!("[[domain.account]]\nname = \"gone\"\npassword = \"{PASSWORD}\"");
    let config = with_another_domain().more(&account);
    let mut scene = Scene::begin(Server::start(&config).await, &jid).await;
    between_two_runs(&mut scene, &without()).await;
    scene.is_gone().await;
    between_two_runs(&mut scene, &config).await;
    scene.begins_anew().await;
}

/// The account stays in the book for the day its domain is back, but its PBX cannot return.
#[tokio::test]
async fn with_its_domain_though_it_was_added_by_command() {
    let jid = format!("gone@{OTHER_DOMAIN}");
    let server = Server::start(&with_another_domain()).await;
    add(&server, &jid, "pbx");
    let mut scene = Scene::begin(server, &jid).await;
    between_two_runs(&mut scene, &without()).await;
    scene.is_gone().await;
    between_two_runs(&mut scene, &with_another_domain()).await;
    scene.begins_anew().await;
}

/// What a client has sent before it learns of its end does not bring anything back.
#[tokio::test]
async fn its_last_words_count_for_nothing() {
    let mut scene = Scene::begin(Server::start(&with()).await, &jid()).await;
    let config = without();
    let reload = scene.server.reload(&config);
    let bare = scene.gone.bare().to_owned();
    let again = unsubscribe("x", &bare, DEVICES) + &subscribe("x", &bare, DEVICES);
    let words = (again + &publish_mailbox("x", EID, MAILBOX, 1, 0)).repeat(100);
    // More than the server reads in one turn, until it closes.
    let speak = async { while scene.gone.try_send(words.as_bytes()).await.is_ok() {} };
    tokio::join!(reload, speak);
    scene.is_gone().await;
}
