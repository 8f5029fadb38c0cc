//! The configuration files of one Asterisk under test. `xmpp.conf` is as an operator would write
//! it; the rest is the least that makes the PBX observable.

use std::net::SocketAddrV4;
use std::sync::Arc;

use crate::namespace::Namespace;

/// The port of every manager interface; each Asterisk has its own loopback address.
pub const AMI_PORT: u16 = 25_038;
pub const AMI_USER: &str = "test";
pub const AMI_SECRET: &str = "test";

/// The release of Asterisk, by the Debian it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Release {
    /// Asterisk 22.x, from Debian sid.
    V22,
    /// 16.28, Debian bullseye: the oldest with `res_xmpp` in Debian's archive.
    V16,
}

/// What distinguishes one Asterisk from another.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The release that is started.
    pub release: Release,
    /// Its identity among PBXs.
    pub eid: String,
    /// The text of `xmpp.conf`.
    pub xmpp: String,
    /// Hints in the context `default`: extension and devices.
    pub hints: Vec<(String, String)>,
    /// Further lines of the context `default`.
    pub dialplan: String,
    /// Modules besides those that every one has, without `.so`.
    pub modules: Vec<&'static str>,
    /// Further files, by name; see [`Self::file`].
    pub files: Vec<(&'static str, String)>,
    /// The machine it runs on, if not ours.
    pub namespace: Option<Arc<Namespace>>,
}

impl Setup {
    /// Asterisk 22 with an EID that ends in this number, and no hints.
    pub fn new(number: u8, xmpp: impl ToString) -> Self {
        let eid = format!("02:00:00:00:00:{number:02x}");
        Self {
            release: Release::V22,
            eid,
            xmpp: xmpp.to_string(),
            hints: Vec::new(),
            dialplan: String::new(),
            modules: Vec::new(),
            files: Vec::new(),
            namespace: None,
        }
    }

    /// The same as another release.
    pub fn release(self, release: Release) -> Self {
        Self { release, ..self }
    }

    /// The same on a machine of its own.
    pub fn on(self, namespace: Arc<Namespace>) -> Self {
        Self { namespace: Some(namespace), ..self }
    }

    /// The same with one more hint.
    pub fn hint(mut self, extension: &str, devices: &str) -> Self {
        self.hints.push((extension.to_owned(), devices.to_owned()));
        self
    }

    /// The same with these lines more in the context `default`.
    pub fn dialplan(mut self, lines: &str) -> Self {
        self.dialplan += lines;
        self
    }

    /// The same with these modules more, without `.so`.
    pub fn modules(mut self, modules: &[&'static str]) -> Self {
        self.modules.extend(modules);
        self
    }

    /// The same with one more file, in which `{address}` stands for the loopback address that is its own.
    pub fn file(mut self, name: &'static str, text: impl ToString) -> Self {
        self.files.push((name, text.to_string()));
        self
    }

    /// All files, by name.
    pub(super) fn files(&self, inside: &str, ami: SocketAddrV4) -> Vec<(&'static str, String)> {
        let address = ami.ip().to_string();
        let further = self.files.iter();
        let further = further.map(|(name, text)| (*name, text.replace("{address}", &address)));
        let mut files = vec![
            ("asterisk.conf", self.asterisk_conf(inside)),
            ("modules.conf", self.modules_conf()),
            ("manager.conf", manager_conf(ami)),
            ("extensions.conf", self.extensions_conf()),
            ("logger.conf", "[general]\n[logfiles]\nfull => error,warning,notice\n".to_owned()),
            ("xmpp.conf", self.xmpp.clone()),
        ];
        files.extend(further);
        files
    }

    fn asterisk_conf(&self, inside: &str) -> String {
        let modules = match self.release {
            Release::V22 => "/usr/lib/x86_64-linux-gnu/asterisk/modules",
            Release::V16 => "/usr/lib/asterisk/modules",
        };
        format!(
            "[directories]\n\
             astetcdir => {inside}/etc\n\
             astmoddir => {modules}\n\
             astdatadir => /usr/share/asterisk\n\
             astvarlibdir => {inside}/var\n\
             astdbdir => {inside}/var\n\
             astkeydir => {inside}/var\n\
             astagidir => {inside}/var\n\
             astspooldir => {inside}/spool\n\
             astrundir => {inside}/run\n\
             astlogdir => {inside}/log\n\
             [options]\n\
             entityid = {}\n\
             nocolor = yes\n",
            self.eid
        )
    }

    fn extensions_conf(&self) -> String {
        let hints =
            self.hints.iter().map(|(exten, devices)| format!("exten => {exten},hint,{devices}\n"));
        format!(
            "[general]\n[default]\n\
             exten => answer,1,Answer()\n same => n,Wait(30)\n\
             exten => ring,1,Wait(1)\n\
             {}{}",
            hints.collect::<String>(),
            self.dialplan
        )
    }

    /// Without `res_xmpp`, which is loaded when somebody listens to what it causes.
    fn modules_conf(&self) -> String {
        let usual = [
            "pbx_config",
            "func_devstate",
            "res_manager_devicestate",
            "res_mwi_devstate",
            "app_minivm",
        ];
        let modules = usual.iter().chain(&self.modules);
        let lines = modules.map(|module| format!("load={module}.so\n"));
        format!("[modules]\nautoload=no\n{}", lines.collect::<String>())
    }
}

fn manager_conf(ami: SocketAddrV4) -> String {
    format!(
        "[general]\nenabled=yes\nbindaddr={}\nport={}\ntimestampevents=yes\ndisplayconnects=no\n\
         [{AMI_USER}]\nsecret={AMI_SECRET}\nread=call,system,user\nwrite=all\nwritetimeout=5000\n",
        ami.ip(),
        ami.port()
    )
}

/// `xmpp.conf` of one PBX, as an operator writes it.
#[derive(Clone, Debug)]
pub struct XmppConf {
    /// Where the XMPP server is reached.
    pub server: SocketAddrV4,
    /// The XMPP domain of the account.
    pub domain: String,
    /// The account's user part.
    pub user: String,
    /// The password of the account.
    pub secret: String,
    /// The option `usetls`: whether it asks for TLS.
    pub tls: bool,
    /// The option `usesasl`: whether it logs in by SASL.
    pub sasl: bool,
    /// Further lines of `[general]`.
    pub general: Vec<String>,
    /// Further lines of the client's section, such as `buddy=...`.
    pub client: Vec<String>,
}

impl std::fmt::Display for XmppConf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |yes| if yes { "yes" } else { "no" };
        let Self { server, domain, user, secret, .. } = self;
        writeln!(f, "[general]\n{}", self.general.join("\n"))?;
        writeln!(f, "[asterisk]\ntype=client\nserverhost={}\nport={}", server.ip(), server.port())?;
        writeln!(
            f,
            "pubsub_node=pubsub.{domain}\nusername={user}@{domain}/{user}\nsecret={secret}"
        )?;
        writeln!(f, "distribute_events=yes\nstatus=available")?;
        writeln!(f, "usetls={}\nusesasl={}", word(self.tls), word(self.sasl))?;
        writeln!(f, "{}", self.client.join("\n"))
    }
}
