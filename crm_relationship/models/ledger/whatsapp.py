"""WhatsApp: a link that opens the conversation, the text ready to be sent."""

from urllib.parse import quote, urlencode

from odoo.exceptions import UserError

# https://faq.whatsapp.com/5913398998672934: digits with the country code, nothing else.
BASE_URL = "https://wa.me"


def make_url(person, text=""):
    """Return the link to a conversation with a person.

    :param person: one ``res.partner``
    :param str text: what is written in the conversation already, and not sent
    :raises UserError: when the person has no number, or none that WhatsApp could use
    """
    url = f"{BASE_URL}/{_get_digits(person)}"
    return f"{url}?{urlencode({'text': text}, quote_via=quote)}" if text else url


def find_digits(person):
    """Return the number as WhatsApp takes it, empty where there is none."""
    return "".join(filter(str.isdigit, person.phone_sanitized or ""))


def _get_digits(person):
    env = person.env
    if digits := find_digits(person):
        return digits
    if not person.phone:
        raise UserError(
            env._(
                "%(contact)s has no phone number. Add one, or choose another channel.",
                contact=person.display_name,
            )
        )
    raise UserError(
        env._(
            "WhatsApp cannot use “%(number)s”. Set the country of %(contact)s, or write"
            " the number with its country code.",
            number=person.phone,
            contact=person.display_name,
        )
    )
