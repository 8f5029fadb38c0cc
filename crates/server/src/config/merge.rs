//! The way through two configurations, key by key: what a reload takes over from the file, and what is another there.

use super::reference::Applies;

/// A key with another value in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its dotted name, such as `xmpp.listen` or `domain a.example.registration`.
    pub key: String,
    /// When it takes effect.
    pub applies: Applies,
}

/// The way through two configurations, key by key.
#[derive(Debug, Default)]
pub struct Merge {
    path: String,
    changes: Vec<Changed>,
}

/// A table of which there are several, each with a name of its own.
pub trait Named {
    /// The name, which no two of these tables may share.
    fn name(&self) -> &str;
}

// === impl Merge ===

impl Merge {
    /// One value: the file's, if it can take effect now.
    pub fn value<T: Clone + PartialEq>(
        &mut self,
        name: &str,
        applies: Applies,
        running: &T,
        file: &T,
    ) -> T {
        if running != file {
            self.changed(name, applies);
        }
        match applies {
            Applies::AtStart => running.clone(),
            Applies::OnReload | Applies::OnReloadFor(_) => file.clone(),
        }
    }

    /// Everything inside the table `name`.
    pub fn inside<T>(&mut self, name: &str, merge: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.path.len();
        self.path = self.named(name);
        let merged = merge(self);
        self.path.truncate(outer);
        merged
    }

    /// Repeated tables that come and go at a start only: those that are in force, each with what
    /// the file changes of it now.
    pub fn tables<S: Named + Clone>(
        &mut self,
        name: &str,
        running: &[S],
        file: &[S],
        merged: impl Fn(&S, &S, &mut Self) -> S,
    ) -> Vec<S> {
        let find = |all: &[S], name: &str| all.iter().find(|one| one.name() == name).cloned();
        for new in file.iter().filter(|new| find(running, new.name()).is_none()) {
            self.changed(&format!("{name} {}", new.name()), Applies::AtStart);
        }
        let all = running.iter().map(|one| {
            let path = format!("{name} {}", one.name());
            match find(file, one.name()) {
                Some(file) => self.inside(&path, |merge| merged(one, &file, merge)),
                None => {
                    self.changed(&path, Applies::AtStart);
                    one.clone()
                }
            }
        });
        all.collect()
    }

    /// What is another in the file.
    pub fn into_changes(self) -> Vec<Changed> {
        self.changes
    }

    fn changed(&mut self, name: &str, applies: Applies) {
        let key = self.named(name);
        self.changes.push(Changed { key, applies });
    }

    fn named(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}
