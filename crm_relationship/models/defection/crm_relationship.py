from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_date

from ..base.asked import check_one
from ..ledger.page import Entry


class CrmRelationship(models.Model):
    """Customers who are lost and who return.

    Salespeople record who says goodbye; the portfolio refresh notices who fell silent
    and who buys again.
    """

    _inherit = "crm.relationship"

    defection_ids = fields.One2many(
        comodel_name="crm.defection",
        inverse_name="relationship_id",
        string="Times Lost",
    )
    open_defection_id = fields.Many2one(
        comodel_name="crm.defection",
        string="Current Loss",
        compute="_compute_open_defection_id",
        help="How and why the customer was lost, until the next purchase.",
    )
    has_said_goodbye = fields.Boolean(compute="_compute_open_defection_id")

    @api.depends("defection_ids.date_returned", "defection_ids.declared")
    def _compute_open_defection_id(self):
        for relationship in self:
            defections = relationship.defection_ids
            defection = defections.filtered(lambda d: not d.date_returned)[:1]
            relationship.open_defection_id = defection
            relationship.has_said_goodbye = defection.declared

    def action_declare_defection(self):
        """Ask when and why the customer said goodbye."""
        check_one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_defection_declare_action"
        )
        action["context"] = {
            "default_relationship_ids": self.ids,
            "default_plan_interview": True,
        }
        return action

    def action_view_defection(self):
        check_one(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.partner_id.display_name,
            "res_model": "crm.defection",
            "res_id": self.open_defection_id.id,
            "view_mode": "form",
        }

    def _get_timeline_entries(self, timeline, limit):
        env = self.env
        entries = super()._get_timeline_entries(timeline, limit)
        for loss in self.defection_ids:
            entries.append(
                Entry(
                    moment=timeline.noon(loss.date),
                    icon="fa-sign-out",
                    title=env._("Said goodbye") if loss.declared else env._("Lost"),
                    detail=loss.reason_id.name or env._("Lost reason: not known yet"),
                    words=loss.note or "",
                    style="text-danger",
                )
            )
            if loss.date_returned:
                entries.append(
                    Entry(
                        moment=timeline.noon(loss.date_returned),
                        icon="fa-sign-in",
                        title=env._("Returned"),
                        style="text-success",
                    )
                )
        return entries

    # ------------------------------------------------------------------
    # Declared
    # ------------------------------------------------------------------

    def _check_leaving_day(self, day):
        """Refuse an impossible goodbye, with a message that says what to do."""
        for relationship in self:
            customer = relationship.partner_id.display_name
            if day > relationship.company_id._relationship_today():
                raise ValidationError(
                    self.env._(
                        "%(customer)s cannot have said goodbye on %(day)s, which is"
                        " still to come. Enter the day on which the customer said so.",
                        customer=customer,
                        day=format_date(self.env, day),
                    )
                )
            last = relationship.last_order_date
            if last and day < last:
                raise ValidationError(
                    self.env._(
                        "%(customer)s bought again on %(last)s. Enter that day or a"
                        " later one.",
                        customer=customer,
                        last=format_date(self.env, last),
                    )
                )

    def _declare_defection(self, day, reason, note):
        """Record that these customers said goodbye; they count as lost at once.

        The segment follows with the next portfolio refresh.

        :return: their open ``crm.defection`` records
        """
        self._check_have_bought()
        values = {"date": day, "declared": True}
        noticed = self.open_defection_id
        noticed.write(values)
        for defection in noticed:
            defection.reason_id = reason or defection.reason_id
            defection.note = note or defection.note
        declared = (self - noticed.relationship_id)._create_defections(
            {**values, "reason_id": reason.id, "note": note}
        )
        self.defection_date = day
        for company, relationships in self.grouped("company_id").items():
            relationships.filtered(lambda r: r.lifecycle_stage != "lost").write(
                {
                    "lifecycle_stage": "lost",
                    "lifecycle_date": company._relationship_today(),
                }
            )
        self._end_former_stage()
        return noticed + declared

    def _end_former_stage(self):
        """Take back what was planned for these customers before they were lost.

        Nobody is asked whether everything serves them well after saying goodbye. Rooms
        add theirs.
        """
        self.interaction_ids._end_former_stage()

    def _check_have_bought(self):
        """Refuse a goodbye of somebody who is no customer yet."""
        for relationship in self:
            if relationship.lifecycle_stage == "prospect":
                raise ValidationError(
                    self.env._(
                        "%(customer)s has not bought anything yet and cannot be lost."
                        " Mark the opportunity as lost instead.",
                        customer=relationship.partner_id.display_name,
                    )
                )

    def _create_defections(self, values):
        """Note that these customers leave, and how they stood before."""
        segments = self._get_segments_of_value()
        return self.env["crm.defection"].create(
            [
                {
                    **values,
                    "relationship_id": relationship.id,
                    "segment_id": segments[relationship].id,
                    "stage_before": relationship.lifecycle_stage,
                    "stage_before_since": relationship.lifecycle_date,
                    "yearly_margin": relationship.yearly_margin,
                }
                for relationship in self
            ]
        )

    def _get_segments_of_value(self):
        """Return, by customer, the last segment that does not stand for a stage.

        Otherwise all customers who fall silent would have been lost from the segment
        “At risk”.
        """
        moves = self.env["crm.segment.move"].search(
            [
                ("relationship_id", "in", self.ids),
                ("from_segment_id", "!=", False),
                ("from_segment_id.lifecycle_stage", "=", False),
            ],
            order="date, id",
        )
        before = {move.relationship_id: move.from_segment_id for move in moves}
        return {
            relationship: before.get(relationship, relationship.segment_id)
            if relationship.segment_id.lifecycle_stage
            else relationship.segment_id
            for relationship in self
        }

    # ------------------------------------------------------------------
    # Noticed by the refresh
    # ------------------------------------------------------------------

    @api.model
    def _get_refresh_steps(self, query):
        return {
            **super()._get_refresh_steps(query),
            "defected": self._defections_sql(query),
            "returned": self._returns_sql(query),
            "unfounded": self._false_alarms_sql(query),
        }

    @api.model
    def _follow_refresh(self, company):
        super()._follow_refresh(company)
        self._note_earlier_losses(company)
        lost, returned = self.env["crm.interaction"]._get_left_behind(company)
        lost.write({"state": "cancelled", "reason_code": "lost"})
        returned.write({"state": "cancelled", "reason_code": "returned"})

    @api.model
    def _note_earlier_losses(self, company):
        """Note whom the records found lost: since when, and nothing else, is known.

        Otherwise a report of lost customers would be empty beside a portfolio full of
        them, and nobody could record why. SQL because the first refresh of a large base
        finds most of its customers. Who is noted already is read beforehand: otherwise
        PostgreSQL looks, for each customer, through all that it has just noted.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH known AS MATERIALIZED (
                    SELECT relationship_id FROM crm_defection
                     WHERE company_id = %(company)s
                )
                INSERT INTO crm_defection
                    (relationship_id, partner_id, company_id, date, date_noticed,
                     declared, segment_id, yearly_margin,
                     create_uid, create_date, write_uid, write_date)
                SELECT r.id, r.partner_id, r.company_id,
                       CASE WHEN said.so THEN r.defection_date
                            ELSE LEAST(%(today)s, r.last_order_date + %(days)s) END,
                       CASE WHEN said.so THEN NULL ELSE %(today)s END, said.so,
                       CASE WHEN s.lifecycle_stage IS NULL THEN s.id END,
                       r.yearly_margin, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM crm_relationship r
             LEFT JOIN crm_segment s ON s.id = r.segment_id
            CROSS JOIN LATERAL (
                    SELECT COALESCE(r.defection_date >= r.last_order_date, FALSE) AS so
                  ) said
                 WHERE r.company_id = %(company)s AND r.lifecycle_stage = 'lost'
                   AND r.last_order_date IS NOT NULL
                   AND NOT EXISTS (SELECT FROM known d
                                    WHERE d.relationship_id = r.id)
                ON CONFLICT (relationship_id) WHERE date_returned IS NULL DO NOTHING
                """,
                company=company.id,
                today=company._relationship_today(),
                days=company.relationship_lost_days + 1,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        if self.env.cr.rowcount:
            self.env["crm.defection"].invalidate_model()
            self.invalidate_model(["defection_ids"])

    @api.model
    def _defections_sql(self, query):
        """Return SQL that notes the customers of ``changed`` who became lost.

        Only those who were customers before: who is lost when the records begin is
        noted by ``_note_earlier_losses``. Who was noted as lost when the last purchase,
        undone since, was not yet known, is not noted again: see ``_returns_sql``. Who
        returned is read beforehand, as in ``_note_earlier_losses``.
        """
        return SQL(
            """
            WITH known AS MATERIALIZED (
                SELECT relationship_id, date_returned FROM crm_defection
                 WHERE company_id = %(company)s AND date_returned IS NOT NULL
            )
            INSERT INTO crm_defection
                (relationship_id, partner_id, company_id, date, date_noticed, declared,
                 segment_id, stage_before, stage_before_since, yearly_margin,
                 create_uid, create_date, write_uid, write_date)
            SELECT c.id, c.partner_id, %(company)s,
                   CASE WHEN said.so THEN r.defection_date ELSE %(today)s END,
                   CASE WHEN said.so THEN NULL ELSE %(today)s END,
                   said.so, COALESCE(before.segment_id, c.old_segment_id), c.old_stage,
                   c.lifecycle_date, c.yearly_margin,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM %(changed)s c
              JOIN crm_relationship r ON r.id = c.id
         LEFT JOIN crm_segment old ON old.id = c.old_segment_id
         LEFT JOIN LATERAL (
                SELECT m.from_segment_id AS segment_id
                  FROM crm_segment_move m
                  JOIN crm_segment s ON s.id = m.from_segment_id
                 WHERE m.relationship_id = c.id AND s.lifecycle_stage IS NULL
              ORDER BY m.date DESC, m.id DESC LIMIT 1
              ) before ON old.lifecycle_stage IS NOT NULL
        CROSS JOIN LATERAL (
                SELECT COALESCE(r.defection_date >= c.last_order_date, FALSE) AS so
              ) said
             WHERE c.old_stage NOT IN ('lost', 'prospect')
               AND c.lifecycle_stage = 'lost'
               AND NOT EXISTS (
                   SELECT FROM known d
                    WHERE d.relationship_id = c.id
                      AND d.date_returned > c.last_order_date)
            ON CONFLICT (relationship_id) WHERE date_returned IS NULL DO NOTHING
         RETURNING id
            """,
            company=query.company.id,
            today=query.day,
            changed=query.changed,
            uid=self.env.uid,
            now=self.env.cr.now(),
        )

    @api.model
    def _returns_sql(self, query):
        """Return SQL that records which customers of ``changed`` bought again.

        A purchase on the day of the goodbye itself does not undo it. If the purchase
        with which a customer returned was cancelled, the customer has not returned
        after all.
        """
        return SQL(
            """
            UPDATE crm_defection d
               SET date_returned = CASE WHEN c.lifecycle_stage <> 'lost'
                                        THEN c.last_order_date END,
                   write_uid = %(uid)s, write_date = %(now)s
              FROM %(changed)s c
             WHERE d.relationship_id = c.id
               AND CASE WHEN c.lifecycle_stage = 'lost'
                        THEN d.id = (
                             SELECT l.id FROM crm_defection l
                              WHERE l.relationship_id = c.id
                           ORDER BY l.date_returned DESC NULLS FIRST, l.id DESC
                              LIMIT 1)
                         AND d.date_returned > c.last_order_date
                        ELSE d.date_returned IS NULL
                         AND (c.last_order_date > d.date
                              OR c.last_order_date = d.date AND NOT d.declared) END
         RETURNING d.id
            """,
            changed=query.changed,
            uid=self.env.uid,
            now=self.env.cr.now(),
        )

    @api.model
    def _false_alarms_sql(self, query):
        """Return SQL that deletes what turned out not to be a loss.

        A customer recorded as lost through silence leaves that stage without a later
        purchase when an older order comes in late, or when the company now waits
        longer. Whatever salespeople have worked on stays.
        """
        return SQL(
            """
            DELETE FROM crm_defection d
             USING %(changed)s c
             WHERE d.relationship_id = c.id AND c.lifecycle_stage <> 'lost'
               AND NOT d.declared AND d.date_returned IS NULL
               AND d.date > c.last_order_date
               AND d.reason_id IS NULL AND d.interaction_id IS NULL
               AND COALESCE(d.note, '') = ''
         RETURNING d.id
            """,
            changed=query.changed,
        )

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    def _hand_over_to(self, target):
        """Move the defections to ``target``; of two open ones, the declared one stays.

        The one that stays takes over what it lacks, and its lost margin becomes the sum
        of both.
        """
        dates = [day for day in (self.defection_date, target.defection_date) if day]
        both = (target | self).open_defection_id.sorted("declared", reverse=True)
        if len(both) == 2:
            kept, other = both
            kept.yearly_margin += other.yearly_margin
            for name in ("reason_id", "note", "interaction_id"):
                kept[name] = kept[name] or other[name]
            # nobody is asked twice
            (other.interaction_id - kept.interaction_id)._filter_pending().write(
                {"state": "cancelled", "reason_code": "merged"}
            )
            other.unlink()
        super()._hand_over_to(target)
        self.defection_ids.write({"relationship_id": target.id})
        target.defection_date = max(dates, default=False)
