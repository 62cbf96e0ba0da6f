"""Record what was approved, for whom, and check that it is unchanged. Pure.

An approval holds a hash of everything that one audience gets of a handout. The hash is not a
signature: anyone who may write the file may also approve it. It only keeps a text from staying
approved after a change.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.content.base_model import audience_of, is_for
from teachback.content.handout import PICTURES, Handout, Model, Review

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from teachback.content.audiences import Audiences

# Hexadecimal digits: enough to distinguish any two texts that people write.
LENGTH: Final = 16
# Fields that no reader reads: who is responsible for the text, who gets it, how it is filed.
# `version` is only a date.
_UNREAD: Final = frozenset(
    {
        "review",
        "silent_for",
        "accept",
        "target_grade",
        "pages",
        "only",
        "id",
        "audiences",
        "version",
        "codes",
    }
)


class ApprovalStatus(NamedTuple):
    """The state of a handout's approval.

    `changed` are the audiences whose text has changed since its approval, and `missing` those whose
    text was never approved. For both, the text counts as a draft. `sealed` is whether the approval
    holds hashes: one written by hand has none, and is valid for whatever the file says.

    A text is also a draft where no rule could read it (`unchecked`), and for the audiences whose
    translation nobody has checked (`unproved`) or follows an older text (`stale`). Of a
    translation, `missing` are the audiences whose English is not approved.
    """

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    sealed: bool = True
    unchecked: bool = False
    unproved: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    translated: bool = False

    @property
    def unmarked(self) -> tuple[str, ...]:
        """The audiences for which the file holds no mark, or one that no longer fits."""
        return self.unproved if self.translated else (*self.changed, *self.missing)

    def review(self, review: Review, audience: str) -> Review:
        """Return the review for one audience: a draft, if its text counts as one."""
        drafts = (*self.changed, *self.missing, *self.unproved, *self.stale)
        is_draft = self.unchecked or audience in drafts
        return review.model_copy(update={"status": "draft"}) if is_draft else review

    def word(self, review: Review) -> str:
        """Return the state of the review in a few words, for a list."""
        if self.unchecked:
            return "draft: not checked by the rules"
        if self.stale:
            return f"draft: the text has changed since it was translated ({', '.join(self.stale)})"
        if self.unproved and not self.changed:
            return f"draft: translation not checked ({', '.join(self.unproved)})"
        if review.status != "approved" or not (self.changed or self.missing):
            return review.status
        reasons = []
        if self.changed:
            reasons.append(f"changed since it was approved ({', '.join(self.changed)})")
        if self.missing:
            reasons.append(f"not approved for {', '.join(self.missing)}")
        return f"draft: {'; '.join(reasons)}"


def fingerprint(handout: Handout, lineage: tuple[str, ...], picture: Callable[[str], str]) -> str:
    """Return a hash of everything that one audience gets.

    It covers texts, flags and their tiers, the card, the ids of sources, and pictures. Line breaks
    inside a text, comments, key order, the clinic's own numbers and the review itself do not count.
    `picture` returns a hash of a picture's content by its name.
    """
    return _short_hash(repr(_content_for(handout, lineage, picture)))


def translation_mark(translation: str, english: str) -> str:
    """Return the mark of a checked translation: a hash of both texts' fingerprints."""
    return _short_hash(f"{translation}|{english}")


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def approval_status(
    handout: Handout, audiences: Audiences, picture: Callable[[str], str]
) -> ApprovalStatus:
    """Compare the approved hashes with the handout as it is now."""
    review = handout.review
    if review.status != "approved":
        return ApprovalStatus()
    if review.approved is None:
        return ApprovalStatus(sealed=False)
    known = [name for name in handout.audiences if name in audiences.root]
    changed = tuple(
        name
        for name in known
        if name in review.approved
        and review.approved[name] != fingerprint(handout, audiences.lineage(name), picture)
    )
    return ApprovalStatus(changed, tuple(name for name in known if name not in review.approved))


def _content_for(value: Any, lineage: tuple[str, ...], picture: Callable[[str], str]) -> Any:  # noqa: ANN401 -- any part of a handout
    """Return what one audience gets of a value, as nested tuples of texts."""
    if isinstance(value, Model):
        return tuple(_field_contents(value, lineage, picture))
    if isinstance(value, tuple):
        return tuple(
            _content_for(item, lineage, picture) for item in value if is_for(item, lineage)
        )
    if isinstance(value, dict):
        name = audience_of(value, lineage)
        return None if name is None else _content_for(value[name], lineage, picture)
    return " ".join(str(value).split())


def _field_contents(
    value: Model, lineage: tuple[str, ...], picture: Callable[[str], str]
) -> Iterator[tuple[str, Any]]:
    for name, field in type(value).model_fields.items():
        inner = getattr(value, name)
        # Skip unset fields, so that a later version with more fields computes the same hash.
        if name in _UNREAD or inner is None or inner == field.default:
            continue
        content = _content_for(inner, lineage, picture)
        if content is None or (isinstance(field.default, bool) and content == str(field.default)):
            continue
        yield name, content
        if name in PICTURES and isinstance(inner, str):
            yield "picture", picture(inner)
