//! What one file says of others: the modules it declares, the names it brings in, and every path that it
//! mentions, in `use` lines, bodies and the arguments of macros. Tests are left out: they may know everybody.
//! So are `pub use` (a name passed on is no need) and the `in PATH` of a visibility. Besides, the types that it
//! defines and the texts that it holds, comments left out.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, Meta, UseTree, Visibility};

use super::empty_docs::EmptyDocs;
use super::for_tests::{attributes, for_tests};

/// A path as it is written: `crate`, `trust`, `Trust`.
pub type Path = Vec<String>;

/// A path that is mentioned, and the line.
#[derive(Debug, PartialEq, Eq)]
pub struct Mention {
    pub path: Path,
    pub line: usize,
}

/// A type that is defined.
#[derive(Debug, PartialEq, Eq)]
pub struct Defined {
    pub name: String,
    pub line: usize,
    /// Whether another module can name it.
    pub is_seen: bool,
}

/// What is written in a module, without its inline modules.
#[derive(Debug, Default)]
pub struct ModuleContents {
    /// Modules in files of their own: `mod name;`
    pub declared: Vec<String>,
    /// `mod name { .. }`
    pub inline: Vec<(String, ModuleContents)>,
    /// Names that `use` brings in, with what they stand for.
    pub names: Vec<(String, Path)>,
    pub mentions: Vec<Mention>,
    /// Structs, enums, unions, traits and names of types.
    pub types: Vec<Defined>,
    /// Texts in quotes, with their lines.
    pub texts: Vec<(String, usize)>,
    /// Comments that say nothing, with their lines; those of inline modules too.
    pub empty_docs: Vec<(String, usize)>,
}

impl ModuleContents {
    /// What the text of a file holds.
    ///
    /// # Errors
    /// It is not Rust.
    pub fn of(text: &str) -> syn::Result<Self> {
        let file = syn::parse_file(text)?;
        let mut contents = Self { empty_docs: EmptyDocs::of(&file).found, ..Self::default() };
        contents.visit_file(&file);
        Ok(contents)
    }

    fn mention(&mut self, path: Path, span: Span) {
        self.mentions.push(Mention { path, line: span.start().line });
    }

