"""*My Day*: what a salesperson does today, read for all cards at once.

A day is read in a dozen queries, however many cards it has and however large the ledger
is: which interactions, and in what order; what stands on the cards, in one query with
the latest talks and orders of each customer; what the gate needs to know; and what was
done today. Rules of access are a part of each query: everybody sees what they may open.
"""

from datetime import datetime, time, timedelta

from pytz import all_timezones, timezone, utc

from odoo import fields
from odoo.tools import SQL

from ...engine.route import Place, sort_places
from ..base.holding import holding
from ..courtesy.gatekeeper import Gatekeeper
from ..ledger.messages import SENDING
from ..ledger.visit import WITHIN
from .day_card import Card, to_text

# Cards read at once; who has done these asks for the next ones.
CARDS = 60
TALKS, ORDERS, PRODUCTS = 3, 2, 4
# So many rows of what was done today are shown.
DONE_SHOWN = 200


def _find_zone(env):
    """Return the time zone whose day it is.

    The screen names that of the device, in which it shows all other dates. It need not
    be the user's, which Odoo takes from the device of the first login.
    """
    name = env.context.get("tz")
    if name not in all_timezones:
        name = env.user.tz or env.company._relationship_tz()
    return timezone(name)


class MyDay:
    """The day of a user: one's own queue, and those of absent colleagues one serves."""

    def __init__(self, env, goes_on=False):
        """
        :param bool goes_on: whoever has time goes on with the days to come
        """
        self.env = env
        self.goes_on = goes_on
        self.now = fields.Datetime.now()
        tz = _find_zone(env)
        self.today = utc.localize(self.now).astimezone(tz).date()
        self.start, self.end = (
            tz.localize(datetime.combine(day, time()))
            .astimezone(utc)
            .replace(tzinfo=None)
            for day in (self.today, self.today + timedelta(days=1))
        )

    def collect(self):
        """Return the day, as the screen shows it."""
        self.env.flush_all()
        rows = self._read_rows()
        return {
            "today": fields.Date.to_string(self.today),
            "cards": self._make_cards({row["id"]: row for row in rows if row["id"]}),
            **{name: rows[0][name] for name in ("waiting", "minutes", "ahead")},
            "done": [
                {**row, "moment": to_text(row["moment"])}
                for row in rows[0]["done"] or ()
            ],
            "is_preview": all(
                company.relationship_state != "live" for company in self.env.companies
            ),
        }

    # ------------------------------------------------------------------
    # Which ones
    # ------------------------------------------------------------------

    def _queue_sql(self):
        """Return the query of what waits for the user, and which is best done first.

        That is the order in which the release gives contacts their days. Whom somebody
        tried to reach today is not tried again by going on with the days to come.

        :return: columns id, is_today, minutes, rank
        """
        interactions = self.env["crm.interaction"]
        allowed = interactions._search([("state", "=", "open")])
        return SQL(
            """
            SELECT i.id,
                   i.date_planned < %(end)s
                   OR (%(goes_on)s AND COALESCE(i.date_attempt < %(start)s, TRUE))
                       AS is_today,
                   COALESCE(t.duration, 0) AS minutes,
                   row_number() OVER (
                       ORDER BY i.date_planned >= %(end)s, %(urgency)s) AS rank
              FROM crm_interaction i
              JOIN crm_relationship r ON r.id = i.relationship_id
              JOIN res_company c ON c.id = i.company_id
         LEFT JOIN res_users u ON u.id = i.user_id
         LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
             WHERE i.user_id = ANY(ARRAY[%(me)s] || ARRAY(%(absent)s))
               AND %(me)s IN (i.user_id, u.deputy_id, r.backup_user_id)
               AND i.state = 'open' AND i.id IN %(allowed)s
            """,
            start=self.start,
            end=self.end,
            goes_on=self.goes_on,
            me=self.env.uid,
            absent=self._absent_sql(),
            allowed=allowed.subselect(),
            urgency=interactions._get_urgency_sql(),
        )

    def _absent_sql(self):
        """Return the query of the users who are absent now and whom the user serves."""
        return SQL(
            """
            SELECT resource.user_id
              FROM resource_calendar_leaves l
              JOIN resource_resource resource ON resource.id = l.resource_id
              JOIN res_users away ON away.id = resource.user_id
             WHERE l.time_type = 'leave'
               AND l.date_from <= %(now)s AND l.date_to > %(now)s
               AND (away.deputy_id = %(me)s
                    OR away.id IN (SELECT user_id FROM crm_relationship
                                    WHERE backup_user_id = %(me)s))
            """,
            now=self.now,
            me=self.env.uid,
        )

    def _done_sql(self):
        """Return the query of what the user did today: done, or tried in vain.

        Messages that the system sent are not the user's work. Each half has an index of
        its own.
        """
        allowed = self.env["crm.interaction"]._search([])
        return SQL(
            """
            WITH mine AS (
                SELECT id, date_done AS moment FROM crm_interaction
                 WHERE state = 'done' AND date_done >= %(start)s
                   AND company_id = ANY(%(companies)s)
                   AND %(me)s IN (user_id, write_uid)
                   AND (outcome <> 'sent' OR source_id > 0)
                 UNION ALL
                SELECT id, date_attempt FROM crm_interaction
                 WHERE user_id = %(me)s AND date_attempt >= %(start)s
                   AND state <> 'done'
            )
            SELECT i.id, i.name, p.complete_name AS who, mine.moment,
                   CASE WHEN i.state = 'done' THEN i.outcome
                        ELSE 'no_answer' END AS outcome,
                   CASE WHEN i.state = 'done' THEN i.duration END AS minutes
              FROM mine
              JOIN crm_interaction i ON i.id = mine.id
              JOIN res_partner p ON p.id = i.partner_id
             WHERE i.id IN %(allowed)s
          ORDER BY mine.moment DESC, i.id DESC
             LIMIT %(limit)s
            """,
            start=self.start,
            companies=self.env.companies.ids,
            me=self.env.uid,
            allowed=allowed.subselect(),
            limit=DONE_SHOWN,
        )

    # ------------------------------------------------------------------
    # What stands on them
    # ------------------------------------------------------------------

    def _make_cards(self, rows):
        """Return the cards, in the order of the rows.

        The visits come together where the first of them stands, in the order of a tour.

        :param dict rows: ``{id of the interaction: row}``
        """
        if not rows:
            return []
        interactions = self._fetch(rows)
        keeper = Gatekeeper(interactions, self.now, knows_work=False)
        texts = self._render_texts(interactions, rows)
        cards = [
            Card(interaction, rows[interaction.id], keeper, self).make(
                texts.get(interaction.id, "")
            )
            for interaction in interactions
        ]
        return _go_round(cards, rows)

    def _fetch(self, rows):
        """Return the interactions, with all read at once that is asked of their people.

        ``sudo``: whoever makes an interaction is told whom to reach, and how; which
        ones the user may see is asked by the query of the rows.
        """
        interactions = self.env["crm.interaction"].browse(rows)
        interactions.sudo().fetch()
        # sudo: channels are no secret
        channels = self.env["crm.touchpoint"].sudo()
        (channels._get_in_use() | interactions.sudo().touchpoint_id).fetch()
        names = ("person", "firm", "company_contact")
        people = {row[name] for row in rows.values() for name in names}
        # whose clock hours are told on
        people.add(self.env.user.partner_id.id)
        # as those who are asked for their wishes are read: archived channels as well
        contacts = self.env["res.partner"].sudo().with_context(active_test=False)
        contacts.browse(people).fetch()
        contacts.browse(people).fetch(["refused_touchpoint_ids"])
        return interactions

    def _read_rows(self):
        """Return what waits, what is told of the first ones, and what was done today.

        SQL because it is a dozen tables, and the latest few rows of two of them.

        :return: a row a card, the first to be done first; one without an id where
            nothing waits. The first row has what was ``done``, the latest first
        """
        cursor = self.env.cr
        cursor.execute(
            SQL(
                """
                WITH queue AS MATERIALIZED (%(queue)s)
                SELECT total.*, card.*,
                       CASE WHEN COALESCE(card.rank, 1) = 1 THEN (
                           SELECT jsonb_agg(to_jsonb(made)
                                            ORDER BY made.moment DESC, made.id DESC)
                             FROM (%(done)s) made) END AS done
                  FROM (SELECT count(*) FILTER (WHERE is_today) AS waiting,
                               COALESCE(sum(minutes) FILTER (WHERE is_today), 0)
                                   AS minutes,
                               count(*) FILTER (WHERE NOT is_today) AS ahead
                          FROM queue) total
             LEFT JOIN (%(cards)s) card ON TRUE
              ORDER BY card.rank
                """,
                queue=self._queue_sql(),
                cards=self._cards_sql(),
                done=self._done_sql(),
            )
        )
        return cursor.dictfetchall()

    def _cards_sql(self):
        """Return the query of what is told of the first ones of the ``queue``."""
        name = self._translated
        return SQL(
            """
            SELECT queue.rank, i.id, i.partner_id AS person, r.partner_id AS firm,
                   c.partner_id AS company_contact, p.complete_name AS who,
                   p.street, p.zip, p.city,
                   p.partner_latitude AS latitude, p.partner_longitude AS longitude,
                   %(segment)s AS segment, s.color AS segment_color,
                   r.id AS relationship, r.value_12m AS value,
                   %(is_off)s AS is_value_off,
                   c.currency_id AS currency,
                   r.last_contact_date, r.order_count, r.last_order_date,
                   c.relationship_window_months AS months,
                   %(occasion)s AS occasion, o.name AS order_name,
                   COALESCE(%(line_note)s, %(step_note)s) AS guidance,
                   COALESCE(line.sms_template_id, step.sms_template_id) AS template,
                   %(benefit)s AS benefit, %(benefit_note)s AS benefit_note,
                   %(preferred)s AS preferred, w.name AS hours,
                   tags.names AS tags, complaint.found AS complaints,
                   talks.found AS talks, orders.found AS orders, also.found AS also,
                   event.start AS event_start
              FROM queue
              JOIN crm_interaction i ON i.id = queue.id
              JOIN crm_relationship r ON r.id = i.relationship_id
              JOIN res_company c ON c.id = i.company_id
              JOIN res_partner p ON p.id = i.partner_id
              JOIN res_partner firm ON firm.id = r.partner_id
         LEFT JOIN crm_segment s ON s.id = r.segment_id
         LEFT JOIN crm_contact_plan_line line ON line.id = i.plan_line_id
         LEFT JOIN crm_occasion occasion ON occasion.id = line.occasion_id
         LEFT JOIN crm_program_step step ON step.id = i.program_step_id
         LEFT JOIN crm_benefit benefit
                ON benefit.id = COALESCE(line.benefit_id, step.benefit_id)
               AND benefit.active
         LEFT JOIN sale_order o ON o.id = i.sale_order_id
         LEFT JOIN crm_touchpoint preferred
                ON preferred.id = COALESCE(p.preferred_touchpoint_id,
                                           firm.preferred_touchpoint_id)
         LEFT JOIN resource_calendar w
                ON w.id = COALESCE(p.contact_window_id, firm.contact_window_id)
         LEFT JOIN calendar_event event ON event.id = i.event_id AND event.active
         LEFT JOIN LATERAL (%(tags)s) tags ON TRUE
         LEFT JOIN LATERAL (%(complaints)s) complaint ON TRUE
         LEFT JOIN LATERAL (%(talks)s) talks ON TRUE
         LEFT JOIN LATERAL (%(orders)s) orders ON TRUE
         LEFT JOIN LATERAL (%(also)s) also ON TRUE
             WHERE queue.is_today AND queue.rank <= %(limit)s
            """,
            segment=name("crm.segment", "s"),
            occasion=name("crm.occasion", "occasion"),
            line_note=name("crm.contact.plan.line", "line", "note"),
            step_note=name("crm.program.step", "step", "note"),
            benefit=name("crm.benefit", "benefit"),
            benefit_note=name("crm.benefit", "benefit", "description"),
            preferred=name("crm.touchpoint", "preferred"),
            is_off=self._is_value_off_sql(),
            tags=self._tags_sql(),
            complaints=self._complaints_sql(),
            talks=self._talks_sql(),
            orders=self._orders_sql(),
            also=self._also_sql(),
            limit=CARDS,
        )

    def _translated(self, model, alias, name="name"):
        # sudo: names of what is set up are told to whoever makes the interaction
        return self.env[model].sudo()._field_to_sql(alias, name)

    def _is_value_off_sql(self):
        """Return the query of whether the last forecast was outside its band."""
        return SQL(
            """
            (SELECT f.actual NOT BETWEEN f.low AND f.high
               FROM crm_forecast f
              WHERE f.company_id = i.company_id AND f.is_total
                AND f.actual IS NOT NULL AND f.expected IS NOT NULL
           ORDER BY f.month DESC
              LIMIT 1)
            """
        )

    def _tags_sql(self):
        """Return the query of what the customer ``i`` requires of a salesperson."""
        return SQL(
            """
            SELECT string_agg(DISTINCT %s, ', ') AS names
              FROM crm_staff_requirement q
              JOIN crm_staff_tag tag ON tag.id = q.tag_id
             WHERE q.partner_id IN (i.partner_id, r.partner_id)
            """,
            self._translated("crm.staff.tag", "tag"),
        )

    def _complaints_sql(self):
        """Return the query of the customer's complaints that are not solved.

        Whoever may see them: that a customer has complained concerns all who talk to
        the customer.
        """
        return SQL(
            """
            SELECT jsonb_agg(jsonb_build_array(
                       COALESCE(bearer.date_complaint, bearer.create_date),
                       COALESCE(first.feedback, bearer.feedback)
                   ) ORDER BY bearer.date_complaint, bearer.id) AS found
              FROM crm_interaction bearer
         LEFT JOIN crm_interaction first ON first.id = bearer.complaint_id
             WHERE bearer.relationship_id = i.relationship_id
               AND bearer.is_complaint_open
            """
        )

    def _stands_in(self):
        """Return the condition that the user makes ``i`` in a colleague's place."""
        return SQL("(i.for_user_id IS NOT NULL AND i.user_id = %s)", self.env.uid)

    def _also_sql(self):
        """Return the query of what else is due of the customer: one conversation.

        As ``visit.find_also_due`` has it.
        """
        allowed = self.env["crm.interaction"]._search(
            [("state", "=", "open"), ("is_complaint", "=", False)]
        )
        return SQL(
            """
            SELECT jsonb_agg(jsonb_build_object('id', due.id, 'name', due.name)
                             ORDER BY due.date_planned, due.id) AS found
              FROM (
                SELECT crm_interaction.id, crm_interaction.name,
                       crm_interaction.date_planned
                  FROM %(from)s
                 WHERE %(allowed)s
                   AND crm_interaction.relationship_id = i.relationship_id
                   AND crm_interaction.id <> i.id
                   AND crm_interaction.date_planned
                       <= GREATEST(i.date_planned, %(now)s) + %(within)s
              ) due
            """,
            allowed=allowed.where_clause,
            now=self.now,
            within=WITHIN,
            **{"from": allowed.from_clause},
        )

    def _talks_sql(self):
        """Return the query of the last talks with the customer that the user may see.

        Whoever stands in is told of all of them. Messages that the system sent are no
        talks.
        """
        allowed = self.env["crm.interaction"]._search([])
        return SQL(
            """
            SELECT jsonb_agg(to_jsonb(talk) ORDER BY talk.day DESC, talk.id DESC)
                       AS found
              FROM (
                SELECT crm_interaction.id, crm_interaction.date_done AS day,
                       crm_interaction.name, %(channel)s AS channel,
                       crm_interaction.outcome, crm_interaction.sentiment AS mood,
                       crm_interaction.feedback AS words
                  FROM %(from)s
             LEFT JOIN crm_touchpoint t ON t.id = crm_interaction.touchpoint_id
                 WHERE (%(allowed)s OR %(stands_in)s)
                   AND crm_interaction.state = 'done'
                   AND crm_interaction.outcome IS DISTINCT FROM 'sent'
                   AND crm_interaction.relationship_id = i.relationship_id
              ORDER BY crm_interaction.date_done DESC, crm_interaction.id DESC
                 LIMIT %(limit)s
              ) talk
            """,
            channel=self._translated("crm.touchpoint", "t"),
            allowed=allowed.where_clause or SQL("TRUE"),
            stands_in=self._stands_in(),
            limit=TALKS,
            **{"from": allowed.from_clause},
        )

    def _orders_sql(self):
        """Return the query of the customer's last orders that the user may see.

        Whoever stands in is told of all of them: what was bought is a part of what
        there is to talk about.
        """
        allowed = self.env["sale.order"]._search([])
        return SQL(
            """
            SELECT jsonb_agg(to_jsonb(bought) ORDER BY bought.day DESC, bought.id DESC)
                       AS found
              FROM (
                SELECT sale_order.id, sale_order.date_order AS day, sale_order.name,
                       sale_order.amount_total AS amount,
                       sale_order.currency_id AS currency,
                       ARRAY(SELECT split_part(l.name, E'\\n', 1)
                               FROM sale_order_line l
                              WHERE l.order_id = sale_order.id
                                AND l.display_type IS NULL
                           ORDER BY l.sequence, l.id
                              LIMIT %(products)s) AS products
                  FROM %(from)s
                 WHERE (%(allowed)s OR %(stands_in)s)
                   AND sale_order.state = 'sale'
                   AND sale_order.company_id = i.company_id
                   AND sale_order.partner_id IN (
                       SELECT id FROM res_partner
                        WHERE commercial_partner_id = r.partner_id)
              ORDER BY sale_order.date_order DESC, sale_order.id DESC
                 LIMIT %(limit)s
              ) bought
            """,
            allowed=allowed.where_clause or SQL("TRUE"),
            stands_in=self._stands_in(),
            products=PRODUCTS,
            limit=ORDERS,
            **{"from": allowed.from_clause},
        )

    # ------------------------------------------------------------------
    # What to say
    # ------------------------------------------------------------------

    def _render_texts(self, interactions, rows):
        """Return the text of plans, filled in for each customer: ``{id: text}``.

        Steps of programs ask which orders they are about: their cards say so, and the
        screen asks for them when it shows the others (``read_texts``).
        """
        plain = interactions.filtered(lambda i: not i.enrollment_id)
        return render_texts(plain, {i.id: rows[i.id]["template"] for i in plain})


