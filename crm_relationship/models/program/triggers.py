"""What starts a program: a small class for each, named in ``TRIGGERS``.

A new trigger is a class, the fields behind it on the program, and a test. SQL because
those concerned are found among a million customers, each night.
"""

from odoo.tools import SQL

from .trigger import Trigger, get_basics, get_day_sql, is_new_since, is_one_of
from .trigger_days import DateReached, Occasion
from .trigger_orders import (
    OrderConfirmed,
    OrderDelivered,
    OrderInvoiced,
    QuotationUnanswered,
    RunsOut,
)


class Manual(Trigger):
    """Somebody enrolls customers from their list."""

    label = "Customers are enrolled manually"

    def count_starts(self, program, company, since):
        """Nobody knows."""
        return 0


class StageEntered(Trigger):
    """The nightly update, or an order, moves a customer to another stage."""

    label = "A customer enters a life cycle stage"

    def get_missing(self, program):
        return not program.lifecycle_stage and program.env._(
            "Choose the life cycle stage that starts the program."
        )

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
             WHERE r.id IN %(target)s AND r.lifecycle_stage = %(stage)s
               AND r.lifecycle_date >= %(first_day)s
               AND %(is_new)s
            """,
            **get_basics(program, company, since),
            stage=program.lifecycle_stage,
            is_new=is_new_since(program, SQL("r.lifecycle_date"), since),
        )


class SegmentEntered(Trigger):
    """The nightly update, or somebody manually, moves a customer to another segment."""

    label = "A customer changes segment"

    def get_missing(self, program):
        return not (
            program.from_segment_ids or program.to_segment_ids
        ) and program.env._("Choose the segments that customers enter, or come from.")

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
              JOIN crm_segment_move move ON move.relationship_id = r.id
             WHERE r.id IN %(target)s AND move.date >= %(first_day)s
               AND r.segment_id IS NOT DISTINCT FROM move.to_segment_id
               AND %(from_segments)s AND %(to_segments)s AND %(is_new)s
            """,
            **get_basics(program, company, since),
            from_segments=is_one_of(
                SQL("move.from_segment_id"), program.from_segment_ids
            ),
            to_segments=is_one_of(SQL("move.to_segment_id"), program.to_segment_ids),
            is_new=is_new_since(program, SQL("move.date"), since),
        )


class ComplaintSolved(Trigger):
    """A complaint is over, and the customer has no other one."""

    label = "A complaint is solved"

    def find(self, program, company, since=None):
        basics = get_basics(program, company, since)
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
              JOIN crm_interaction i ON i.relationship_id = r.id
        CROSS JOIN LATERAL (SELECT %(day)s AS day) solved
             WHERE r.id IN %(target)s AND i.date_solved >= %(first_moment)s
               AND NOT EXISTS (
                   SELECT FROM crm_interaction other
                    WHERE other.relationship_id = r.id AND other.is_complaint_open)
               AND %(is_new)s
            """,
            **basics,
            first_moment=company._relationship_time(basics["first_day"], hour=0),
            day=get_day_sql(company, SQL("i.date_solved")),
            is_new=is_new_since(program, SQL("solved.day"), since),
        )


class ReferralMade(Trigger):
    """A customer brought somebody: it is that customer who enters."""

    label = "A customer brings somebody"

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM res_partner brought
              JOIN res_partner p ON p.id = brought.referred_by_id
              JOIN crm_relationship r ON r.partner_id = p.commercial_partner_id
         LEFT JOIN crm_relationship own
                ON own.partner_id = brought.commercial_partner_id
               AND own.company_id = r.company_id
        CROSS JOIN LATERAL (
                SELECT CASE WHEN %(must_buy)s
                       THEN GREATEST(brought.referral_date, own.first_order_date)
                       ELSE brought.referral_date END AS day
              ) made
             WHERE r.id IN %(target)s AND made.day >= %(first_day)s
               AND p.commercial_partner_id <> brought.commercial_partner_id
               AND (NOT %(must_buy)s OR own.first_order_date IS NOT NULL)
               AND %(is_new)s
            """,
            **get_basics(program, company, since),
            must_buy=program.referral_buys,
            is_new=is_new_since(program, SQL("made.day"), since),
        )


class CustomerBrought(Trigger):
    """Somebody was brought: it is the new customer who enters."""

    label = "A customer is brought by another one"

    def find(self, program, company):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
              JOIN res_partner brought ON brought.id = r.partner_id
              JOIN res_partner p ON p.id = brought.referred_by_id
        CROSS JOIN LATERAL (
                SELECT CASE WHEN %(must_buy)s
                       THEN GREATEST(brought.referral_date, r.first_order_date)
                       ELSE brought.referral_date END AS day
              ) made
             WHERE r.id IN %(target)s AND made.day >= %(first_day)s
               AND p.commercial_partner_id <> brought.id
               AND (NOT %(must_buy)s OR r.first_order_date IS NOT NULL)
               AND %(is_new)s
            """,
            **get_basics(program, company),
            must_buy=program.referral_buys,
            is_new=is_new_since(program, SQL("made.day")),
        )


TRIGGERS = {
    "sale_confirmed": OrderConfirmed(),
    "delivered": OrderDelivered(),
    "invoiced": OrderInvoiced(),
    "quotation": QuotationUnanswered(),
    "runs_out": RunsOut(),
    "lifecycle": StageEntered(),
    "segment": SegmentEntered(),
    "complaint": ComplaintSolved(),
    "referral": ReferralMade(),
    "brought": CustomerBrought(),
    "occasion": Occasion(),
    "date": DateReached(),
    "manual": Manual(),
}
# What the nightly job looks for, before it plans. The stage is entered by the update of
# the portfolio, which then enrolls at once, and a sale by the hook on sales orders.
REACHED = ("delivered", "invoiced")
NIGHTLY = (
    "occasion",
    "date",
    "segment",
    "complaint",
    "quotation",
    "runs_out",
    "referral",
    "brought",
)
# Those that begin on a day known before.
DATED = sorted(name for name, trigger in TRIGGERS.items() if trigger.has_day)
