"""Forgotten means forgotten: nothing of an erased person is left in the database."""

import re
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

NAME = "Quirina Zephyrhold"
EMAIL = "quirina.z@wunderpost.example"
PHONE = "+62 812 9911 7733"
STREET = "Jalan Zyzzyva 77"
# What somebody said or noted about the person.
WORDS = "xenodochium"
TRACES = re.compile(
    rf"quirina|zephyrhold|wunderpost|9911.{{0,3}}7733|zyzzyva|{WORDS}", re.IGNORECASE
)
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
# Files within rows are shown by PostgreSQL as digits.
FILES = """
    SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = current_schema() AND data_type = 'bytea'
"""
TABLES = """
    SELECT relname FROM pg_class
     WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
       AND pg_relation_size(oid) > 0
  ORDER BY relname
"""


@tagged("post_install", "-at_install")
class DumpCase(HttpCase):
    """A database whose rows are read as text, all of them."""

    def dump(self, pattern=TRACES):
        """Return {"table.column": [row ids]} of all values that match."""
        self.env.flush_all()
        found = {}
        for (table,) in self.env.execute_query(SQL(TABLES)):
            rows = self.env.execute_query(
                SQL(
                    "SELECT to_jsonb(t) FROM %s t WHERE t::text ~* %s",
                    SQL.identifier(table),
                    pattern.pattern,
                )
            )
            for (row,) in rows:
                for column, value in row.items():
                    if pattern.search(str(value)):
                        found.setdefault(f"{table}.{column}", []).append(row.get("id"))
        for table, column in self.env.execute_query(SQL(FILES)):
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM %s WHERE encode(%s, 'escape') ~* %s",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    pattern.pattern,
                )
            )
            if rows:
                found[f"{table}.{column}"] = [id_ for (id_,) in rows]
        return found