def render_texts(interactions, templates):
    """Return the text of each interaction, in the customer's language: ``{id: str}``.

    ``sudo``: it is filled in from the contact by whoever carries the interaction out.

    :param dict templates: the id of the ``sms.template`` by that of the interaction
    """
    texts = {}
    for template_id, own in interactions.grouped(lambda i: templates[i.id]).items():
        if not template_id:
            continue
        template = interactions.env["sms.template"].sudo().browse(template_id)
        own._before_sending()
        with holding(SENDING, tuple(own.ids)):
            bodies = template._render_field(
                "body", own.partner_id.ids, compute_lang=True
            )
        texts.update({i.id: bodies[i.partner_id.id] for i in own})
    return texts


def _go_round(cards, rows):
    """Return cards with the visits together, in the order of a tour."""
    visits = {card["id"]: card for card in cards if card["channel_kind"] == "visit"}
    if len(visits) < 2:
        return cards
    route = [
        visits[place.key]
        for place in sort_places(_get_place(rows[id_]) for id_ in visits)
    ]
    first = next(n for n, card in enumerate(cards) if card["id"] in visits)
    others = [card for card in cards if card["id"] not in visits]
    return [*others[:first], *route, *others[first:]]


def _get_place(row):
    return Place(
        row["id"],
        *((row[name] or "") for name in ("zip", "city", "street")),
        *((row[name] or 0.0) for name in ("latitude", "longitude")),
    )
