//! Certificates that change under a running server.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server, sha256};
use lampfield_tests::xmpp::Client;
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

/// The operator's two files, and the folder that certbot would keep.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("pbx.example.com.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("pbx.example.com.key")
    }

    fn config(&self) -> Config {
        let (certificate, key) = (self.certificate(), self.key());
        Config::plain().servers().with_tls().domain(&format!(
            "certificate = \"{}\"\ncertificate_key = \"{}\"",
            certificate.display(),
            key.display()
        ))
    }

    /// Writes a new pair; its fingerprint.
    fn renew(&self) -> String {
        let (certificate, key, fingerprint) = pair();
        fs::write(self.certificate(), certificate).expect("a file");
        write_key(&self.key(), &key);
        fingerprint
    }
}

/// Certificate and key in PEM, and the certificate's fingerprint.
fn pair() -> (String, String, String) {
    let key = KeyPair::generate().expect("a key");
    let names = [DOMAIN.to_owned(), format!("pubsub.{DOMAIN}")];
    let params = CertificateParams::new(names).expect("names");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem(), sha256(certificate.der()))
}

fn write_key(file: &Path, key: &str) {
    fs::write(file, key).expect("a file");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("chmod");
}

/// The fingerprint that a client is shown.
async fn shown(server: &Server) -> String {
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.open().await;
    client.starttls().await;
    client.peer_certificate().map(|der| sha256(&der)).expect("a certificate")
}

async fn comes_to_show(server: &Server, fingerprint: &str) {
    eventually(SOON, || async {
        let shown = shown(server).await;
        if shown == fingerprint { Ok(()) } else { Err(format!("{shown}\n{}", server.log())) }
    })
    .await;
}

/// New files are taken by themselves, while whoever is connected stays; `status` says so.
#[tokio::test]
async fn new_files_are_taken_without_a_restart_and_nobody_is_dropped() {
    let files = Files::new();
    let first = files.renew();
    let server = Server::start(&files.config()).await;
    assert_eq!(shown(&server).await, first);
    let mut here = scene::client(&server, "server1").await;
    let second = files.renew();
    comes_to_show(&server, &second).await;
    assert_eq!(server.status()["certificates"][0]["fingerprint"], second.as_str());
    here.send("<iq type='get' id='still'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    here.until(|stanza| stanza.attr("id") == Some("still")).await;
}

/// Files that cannot be used leave those of before in use, and say where they are wrong; the next ones count.
#[tokio::test]
async fn wrong_files_change_nothing_and_are_told_with_their_line() {
    let files = Files::new();
    let first = files.renew();
    let server = Server::start(&files.config()).await;
    let good = fs::read_to_string(files.certificate()).expect("a file");
    fs::write(files.certificate(), good.replacen("MI", "M*", 1)).expect("a file");
    eventually(SOON, || async {
        let attention = server.attention();
        let told = attention.contains("certificate-refused") && attention.contains("line 2");
        if told { Ok(()) } else { Err(attention) }
    })
    .await;
    assert_eq!(shown(&server).await, first);
    let next = files.renew();
    comes_to_show(&server, &next).await;
    assert!(!server.attention().contains("certificate-refused"));
}

/// Other file names in the configuration count with a reload; a pair that does not fit refuses it whole.
#[tokio::test]
async fn a_reload_takes_other_files() {
    let (files, others) = (Files::new(), Files::new());
    files.renew();
    let mut server = Server::start(&files.config()).await;
    others.renew();
    write_key(&others.key(), &pair().1);
    server.configure(&others.config());
    server.process().hang_up();
    server.logs("does not belong to the first certificate").await;
    let other = others.renew();
    server.reload(&others.config()).await;
    assert_eq!(shown(&server).await, other);
}

/// The recipe of the manual for certbot, word for word, with folders of this test.
#[tokio::test]
async fn the_recipe_for_certbot_works() {
    let manual = include_str!("../../../docs/tls.md");
    let (_, rest) = manual.split_once("#!/bin/sh\n").expect("the hook");
    let (hook, _) = rest.split_once("```").expect("its end");
    let files = Files::new();
    let hook = hook.replace("/etc/lampfield", &files.folder.path().display().to_string());
    let hook = hook.replace("-g lampfield", "-g root");
    let lineage = files.folder.path().join("letsencrypt/live/pbx.example.com");
    let renew = |number: u32| {
        let (certificate, key, fingerprint) = pair();
        let archive = files.folder.path().join("letsencrypt/archive/pbx.example.com");
        for folder in [&archive, &lineage] {
            fs::create_dir_all(folder).expect("a folder");
        }
        for (name, text) in [("fullchain", certificate), ("privkey", key)] {
            let file = archive.join(format!("{name}{number}.pem"));
            write_key(&file, &text);
            let link = lineage.join(format!("{name}.pem"));
            let _ = fs::remove_file(&link);
            symlink(&file, &link).expect("a link");
        }
        let mut sh = Command::new("sh");
        sh.args(["-c", &hook]).env("RENEWED_LINEAGE", &lineage);
        assert!(sh.status().expect("sh").success(), "{hook}");
        fingerprint
    };
    let first = renew(1);
    let server = Server::start(&files.config()).await;
    assert_eq!(shown(&server).await, first);
    let second = renew(2);
    comes_to_show(&server, &second).await;
}
