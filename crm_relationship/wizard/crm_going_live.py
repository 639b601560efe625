import json
from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..models.base.asked import check_one
from ..models.base.opened import open_records
from ..models.base.spreadsheet import Column, Formula
from ..models.ledger.outlook import DAYS, WEEK, Outlook

# What the page settles for the company, by the names that the company has for it.
SETTINGS = (
    "relationship_ramp_days",
    "relationship_horizon_days",
    "consent_policy_relationship",
    "consent_policy_selling",
    "selling_calendar_id",
    "relationship_first_count",
    "contact_cap_ids",
)
# The history, as a company may want to keep it.
EXPORTED = (
    "id",
    "customer_id/display_name",
    "partner_id/display_name",
    "name",
    "objective",
    "kind",
    "touchpoint_id/name",
    "user_id/name",
    "state",
    "reason_code",
    "date_due",
    "date_planned",
    "date_done",
    "outcome",
    "sentiment",
    "feedback",
    "cost",
    "duration",
    "sale_order_id/name",
    "company_id/name",
)


class CrmGoingLive(models.TransientModel):
    """The start page: what a company settles before anything reaches a customer.

    Settings are those of the company, which a sales administrator need not be allowed
    to write; whoever may open this page may settle these.
    """

    _name = "crm.going.live"
    _inherit = ["crm.record.mixin", "crm.spreadsheet.mixin"]
    _description = "Going Live"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    relationship_state = fields.Selection(related="company_id.relationship_state")
    live_touchpoint_ids = fields.Many2many(related="company_id.live_touchpoint_ids")
    tz = fields.Selection(related="company_id.partner_id.tz", readonly=False)
    relationship_ramp_days = fields.Integer(
        related="company_id.relationship_ramp_days",
        readonly=False,
    )
    relationship_horizon_days = fields.Integer(
        related="company_id.relationship_horizon_days",
        readonly=False,
    )
    consent_policy_relationship = fields.Selection(
        related="company_id.consent_policy_relationship",
        readonly=False,
    )
    consent_policy_selling = fields.Selection(
        related="company_id.consent_policy_selling",
        readonly=False,
    )
    selling_calendar_id = fields.Many2one(
        related="company_id.selling_calendar_id",
        readonly=False,
    )
    relationship_first_count = fields.Integer(
        related="company_id.relationship_first_count",
        readonly=False,
    )
    contact_cap_ids = fields.One2many(
        related="company_id.contact_cap_ids",
        readonly=False,
    )
    customer_count = fields.Integer(
        string="Customers",
        compute="_compute_overview",
        help="Customers of the company, prospects included, as of the last update.",
    )
    without_staff_count = fields.Integer(
        string="Customers without a Salesperson",
        compute="_compute_overview",
        help="Customers whom no dedicated salesperson serves.",
    )
    staff_overview = fields.Html(
        string="Salespeople",
        compute="_compute_overview",
        sanitize=False,
        help="Who serves how many customers.",
    )
    segment_overview = fields.Html(
        string="Segments",
        compute="_compute_overview",
        sanitize=False,
        help="How many customers are in each segment now, and the plan they follow.",
    )
    touchpoint_overview = fields.Html(
        string="Channels in Use",
        compute="_compute_overview",
        sanitize=False,
        help="Channels that plans and programs can use.",
    )
    outlook = fields.Html(
        string="The Next 30 Days",
        readonly=True,
    )
    touchpoint_ids = fields.Many2many(
        comodel_name="crm.touchpoint",
        string="Automated Channels",
        domain="[('mode', '=', 'automated'), ('id', 'not in', live_touchpoint_ids)]",
        help="Their messages are sent from now on. Messages of the others wait.",
    )
    is_channel_left = fields.Boolean(
        string="Channel to Open",
        compute="_compute_is_channel_left",
        help="There is an automated channel that is not live yet.",
    )

    @api.depends_context("lang", "going_live_outlook")
    def _compute_display_name(self):
        """Name the screen: above it, and in the way back to it."""
        outlook = self.env.context.get("going_live_outlook")
        for page in self:
            page.display_name = (
                self.env._("The Next 30 Days") if outlook else self.env._("Going Live")
            )

    @api.depends("live_touchpoint_ids")
    def _compute_is_channel_left(self):
        channels = self.env["crm.touchpoint"].search([("mode", "=", "automated")])
        for page in self:
            page.is_channel_left = bool(channels - page.live_touchpoint_ids._origin)

    # ------------------------------------------------------------------
    # Overview
    # ------------------------------------------------------------------

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_overview(self):
        for page in self:
            staff, segments = page._get_staff(), page._get_segments()
            page.customer_count = sum(row["count"] for row in staff)
            page.without_staff_count = sum(
                row["count"] for row in staff if not row["name"]
            )
            page.staff_overview = page._render("going_live_staff", rows=staff)
            page.segment_overview = page._render("going_live_segments", rows=segments)
            page.touchpoint_overview = page._render(
                "going_live_channels",
                rows=self.env["crm.touchpoint"]._get_in_use(),
                live=page.live_touchpoint_ids._origin,
            )

    def _render(self, template, **values):
        return self.env["ir.qweb"]._render(f"crm_relationship.{template}", values)

    def _get_staff(self):
        """Return who serves how many customers, most first; nobody comes last."""
        counts = self._count_by("user_id")
        return [
            {"name": user.name, "count": count}
            for user, count in sorted(
                counts.items(), key=lambda item: (not item[0], -item[1], item[0].id)
            )
        ]

    def _get_segments(self):
        """Return the segments in their order, with customers and plan."""
        counts = self._count_by("segment_id")
        segments = self.env["crm.segment"].search(
            [("company_id", "in", (self.company_id.id, False))]
        )
        rows = [
            {
                "name": segment.name,
                "plan": segment.plan_id.name,
                "count": counts.get(segment, 0),
            }
            for segment in segments
        ]
        others = sum(count for key, count in counts.items() if key not in segments)
        return [*rows, {"name": False, "plan": False, "count": others}]

    def _count_by(self, field_name):
        return dict(
            self.env["crm.relationship"]._read_group(
                [("company_id", "=", self.company_id.id)], [field_name], ["__count"]
            )
        )

    # ------------------------------------------------------------------
    # Settings
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        settings = [self._split(vals) for vals in vals_list]
        pages = super().create([own for own, _settled in settings])
        for page, (_own, settled) in zip(pages, settings, strict=True):
            page._check_chosen()
            page._settle(settled)
            # sudo: that somebody has begun is noted for the job that reminds
            page.company_id.sudo()._note_start(self.env.user)
        return pages

    def write(self, vals):
        own, settled = self._split(vals)
        result = super().write(own)
        for page in self:
            page._settle(settled)
        return result

    @api.model
    def _split(self, vals):
        """Return the page's own values, and those that the company is to have."""
        shared = {*SETTINGS, "tz"}
        return (
            {name: value for name, value in vals.items() if name not in shared},
            {name: value for name, value in vals.items() if name in shared},
        )

    def _settle(self, vals):
        """Give the company the settings that differ.

        ``sudo``: these few, for sales administrators; companies are written by others.
        """
        self.ensure_one()
        self._check_chosen()
        company = self.company_id.sudo()
        changed = {
            name: value
            for name, value in vals.items()
            if name in SETTINGS and self._differs(company, name, value)
        }
        if changed:
            company.write(changed)
        if vals.get("tz") and vals["tz"] != company.partner_id.tz:
            company.partner_id.tz = vals["tz"]
        self.invalidate_recordset()

    @staticmethod
    def _differs(company, name, value):
        field = company._fields[name]
        if field.type == "one2many":
            return any(command[0] != 4 for command in value)
        return field.convert_to_write(company[name], company) != value

    def _check_chosen(self):
        """Refuse companies that the user does not work in."""
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._(
                    "You can set up the companies you work in only. Choose one of them"
                    " at the top of the screen."
                )
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_refresh(self):
        """Bring figures, segments and planned interactions up to date."""
        check_one(self)
        own = self.env["crm.relationship"].with_context(
            allowed_company_ids=self.company_id.ids
        )
        return own.action_refresh()

    def action_view_without_staff(self):
        """Open the customers who have no dedicated salesperson."""
        check_one(self)
        return open_records(self.company_id, "crm_relationship_action_without_staff")

    def action_show_outlook(self):
        """Show what the next 30 days would bring, with what is needed to go live."""
        check_one(self)
        self._check_chosen()
        found = Outlook(self.env, self.company_id).tell()
        found["weeks"] = [
            f"{self._show_day(first)} – {self._show_day(last)}"
            for first, last in found["weeks"]
        ]
        for example in found["examples"]:
            example["day"] = self._show_day(example["day"])
        late = [
            {**person, "late_from": self._show_day(person["late_from"])}
            for person in found["people"]
            if person["late_from"]
        ]
        self.outlook = self._render(
            "going_live_outlook", days=DAYS, week=WEEK, late=late, **found
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_going_live_action_outlook"
        )
        return {**action, "res_id": self.id}

    @api.model
    def _get_sheets(self, domain):
        """Return who would be busy in the next 30 days, and how long."""
        env = self.env
        page = self.search(domain, limit=1)
        if not page:
            raise UserError(env._("This record is no longer there. Reload the page."))
        found = Outlook(env, page.company_id).tell()
        weeks = [
            f"{page._show_day(first)} – {page._show_day(last)}"
            for first, last in found["weeks"]
        ]
        columns = [Column("name", env._("Salesperson"))]
        for week, label in enumerate(weeks):
            count, minutes = f"count{week}", f"minutes{week}"
            values = {"week": label}
            columns += [
                Column(
                    count,
                    env._("%(week)s: Interactions", **values),
                    "integer",
                    is_summed=True,
                ),
                Column(
                    minutes,
                    env._("%(week)s: Minutes", **values),
                    "integer",
                    is_summed=True,
                ),
                Column(f"room{week}", env._("%(week)s: Room", **values), "integer"),
                Column(
                    f"spare{week}",
                    env._("%(week)s: To Spare", **values),
                    "integer",
                    Formula("-", f"room{week}", minutes),
                ),
            ]
        rows = [
            {
                "name": person["name"] or env._("Nobody yet"),
                **{
                    f"{key}{week}": part[key]
                    for week, part in enumerate(person["weeks"])
                    for key in ("count", "minutes", "room")
                },
            }
            for person in found["people"]
        ]
        return [self._make_sheet(columns, rows, env._("The Next 30 Days"))]

    def _show_day(self, day):
        return format_date(self.env, day, date_format="d MMM")

    def action_view_planned(self):
        """Open the interactions planned for the next 30 days."""
        check_one(self)
        return open_records(self.company_id, "crm_interaction_action_planned")

    def action_go_live(self):
        """Open the people's queues and the channels chosen.

        ``sudo``: a sales administrator decides, and need not write companies.
        """
        check_one(self)
        self._check_chosen()
        self.company_id.sudo()._go_live(self.touchpoint_ids)
        self.touchpoint_ids = False
        return self._tell(
            self.env._("%s is live", self.company_id.name),
            self.env._("The first interactions reach the queues within a minute."),
        )

    def action_go_back_to_preview(self):
        """Close the queues again; ``sudo``: as when going live."""
        check_one(self)
        self._check_chosen()
        self.company_id.sudo()._go_back_to_preview()
        return self._tell(
            self.env._("%s is in Preview", self.company_id.name),
            self.env._(
                "What the system had put into the queues has been taken back. Messages"
                " that were waiting are not sent."
            ),
        )

    def _tell(self, title, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": title,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_export_history(self):
        """Download what was done, by Odoo's own export: for keeping, or for leaving."""
        check_one(self)
        Interaction = self.env["crm.interaction"]
        labels = {
            name: Interaction._fields[name.partition("/")[0]]._description_string(
                self.env
            )
            for name in EXPORTED
        }
        data = {
            "model": "crm.interaction",
            "fields": [
                {"name": name, "label": label, "store": True}
                for name, label in labels.items()
            ],
            "ids": False,
            "domain": [("company_id", "=", self.company_id.id)],
            "context": {"lang": self.env.lang},
            "import_compat": False,
        }
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/export/csv?{urlencode({'data': json.dumps(data)})}",
            "target": "download",
        }