@tagged("post_install", "-at_install")
class TestErasureDump(DumpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "no_reset_password": True})
        cls.manager = new_test_user(
            cls.env,
            "dump_manager",
            "sales_team.group_sale_manager",
            email="manager@example.com",
        )
        cls.staff = new_test_user(
            cls.env,
            "dump_staff",
            "sales_team.group_sale_salesman_all_leads",
            email="staff@example.com",
        )
        cls.call = cls.env.ref("crm_relationship.crm_touchpoint_call")

    def live(self):
        """Write the person wherever Odoo lets it, through normal use."""
        self.make_contact()
        self.make_account()
        self.make_messages()
        self.make_leads()
        self.make_activities()
        self.make_meetings()
        self.make_ledger()
        self.make_orders()
        self.make_payments()
        self.make_dialogs()
        self.make_chats()
        self.make_queues()
        self.env.flush_all()

    def make_contact(self):
        self.other = self.env["res.partner"].create({"name": "Bystander"})
        self.person = (
            self.env["res.partner"]
            .with_user(self.staff)
            .create(
                {
                    "name": NAME,
                    "email": f'"{NAME}" <{EMAIL.title()}>',
                    "phone": PHONE,
                    "street": STREET,
                    "street2": WORDS,
                    "city": WORDS,
                    "country_id": self.env.ref("base.id").id,
                    "comment": f"<p>{WORDS}</p>",
                    "function": WORDS,
                    "website": f"https://{WORDS}.example",
                    "ref": WORDS,
                    "barcode": WORDS,
                    "image_1920": PIXEL,
                    "child_ids": [
                        Command.create(
                            {
                                "type": kind,
                                "name": name,
                                "street": STREET,
                                "email": EMAIL,
                                "phone": PHONE,
                                "comment": WORDS,
                            }
                        )
                        for kind, name in (
                            ("delivery", f"{NAME} (home)"),
                            ("other", ""),
                        )
                    ],
                }
            )
        ).with_env(self.env)
        company = self.env["res.company"].create({"name": "Second"})
        self.person.with_company(company).barcode = WORDS
        self.env["res.partner.bank"].create(
            {"acc_number": WORDS, "partner_id": self.person.id}
        )
        self.person.with_user(self.staff).write(
            {"email": EMAIL, "phone": "0812-9911-7733"}
        )
        self.person.with_user(self.staff).phone = PHONE
        self.person._change_preferences(
            {"consent_selling": "granted"}, "statement", wording=f"{WORDS} {NAME}"
        )
        self.person._change_preferences(
            {"do_not_contact": True, "do_not_contact_reason": WORDS}, "portal"
        )
        self.person._change_preferences({"do_not_contact": False}, "portal")
        self.other.comment = f"Neighbor of {NAME}, {PHONE}"
        self.env["mail.blacklist"]._add(EMAIL, message=f"<p>{WORDS}</p>")
        self.env["mail.blacklist"]._remove(EMAIL)

    def make_account(self):
        self.user = new_test_user(
            self.env, EMAIL, "base.group_portal", name=NAME, partner_id=self.person.id
        )
        self.user.signature = f"<p>{WORDS}</p>"
        self.person._request_erasure(WORDS)

    def make_messages(self):
        self.person.with_user(self.staff).message_post(
            body=WORDS,
            subject=NAME,
            partner_ids=self.person.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=[(f"{NAME}.txt", WORDS.encode())],
        )
        self.other.with_user(self.staff).message_post(
            body=f"{NAME}, {STREET}, {PHONE} recommended us",
            partner_ids=(self.person | self.manager.partner_id).ids,
            subtype_xmlid="mail.mt_comment",
            reply_to=f"{NAME} <{EMAIL}>",
        )
        self.env["mail.thread"].message_process(
            "res.partner",
            f"From: {NAME} <{EMAIL}>\nTo: bystander@example.com\n"
            f"Cc: {EMAIL}\nSubject: {WORDS}\nMessage-Id: <dump@mail.example>\n"
            f"Content-Type: text/plain\n\n{WORDS}\n",
            thread_id=self.other.id,
        )
        self.other.message_subscribe(self.person.ids)

    def make_leads(self):
        Lead = self.env["crm.lead"].with_user(self.staff)
        self.lead = Lead.create(
            {
                "name": f"{NAME}'s opportunity",
                "partner_id": self.person.id,
                "description": WORDS,
                "email_cc": EMAIL,
            }
        )
        self.loose = Lead.create(
            {
                "name": f"Call of {NAME}",
                "contact_name": NAME,
                "email_from": f"{NAME} <{EMAIL}>",
                "description": WORDS,
                "street": STREET,
            }
        )
        self.by_phone = Lead.create(
            {
                "name": "A number",
                "contact_name": NAME,
                "phone": "+628129911.7733",
                "description": WORDS,
            }
        )
        self.foreign = Lead.create(
            {"name": "Hint", "partner_id": self.other.id, "referred": f"by {NAME}"}
        )
        for lead in (self.lead, self.loose, self.by_phone):
            lead.message_post(body=f"{NAME} {WORDS}")
            lead.activity_schedule(
                "mail.mail_activity_data_call", summary=WORDS, note=WORDS
            )
            lead.write({"contact_name": f"{NAME} jr", "phone": "0812 9911 7733"})
            self.env["ir.attachment"].create(
                {
                    "name": f"{WORDS}.txt",
                    "raw": WORDS.encode(),
                    "res_model": "crm.lead",
                    "res_id": lead.id,
                }
            )

    def make_activities(self):
        for record in (self.person, self.other):
            record.with_user(self.staff).activity_schedule(
                "mail.mail_activity_data_todo",
                summary=f"Ask {NAME}",
                note=f"<p>at {STREET} or {EMAIL}</p>",
                user_id=self.manager.id,
            )
        done = self.person.activity_schedule(
            "mail.mail_activity_data_call", summary=WORDS, user_id=self.staff.id
        )
        done.action_feedback(feedback=f"{NAME}: {WORDS}")

    def make_meetings(self):
        start = fields.Datetime.now() + timedelta(days=3)
        Event = self.env["calendar.event"].with_user(self.staff)
        Event.create(
            {
                "name": f"Lunch with {NAME}",
                "start": start,
                "stop": start + timedelta(hours=1),
                "description": WORDS,
                "location": STREET,
                "partner_ids": [Command.set((self.person | self.staff.partner_id).ids)],
            }
        )
        Event.create(
            {
                "name": f"{NAME} meets Bystander",
                "start": start,
                "stop": start + timedelta(hours=1),
                "location": STREET,
                # Odoo adds this of the first guest, whoever that is
                "description": f"<a href='tel:{PHONE}'>{PHONE}</a>",
                "partner_ids": [Command.set((self.person | self.other).ids)],
            }
        )
        Event.create(
            {
                "name": "Lead",
                "start": start,
                "stop": start + timedelta(hours=1),
                "description": WORDS,
                "opportunity_id": self.loose.id,
                "partner_ids": [Command.set(self.staff.partner_id.ids)],
            }
        )

    def make_ledger(self):
        relationship = self.env["crm.relationship"]._ensure(
            self.person, self.env.company
        )
        self.env.company.customer_properties_definition = [
            {"name": "family", "string": "Family", "type": "char"}
        ]
        relationship.customer_properties = {"family": WORDS}
        segment = self.env["crm.segment"].create({"name": "Dump segment"})
        relationship._lock_segment(segment, f"{WORDS} {NAME}")
        make = self.env["crm.interaction"].with_user(self.staff).create
        done = make(
            {
                "name": f"{WORDS} for {NAME}",
                "partner_id": self.person.id,
                "touchpoint_id": self.call.id,
            }
        )
        done._close_done(
            {
                "outcome": "reached",
                "feedback": WORDS,
                "override_reason": f"{WORDS} {NAME}",
            }
        )
        waiting = make(
            {
                "name": WORDS,
                "partner_id": self.person.id,
                "user_id": self.staff.id,
                "touchpoint_id": self.call.id,
            }
        )
        waiting.sudo()._release()
        relationship.sudo().first_order_date = fields.Date.today()
        self.env["crm.defection"].sudo().create(
            {"relationship_id": relationship.id, "note": WORDS}
        )

    def make_orders(self):
        self.env.company.portal_confirmation_sign = True
        product = self.env["product.product"].create({"name": "CD", "list_price": 10})
        lines = [Command.create({"product_id": product.id, "name": f"CD for {NAME}"})]
        Order = self.env["sale.order"].with_user(self.staff)
        self.quotation, self.order = Order.create(
            [
                {
                    "partner_id": self.person.id,
                    "order_line": lines,
                    "client_order_ref": f"{NAME} 1",
                    "note": f"<p>Deliver to {STREET}, call {PHONE}</p>",
                    "require_signature": True,
                    "require_payment": False,
                }
                for _number in range(2)
            ]
        )
        self.env["ir.attachment"].create(
            {
                "name": f"Passport {NAME}.txt",
                "raw": f"{NAME} {WORDS}".encode(),
                "res_model": "sale.order",
                "res_id": self.quotation.id,
            }
        )
        order = self.order.with_env(self.env)
        order.action_quotation_sent()
        order._portal_ensure_token()
        response = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {"access_token": order.access_token, "name": NAME, "signature": PIXEL},
        )
        self.assertTrue(response.get("force_refresh"), response)
        self.assertEqual(order.state, "sale")
        order.message_post(body=f"<p>{NAME} &lt;{EMAIL}&gt; called: {PHONE}</p>")
        order.activity_schedule(
            "mail.mail_activity_data_call", summary=f"{NAME} asks", note=STREET
        )
        order.partner_id = self.other
        order.partner_id = self.person
        move = order._create_invoices()
        move.action_post()
        move.message_post(body=f"Dear {NAME}", partner_ids=self.person.ids)
        self.invoice = move

    def make_payments(self):
        provider = self.env["payment.provider"].create(
            {"name": "Dump Provider", "code": "none", "state": "disabled"}
        )
        method = (
            self.env["payment.method"]
            .with_context(active_test=False)
            .search([], limit=1)
        )
        self.transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": "dump-1",
                "amount": 10,
                "currency_id": self.env.company.currency_id.id,
                "partner_id": self.person.id,
                "sale_order_ids": [Command.set(self.order.ids)],
            }
        )
        self.assertEqual(self.transaction.partner_name, NAME)
        self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": self.person.id,
                "provider_ref": "token",
                "payment_details": WORDS,
            }
        )

    def make_dialogs(self):
        self.env["mail.compose.message"].create(
            {
                "model": "res.partner",
                "res_ids": self.person.ids,
                "body": f"<p>{WORDS}</p>",
                "subject": f"Hello {NAME}",
            }
        )
        self.env["sms.composer"].create(
            {
                "res_model": "res.partner",
                "res_ids": str(self.person.ids),
                "body": WORDS,
                "numbers": PHONE,
            }
        )
        self.env["crm.preference.statement"].create(
            {"partner_id": self.person.id, "wording": WORDS}
        )
        relationship = self.person.relationship_id
        self.env["crm.segment.keep"].create(
            {
                "relationship_ids": [Command.set(relationship.ids)],
                "segment_id": relationship.segment_id.id
                or self.env["crm.segment"].search([], limit=1).id,
                "reason": WORDS,
            }
        )
        self.env["crm.defection.declare"].with_context(
            active_model="crm.relationship", active_ids=relationship.ids
        ).create({"note": WORDS})
        self.env["base_import.import"].create(
            {
                "res_model": "res.partner",
                "file": f"name,email\n{NAME},{EMAIL}\n".encode(),
                "file_name": f"{NAME}.csv",
                "file_type": "text/csv",
            }
        )
        self.env["mail.scheduled.message"].create(
            {
                "model": "res.partner",
                "res_id": self.person.id,
                "author_id": self.staff.partner_id.id,
                "body": WORDS,
                "scheduled_date": fields.Datetime.now() + timedelta(days=1),
                "partner_ids": [Command.set(self.person.ids)],
            }
        )
        self.env["ir.filters"].create(
            {
                "name": NAME,
                "model_id": "res.partner",
                "domain": f"[('email', '=', '{EMAIL}')]",
                "user_ids": [Command.set(self.staff.ids)],
            }
        )

    def make_chats(self):
        Channel = self.env["discuss.channel"].with_user(self.staff)
        chat = Channel._get_or_create_chat(self.person.ids)
        chat.message_post(body=WORDS, message_type="comment")
        group = Channel._create_group(
            (self.person | self.staff.partner_id | self.manager.partner_id).ids,
            name=f"{NAME}, staff",
        )
        group.message_post(body=f"Welcome {NAME}", message_type="comment")
        self.person._bus_send("dump", {"name": NAME, "email": EMAIL, "phone": PHONE})
        self.env["bus.bus"].create({"channel": "x", "message": f'"{NAME}"'})
        self.env["ir.logging"].create(
            {
                "name": "dump",
                "type": "server",
                "level": "INFO",
                "message": f"{EMAIL} refused",
                "path": "x",
                "func": "x",
                "line": "1",
            }
        )

    def make_queues(self):
        self.env["mail.blacklist"]._add(EMAIL)
        self.env["phone.blacklist"].add(self.person.phone_sanitized)
        self.env["mail.mail"].create(
            [
                {"email_to": f"{NAME} <{EMAIL}>", "body_html": WORDS, "subject": NAME},
                {"recipient_ids": [Command.set(self.person.ids)], "body_html": WORDS},
                {
                    "email_to": f"x@example.com, {EMAIL}",
                    "email_cc": EMAIL,
                    "reply_to": EMAIL,
                    "body_html": f"about {NAME}",
                    "headers": f"{{'X': '{EMAIL}'}}",
                },
                {"email_to": EMAIL, "body_html": WORDS, "state": "sent"},
            ]
        )
        self.env["sms.sms"].create(
            [
                {"number": "+62 812-9911-7733", "body": WORDS},
                {"partner_id": self.person.id, "number": PHONE, "body": WORDS},
            ]
        )

    # ------------------------------------------------------------------
    # Tests
    # ------------------------------------------------------------------

    @mute_logger("odoo.addons.mail.models.mail_thread", "odoo.models.unlink")
    def test_nothing_is_left(self):
        self.live()
        before = self.dump()
        for place in (
            "base_import_import.file",
            "calendar_attendee.common_name",
            "crm_interaction.override_reason",
            "mail_message.reply_to",
            "payment_transaction.partner_name",
            "sale_order.signed_by",
        ):
            self.assertIn(place, before, "the test writes it there")
        kept = self.person.with_user(self.manager)._erase_contact_data()
        left = self.dump()
        self.assertFalse(left, f"still there: {left}")
        for line in kept:
            self.assertFalse(TRACES.search(line), line)
            self.assertNotIn("#", line, "nothing to look at by hand")
        for place in (
            [("res_model", "=", "sale.order"), ("res_field", "=", "signature")],
            [("res_model", "=", "calendar.event"), ("name", "=", "invitation.ics")],
        ):
            self.assertFalse(self.env["ir.attachment"].search(place))
        self.assertIn("invoices (1)", self.person.erasure_note)
        self.assertIn(self.manager.name, self.person.erasure_note)
