"""A world in which everybody has something that is none of the others' business."""

from odoo import Command
from odoo.tools import SQL

from .common import NOW, TODAY, RelationshipCase

# Texts of Odoo that our methods could tell.
TOLD = (
    ("crm.lead", "name"),
    ("mail.activity", "summary"),
    ("res.partner", "name"),
    ("sale.order", "name"),
)


class PublicWorldCase(RelationshipCase):
    """Records of every model of ours: a salesperson's, a colleague's, elsewhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.public = cls.env.ref("base.public_user")
        group = cls.env.ref("base.group_partner_manager")
        for user in cls.sari + cls.budi + cls.all_documents + cls.stranger:
            user.group_ids += group
        cls._make_setup()
        for name, staff, company in (
            ("Own", cls.sari, cls.company),
            ("Foreign", cls.budi, cls.company),
            ("Elsewhere", cls.stranger, cls.other_company),
        ):
            cls._make_world_of(
                cls.make_customer(
                    name,
                    email=f"{name.lower()}@example.com",
                    phone="+6281234567890",
                    company_id=company.id if company != cls.company else False,
                ),
                staff,
                company,
            )
        cls._make_world_of(cls.portal.partner_id, cls.budi, cls.company)
        cls.env["crm.suppression"].create({"kind": "email", "digest": "0" * 64})
        cls.env.flush_all()

    @classmethod
    def _make_setup(cls):
        """Make what is set up once: for all companies, for ours, and for the other."""
        cls.tag = cls.env["crm.staff.tag"].create({"name": "Patient"})
        cls.reason = cls.env["crm.defection.reason"].create({"name": "Price"})
        cls.env["crm.occasion"].create(
            {"name": "Fair", "date_ids": [Command.create({"date": TODAY})]}
        )
        cls.setup = {}
        for company in cls.company + cls.other_company:
            plan = cls.make_plan({}, {"touchpoints": cls.visit}, company_id=company.id)
            cls.setup[company] = {
                "plan": plan,
                "segment": cls.make_segment(
                    "Gold", company_id=company.id, plan_id=plan.id
                ),
                "program": cls.make_program(trigger="manual", company_id=company.id),
            }
            cls.env["crm.benefit"].create({"name": "Book", "company_id": company.id})

    @classmethod
    def _make_world_of(cls, customer, staff, company):
        setup = cls.setup[company]
        relationship = cls.make_relationship(
            customer, company, user_id=staff.id, segment_id=setup["segment"].id
        )
        cls._make_interactions(relationship, staff)
        cls._make_documents(relationship, staff)
        setup["program"]._enroll(relationship)
        customer._change_preferences({"consent_selling": "refused"}, "portal")
        customer.do_not_contact_reason = "none"
        cls.env["crm.staff.requirement"].create(
            {"partner_id": customer.id, "tag_id": cls.tag.id}
        )
        cls.env["crm.defection"].create(
            {"relationship_id": relationship.id, "reason_id": cls.reason.id}
        )
        cls.env["crm.segment.move"].create(
            {
                "relationship_id": relationship.id,
                "company_id": company.id,
                "date": TODAY,
            }
        )
        cls._make_wizards(relationship, staff, setup)
        cls.env["crm.merged.contact"].create(
            {"partner_id": customer.id, "merged_id": customer.id + 100_000}
        )
        cls.env["crm.link.code"].create({"partner_id": customer.id, "digest": "0"})
        cls.env["crm.erasure.agreement"].create(
            {
                "partner_id": customer.id,
                "company_id": company.id,
                "user_id": staff.id,
                "date": TODAY,
            }
        )

    @classmethod
    def _make_interactions(cls, relationship, staff):
        done = cls.make_interaction(
            relationship, state="done", date_done=NOW, feedback="none", user_id=staff.id
        )
        scheduled = cls.make_interaction(relationship, user_id=staff.id)
        opened = cls.make_interaction(
            relationship, user_id=staff.id, touchpoint_id=cls.call.id
        )
        opened._release()
        cls.env["mail.mail"].create(
            {"crm_interaction_id": scheduled.id, "email_to": "a@example.com"}
        )
        cls.env["sms.sms"].create(
            {"crm_interaction_id": scheduled.id, "number": "+621", "body": "none"}
        )
        return done

    @classmethod
    def _make_documents(cls, relationship, staff):
        customer, company = relationship.partner_id, relationship.company_id
        cls.make_quotation(customer, company=company, user_id=staff.id)
        cls.make_order(customer, company=company, user_id=staff.id)
        cls.env["crm.lead"].create(
            {
                "name": "Lead",
                "partner_id": customer.id,
                "user_id": staff.id,
                "company_id": company.id,
            }
        )

    @classmethod
    def _make_wizards(cls, relationship, staff, setup):
        """Make what colleagues left in their dialogs, what others find in theirs."""
        chosen = {"relationship_ids": [Command.set(relationship.ids)]}
        for model, values in (
            ("crm.defection.declare", {**chosen, "note": "none"}),
            ("crm.program.enroll", {**chosen, "program_id": setup["program"].id}),
            (
                "crm.segment.keep",
                {**chosen, "segment_id": setup["segment"].id, "reason": "none"},
            ),
            (
                "crm.preference.statement",
                {"partner_id": relationship.partner_id.id, "wording": "none"},
            ),
        ):
            cls.env[model].with_user(staff).sudo().create(values)

    @classmethod
    def plant(cls):
        """Mark each text of ours, so that it is known wherever it turns up.

        And what of Odoo's an answer of ours could tell: of contacts, leads, activities.
        """
        for model, name in TOLD:
            cls._plant_into(cls.env[model]._table, cls.env[model]._fields[name])
        for model in cls.env.registry.values():
            if model._abstract or not model._auto:
                continue
            for field in model._fields.values():
                if field._modules[:1] == ("crm_relationship",) and (
                    field.store and field.type in ("char", "text", "html")
                ):
                    cls._plant_into(model._table, field)
        cls.env.invalidate_all()

    @classmethod
    def _plant_into(cls, table, field):
        mark = SQL("'⟦' || %s || '.' || %s || '.' || id || '⟧'", table, field.name)
        cls.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE %s IS NOT NULL",
                SQL.identifier(table),
                SQL.identifier(field.name),
                SQL("jsonb_build_object('en_US', %s)", mark)
                if field.translate
                else mark,
                SQL.identifier(field.name),
            )
        )
