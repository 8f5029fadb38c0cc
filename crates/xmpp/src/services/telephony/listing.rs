//! What a telephony node holds, in parts of bounded cost (XEP-0059): a board has room for millions
//! of subjects, and whoever asks for all of them must not keep everybody else waiting.
//!
//! A part is told apart by the place of the last subject that was looked at, so that the next one begins there
//! without a search, and nothing is told of subjects that the asker may not see. Parts go forward only and tell no
//! total, which nobody counts.

use lampfield_board::{SubjectFacts, SubjectId};
use lampfield_hub::kit::{Visible, VisibleBoard};
use lampfield_xmpp_stream::{Element, StanzaCondition, StanzaError};

use super::nodes::TelephonyNode;
use crate::services::pubsub::codec::{self, Malformed, Paging};
use crate::services::pubsub::engine::{PageRequest, PageStart};

/// Items in one part at most, but for those of one subject, which are never torn apart.
pub const MOST: usize = 200;
/// Subjects looked at for one part at most. Where a board holds more of the other kind in one
/// piece, a part has fewer items than it might, or none, and still says where to go on.
const LOOKED_AT: usize = 65_536;

/// A part of the subjects of one node.
pub struct Part<'a> {
    /// Those that somebody says something about.
    pub lit: Vec<Visible<'a>>,
    /// Where the part ends; none for one that is empty and the last.
    end: Option<SubjectId>,
    rest: Rest,
    paging: Paging,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    Perhaps,
}

// === impl Part ===

impl<'a> Part<'a> {
    /// The part of a node that a request asks for by its `<set/>`, or the first one; of no more items
    /// than `max_items` says (XEP-0060 section 6.5.7).
    ///
    /// # Errors
    /// `bad-request` for a number that is none, `item-not-found` for an end that is no more,
    /// `feature-not-implemented` for a part before another.
    pub fn of(
        board: VisibleBoard<'a>,
        node: TelephonyNode,
        request: Element<'_>,
        max_items: Option<&str>,
    ) -> Result<Self, StanzaError> {
        let (page, paging) = match codec::page_request(request)? {
            Some(page) => (page, Paging::Asked),
            None => (PageRequest::default(), Paging::Unasked),
        };
        let max_items = max_items.map(number).transpose()?;
        let most = page.max.unwrap_or(MOST).min(max_items.unwrap_or(MOST)).min(MOST);
        let (mut part, mut items) =
            (Self { lit: Vec::new(), end: None, rest: Rest::Nothing, paging }, 0);
        let subjects = board.walk(beginning(&page.place)?);
        for (looked_at, (place, seen)) in subjects.enumerate() {
            if items >= most || looked_at >= LOOKED_AT {
                part.rest = Rest::Perhaps;
                break;
            }
            // Of what the asker may not see not even the place is told, or it could count them.
            if seen.is_some() || looked_at + 1 == LOOKED_AT {
                part.end = Some(place);
            }
            let count = seen.as_ref().map_or(0, |seen| count(seen.facts, node));
            if count > 0 {
                part.lit.extend(seen);
                items += count;
            }
        }
        Ok(part)
    }

    /// Appends the `<set/>` that says where the part lies, if the asker is to know. After the last
    /// part there is one that is empty and says nothing.
    pub fn write_set(&self, out: &mut Vec<u8>) {
        if self.paging == Paging::Unasked && self.rest == Rest::Nothing {
            return;
        }
        let first = self.lit.first().map(|lit| written(lit.facts.id()));
        let goes_on = !self.lit.is_empty() || self.rest == Rest::Perhaps;
        let last = self.end.filter(|_| goes_on).map(written);
        codec::write_part(out, first.as_deref(), last.as_deref());
    }
}

/// How many items of a node are about a subject.
fn count(facts: SubjectFacts<'_>, node: TelephonyNode) -> usize {
    if facts.subject().kind() != node.kind() {
        return 0;
    }
    match node {
        TelephonyNode::Lamps(_) => usize::from(facts.lamp().is_some()),
        TelephonyNode::Facts(_) => facts.facts().filter(|fact| fact.state.is_live()).count(),
    }
}

fn number(text: &str) -> Result<usize, Malformed> {
    let wrong = |_| Malformed::Value { name: "max_items", value: text.to_owned() };
    text.trim().parse().map_err(wrong)
}

/// How a place is told to the asker.
fn written(place: SubjectId) -> String {
    place.index().to_string()
}

/// Where a walk over the board begins.
fn beginning(place: &PageStart) -> Result<SubjectId, StanzaError> {
    match place {
        PageStart::Start => Ok(SubjectId::FIRST),
        PageStart::After(place) => {
            let place = place.parse().ok().map(SubjectId::at);
            let unknown =
                || StanzaCondition::ItemNotFound.with("begin again: there is no such place");
            place.map(SubjectId::next).ok_or_else(unknown)
        }
        PageStart::End | PageStart::Before(_) => {
            Err(StanzaCondition::FeatureNotImplemented.with("this list goes forward only"))
        }
    }
}

#[cfg(test)]
mod tests;
