"""What a channel needs of a person: a number or an address, or nothing."""

from ..courtesy.voices import get_address_of


def lacks_address(person, kind):
    """Tell whether a person has no number or address for channels of a kind.

    A number that no provider would understand is one: a salesperson can dial it.
    """
    address = get_address_of(kind)
    return bool(address) and not person[address]


def has_all_addresses(person):
    """Tell whether no channel lacks anything of a person."""
    return bool(person.email and person.phone)


def word_missing(env, kind):
    """Return what is missing for channels of a kind, in words."""
    if get_address_of(kind) == "email":
        return env._("No email address")
    return env._("No phone number")
