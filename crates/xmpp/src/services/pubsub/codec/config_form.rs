//! A node's configuration as a form: one row for each field gives its reading, its writing and
//! what it offers.

use std::borrow::Cow;

use super::error::Malformed;
use super::form::{Field, Form, FormKind, bool_text, parse_bool, write_form};
use super::ns;
use crate::services::pubsub::engine::{
    AccessModel, ItemBound, ItemReply, NodeConfig, PublishModel, SendLast, Setting,
};

struct Row {
    var: &'static str,
    kind: &'static str,
    label: &'static str,
    choices: &'static [&'static str],
    show: fn(&NodeConfig) -> String,
    read: fn(&str) -> Option<Setting>,
}

const ACCESS_MODEL: &str = "pubsub#access_model";

const ROWS: [Row; 10] = [
    Row {
        var: "pubsub#title",
        kind: "text-single",
        label: "Name for people",
        choices: &[],
        show: |config| config.title.clone(),
        read: |text| Some(Setting::Title(text.to_owned())),
    },
    Row {
        var: ACCESS_MODEL,
        kind: "list-single",
        label: "Who may subscribe and read",
        choices: &["open", "whitelist"],
        show: |config| access_model_text(config.access_model).to_owned(),
        read: |text| match text {
            "open" => Some(Setting::AccessModel(AccessModel::Open)),
            "whitelist" => Some(Setting::AccessModel(AccessModel::Whitelist)),
            _ => None,
        },
    },
    Row {
        var: "pubsub#publish_model",
        kind: "list-single",
        label: "Who may publish",
        choices: &["publishers", "subscribers", "open"],
        show: |config| publish_model_text(config.publish_model).to_owned(),
        read: |text| match text {
            "publishers" => Some(Setting::PublishModel(PublishModel::Publishers)),
            "subscribers" => Some(Setting::PublishModel(PublishModel::Subscribers)),
            "open" => Some(Setting::PublishModel(PublishModel::Open)),
            _ => None,
        },
    },
    Row {
        var: "pubsub#persist_items",
        kind: "boolean",
        label: "Store items",
        choices: &[],
        show: |config| bool_text(config.persist_items),
        read: |text| parse_bool(text).map(Setting::PersistItems),
    },
    Row {
        var: "pubsub#max_items",
        kind: "text-single",
        label: "How many items are stored (a number, or max)",
        choices: &[],
        show: |config| config.max_items.to_string(),
        read: |text| match text {
            "max" => Some(Setting::MaxItems(ItemBound::Most)),
            number => number.parse().ok().map(|count| Setting::MaxItems(ItemBound::Count(count))),
        },
    },
    Row {
        var: "pubsub#deliver_payloads",
        kind: "boolean",
        label: "Notifications carry the payload",
        choices: &[],
        show: |config| bool_text(config.deliver_payloads),
        read: |text| parse_bool(text).map(Setting::DeliverPayloads),
    },
    Row {
        var: "pubsub#notify_retract",
        kind: "boolean",
        label: "Tell subscribers when items are taken back",
        choices: &[],
        show: |config| bool_text(config.notify_retract),
        read: |text| parse_bool(text).map(Setting::NotifyRetract),
    },
    Row {
        var: "pubsub#notify_delete",
        kind: "boolean",
        label: "Tell subscribers when the node is deleted",
        choices: &[],
        show: |config| bool_text(config.notify_delete),
        read: |text| parse_bool(text).map(Setting::NotifyDelete),
    },
    Row {
        var: "pubsub#send_last_published_item",
        kind: "list-single",
        label: "When the newest item is sent unasked",
        choices: &["never", "on_sub"],
        show: |config| match config.send_last_published_item {
            SendLast::Never => "never".to_owned(),
            SendLast::OnSub => "on_sub".to_owned(),
        },
        read: |text| match text {
            "never" => Some(Setting::SendLast(SendLast::Never)),
            "on_sub" => Some(Setting::SendLast(SendLast::OnSub)),
            _ => None,
        },
    },
    Row {
        var: "pubsub#itemreply",
        kind: "list-single",
        label: "Items name their publisher",
        choices: &["none", "publisher"],
        show: |config| match config.item_reply {
            ItemReply::None => "none".to_owned(),
            ItemReply::Publisher => "publisher".to_owned(),
        },
        read: |text| match text {
            "none" => Some(Setting::ItemReply(ItemReply::None)),
            "publisher" => Some(Setting::ItemReply(ItemReply::Publisher)),
            _ => None,
        },
    },
];

/// Appends the configuration as a form to be filled in.
pub(super) fn write_config(out: &mut Vec<u8>, config: &NodeConfig) {
    let fields = ROWS.iter().map(|row| Field {
        var: row.var,
        kind: row.kind,
        label: row.label,
        choices: row.choices,
        value: (row.show)(config),
    });
    write_form(out, FormKind::Form, ns::NODE_CONFIG, fields);
}

/// Appends what anybody who may read the node may know of it (XEP-0060 section 5.4).
pub(super) fn write_meta_data(out: &mut Vec<u8>, config: &NodeConfig, subscribers: usize) {
    let field = |var, label, value| Field { var, kind: "text-single", label, choices: &[], value };
    let access = access_model_text(config.access_model).to_owned();
    let publish = publish_model_text(config.publish_model).to_owned();
    let fields = [
        field("pubsub#title", "Name for people", config.title.clone()),
        field(ACCESS_MODEL, "Who may subscribe and read", access),
        field("pubsub#publish_model", "Who may publish", publish),
        field("pubsub#max_items", "How many items are stored", config.max_items.to_string()),
        field("pubsub#num_subscribers", "Subscriptions", subscribers.to_string()),
    ];
    write_form(out, FormKind::Result, ns::META_DATA, fields.into_iter());
}

/// The settings of a configuration form. Fields that are not known say something about features
/// that are not there, and are passed over.
pub(super) fn settings(form: Option<Form<'_>>) -> Result<Vec<Setting>, Malformed> {
    let Some(Form::Submitted(fields)) = form else { return Ok(vec![]) };
    if fields.iter().any(|(var, value)| *var == "pubsub#node_type" && value != "leaf") {
        return Err(Malformed::Unsupported("collections"));
    }
    let known = fields.iter().filter_map(|(var, value)| Some((row(var)?, value)));
    known
        .map(|(row, value)| match (row.read)(value) {
            Some(setting) => Ok(setting),
            None if row.var == ACCESS_MODEL => Err(Malformed::AccessModel(value.to_string())),
            None => Err(Malformed::Field { var: row.var, value: value.to_string() }),
        })
        .collect()
}

/// The preconditions of a publish (XEP-0060 section 7.1.5). One that is not known, or that no
/// node can meet, is not met.
pub(super) fn preconditions(form: Option<Form<'_>>) -> Result<Vec<Setting>, Malformed> {
    let Some(Form::Submitted(fields)) = form else { return Ok(vec![]) };
    let read = |(var, value): &(&str, Cow<'_, str>)| {
        row(var)
            .and_then(|row| (row.read)(value))
            .ok_or_else(|| Malformed::Precondition((*var).to_owned()))
    };
    fields.iter().map(read).collect()
}

fn row(var: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.var == var)
}

fn access_model_text(model: AccessModel) -> &'static str {
    match model {
        AccessModel::Open => "open",
        AccessModel::Whitelist => "whitelist",
    }
}

fn publish_model_text(model: PublishModel) -> &'static str {
    match model {
        PublishModel::Publishers => "publishers",
        PublishModel::Subscribers => "subscribers",
        PublishModel::Open => "open",
    }
}
