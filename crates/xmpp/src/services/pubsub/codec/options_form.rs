//! A subscription's options as a form.

use super::error::Malformed;
use super::form::{Field, Form, FormKind, bool_text, parse_bool, write_form};
use super::ns;
use crate::services::pubsub::engine::SubscriptionOptions;

const DELIVER: &str = "pubsub#deliver";

/// Appends a subscription's options, as a form to fill in or as the present choice.
pub(super) fn write_options(out: &mut Vec<u8>, kind: FormKind, options: SubscriptionOptions) {
    let deliver = Field {
        var: DELIVER,
        kind: "boolean",
        label: "Notify this subscriber",
        choices: &[],
        value: bool_text(options.deliver),
    };
    write_form(out, kind, ns::SUBSCRIBE_OPTIONS, std::iter::once(deliver));
}

/// Reads submitted options; `None` when the form was cancelled. Options that are not known are
/// passed over.
///
/// COMPAT(asterisk<=22 res_xmpp, collection_nodes=yes): it asks for subscription_type, _depth and
/// expire, which mean something only for collections.
pub(super) fn options(form: Form<'_>) -> Result<Option<SubscriptionOptions>, Malformed> {
    let Form::Submitted(fields) = form else { return Ok(None) };
    let mut options = SubscriptionOptions::default();
    for (_, value) in fields.iter().filter(|(var, _)| *var == DELIVER) {
        options.deliver = parse_bool(value).ok_or(Malformed::Options)?;
    }
    Ok(Some(options))
}
