//! What a stanza must look like: XML in which `{any}` stands for any value, ` ...>` at the end of a
//! tag for more attributes, and `...` as content for any content. Everything else must be equal;
//! the order of attributes does not matter.

use super::element::{Element, Node};

/// The attribute that ` ...` in a tag becomes.
const MORE: &str = "more-attributes";

/// A stanza with wildcards.
#[derive(Clone, Debug)]
pub struct Pattern(Element);

impl Pattern {
    /// Reads one pattern; an error if it is no XML.
    pub fn parse(text: &str) -> Result<Self, String> {
        Element::parse(&without_dots(text)).map(Self)
    }

    /// Reads several patterns that stand one after the other.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let elements = Element::parse_all(&without_dots(text))?;
        Ok(elements.into_iter().map(Self).collect())
    }

    /// `Ok` when the stanza fits; else where it differs.
    pub fn matches(&self, stanza: &Element) -> Result<(), String> {
        element_fits(&self.0, stanza)
    }
}

/// A tag with ` ...` at its end, as XML.
fn without_dots(text: &str) -> String {
    let text = text.replace(" .../>", &format!(" {MORE}=''/>"));
    text.replace(" ...>", &format!(" {MORE}=''>"))
}

fn element_fits(pattern: &Element, actual: &Element) -> Result<(), String> {
    if (&pattern.ns, &pattern.name) != (&actual.ns, &actual.name) {
        let want = (&pattern.name, &pattern.ns);
        return Err(format!("wanted {want:?}, got {:?}", (&actual.name, &actual.ns)));
    }
    attributes_fit(pattern, actual)?;
    let wanted: Vec<_> = significant(pattern).collect();
    if let [Node::Text(text)] = wanted.as_slice()
        && text.trim() == "..."
    {
        return Ok(());
    }
    let given: Vec<_> = significant(actual).collect();
    if wanted.len() != given.len() {
        let (want, got) = (wanted.len(), given.len());
        return Err(format!("wanted {want} children in <{}>, got {got}: {actual}", actual.name));
    }
    wanted.into_iter().zip(given).try_for_each(|(want, got)| match (want, got) {
        (Node::Element(want), Node::Element(got)) => element_fits(want, got),
        (Node::Text(want), Node::Text(got)) if value_fits(want.trim(), got) => Ok(()),
        (want, got) => Err(format!("wanted {want:?}, got {got:?}")),
    })
}

fn attributes_fit(pattern: &Element, actual: &Element) -> Result<(), String> {
    let name = &actual.name;
    for (key, want) in pattern.attrs.iter().filter(|(key, _)| *key != MORE) {
        match actual.attr(key) {
            Some(got) if value_fits(want, got) => {}
            got => return Err(format!("wanted {key}='{want}' in <{name}>, got {got:?}")),
        }
    }
    let extra = actual.attrs.keys().find(|key| !pattern.attrs.contains_key(*key));
    match extra {
        Some(key) if !pattern.attrs.contains_key(MORE) => {
            Err(format!("<{name}> has an attribute that was not wanted: {key}"))
        }
        _ => Ok(()),
    }
}

fn value_fits(want: &str, got: &str) -> bool {
    want == "{any}" || want == got
}

/// Children without the white space between elements.
fn significant(element: &Element) -> impl Iterator<Item = &Node> {
    element.children.iter().filter(|node| match node {
        Node::Element(_) => true,
        Node::Text(text) => !text.trim().is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Element, Pattern};

    fn fits(pattern: &str, stanza: &str) -> bool {
        let stanza = Element::parse(stanza).unwrap();
        Pattern::parse(pattern).unwrap().matches(&stanza).is_ok()
    }

    #[test]
    fn the_order_of_attributes_does_not_matter() {
        assert!(fits("<iq type='result' id='1'/>", "<iq id='1' type='result'/>"));
        assert!(!fits("<iq type='result' id='1'/>", "<iq id='2' type='result'/>"));
    }

    #[test]
    fn wildcards() {
        assert!(fits("<iq id='{any}'>...</iq>", "<iq id='1'><x xmlns='y'/>z</iq>"));
        assert!(fits("<iq id='1' .../>", "<iq id='1' to='somebody'/>"));
        assert!(!fits("<iq id='1'/>", "<iq id='1' to='somebody'/>"));
        assert!(!fits("<iq/>", "<iq><x/></iq>"));
    }

    #[test]
    fn namespaces_count() {
        assert!(!fits("<iq><ping xmlns='urn:xmpp:ping'/></iq>", "<iq><ping xmlns='a'/></iq>"));
    }
}
