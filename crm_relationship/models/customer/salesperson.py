"""One truth about who serves a customer: Odoo's salesperson and the dedicated one.

Odoo keeps a salesperson on each contact (``res.partner.user_id``), this addon a
dedicated one for each customer and company (``crm.relationship.user_id``). A company
keeps both in step, or apart. In step, whoever changes one changes the other, if allowed
to decide who serves the customer; who leads counts only where two people meet: when
both are entered at once, when contacts are merged or change their company, and when a
company begins to keep them in step.

Odoo's salesperson is one value for all companies, so it can be in step with one company
alone: that of the contact; of a contact whom companies share, the company that has
served the customer longest of those that keep both in step (the lowest id: a company
that begins later takes nothing away). Elsewhere the dedicated salesperson is kept
apart.
"""

from functools import partial

from odoo.tools import SQL

from ..base.apart import run_each_apart

APART = "apart"
LEADERS = [
    ("contact", "One person: the contact's salesperson leads"),
    ("dedicated", "One person: the dedicated salesperson leads"),
    (APART, "Kept apart"),
]
IN_STEP = ("contact", "dedicated")


def find_in_step(customers):
    """Return the relationships that are in step with these contacts, one each at most.

    :param customers: ``res.partner`` records
    :return: ``crm.relationship`` records with sudo: who serves a customer concerns
        others than those who may see it
    """
    # sudo: as said above
    relationships = customers.env["crm.relationship"].sudo()
    found = relationships.with_context(active_test=False).search(
        [
            ("partner_id", "in", customers.ids),
            ("company_id.relationship_salesperson", "in", IN_STEP),
        ],
        order="id",
    )
    tied = {}
    for relationship in found:
        company = relationship.partner_id.company_id
        if not company or company == relationship.company_id:
            tied.setdefault(relationship.partner_id, relationship)
    return relationships.union(*tied.values()).with_env(relationships.env)


def get_winner(relationship):
    """Return who serves the customer where two are named: the leading one.

    Only those count who may serve the company's customers. As ``rows_sql`` has it.
    """
    company = relationship.company_id
    own, dedicated = relationship.partner_id.user_id, relationship.user_id
    leads = company.relationship_salesperson == "contact"
    for staff in (own, dedicated) if leads else (dedicated, own):
        if staff._filter_staff_of(company):
            return staff
    return own.browse()


# What it takes to bring a customer in step, {step: who gets a new value}.
FILLS = {"dedicated_filled": "dedicated", "contact_filled": "contact"}
CHANGES = {"dedicated_changed": "dedicated", "contact_changed": "contact"}
STEPS = [
    ("same", "The same person"),
    ("dedicated_filled", "Gets the contact's salesperson as dedicated salesperson"),
    ("contact_filled", "Gets the dedicated salesperson on the contact"),
    ("dedicated_changed", "Gets another dedicated salesperson"),
    ("contact_changed", "Gets another salesperson on the contact"),
    ("unable", "Nobody of the two may serve the customer"),
    ("nobody", "Nobody is named"),
    ("elsewhere", "The contact's salesperson is that of another company"),
]


