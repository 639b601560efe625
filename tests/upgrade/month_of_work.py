"""Fills a database: what people do and settle in a month.

Run in Odoo's shell, by ``tests/test_upgrade.py`` with the addon as it landed, and by
``tests/test_leaving.py`` as it is.
"""
# ruff: noqa: F821 - `env` is the shell's

from datetime import timedelta

from odoo import Command, fields

company = env.company
if hasattr(company, "_go_live"):
    company._go_live(env["crm.touchpoint"].search([("mode", "=", "automated")]))
company.write(
    {
        "relationship_horizon_days": 11,
        "relationship_retry_days": 3,
        "consent_policy_selling": "opt_in",
        "relationship_source": "invoice",
        "relationship_at_risk_days": 99,
        "relationship_hourly_cost": 12.5,
        "relationship_first_count": 4,
    }
)
company.relationship_source = "order"
company.contact_cap_ids[0].count = 3
ref = env.ref
ref("crm_relationship.crm_segment_gold").write({"name": "Our Gold", "color": 7})
ref("crm_relationship.crm_touchpoint_visit").unit_cost = 4.5

seller = env["res.users"].create(
    {
        "name": "Seller",
        "login": "upgrade-seller",
        "group_ids": [Command.set(ref("sales_team.group_sale_salesman_all_leads").ids)],
    }
)
partners = env["res.partner"].create(
    [
        {
            "name": f"Customer {number}",
            "email": f"customer{number}@example.com",
            "birthdate": f"19{60 + number}-05-0{number % 9 + 1}",
            "user_id": seller.id,
        }
        for number in range(12)
    ]
)
product = env["product.product"].create({"name": "Record", "list_price": 20})
orders = env["sale.order"].create(
    [
        {
            "partner_id": partner.id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": qty + 1})
            ],
        }
        for qty, partner in enumerate(partners[:10])
    ]
)
orders.action_confirm()
orders[0]._action_cancel()
orders[1:4].date_order = fields.Datetime.now() - timedelta(days=100)

partners[1].refused_touchpoint_ids = ref("crm_relationship.crm_touchpoint_email")
partners[2]._change_preferences({"do_not_contact": True}, "portal")
partners[3].contact_snooze_until = fields.Date.today() + timedelta(days=30)
partners[4].consent_selling = "granted"
env["crm.relationship"]._cron_refresh_portfolio()
env["crm.interaction"]._cron_schedule()
env["crm.interaction"]._cron_release()

pending = env["crm.interaction"].search([("state", "=", "open")], limit=5)
pending[:2]._close_done(
    {"outcome": "reached", "feedback": "Very happy", "override_reason": "They called"}
)
pending[2:3].action_no_answer()
pending[3:4].action_cancel()
relationships = env["crm.relationship"].search([("partner_id", "in", partners.ids)])
relationships[5]._lock_segment(
    ref("crm_relationship.crm_segment_gold"), "A friend of the house"
)
buyers = relationships.filtered(lambda r: r.lifecycle_stage != "prospect")
buyers[-1:]._declare_defection(
    fields.Date.today(), env["crm.defection.reason"].search([], limit=1), "Too far"
)
env["crm.program"].search([], limit=1)._enroll(relationships)

partners[11]._erase_contact_data()

# What an administrator builds on our views, the merged ones among them, stays.
for name in ("crm_relationship_view_form", "crm_program_view_form_value"):
    # it has become part of the form
    merged_into = "crm_relationship.crm_program_view_form"
    view = ref(f"crm_relationship.{name}", raise_if_not_found=False) or ref(merged_into)
    env["ir.ui.view"].create(
        {
            "name": f"own.{name}",
            "model": view.model,
            "inherit_id": view.id,
            "arch": '<xpath expr="//sheet" position="inside"><div>Own</div></xpath>',
        }
    )
env.cr.commit()
