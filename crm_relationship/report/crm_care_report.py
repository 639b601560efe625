from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.base.asked import check_one
from ..models.base.spreadsheet import Formula

# In the order of the board; without a reason, the state alone.
CARDS = (
    ("fault", "no_staff"),
    ("fault", "no_plan"),
    ("fault", "no_channel"),
    ("fault", "overdue"),
    ("deferred", None),
    ("excluded", None),
    ("planned", None),
    ("in_time", None),
)
PLACES = 100
"""More than there are cards."""
REMEDIES = {
    "no_staff": "staff",
    "no_plan": "plan",
    "no_channel": "channel",
    "absent": "staff",
    "over_capacity": "staff",
}
"""The dialog that helps against a fault, by the reason."""
# So many customers are remedied in one go; beyond, those that remain are next.
REMEDIED_AT_ONCE = 10_000


class CrmCareReport(models.Model):
    """The board *Nobody Forgotten*: how many customers are in good hands, and who not.

    A row a company and card, read from what is stored on the customers. The rows of
    ``total`` sum up all others.
    """

    _name = "crm.care.report"
    _inherit = ["crm.record.mixin", "crm.spreadsheet.mixin"]
    _description = "Nobody Forgotten"
    _auto = False
    _order = "company_id, rank, id"
    _rec_name = "care_state"
    _spreadsheet = (
        "care_state",
        "care_reason",
        "customer_count+",
        ("share%", Formula("%", "customer_count")),
        "note",
    )

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    rank = fields.Integer(
        string="Place",
        aggregator=None,
        readonly=True,
        help="Place on the board: faults first.",
    )
    care_state = fields.Selection(
        selection=lambda self: [
            ("total", self.env._("All customers")),
            *self.env["crm.care.day"]._get_selection("care_state"),
        ],
        string="Care",
        readonly=True,
    )
    care_reason = fields.Selection(
        selection=lambda self: self.env["crm.care.day"]._get_selection("care_reason"),
        string="Reason",
        readonly=True,
    )
    customer_count = fields.Integer(
        string="Customers",
        aggregator=None,
        readonly=True,
        help="Active customers in this state now.",
    )
    share = fields.Float(
        aggregator=None,
        readonly=True,
        help="Customers in this state ÷ all active customers of the company; of all"
        " customers, the share of those who are not at fault.",
    )
    note = fields.Char(
        compute="_compute_note",
        help="What the state means, or why the last count failed.",
    )
    failure = fields.Char(compute="_compute_note")

    @api.depends_context("lang")
    def _compute_note(self):
        notes = self._get_notes()
        for row in self:
            row.note = notes.get(row.care_reason or row.care_state, False)
            # sudo: whoever sees the board is told, the rest of the company is not read
            row.failure = row.care_state == "total" and (
                row.company_id.sudo().relationship_care_failure
            )

    def _get_notes(self):
        """Return what each card means, in words."""
        return {
            "total": self.env._("Each is counted in exactly one of the other cards."),
            "no_staff": self.env._("Nobody serves these customers."),
            "no_plan": self.env._(
                "Nothing is planned, and no plan says what should be."
            ),
            "no_channel": self.env._(
                "The last interaction found no channel they accept."
            ),
            "absent": self.env._(
                "The next interaction comes over a week late: nobody stands in."
            ),
            "over_capacity": self.env._(
                "The next interaction comes over a week late: nobody has time."
            ),
            "overdue": self.env._("The day of an interaction has passed."),
            "deferred": self.env._(
                "They asked for a pause, or the next interaction waits."
            ),
            "excluded": self.env._("They do not want to be contacted, or may not be."),
            "planned": self.env._("The next interaction has a day."),
            "in_time": self.env._(
                "Contacted as often as the plan asks; the next has a day."
            ),
        }

    # ------------------------------------------------------------------
    # Cards
    # ------------------------------------------------------------------

    def _get_cards(self):
        """Return the cards, faults first: what rooms add comes before *overdue*."""
        *faults, overdue = (card for card in CARDS if card[0] == "fault")
        added = [("fault", reason) for reason in self._get_added_faults()]
        others = (card for card in CARDS if card[0] != "fault")
        return [("total", None), *faults, *added, overdue, *others]

    def _get_added_faults(self):
        return self.env["crm.relationship"]._get_care_faults()

    @property
    def _table_query(self):
        """SQL: counts the whole base.

        Ids are made of company and place, for the client to find a card again.
        """
        cards = (
            SQL("(%s, %s, %s)", rank, state, reason)
            for rank, (state, reason) in enumerate(self._get_cards())
        )
        return SQL(
            """
            SELECT customers.company_id * %(places)s + cards.rank AS id,
                   customers.company_id, cards.rank, cards.care_state,
                   cards.care_reason, sum(count)::int AS customer_count,
                   sum(count) FILTER (WHERE cards.care_state <> 'total'
                                         OR customers.care_state <> 'fault')
                       / min(total) AS share
              FROM (VALUES %(cards)s) cards (rank, care_state, care_reason)
              JOIN (
                SELECT company_id, care_state, care_reason, count(*) AS count,
                       sum(count(*)) OVER (PARTITION BY company_id)::float AS total
                  FROM crm_relationship
                 WHERE active
              GROUP BY company_id, care_state, care_reason
              ) customers
                ON cards.care_state = 'total'
                OR (customers.care_state = cards.care_state
                    AND (cards.care_reason IS NULL
                         OR customers.care_reason = cards.care_reason))
          GROUP BY customers.company_id, cards.rank, cards.care_state,
                   cards.care_reason
            """,
            places=PLACES,
            cards=SQL(", ").join(cards),
        )

    @api.model
    def _get_sheets(self, domain):
        """Return the states, which the sheet sums up itself."""
        return super()._get_sheets(domain & Domain("care_state", "!=", "total"))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def _get_customers(self):
        """Return the domain of the customers that a card counts."""
        domain = Domain("company_id", "=", self.company_id.id)
        if self.care_state != "total":
            domain &= Domain("care_state", "=", self.care_state)
        if self.care_reason:
            domain &= Domain("care_reason", "=", self.care_reason)
        return domain

    def _get_title(self):
        names = dict(self._fields["care_state"]._description_selection(self.env))
        reasons = dict(self._fields["care_reason"]._description_selection(self.env))
        return reasons.get(self.care_reason) or names[self.care_state]

    def action_view_customers(self):
        """Open the customers that the card counts."""
        check_one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_relationship_action_care"
        )
        is_mixed = self.care_state in ("deferred", "excluded", "total")
        title = self._get_title()
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(self._get_customers()),
            "context": {"group_by": "care_reason" if is_mixed else []},
        }

    def action_remedy(self):
        """Open what helps against the fault, for the customers that the card counts."""
        check_one(self)
        customers = self.env["crm.relationship"].search(
            self._get_customers(), limit=REMEDIED_AT_ONCE
        )
        if self.care_reason == "overdue":
            return customers.action_view_overdue()
        if self.care_reason not in REMEDIES:
            return self.action_view_customers()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"crm_relationship.crm_care_remedy_action_{REMEDIES[self.care_reason]}"
        )
        return {
            **action,
            "context": {
                "active_model": "crm.relationship",
                "active_ids": customers.ids,
                "default_remedy": REMEDIES[self.care_reason],
            },
        }
