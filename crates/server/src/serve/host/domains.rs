//! What becomes of domains while the server runs: those of the file stand there, others come and go.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use lampfield_accounts::BareJid;
use lampfield_board::AccountName;
use lampfield_operations::{DomainChanges, DomainSource, NewDomain};
use toml::de::DeTable;

use super::ServerHost;
use crate::config::name::{AccountName as AccountWord, DomainName};
use crate::failure::{Exit, Failure};
use crate::serve::added::{Added, DomainRow, MOST, is_servable};

/// How often it is looked whether all facts of a domain have ended.
const LOOK: Duration = Duration::from_millis(5);

/// How long a removal waits for that.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

impl ServerHost {
    pub(super) fn source(&self, name: &str) -> Option<DomainSource> {
        if self.added.get(name).is_some() {
            return Some(DomainSource::Added);
        }
        let of_file = self.config.borrow().served().into_iter().any(|one| one.as_str() == name);
        let is_shadowed = self.added.shadowed().iter().any(|one| one.as_str() == name);
        of_file
            .then(|| DomainSource::File { place: self.place_of(name), is_added_too: is_shadowed })
    }

    /// Where the file names a domain, as it stands now.
    fn place_of(&self, name: &str) -> String {
        match &self.place.file {
            None => "no file: this is the default domain".to_owned(),
            Some(file) => match line_of(file, name) {
                Some(line) => format!("{}:{line}", file.display()),
                None => file.display().to_string(),
            },
        }
    }

    /// Where the file declares an account, as it stands now.
    pub(super) fn place_of_account(&self, account: &BareJid) -> String {
        let Some(file) = &self.place.file else { return String::new() };
        let line = account.local().and_then(|name| line_of_account(file, account.domain(), name));
        match line {
            Some(line) => format!("{}:{line}", file.display()),
            None => file.display().to_string(),
        }
    }

    pub(super) async fn add(&self, new: NewDomain) -> Result<String, Failure> {
        let _alone = self.added.changing.lock().await;
        let name = domain_name(&new.name)?;
        self.check_is_new(&name)?;
        let row = DomainRow {
            board: new.board.as_ref().map(ToString::to_string),
            in_band: new.in_band,
            show_caps: new.show_caps,
            removing: false,
        };
        let added = Added { name: name.clone(), row };
        let settings = added.settings().ok_or_else(|| wrong_name(&new.name))?;
        self.certificates.add(&self.config.borrow(), &name).map_err(Failure::from)?;
        // Stored first: what is served is there again after a restart.
        if let Err(error) = self.added.put(added).await {
            self.certificates.remove(&name);
            return Err(not_stored(&error));
        }
        self.of_domains.add(name.clone(), settings.board.clone());
        self.of_domains.remember(self.added.store()).await;
        self.door.set_certificate_hash(self.certificates.only_hash());
        // Its past begins now, also where one of the same name was there before.
        let opened = self.boards.add(&settings.board).await;
        let added = match opened {
            Ok(_) => self.door.add_domain(&settings).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = added {
            // What cannot be served now may be after the next start, unless the store forgets it.
            self.let_go(&name).await?;
            return Err(Failure::new(Exit::Bad, "store", error.to_string()));
        }
        tracing::info!(code = "domain", domain = %name, "added at run time");
        Ok(name.to_string())
    }

    pub(super) async fn change(&self, change: DomainChanges) -> Result<(), Failure> {
        let _alone = self.added.changing.lock().await;
        let Some(mut added) = self.added.get(&change.name) else { return Ok(()) };
        added.row.in_band = change.in_band.unwrap_or(added.row.in_band);
        added.row.show_caps = change.show_caps.unwrap_or(added.row.show_caps);
        self.added.put(added.clone()).await.map_err(|error| not_stored(&error))?;
        self.door.set_domains(added.settings().as_slice());
        tracing::info!(code = "domain", domain = %added.name, "changed at run time");
        Ok(())
    }

    /// Ends everything of a domain that was added, or forgets that one of the file was added too. What a crash leaves
    /// undone is done at the next start.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Failure> {
        let _alone = self.added.changing.lock().await;
        let Some(mut added) = self.added.get(name) else {
            let name = domain_name(name)?;
            return self.added.remove(&name).await.map_err(|error| not_stored(&error));
        };
        added.row.removing = true;
        self.added.put(added.clone()).await.map_err(|error| not_stored(&error))?;
        self.door.remove_domain(name);
        self.door.context.accounts.close_domain(name);
        self.remove_accounts(name).await?;
        self.of_domains.remove(&added.name);
        self.clear_board(&added).await?;
        self.let_go(&added.name).await?;
        tracing::info!(code = "domain", domain = name, "removed at run time");
        Ok(())
    }