def rows_sql(env, leader, where=None):
    """Return SQL rows of active customers, and what keeping them in step would change.

    As if the customer's company did keep them in step already. SQL because it goes for
    the whole base, before anybody decides.

    :param str leader: of ``IN_STEP``
    :param SQL where: condition on ``crm_relationship r``
    :return: ``(id, company_id, winner_id, step)``
    """
    env["crm.relationship"].flush_model(["active", "company_id", "user_id"])
    env["res.partner"].flush_model(["company_id", "user_id"])
    env["res.company"].flush_model(["relationship_salesperson"])
    sides = (SQL("own.user_id"), SQL("dedicated.user_id"))
    first, second = sides if leader == "contact" else reversed(sides)
    return SQL(
        """
        SELECT id, company_id, winner_id,
               CASE WHEN NOT is_tied THEN 'elsewhere'
                    WHEN user_id = salesperson_id THEN 'same'
                    WHEN user_id IS NULL AND salesperson_id IS NULL THEN 'nobody'
                    WHEN winner_id IS NULL THEN 'unable'
                    WHEN user_id IS NULL THEN 'dedicated_filled'
                    WHEN salesperson_id IS NULL THEN 'contact_filled'
                    WHEN user_id <> winner_id THEN 'dedicated_changed'
                    ELSE 'contact_changed' END AS step
          FROM (
            SELECT r.id, r.company_id, r.user_id, p.user_id AS salesperson_id,
                   COALESCE(%(first)s, %(second)s) AS winner_id,
                   CASE WHEN p.company_id IS NOT NULL THEN p.company_id = r.company_id
                        ELSE NOT EXISTS (
                            SELECT FROM crm_relationship other
                              JOIN res_company c ON c.id = other.company_id
                             WHERE other.partner_id = r.partner_id AND other.id < r.id
                               AND c.relationship_salesperson IN %(in_step)s)
                   END AS is_tied
              FROM crm_relationship r
              JOIN res_partner p ON p.id = r.partner_id
         LEFT JOIN (%(staff)s) own
                ON own.user_id = p.user_id AND own.company_id = r.company_id
         LEFT JOIN (%(staff)s) dedicated
                ON dedicated.user_id = r.user_id
               AND dedicated.company_id = r.company_id
             WHERE r.active AND %(where)s
          ) customer
        """,
        first=first,
        second=second,
        in_step=IN_STEP,
        staff=env["res.users"]._staff_sql(),
        where=where or SQL("TRUE"),
    )


def count_steps(company, leader):
    """Return how many customers of a company need what: ``{step: number}``."""
    rows = rows_sql(company.env, leader, SQL("r.company_id = %s", company.id))
    return dict(
        company.env.execute_query(
            SQL("SELECT step, count(*) FROM (%s) customer GROUP BY step", rows)
        )
    )


class StepKeeper:
    """Brings customers of a company in step, in batches; who is there already is left.

    Those whose two salespeople differ are touched once a manager has decided it; where
    only one is named, the other one is filled in whenever it is found.
    """

    def __init__(self, company):
        # sudo: it works for all customers, as a manager or the job has decided
        self.company = company.sudo()
        self.env = self.company.env
        pending = self.company.relationship_salesperson_pending
        self.steps = {**FILLS, **CHANGES} if pending else FILLS
        self.last_id = 0

    def carry_out(self, limit):
        """Bring the next customers in step; what fails is logged and stops no other.

        :return: how many there were
        """
        last_id = self.last_id
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, winner_id, step FROM (%s) customer
                 WHERE step IN %s ORDER BY id LIMIT %s
                """,
                rows_sql(
                    self.env,
                    self.company.relationship_salesperson,
                    SQL("r.company_id = %s AND r.id > %s", self.company.id, last_id),
                ),
                tuple(self.steps),
                limit,
            )
        )
        winners = {id_: winner_id for id_, winner_id, _step in rows}
        for side in ("dedicated", "contact"):
            ids = [id_ for id_, _winner_id, step in rows if self.steps[step] == side]
            customers = self.env["crm.relationship"].browse(ids)
            if customers:
                run_each_apart(
                    customers,
                    partial(getattr(self, f"_follow_{side}"), winners),
                    "The salespeople of %s could not be brought in step",
                )
        self.last_id = rows[-1][0] if rows else self.last_id
        return len(rows)

    def _follow_dedicated(self, winners, customers):
        """Give customers the dedicated salesperson of their contacts."""
        for winner_id, group in customers.grouped(lambda r: winners[r.id]).items():
            group.user_id = winner_id

    def _follow_contact(self, _winners, customers):
        """Enter the dedicated salesperson on the contacts of the customers."""
        customers._tell_contacts()
