//! What a telephony node holds, in parts of bounded cost (XEP-0059): a board has room for millions
//! of subjects, and whoever asks for all of them must not keep everybody else waiting.
//!
//! A part is told apart by the last subject in it, as the asker calls it, so that the next one begins there without a
//! search. Parts go forward only and tell no total, which nobody counts.

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
/// In front of the number of a place, which says where to go on where nothing of a piece may be named.
const PLACE: char = '#';

/// A part of the subjects of one node.
pub struct Part<'a> {
    /// Those that somebody says something about.
    pub lit: Vec<Visible<'a>>,
    /// Where the part ends; none for one that is empty and the last.
    end: Option<String>,
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
        let subjects = board.walk(beginning(board, &page.place)?);
        for (looked_at, (place, seen)) in subjects.enumerate() {
            if items >= most || looked_at >= LOOKED_AT {
                part.rest = Rest::Perhaps;
                break;
            }
            // Of what the asker may not see not even the place is told, or it could count them; but where a whole piece
            // is hidden the walk has to go on behind it.
            if let Some(seen) = &seen {
                part.end = Some(seen.subject.to_string());
            } else if looked_at + 1 == LOOKED_AT {
                part.end = Some(format!("{PLACE}{}", place.index()));
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
        let first = self.lit.first().map(|lit| lit.subject.to_string());
        let goes_on = !self.lit.is_empty() || self.rest == Rest::Perhaps;
        let last = self.end.as_deref().filter(|_| goes_on);
        codec::write_part(out, first.as_deref(), last);
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

/// Where a walk over the board begins.
fn beginning(board: VisibleBoard<'_>, place: &PageStart) -> Result<SubjectId, StanzaError> {
    match place {
        PageStart::Start => Ok(SubjectId::FIRST),
        PageStart::After(last) => {
            let place = match last.strip_prefix(PLACE) {
                Some(place) => place.parse().ok().map(SubjectId::at),
                None => last.parse().ok().and_then(|called| board.find(&called)),
            };
            let gone =
                || StanzaCondition::ItemNotFound.with("begin again: the last one is no more");
            place.map(SubjectId::next).ok_or_else(gone)
        }
        PageStart::End | PageStart::Before(_) => {
            Err(StanzaCondition::FeatureNotImplemented.with("this list goes forward only"))
        }
    }
}

#[cfg(test)]
mod tests;
