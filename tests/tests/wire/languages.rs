//! What a client says is in its own language, which it need say once only (RFC 6120 section 8.1.5).

use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::xmpp::Client;

#[tokio::test]
async fn the_language_of_a_stream_is_that_of_what_is_passed_on() {
    let people =
        Config::plain().account("anna", "role = \"user\"").account("bob", "role = \"user\"");
    let server = Server::start(&people).await;
    let mut anna = speaking(&server, "anna", "de-CH").await;
    let mut bob = scene::client(&server, "bob").await;
    bob.send("<presence/>").await;
    bob.all_until_now().await;
    let full = bob.jid().to_owned();
    let query = "<query xmlns='jabber:iq:version'/>";
    for stanza in [
        format!("<message to='{full}' LANG><body>hi</body></message>"),
        format!("<iq to='{full}' type='get' id='q' LANG>{query}</iq>"),
        format!("<presence to='{full}' LANG><status>hi</status></presence>"),
    ] {
        for (own, heard) in [("", "de-CH"), ("xml:lang='fr'", "fr"), ("xml:lang=''", "")] {
            anna.send(&stanza.replace("LANG", own)).await;
            anna.all_until_now().await;
            let heard = format!(" xml:lang='{heard}'");
            let all = bob.all_until_now().await;
            let [one] = &all[..] else { panic!("{stanza}: {all:?}") };
            assert!(
                one.raw.contains(&heard) && one.raw.matches("xml:lang").count() == 1,
                "{one:?}"
            );
        }
    }
    anna.send(&format!("<presence to='{}' type='subscribe'/>", bob.bare())).await;
    anna.all_until_now().await;
    let all = bob.all_until_now().await;
    assert!(all[0].raw.contains("type='subscribe' xml:lang='de-CH'"), "{all:?}");
    bob.send(&format!("<presence to='{}' type='subscribe'/>", anna.bare())).await;
    bob.all_until_now().await;
    anna.send(&format!("<presence to='{}' type='subscribed'/>", bob.bare())).await;
    anna.all_until_now().await;
    bob.all_until_now().await;
    anna.send("<presence><status>da</status></presence>").await;
    anna.all_until_now().await;
    let all = bob.all_until_now().await;
    assert!(all.iter().any(|one| one.raw.contains("xml:lang='de-CH'><status>da")), "{all:?}");
}

#[tokio::test]
async fn what_is_no_language_is_passed_on_to_nobody() {
    let people =
        Config::plain().account("anna", "role = \"user\"").account("bob", "role = \"user\"");
    let server = Server::start(&people).await;
    let mut bob = scene::client(&server, "bob").await;
    for lang in ["", "a b", "&lt;de&gt;", &"x".repeat(36)] {
        let mut anna = speaking(&server, "anna", lang).await;
        anna.send(&format!("<message to='{}'><body>hi</body></message>", bob.jid())).await;
        anna.all_until_now().await;
        let all = bob.all_until_now().await;
        assert!(!all.is_empty() && all.iter().all(|one| !one.raw.contains("xml:lang")), "{all:?}");
    }
}

async fn speaking(server: &Server, name: &str, lang: &str) -> Client {
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.speak(lang);
    client.open().await;
    client.authenticate(name, &Config::password(name)).await.expect("the login is accepted");
    client.bind("test").await;
    client
}
