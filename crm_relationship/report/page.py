"""A page of figures: its sections, and all its numbers counted at once.

No figure is computed here in a way of its own. A number is the count of the list that
it opens, with the rights of whoever looks; all of them are counted by one statement.
What is no count comes from where its own screen takes it: verdicts from the result page
of a program, people from Recognition, faults from the reasons of *Nobody Forgotten*.

So a page takes the same two dozen queries for ten customers and for a million.
"""

from odoo import fields
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..models.base.figures import format_number

DANGER, WARNING, SUCCESS, MUTED = "danger", "warning", "success", "muted"


def opening(xml_id, name, domain=None, **values):
    """Return what the client needs to open a list, or one record of it."""
    return {
        "xml_id": f"crm_relationship.{xml_id}",
        "name": name,
        "domain": domain,
        **values,
    }


class Page:
    """One page: what its sections have in common, and all numbers counted at once."""

    def __init__(self, env, now):
        self.env = env
        self.now = now
        self.company = env.company
        self.today = self.company._relationship_today()
        self.relationships = env["crm.relationship"]
        self._uncounted = []

    def collect(self):
        """Return the page.

        :return: dict with ``company``, ``currency_id``, ``day`` (in words), ``notes``
            and ``sections``. Each of these has ``id``, ``title``, ``sentence``,
            ``tone``, ``numbers`` (``value`` is False where nothing is known, and
            ``hint`` says from when; ``help`` says how it is counted), ``rows``,
            ``chart`` or False, ``note`` and ``screen``
        """
        self.people = self.get_people()
        sections = [make() for make in self.get_sections()]
        self._count()
        for section in sections:
            section["sentence"], section["tone"] = section.pop("tell")()
        return {
            "company": self.company.name,
            "currency_id": self.company.currency_id.id,
            "day": format_date(self.env, self.today, date_format="full"),
            "notes": list(self.get_notes()),
            "sections": sections,
        }

    def get_notes(self):
        """Yield what whoever reads the page has to know first."""
        # sudo: whether the company is live concerns all who work with its figures
        if self.company.sudo().relationship_state != "live":
            yield self.env._(
                "The company is in Preview: what is planned reaches no queue and no"
                " customer yet."
            )

    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    def _make_section(self, id_, title, tell, **values):
        return {
            "id": id_,
            "title": title,
            "tell": tell,
            "numbers": [],
            "rows": [],
            "chart": False,
            "note": "",
            "screen": False,
            **values,
        }

    def _make_number(self, id_, label, help_, action, value=None, **values):
        """Return a number; one without a value is counted by the list it opens."""
        number = {
            "id": id_,
            "label": label,
            "help": help_,
            "value": value,
            "kind": "count",
            "tone": MUTED,
            "hint": "",
            "action": action,
            **values,
        }
        if value is None:
            self._uncounted.append(number)
        return number

    def _count(self):
        """Count the lists of all numbers in one statement.

        SQL, because each by itself would be a query; rules of access are part of each.
        """
        counts = [
            self.env[number["model"]]
            ._search(number["action"]["domain"])
            .select(SQL("COUNT(*)"))
            for number in self._uncounted
        ]
        if counts:
            selected = SQL(", ").join(SQL("(%s)", count) for count in counts)
            [values] = self.env.execute_query(SQL("SELECT %s", selected))
            for number, value in zip(self._uncounted, values, strict=True):
                number["value"] = value

    def _format(self, number):
        return format_number(self.env, number, 0)

    def _percent(self, share):
        return self.env._("%s%%", self._format(100 * share))

    def _hours(self, minutes):
        hours = minutes / 60
        return format_number(self.env, hours, 0 if hours >= 20 else 1)

    def _moment(self, day):
        """Return the beginning of a day on the company's clock, as a domain has it."""
        return fields.Datetime.to_string(self.company._relationship_time(day, hour=0))

    # ------------------------------------------------------------------
    # Whose
    # ------------------------------------------------------------------

    @property
    def customers(self):
        """The customers of the page, as a domain that a client can read."""
        return [("company_id", "=", self.company.id)]

    @property
    def work(self):
        """The interactions of those whose work the page shows."""
        return [("company_id", "=", self.company.id)]

    @property
    def talks(self):
        """The interactions with the customers of the page."""
        return [("company_id", "=", self.company.id)]

    def get_people(self):
        """Return the users whose work the page shows."""
        raise NotImplementedError