    async fn remove_accounts(&self, domain: &str) -> Result<(), Failure> {
        let accounts = &self.door.context.accounts;
        for account in accounts.list().iter().filter(|one| one.jid.domain() == domain) {
            accounts
                .remove(&account.jid)
                .await
                .map_err(|error| Failure::new(Exit::Bad, "not-stored", error.to_string()))?;
        }
        Ok(())
    }

    /// Forgets that a domain is served.
    async fn let_go(&self, name: &DomainName) -> Result<(), Failure> {
        self.of_domains.remove(name);
        self.of_domains.remember(self.added.store()).await;
        self.certificates.remove(name);
        self.door.set_certificate_hash(self.certificates.only_hash());
        self.added.remove(name).await.map_err(|error| not_stored(&error))?;
        self.door.context.accounts.reopen_domain(name.as_str());
        Ok(())
    }

    /// Does what an earlier run has begun. To be called before anybody is let in.
    pub async fn finish_removals(&self) -> Result<(), Failure> {
        for added in self.added.served().into_iter().filter(|one| one.row.removing) {
            self.remove(added.name.as_str()).await?;
        }
        Ok(())
    }

    /// Does the same for domains that have come into the file since: what was to go goes, also the board if no other domain
    /// has it, and the domain of the file begins with nothing. To be called before its accounts are there, and before the
    /// boards run.
    pub async fn finish_removals_of_file(&self) -> Result<(), Failure> {
        for added in self.added.replaced() {
            self.remove_accounts(added.name.as_str()).await?;
            let emptied = self.door.empty_domain(added.name.as_str()).await;
            emptied.map_err(|error| Failure::new(Exit::Bad, "store", error.to_string()))?;
            if let Some((name, board)) =
                added.board().and_then(|it| Some((it.clone(), self.boards.get(&it)?)))
                && !self.of_domains.is_used_beside(&name, &added.name)
            {
                for account in board.read(|hub, _| hub.accounts()) {
                    board.remove_account(&account);
                }
                board.end_what_is_due().await;
                board.forget_past().await.map_err(|error| not_stored(&error))?;
                if self.of_domains.names().contains(&name) {
                    // The domain of the file has it as well.
                    self.boards.add(&name).await.map_err(|error| not_stored(&error))?;
                }
            }
            self.added.remove(&added.name).await.map_err(|error| not_stored(&error))?;
            tracing::info!(code = "domain", domain = %added.name, "removed at run time");
        }
        Ok(())
    }

    /// The accounts of a domain have left its board. If no other domain has it, nothing is left on it, nor of its past.
    async fn clear_board(&self, added: &Added) -> Result<(), Failure> {
        let Some(name) = added.board() else { return Ok(()) };
        let Some(board) = self.boards.get(&name) else { return Ok(()) };
        let is_shared = self.of_domains.names().contains(&name);
        let is_of_domain = |account: &AccountName| {
            let jid = BareJid::parse(account.as_str());
            jid.is_ok_and(|jid| jid.domain() == added.name.as_str())
        };
        let mut gone = board.read(|hub, _| hub.accounts());
        gone.retain(|account| !is_shared || is_of_domain(account));
        for account in &gone {
            board.remove_account(account);
        }
        // Facts end piece by piece. While the row of the domain is there, a crash loses nothing of that.
        let holds = || {
            let origins = board.read(|hub, now| hub.origins(now));
            let mut names = origins.iter().filter_map(|one| AccountName::parse(&one.account).ok());
            names.any(|name| gone.contains(&name))
        };
        let ended = async {
            while holds() {
                tokio::time::sleep(LOOK).await;
            }
        };
        // What then still stands ends later all the same.
        let _in_time = tokio::time::timeout(ENDS_WITHIN, ended).await;
        match is_shared {
            true => Ok(()),
            false => board.forget_past().await.map_err(|error| not_stored(&error)),
        }
    }

