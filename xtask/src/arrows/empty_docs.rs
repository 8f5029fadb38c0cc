//! Comments of public items that say nothing which the name does not say: three words at most, of which the first points at
//! something that is not there ("Its name.", "What it is."). Whoever needs the comment is not helped by one of these.

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Field, ImplItem, Item, Lit, Meta, TraitItem, Visibility};

use super::for_tests::{attributes, for_tests};

/// So many words say something, whatever they begin with.
const ENOUGH: usize = 4;

/// How such a comment begins.
const POINTING: &[&str] =
    &["Its", "Their", "What", "Whose", "Who", "Which", "How", "Why", "When", "Where"];

/// The comments of a file that say nothing, with their lines.
#[derive(Debug, Default)]
pub struct EmptyDocs {
    pub found: Vec<(String, usize)>,
}

impl EmptyDocs {
    pub fn of(file: &syn::File) -> Self {
        let mut docs = Self::default();
        docs.visit_file(file);
        docs
    }

    fn look(&mut self, visibility: &Visibility, attributes: &[Attribute]) {
        if !matches!(visibility, Visibility::Public(_)) {
            return;
        }
        let lines: Vec<_> = attributes.iter().filter_map(doc).collect();
        let Some((_, line)) = lines.first() else { return };
        let text = lines.iter().map(|(text, _)| text.trim()).collect::<Vec<_>>().join(" ");
        let mut words = text.trim_end_matches('.').split_whitespace();
        let points = words.next().is_some_and(|first| POINTING.contains(&first));
        if points && words.count() + 1 < ENOUGH {
            self.found.push((text, *line));
        }
    }

    fn look_into(&mut self, item: &Item) {
        match item {
            Item::Const(item) => self.look(&item.vis, &item.attrs),
            Item::Fn(item) => self.look(&item.vis, &item.attrs),
            Item::Static(item) => self.look(&item.vis, &item.attrs),
            Item::Struct(item) => self.look(&item.vis, &item.attrs),
            Item::Type(item) => self.look(&item.vis, &item.attrs),
            Item::Union(item) => self.look(&item.vis, &item.attrs),
            Item::Enum(item) => {
                self.look(&item.vis, &item.attrs);
                for variant in &item.variants {
                    self.look(&item.vis, &variant.attrs);
                    variant.fields.iter().for_each(|field| self.look(&item.vis, &field.attrs));
                }
            }
            Item::Trait(item) => {
                self.look(&item.vis, &item.attrs);
                item.items.iter().for_each(|one| self.look(&item.vis, of_trait(one)));
            }
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for EmptyDocs {
    fn visit_item(&mut self, item: &'ast Item) {
        if !for_tests(attributes(item)) {
            self.look_into(item);
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        match item {
            ImplItem::Fn(item) => self.look(&item.vis, &item.attrs),
            ImplItem::Const(item) => self.look(&item.vis, &item.attrs),
            _ => {}
        }
    }

    fn visit_field(&mut self, field: &'ast Field) {
        self.look(&field.vis, &field.attrs);
    }
}

fn of_trait(item: &TraitItem) -> &[Attribute] {
    match item {
        TraitItem::Const(item) => &item.attrs,
        TraitItem::Fn(item) => &item.attrs,
        TraitItem::Type(item) => &item.attrs,
        _ => &[],
    }
}

/// A line of a comment, and where it stands.
fn doc(attribute: &Attribute) -> Option<(String, usize)> {
    let Meta::NameValue(doc) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &doc.value else { return None };
    let Lit::Str(text) = &literal.lit else { return None };
    doc.path.is_ident("doc").then(|| (text.value(), text.span().start().line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let file = syn::parse_file(text).unwrap();
        EmptyDocs::of(&file).found.into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn three_words_that_point_at_nothing_are_found_on_public_items_only() {
        let text = "/// What it is.\npub struct A {\n/// Its name.\npub a: u8,\n/// Its name.\nb: u8,\n}\n\
                    /// What.\nstruct B;\n/// One of two.\npub enum C {\n/// How.\nD {\n/// Which one.\ne: u8 },\n}\n\
                    impl B {\n/// Whose it is.\npub fn f() {}\n/// Whose it is.\nfn g() {}\n}\n\
                    /// Does something.\npub trait T {\n/// Who.\nfn h();\n}\n\
                    #[cfg(test)]\nmod tests {\n/// What.\npub fn i() {}\n}";
        assert_eq!(lines(text), [1, 3, 12, 14, 18, 25]);
    }

    #[test]
    fn more_words_or_another_line_say_something() {
        let text = "/// What the server has told.\npub struct A;\n/// The account.\npub struct B;\n\
                    /// Its name.\n///\n/// No longer than that of its board.\npub struct C;";
        assert_eq!(lines(text), [0; 0]);
    }
}
