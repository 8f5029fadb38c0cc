//! Data forms (XEP-0004), as far as pubsub uses them: fields with one value each.

use std::borrow::Cow;

use lampfield_xmpp_stream::{Element, Tag};

use super::ns;

const FORM_TYPE: &str = "FORM_TYPE";

/// A form that came in.
#[derive(Debug)]
pub(super) enum Form<'t> {
    /// The fields that have a value, in order, without their `FORM_TYPE`.
    ///
    /// COMPAT(asterisk<=22 res_xmpp): it sends two `FORM_TYPE` fields in one form when it creates
    /// a node. What a form is for is clear from where it stands, so the field is not looked at.
    Submitted(Vec<(&'t str, Cow<'t, str>)>),
    /// The user thought better of it.
    Cancelled,
}

impl<'t> Form<'t> {
    /// Reads the form inside `parent`, if there is one.
    pub(super) fn inside(parent: Element<'t>) -> Option<Self> {
        let form = parent.child(ns::DATA, "x")?;
        if form.attr("type") == Some("cancel") {
            return Some(Self::Cancelled);
        }
        let fields = form.children().filter(|child| child.is(ns::DATA, "field"));
        let valued = fields.filter_map(|field| {
            let var = field.attr("var").filter(|var| *var != FORM_TYPE)?;
            Some((var, field.child_text(ns::DATA, "value")?))
        });
        Some(Self::Submitted(valued.collect()))
    }
}

/// Whether a form asks for values or tells them.
#[derive(Debug, Clone, Copy)]
pub(super) enum FormKind {
    /// To be filled in: `form`, with labels and choices.
    Form,
    /// What is the case: `result`.
    Result,
}

/// One field of a form that goes out.
#[derive(Debug)]
pub(super) struct Field<'f> {
    /// The `var` by which programs know the field.
    pub var: &'f str,
    /// Its kind, such as `boolean` or `list-single`.
    pub kind: &'f str,
    /// What a program shows to people beside the field.
    pub label: &'f str,
    /// The values to choose from; empty where there is no list.
    pub choices: &'f [&'f str],
    /// The value as text; a form that asks has it as the present choice.
    pub value: String,
}

/// Appends the form with a hidden `FORM_TYPE`, by which programs know what it is about (XEP-0068).
pub(super) fn write_form<'f>(
    out: &mut Vec<u8>,
    kind: FormKind,
    form_type: &str,
    fields: impl Iterator<Item = Field<'f>>,
) {
    let kind = match kind {
        FormKind::Form => "form",
        FormKind::Result => "result",
    };
    Tag::open(out, "x").xmlns(ns::DATA).attr("type", kind).children(|out| {
        Tag::open(out, "field").attr("var", FORM_TYPE).attr("type", "hidden").children(|out| {
            Tag::open(out, "value").text(form_type);
        });
        fields.for_each(|field| write_field(out, &field));
    });
}

fn write_field(out: &mut Vec<u8>, field: &Field<'_>) {
    let tag = Tag::open(out, "field").attr("var", field.var).attr("type", field.kind);
    tag.attr("label", field.label).children(|out| {
        for choice in field.choices {
            Tag::open(out, "option").children(|out| Tag::open(out, "value").text(choice));
        }
        Tag::open(out, "value").text(&field.value);
    });
}

/// A truth value as forms and attributes write it (XEP-0004 section 3.3).
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// A truth value as we write it.
pub(super) fn bool_text(yes: bool) -> String {
    if yes { "1".to_owned() } else { "0".to_owned() }
}
