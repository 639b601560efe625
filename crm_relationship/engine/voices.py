"""What several records say about one person, added up: no refusal hides another.

A person may stand in the address book more than once, share an address with others, and
work for a firm that has wishes of its own. Each such record is a voice. A voice can
only take away: whatever it refuses, nobody becomes easier to reach by it.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import date
from typing import NamedTuple

OWN, FIRM, SAME, OTHER, COLLEAGUE = "own", "firm", "same", "other", "colleague"
"""How near a record is to the person:

- the person's own;
- the firm's, which speaks for all its people;
- the same person's once more: one address or number, and one name;
- another customer's with the same address or number, most likely the same person, such
  as a guest of a web shop who is entered anew with each order;
- a colleague's: another person of the same firm who shares an address or number.
"""

NEAR = frozenset((OWN, FIRM, SAME))


class Voice(NamedTuple):
    """What one record says."""

    nearness: str = OWN
    shared: frozenset = frozenset()
    """The kinds of address ("email", "phone") that it has in common with the person."""
    do_not_contact: bool = False
    pause_until: date | None = None
    """The first day after the pause."""
    consent_relationship: str = "unknown"
    consent_selling: str = "unknown"
    """unknown, granted or refused"""
    refused: frozenset = frozenset()
    """Channels."""
    unsubscribed: frozenset = frozenset()
    """Kinds of address in common to which selling was refused by one click."""


class United(NamedTuple):
    """What all voices say together."""

    do_not_contact: bool = False
    pause_until: date | None = None
    consent_relationship: str = "unknown"
    consent_selling: str = "unknown"
    refused: frozenset = frozenset()
    """Channels."""
    closed: frozenset = frozenset()
    """Kinds of address that must not be used."""
    closed_to_selling: frozenset = frozenset()
    """Kinds of address that must not be used to sell."""


def unite(
    voices: Iterable[Voice],
    today: date,
    get_address: Callable[[Hashable], str | None],
) -> United:
    """Return what holds for a person.

    Do not contact and pauses of the person, the firm and other customers of the same
    address hold for the person; those of a colleague for the address in common. Refused
    channels of other records hold where the channel uses the address in common. Consent
    is the person's: see ``_consent``.

    :param get_address: which kind of address a channel uses, None where it needs none
    """
    voices = list(voices)
    if len(voices) == 1 and voices[0].nearness == OWN:
        return _speak_alone(voices[0])
    near = [voice for voice in voices if voice.nearness in NEAR]
    speaking = [voice for voice in voices if voice.nearness != COLLEAGUE]
    pauses = [voice.pause_until for voice in speaking if voice.pause_until]
    return United(
        do_not_contact=any(voice.do_not_contact for voice in speaking),
        pause_until=max(pauses, default=None),
        consent_relationship=_consent(near, "consent_relationship"),
        consent_selling=_consent(near, "consent_selling"),
        refused=frozenset(
            channel
            for voice in voices
            for channel in voice.refused
            if voice in near or get_address(channel) in voice.shared
        ),
        closed=_join(voice.shared for voice in voices if _closes(voice, today)),
        closed_to_selling=_join(voice.unsubscribed for voice in voices),
    )


def _speak_alone(voice: Voice) -> United:
    """Return what holds for a person for whom nobody else speaks, as most are."""
    return United(
        do_not_contact=voice.do_not_contact,
        pause_until=voice.pause_until or None,
        consent_relationship=voice.consent_relationship,
        consent_selling=voice.consent_selling,
        refused=voice.refused,
        closed_to_selling=voice.unsubscribed,
    )


def says(
    voice: Voice, reason: str, kind: str, channel: Hashable, address: str | None
) -> bool:
    """Tell whether a record is why the gate gives a reason; see ``gate.REASONS``.

    :param kind: of the interaction: relationship, selling or service
    :param channel: through which the person was to be contacted
    :param address: which kind of address that channel uses
    """
    if reason == "channel_refused":
        return _refuses(voice, kind, channel, address)
    if reason == "no_consent":
        answer = getattr(voice, f"consent_{kind}", None)
        return voice.nearness in NEAR and answer == "refused"
    if voice.nearness == COLLEAGUE:
        return False
    if reason == "do_not_contact":
        return voice.do_not_contact
    return reason == "snoozed" and voice.pause_until is not None


def _refuses(voice, kind, channel, address) -> bool:
    in_common = address in voice.shared
    if channel in voice.refused and (in_common or voice.nearness in NEAR):
        return True
    if in_common and voice.nearness == COLLEAGUE:
        return voice.do_not_contact or voice.pause_until is not None
    return kind == "selling" and address in voice.unsubscribed


def _consent(near: list[Voice], name: str) -> str:
    """Return the person's own answer, on whichever record; if none, the firm's.

    A refusal on any record of the person counts. An agreement counts only where it is
    the record's own: the address alone does not prove who agreed.
    """
    own = [getattr(voice, name) for voice in near if voice.nearness == OWN]
    same = [getattr(voice, name) for voice in near if voice.nearness == SAME]
    firm = [getattr(voice, name) for voice in near if voice.nearness == FIRM]
    if "refused" in own + same:
        return "refused"
    if "granted" in own:
        return "granted"
    if "refused" in firm:
        return "refused"
    return "granted" if "granted" in firm else "unknown"


def _closes(voice: Voice, today: date) -> bool:
    """Tell whether a colleague does not want the address in common to be used."""
    return voice.nearness == COLLEAGUE and (
        voice.do_not_contact
        or (voice.pause_until is not None and voice.pause_until > today)
    )


def _join(kinds: Iterable[frozenset]) -> frozenset:
    return frozenset().union(*kinds)