    fn used(&mut self, tree: &UseTree, before: &[String], passed_on: bool) {
        let with = |name: &syn::Ident| {
            let own = (*name != "self" || before.is_empty()).then(|| name.to_string());
            before.iter().cloned().chain(own).collect::<Path>()
        };
        let (path, name, span) = match tree {
            UseTree::Path(path) => return self.used(&path.tree, &with(&path.ident), passed_on),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.used(tree, before, passed_on));
            }
            UseTree::Name(name) => {
                let path = with(&name.ident);
                (path.clone(), path.last().cloned(), name.ident.span())
            }
            UseTree::Rename(name) => {
                (with(&name.ident), Some(name.rename.to_string()), name.ident.span())
            }
            UseTree::Glob(glob) => (before.to_vec(), None, glob.star_token.spans[0]),
        };
        self.names.extend(name.map(|name| (name, path.clone())));
        if !passed_on {
            self.mention(path, span);
        }
    }

    fn define(&mut self, name: &syn::Ident, is_seen: bool) {
        self.types.push(Defined {
            name: name.to_string(),
            line: name.span().start().line,
            is_seen,
        });
    }

    /// The paths, types and texts in what only a macro understands.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<(String, Span)> = Vec::new();
        // How many colons stand behind the last name; a path goes on behind two.
        let mut colons = 0;
        let mut before = String::new();
        for token in tokens {
            let last = std::mem::replace(&mut before, token.to_string());
            match token {
                TokenTree::Ident(ident) if last == "struct" || last == "enum" => {
                    self.define(&ident, true);
                    self.path_of_tokens(&mut path);
                }
                // A comment.
                TokenTree::Group(group) if last == "#" && is_doc(&group.stream()) => {}
                TokenTree::Literal(literal) => {
                    self.path_of_tokens(&mut path);
                    let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                    let line = literal.span().start().line;
                    self.texts.extend(text.ok().map(|text| (text.value(), line)));
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path_of_tokens(&mut path);
                    }
                    path.push((ident.to_string(), ident.span()));
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    // A list behind `::` is that of a `use`, which no macro of ours is given.
                    self.path_of_tokens(&mut path);
                    self.tokens(group.stream());
                    colons = 0;
                }
                _ => {
                    self.path_of_tokens(&mut path);
                    colons = 0;
                }
            }
        }
        self.path_of_tokens(&mut path);
    }

    fn path_of_tokens(&mut self, path: &mut Vec<(String, Span)>) {
        if let [(_, span), _, ..] = path[..] {
            self.mention(path.iter().map(|(name, _)| name.clone()).collect(), span);
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for ModuleContents {
    fn visit_item(&mut self, item: &'ast Item) {
        if for_tests(attributes(item)) {
            return;
        }
        let type_of = match item {
            Item::Struct(item) => Some((&item.ident, &item.vis)),
            Item::Enum(item) => Some((&item.ident, &item.vis)),
            Item::Union(item) => Some((&item.ident, &item.vis)),
            Item::Trait(item) => Some((&item.ident, &item.vis)),
            Item::Type(item) => Some((&item.ident, &item.vis)),
            _ => None,
        };
        if let Some((name, visibility)) = type_of {
            self.define(name, !matches!(visibility, Visibility::Inherited));
        }
        visit::visit_item(self, item);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.texts.push((text.value(), text.span().start().line));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !matches!(item, ImplItem::Fn(method) if for_tests(&method.attrs)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let name = module.ident.to_string();
        match &module.content {
            None => self.declared.push(name),
            Some((_, items)) => {
                let mut inner = Self::default();
                items.iter().for_each(|item| inner.visit_item(item));
                self.inline.push((name, inner));
            }
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let passed_on = !matches!(item.vis, Visibility::Inherited);
        self.used(&item.tree, &[], passed_on);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // A name alone was brought in by a `use`, which has been looked at.
        if let (Some(first), 2..) = (path.segments.first(), path.segments.len()) {
            let names = path.segments.iter().map(|segment| segment.ident.to_string());
            self.mention(names.collect(), first.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

fn is_doc(tokens: &TokenStream) -> bool {
    let first = tokens.clone().into_iter().next();
    matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(text: &str) -> Vec<String> {
        let contents = ModuleContents::of(text).unwrap();
        contents.mentions.iter().map(|m| format!("{} {}", m.path.join("::"), m.line)).collect()
    }

    #[test]
    fn uses() {
        let text = "use crate::a::{self, B, c::*};\nuse super::d as e;\npub use crate::f::G;";
        let all = ["crate::a 1", "crate::a::B 1", "crate::a::c 1", "super::d 2"];
        assert_eq!(mentions(text), all);
        let names = ModuleContents::of(text).unwrap().names;
        let names: Vec<_> = names.iter().map(|(name, path)| (&**name, path.join("::"))).collect();
        let all =
            [("a", "crate::a"), ("B", "crate::a::B"), ("e", "super::d"), ("G", "crate::f::G")];
        assert_eq!(names, all.map(|(name, path)| (name, path.to_owned())));
    }

    #[test]
    fn paths_in_signatures_bodies_macros_and_attributes() {
        let text = "#[derive(crate::a::A)]\nstruct S(crate::b::B<crate::c::C>);\n\
                    fn f(x: u8) -> crate::d::D {\n println!(\"{}\", crate::e::e(x as u8, [g::h]));\n}";
        let all = ["crate::a::A 1", "crate::b::B 2", "crate::c::C 2", "crate::d::D 3"];
        assert_eq!(mentions(text), [&all[..], &["crate::e::e 4", "g::h 4"]].concat());
    }

    #[test]
    fn types_and_texts_of_the_program() {
        let text = "//! \"no\"\n/// no\npub struct A;\nenum B { C }\npub(crate) type D = u8;\ntrait E { type F; }\n\
                    made! { /// no\n pub struct G = \"one\" { #[doc = \"no\"] h: u8 = \"two\" } }\n\
                    fn i() { say(\"three\"); println!(\"{}\", \"four\") }\n\
                    #[cfg(test)]\nmod tests { struct J; const K: &str = \"no\"; }";
        let contents = ModuleContents::of(text).unwrap();
        let types: Vec<_> = contents.types.iter().map(|one| (&*one.name, one.is_seen)).collect();
        assert_eq!(types, [("A", true), ("B", false), ("D", true), ("E", false), ("G", true)]);
        let texts: Vec<_> = contents.texts.iter().map(|(text, _)| &**text).collect();
        assert_eq!(texts, ["one", "two", "three", "{}", "four"]);
    }

    #[test]
    fn tests_and_visibilities_are_no_arrows() {
        let text = "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nuse crate::a::A;\n\
                    #[cfg(any(test, feature = \"x\"))]\nfn f() { crate::b::b() }\n\
                    pub(in crate::c) struct S;\nimpl S {\n#[cfg(test)]\nfn g() { crate::d::d() }\n}";
        assert_eq!(mentions(text), [""; 0]);
        assert_eq!(ModuleContents::of(text).unwrap().declared, [""; 0]);
        assert_eq!(mentions("#[cfg(not(test))]\nuse crate::a::A;"), ["crate::a::A 2"]);
    }
}
