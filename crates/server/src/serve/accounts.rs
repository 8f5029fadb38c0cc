//! The account book, from the data folder and the configuration.

use std::collections::HashMap;
use std::rc::Rc;

use lampfield_accounts::{
    AccountBook, AccountKeys, BookLimits, DeclaredAccount, JoinPolicy, LegacyAuth, Reconciled, Role,
};
use lampfield_fabric::Store;
use lampfield_xmpp_stream::{BareJid, Domain as XmppDomain, JidError};

use crate::config::Config;
use crate::config::keys::{Account, Domain, Registration, Role as ConfigRole};
use crate::config::secret_file;
use crate::config::value::FilePath;
use crate::failure::{Exit, Failure};
use crate::place::Place;

/// Opens the book as it was left; [`reconcile`] brings it in line with the configuration.
///
/// # Errors
/// A key or secret file cannot be used, or the store cannot be read.
pub async fn open(place: &Place, store: &Store) -> Result<Rc<AccountBook>, Failure> {
    let keys = AccountKeys::load(&place.data_dir)
        .map_err(|error| Failure::new(Exit::Bad, "account-key", error.to_string()))?;
    let joins = joins(&place.config)?;
    let limits = BookLimits {
        free_tries: place.config.xmpp.limits.login_tries_per_address,
        ..BookLimits::default()
    };
    AccountBook::open(store.clone(), keys, joins, limits)
        .await
        .map_err(|error| Failure::new(Exit::Bad, "store", error.to_string()))
}

/// Brings the book in line with the accounts that the configuration declares.
///
/// # Errors
/// A secret file cannot be used, or an account cannot be made as declared.
pub async fn reconcile(book: &AccountBook, config: &Config) -> Result<Reconciled, Failure> {
    let done = book
        .reconcile(declared(config)?)
        .await
        .map_err(|error| Failure::new(Exit::Usage, "account", error.to_string()))?;
    for (what, jids) in
        [("added", &done.added), ("changed", &done.changed), ("removed", &done.removed)]
    {
        for jid in jids {
            tracing::info!(code = "account", account = %jid, "{what} by the configuration");
        }
    }
    Ok(done)
}

/// The password that the configuration gives an account; `None` when it derives from the invite key.
///
/// # Errors
/// Its file cannot be used.
pub fn password(account: &Account) -> Result<Option<String>, Failure> {
    match (&account.password, &account.password_file) {
        (Some(password), _) => Ok(Some(password.reveal().to_owned())),
        (None, Some(file)) => secret(file).map(Some),
        (None, None) => Ok(None),
    }
}

fn joins(config: &Config) -> Result<HashMap<XmppDomain, JoinPolicy>, Failure> {
    let mut joins = HashMap::new();
    for domain in &config.domain {
        if let (Registration::FirstLogin, Some(file)) =
            (domain.registration, &domain.join_secret_file)
        {
            let names = domain.join_pattern.clone();
            let names = names.unwrap_or_else(lampfield_board::Pattern::everything);
            let name = XmppDomain::parse(domain.name.as_str()).map_err(bad_name)?;
            joins.insert(name, JoinPolicy { secret: secret(file)?, names });
        }
    }
    Ok(joins)
}

fn declared(config: &Config) -> Result<Vec<DeclaredAccount>, Failure> {
    let accounts = config
        .domain
        .iter()
        .flat_map(|domain| domain.account.iter().map(move |account| declared_one(domain, account)));
    accounts.collect()
}

fn declared_one(domain: &Domain, account: &Account) -> Result<DeclaredAccount, Failure> {
    let role = role(account.role);
    Ok(DeclaredAccount {
        jid: BareJid::parse(&format!("{}@{}", account.name, domain.name)).map_err(bad_name)?,
        password: password(account)?,
        role,
        allow: account.allow.clone().unwrap_or_else(|| role.usual_allow()),
        hear: account.hear.clone(),
        site: account.site.clone(),
        labels: account.labels.clone(),
        legacy: if account.legacy_auth { LegacyAuth::Allowed } else { LegacyAuth::Refused },
    })
}

/// What the accounts call a role of the file.
pub fn role(role: ConfigRole) -> Role {
    match role {
        ConfigRole::Pbx => Role::Pbx,
        ConfigRole::User => Role::User,
        ConfigRole::Admin => Role::Admin,
    }
}

fn secret(file: &FilePath) -> Result<String, Failure> {
    secret_file::read(file.as_path()).map_err(|error| {
        Failure::new(Exit::Usage, "secret-file", error.to_string()).line("try", error.remedy())
    })
}

fn bad_name(error: JidError) -> Failure {
    Failure::new(Exit::Usage, "wrong-name", error.to_string())
}
