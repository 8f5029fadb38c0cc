//! Why nothing is listed: how many lamps each term of the filter fits alone, and what is called much like a name that
//! fits none.

use std::collections::{BTreeMap, BTreeSet};

use lampfield_accounts::AccountBook;
use lampfield_board::{Kind, SubjectFacts};
use lampfield_hub::HubShell;

use crate::actor::Actor;
use crate::desk::Desk;
use crate::document::list as document;
use crate::filter::{Condition, Filter, Term};
use crate::host::Host;
use crate::nearest::nearest;
use crate::operation::accounts::site_of;
use crate::operation::seen::Seen;
use crate::operation::walk;

/// The most names that are offered for one.
const NEAREST: usize = 3;

/// What was counted on the way over the board.
struct Counted {
    /// For each term, the lamps that it fits.
    fitting: Vec<u64>,
    /// Lamps by the site of somebody who says something about them.
    sites: BTreeMap<String, u64>,
    /// The same by the part of the account before the `@`.
    accounts: BTreeMap<String, u64>,
}

impl<H: Host> Desk<H> {
    /// What each term of a filter fits alone, where all of them together fit nothing.
    pub(super) async fn terms(
        &self,
        actor: &Actor,
        board: &HubShell,
        filter: &Filter,
        kind: Option<Kind>,
    ) -> Vec<document::TermMatches> {
        let terms = filter.terms();
        let mut counted = Counted::of(terms.len());
        walk::over(board, |hub, now, facts| {
            let subject = facts.subject();
            let is_meant = kind.is_none_or(|kind| kind == subject.kind());
            if let Some(lamp) = facts.lamp().filter(|_| is_meant && actor.hear().covers(subject)) {
                let seen = Seen::now((hub, now), &self.accounts, facts, Some(&lamp));
                counted.take(&self.accounts, facts, terms.iter().map(|term| term.holds(&seen)));
            }
        })
        .await;
        let with_nearest = |(term, lamps): (&Term, u64)| document::TermMatches {
            term: term.as_str().to_owned(),
            lamps,
            is_name: term.is_name(),
            nearest: match (lamps, term.conditions()) {
                (0, [condition]) => self.near(actor, board, condition, &counted),
                _ => Vec::new(),
            },
        };
        terms.iter().zip(counted.fitting.iter().copied()).map(with_nearest).collect()
    }

    /// Terms like one that fits nothing, which fit something.
    fn near(
        &self,
        actor: &Actor,
        board: &HubShell,
        condition: &Condition,
        counted: &Counted,
    ) -> Vec<document::Near> {
        match condition {
            Condition::Site(asked) => near_count("site", asked.as_str(), &counted.sites),
            Condition::Origin(asked) => near_count("origin", asked.as_str(), &counted.accounts),
            other => {
                let name = other.name().unwrap_or_default();
                let may_hear = |subject: &_| actor.hear().covers(subject);
                let near = board.read(|hub, _| hub.board().nearest(&name, NEAREST, may_hear));
                near.iter()
                    .map(|subject| document::Near { term: subject.to_string(), lamps: 1 })
                    .collect()
            }
        }
    }
}

/// The nearest of some names, each with what it fits; the most usual where none is near.
fn near_count(key: &str, asked: &str, known: &BTreeMap<String, u64>) -> Vec<document::Near> {
    let mut near = nearest(asked, known.keys().map(String::as_str), NEAREST);
    if near.is_empty() {
        near = known.keys().map(String::as_str).collect();
        near.sort_by_key(|name| std::cmp::Reverse(known.get(*name)));
        near.truncate(NEAREST);
    }
    let near = near.into_iter().map(|name| document::Near {
        term: format!("{key}:{name}"),
        lamps: known.get(name).copied().unwrap_or_default(),
    });
    near.collect()
}

// === impl Counted ===

impl Counted {
    fn of(terms: usize) -> Self {
        Self { fitting: vec![0; terms], sites: BTreeMap::new(), accounts: BTreeMap::new() }
    }

    fn take(
        &mut self,
        accounts: &AccountBook,
        facts: SubjectFacts<'_>,
        holds: impl Iterator<Item = bool>,
    ) {
        for (fitting, holds) in self.fitting.iter_mut().zip(holds) {
            *fitting += u64::from(holds);
        }
        let live = facts.facts().filter(|fact| fact.state.is_live());
        let names: BTreeSet<&str> = live.map(|fact| fact.origin.account.as_str()).collect();
        let sites: BTreeSet<_> =
            names.iter().filter_map(|account| site_of(accounts, account)).collect();
        for site in sites {
            *self.sites.entry(site.to_string()).or_default() += 1;
        }
        for account in names {
            let short = account.split('@').next().unwrap_or(account);
            *self.accounts.entry(short.to_owned()).or_default() += 1;
        }
    }
}