    fn check_is_new(&self, name: &DomainName) -> Result<(), Failure> {
        if let Some(source) = self.source(name.as_str()) {
            let message = format!("{name} is served already");
            return Err(Failure::new(Exit::Conflict, "domain-exists", message)
                .line("defined in", source.to_string()));
        }
        let served = self.of_domains.domains();
        if served.iter().any(|other| name.is_pubsub_of(other) || other.is_pubsub_of(name)) {
            let message = format!(
                "{name} is the PubSub service of a served domain, or a served domain would be its PubSub service"
            );
            return Err(Failure::new(Exit::Conflict, "domain-exists", message));
        }
        match self.added.served().len() {
            MOST.. => {
                let message =
                    format!("{MOST} domains were added by command already, which is the limit");
                Err(Failure::new(Exit::Conflict, "too-many-domains", message)
                    .line("try", "move some of them into the configuration"))
            }
            _ => Ok(()),
        }
    }
}

fn domain_name(typed: &str) -> Result<DomainName, Failure> {
    let name = DomainName::parse(typed).ok().filter(is_servable);
    name.ok_or_else(|| wrong_name(typed))
}

fn wrong_name(typed: &str) -> Failure {
    Failure::new(Exit::Usage, "wrong-name", format!("\"{typed}\" cannot be the name of a domain"))
        .line("write", DomainName::ALLOWED)
}

fn not_stored(error: &lampfield_fabric::StoreError) -> Failure {
    Failure::new(Exit::Bad, "not-stored", error.to_string()).line("try", "df -h")
}

/// The line of a file that names a domain, from 1.
fn line_of(file: &Path, name: &str) -> Option<usize> {
    let text = std::fs::read_to_string(file).ok()?;
    let table = DeTable::parse(&text).ok()?;
    let (_, place) = domain_in(table.get_ref(), name)?;
    Some(line_at(&text, place.start))
}

/// The line of a file that names an account of a domain, from 1.
fn line_of_account(file: &Path, domain: &str, name: &str) -> Option<usize> {
    let text = std::fs::read_to_string(file).ok()?;
    let table = DeTable::parse(&text).ok()?;
    let (domain, _) = domain_in(table.get_ref(), domain)?;
    let accounts = domain.get("account")?.get_ref().as_array()?;
    let mut named = accounts.iter().filter_map(|one| one.get_ref().as_table()?.get("name"));
    let is_it = |given: &str| AccountWord::parse(given).is_ok_and(|given| given.as_str() == name);
    let found = named.find(|given| given.get_ref().as_str().is_some_and(is_it))?;
    Some(line_at(&text, found.span().start))
}

/// The table of a domain, and where its name stands.
fn domain_in<'a>(table: &'a DeTable<'a>, name: &str) -> Option<(&'a DeTable<'a>, Range<usize>)> {
    let domains = table.get("domain")?.get_ref().as_array()?;
    domains.iter().find_map(|domain| {
        let domain = domain.get_ref().as_table()?;
        let given = domain.get("name")?;
        let parsed = DomainName::parse(given.get_ref().as_str()?).ok()?;
        (parsed.as_str() == name).then(|| (domain, given.span()))
    })
}

fn line_at(text: &str, place: usize) -> usize {
    text.get(..place).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_found_in_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x.toml");
        let text = "[[domain]]\n# one\nname = 'a.example'\n\n[[domain]]\nboard = 'x'\nname = \"B.example\"\n";
        std::fs::write(&file, text).expect("a file");
        assert_eq!(line_of(&file, "a.example"), Some(3));
        assert_eq!(line_of(&file, "b.example"), Some(7));
        assert_eq!(line_of(&file, "c.example"), None);
        let accounts = "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'x'\n\
                        [[domain]]\nname = 'b.example'\n[[domain.account]]\nname = 'X'\n";
        std::fs::write(&file, accounts).expect("a file");
        assert_eq!(line_of_account(&file, "a.example", "x"), Some(4));
        assert_eq!(line_of_account(&file, "b.example", "x"), Some(8));
        assert_eq!(line_of_account(&file, "b.example", "y"), None);
    }
}
