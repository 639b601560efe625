"""A search tells nobody more than he may read.

Some fields are searched as superuser, because those who ask may not read all that the
answer needs. Whatever the asker puts into the condition is looked up with the rights of
the asker: else leads could be read letter by letter.
"""

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL

from .common import RelationshipCase

SECRET = "partner_id.opportunity_ids.name"


@tagged("post_install", "-at_install")
class TestSearchRights(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment = cls.make_segment("Gold")
        cls.segment.plan_id = cls.make_plan()
        cls.own = cls.make_relationship(
            cls.make_customer("Own"), segment_id=cls.segment.id
        )
        cls.foreign = cls.make_relationship(
            cls.make_customer("Foreign"),
            user_id=cls.budi.id,
            backup_user_id=cls.sari.id,
            segment_id=cls.segment.id,
        )
        # what only Budi and his superiors may read
        cls.leads = cls.env["crm.lead"].create(
            [
                {
                    "name": "Amber",
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "user_id": cls.budi.id,
                    "company_id": cls.company.id,
                }
                for partner in (
                    cls.budi.partner_id,
                    cls.sari.partner_id,
                    cls.own.partner_id,
                    cls.foreign.partner_id,
                )
            ]
        )
        cls.interaction = cls.make_interaction(cls.own)
        cls.program = cls.make_program(trigger="manual")
        cls.program._enroll(cls.own)
        for table in ("crm_segment", "crm_contact_plan", "crm_program"):
            cls.env.cr.execute(
                SQL("UPDATE %s SET create_uid = %s", SQL.identifier(table), cls.budi.id)
            )
        cls.env.invalidate_all()
        cls.outsiders = (cls.internal, cls.sari, cls.stranger, cls.portal)

    def ask(self, records, how, domain):
        """Return what a search tells, None where it is refused."""
        records = records.with_context(
            allowed_company_ids=records.env.user.company_ids.ids
        )
        ways = {
            "search": lambda: records.search(domain).ids,
            "search_count": lambda: records.search_count(domain),
            "name_search": lambda: records.name_search("", domain),
            "web_search_read": lambda: records.web_search_read(domain, {}),
            "formatted_read_group": lambda: records.formatted_read_group(
                domain, [], ["__count"]
            ),
            "read_group": lambda: records.web_read_group(domain, ["create_uid"]),
            "filtered_domain": lambda: records.filtered_domain(domain).ids,
        }
        try:
            return ways[how]()
        except AccessError:
            return None

    def assertTellsNothing(self, records, condition):
        """Assert that right and wrong guesses of a secret get the same answer.

        :param condition: returns a domain for a pattern
        """
        for user in self.outsiders:
            for how in (
                "search",
                "search_count",
                "name_search",
                "web_search_read",
                "formatted_read_group",
                "read_group",
                "filtered_domain",
            ):
                with self.subTest(
                    user=user.login, model=records._name, how=how, domain=condition("?")
                ):
                    asked = records.with_user(user)
                    asked.env.invalidate_all()
                    right = self.ask(asked, how, condition("A%"))
                    wrong = self.ask(asked, how, condition("Z%"))
                    self.assertEqual(right, wrong)

    def paths(self, name):
        """Return every way to ask for a secret behind a relation."""
        first, _dot, rest = f"{name}.{SECRET}".partition(".")

        def nested(pattern):
            *links, last = rest.split(".")
            domain = [(last, "=like", pattern)]
            for link in reversed(links):
                domain = [(link, "any", domain)]
            return [(first, "any", domain)]

        return (
            lambda pattern: [(f"{name}.{SECRET}", "=like", pattern)],
            lambda pattern: [(first, "any", [(rest, "=like", pattern)])],
            nested,
            lambda pattern: ["!", (f"{name}.{SECRET}", "=like", pattern)],
            lambda pattern: [(first, "not any", [(rest, "=like", pattern)])],
        )

    def test_secret_is_kept(self):
        """The test itself: he who may read the leads does find them so."""
        partners = self.env["res.partner"].with_user(self.budi)
        name = f"dedicated_user_id.{SECRET}"
        self.assertEqual(
            partners.search([(name, "=like", "A%")]) & self.foreign.partner_id,
            self.foreign.partner_id,
        )
        self.assertFalse(
            partners.search([(name, "=like", "Z%")]) & self.foreign.partner_id
        )

    def test_contacts_by_their_salesperson(self):
        partners = self.own.partner_id + self.foreign.partner_id
        for condition in self.paths("dedicated_user_id"):
            self.assertTellsNothing(partners, condition)

    def test_contacts_by_their_segment(self):
        partners = self.own.partner_id + self.foreign.partner_id
        for condition in self.paths("segment_id.create_uid"):
            self.assertTellsNothing(partners, condition)

    def test_contacts_by_their_relationship(self):
        partners = self.own.partner_id + self.foreign.partner_id
        for condition in (
            *self.paths("relationship_id.user_id"),
            lambda pattern: [("relationship_id.user_id.login", "=like", pattern)],
        ):
            self.assertTellsNothing(partners, condition)

    def test_salesperson_by_name(self):
        """A name asked for is that of somebody the asker may see."""
        partners = self.own.partner_id + self.foreign.partner_id
        for operator, value, expected in (
            ("ilike", self.budi.name, self.foreign.partner_id),
            ("not ilike", self.budi.name, self.own.partner_id),
            ("=", self.budi.name, self.foreign.partner_id),
            ("in", [self.budi.name, self.sari.id], partners),
            ("in", [False], partners.browse()),
            ("any", [("login", "=", self.budi.login)], self.foreign.partner_id),
            ("not any", [("login", "=", self.budi.login)], self.own.partner_id),
        ):
            for user in (self.sari, self.internal):
                with self.subTest(operator=operator, user=user.login):
                    found = partners.with_user(user).search(
                        [
                            ("dedicated_user_id", operator, value),
                            ("id", "in", partners.ids),
                        ]
                    )
                    self.assertEqual(found, partners & expected)

    def test_archived_salesperson(self):
        self.own.user_id = self.manager
        self.env.cr.execute(
            "UPDATE res_users SET active = FALSE WHERE id = %s", [self.manager.id]
        )
        self.env.invalidate_all()
        domain = [("dedicated_user_id.login", "=", self.manager.login)]
        found = self.env["res.partner"].with_user(self.internal).search(domain)
        self.assertEqual(found, self.own.partner_id)

    def test_segment_by_name_and_color(self):
        self.segment.color = 7
        partners = self.own.partner_id.with_user(self.internal)
        for leaf in (
            ("segment_id", "ilike", "gol"),
            ("segment_id.name", "=", "Gold"),
            ("segment_color", "=", 7),
            ("segment_id", "in", self.segment.ids),
        ):
            with self.subTest(leaf=leaf):
                self.assertEqual(
                    partners.search([leaf, ("id", "=", partners.id)]), partners
                )

    def test_relationships(self):
        for name in ("user_id", "backup_user_id", "segment_id.create_uid"):
            for condition in self.paths(name):
                self.assertTellsNothing(self.own + self.foreign, condition)
        for name in ("effective_plan_id.create_uid", "partner_id.dedicated_user_id"):
            for condition in self.paths(name):
                self.assertTellsNothing(self.own + self.foreign, condition)

    def test_relationships_by_their_customer(self):
        for condition in (
            lambda pattern: [("partner_id.opportunity_ids.name", "=like", pattern)],
            lambda pattern: [
                ("partner_id", "any", [("opportunity_ids.name", "=like", pattern)])
            ],
        ):
            self.assertTellsNothing(self.own + self.foreign, condition)

    def test_interactions(self):
        for condition in (
            lambda pattern: [("customer_id.opportunity_ids.name", "=like", pattern)],
            lambda pattern: [
                ("customer_id", "any", [("opportunity_ids.name", "=like", pattern)])
            ],
            *self.paths("segment_id.create_uid"),
            *self.paths("program_id.create_uid"),
            *self.paths("user_id"),
        ):
            self.assertTellsNothing(self.interaction, condition)

    def test_segments_and_enrollments(self):
        for condition in self.paths("create_uid"):
            self.assertTellsNothing(self.segment, condition)
        for condition in self.paths("relationship_id.user_id"):
            self.assertTellsNothing(self.own.enrollment_ids, condition)

    def test_preview_of_a_filter(self):
        """What somebody types as a filter is counted with that person's rights."""
        self.env["crm.lead"].create(
            {
                "name": "Amber",
                "partner_id": self.own.partner_id.id,
                "user_id": self.stranger.id,
                "company_id": self.other_company.id,
            }
        )
        self.leads.unlink()
        for user in (self.all_documents, self.manager):
            counts = []
            for pattern in ("A%", "Z%"):
                text = f"[('opportunity_ids.name', '=like', '{pattern}')]"
                segment = (
                    self.env["crm.segment"]
                    .with_user(user)
                    .new({"name": "Guess", "partner_domain": text, "sequence": 0})
                )
                counts.append((segment.preview_count, segment.preview_net_count))
            self.assertEqual(counts[0], counts[1], user.login)

    def test_lost_customers(self):
        defection = self.env["crm.defection"].create({"relationship_id": self.own.id})
        for condition in self.paths("user_id"):
            self.assertTellsNothing(defection, condition)
