"""A manager assigns salespeople, edits, applies and undoes it, in a browser."""

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import make_tour_user, own_login


@tagged("post_install", "-at_install")
class AssignmentTourCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.env["crm.relationship"].search([]).active = False
        call = cls.env["crm.touchpoint"].create(
            {"name": "Tour call", "kind": "call", "duration": 20}
        )
        plan = cls.env["crm.contact.plan"].create(
            {
                "name": "Tour plan",
                "line_ids": [
                    Command.create(
                        {"name": "Call", "touchpoint_ids": [Command.set(call.ids)]}
                    )
                ],
            }
        )
        segment = cls.env["crm.segment"].create(
            {"name": "Tour segment", "plan_id": plan.id}
        )
        cls.manager = make_tour_user(cls.env, "tour_manager", "group_sale_manager")
        groups = cls.env["res.groups"].concat(
            cls.env.ref("sales_team.group_sale_salesman"),
            cls.env.ref("sales_team.group_sale_salesman_all_leads"),
            cls.env.ref("sales_team.group_sale_manager"),
        )
        # whoever else sells in this database takes no part
        for user in groups.all_user_ids - cls.manager:
            user.group_ids -= groups
        cls.ann = make_tour_user(cls.env, "tour_ann", "group_sale_salesman")
        cls.bob = make_tour_user(cls.env, "tour_bob", "group_sale_salesman")
        javanese, patient = cls.env["crm.staff.tag"].create(
            [
                {"name": "Tour speaks Javanese"},
                {"name": "Tour patient", "user_ids": [Command.set(cls.ann.ids)]},
            ]
        )
        partners = cls.env["res.partner"].create(
            [{"name": f"Tour Customer {n}"} for n in range(1, 8)]
        )
        cls.env["crm.staff.requirement"].create(
            [
                {"partner_id": partner.id, "tag_id": tag.id, "level": level}
                for partner, tag, level in (
                    (partners[-1], javanese, "must"),
                    (partners[2], patient, "prefer"),
                )
            ]
        )
        cls.customers = cls.env["crm.relationship"]._ensure(partners, cls.env.company)
        cls.customers = cls.customers.sorted(lambda r: r.partner_id.id)
        cls.customers.write({"segment_id": segment.id, "user_id": False})
        cls.customers[0].user_id = cls.ann

    def walk(self, tour):
        action = self.env.ref("crm_relationship.crm_staff_assignment_action")
        self.start_tour(f"/odoo/{action.path}", tour, login=own_login("tour_manager"))
        assignment = self.env["crm.staff.assignment"].search([], limit=1)
        self.assertEqual(assignment.state, "undone")
        self.assertEqual(self.customers.user_id, self.ann)
        return assignment


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestAssignmentTour(AssignmentTourCase):
    browser_size = "1280x900"

    def test_at_a_desk(self):
        assignment = self.walk("crm_relationship_assignment")
        self.assertEqual(
            assignment.line_ids.filtered("is_decided").new_user_id, self.bob
        )


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestAssignmentTourOnPhone(AssignmentTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_on_a_phone(self):
        self.walk("crm_relationship_assignment_phone")
