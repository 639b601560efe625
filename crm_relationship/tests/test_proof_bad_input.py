"""What would make a result nonsense: of a program, of all programs, of a cadence."""

import json
import re
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ..models.matrix.cadence_result import CadenceResult
from ..models.portfolio.comparison import CONTROL, TREATED
from ..models.program.crm_holdout import HoldoutResult
from ..models.program.result import ProgramResult
from .common import TODAY
from .common_figures import read_book, recalculate
from .test_cadence_experiment import ExperimentCase

ROOMS = "odoo.addons.crm_relationship.models"
# More than the twenty buyers without whom amounts are not compared.
N = 24
MERGE = "base.partner.merge.automatic.wizard"
STATE = "crm_relationship.crm_relationship_state_action"
# What a figure that went wrong looks like.
NO_FIGURE = re.compile(r"\b(nan|inf|Infinity|NaN|None|null)\b|\de[+-]?\d|[-−+]0\.0 ")


class BadInput:
    """Both groups are made as large as a case wants; what they buy is its own."""

    chooser = None
    over = 300

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.group_ids += cls.env.ref("base.group_allow_export")

    def begin(self, customers):
        """Let customers enter what is compared; return the comparison."""
        raise NotImplementedError

    def make(self, treated, control):
        """Return the comparison, who is treated, and who is in the control group."""
        customers = self.make_customers(treated + control, segment_id=self.gold.id)

        def choose(_key, ids, _share, *, stratum):
            return set(sorted(ids)[: self.get_chosen(treated, control)])

        with patch(f"{ROOMS}.{self.chooser}.choose_aside", choose):
            comparison = self.begin(customers)
        chosen = customers.sorted("id")[: self.get_chosen(treated, control)]
        return comparison, *self.order(chosen, customers - chosen)

    def get_chosen(self, _treated, control):
        return control

    def order(self, chosen, others):
        return others, chosen

    def look(self, comparison):
        """Return the groups, and what is said; the spreadsheet holds the same."""
        self.env.flush_all()
        self.env.invalidate_all()
        with self.in_days(self.over):
            self.settle()
            groups = comparison.__class__(comparison.record, self.company)
            text = str(groups.render())
            sheet = groups.get_sheet()
            groups = groups.get_groups()
            shown = comparison.record.with_user(self.manager).read(["result"])
            self.assertEqual(str(shown[0]["result"]), text)
            told = [text, *self.look_elsewhere(comparison)]
        sizes = [row["size"] for row in sheet.rows]
        self.assertEqual(sizes, [groups[TREATED]["size"], groups[CONTROL]["size"]])
        for words in told:
            self.assertNotRegex(words, NO_FIGURE)
        return groups, text

    def look_elsewhere(self, comparison):
        """Yield what else tells of it, read as by a manager: page, prints, digest."""
        env = self.env(user=self.manager)
        record = comparison.record.with_env(env)
        book = record._make_spreadsheet([("id", "=", record.id)])
        formulas, results = read_book(book)
        self.assertFalse(recalculate(formulas, results)[1])
        yield from (
            str(cell.value)
            for page in results
            for row in page.iter_rows()
            for cell in row
            if cell.value not in (None, "")
        )
        page = env["crm.morning"].get_page()
        for section in page["sections"]:
            yield from self.find_texts(section)
        json.dumps(page, allow_nan=False)
        html, _kind = env["ir.actions.report"]._render_qweb_html(STATE, None)
        yield re.sub(r"<[^>]*>", " ", html.decode().partition("<body")[2])
        digest = self.env["digest.digest"].create({"name": "Ours", **self.get_kpis()})
        for kpi in digest.with_env(env)._compute_kpis(self.company, self.manager):
            yield from self.find_texts(kpi)

    def get_kpis(self):
        names = self.env["digest.digest"]._fields
        return {n: True for n in names if re.fullmatch(r"kpi_crm_(?!.*_value$).*", n)}

    def find_texts(self, told):
        """Yield the texts of something that is told, those that people read."""
        if isinstance(told, dict):
            for key, value in told.items():
                if key not in ("action", "tone", "screen", "id"):
                    yield from self.find_texts(value)
        elif isinstance(told, list | tuple):
            for value in told:
                yield from self.find_texts(value)
        elif isinstance(told, str):
            yield told

    def settle(self):
        """Let end what ends by itself."""

    def assertUnproven(self, text, why=None):
        self.assertNotIn("text-bg-success", text)
        self.assertNotIn("text-bg-danger", text)
        if why:
            self.assertIn(why, text)

    # -- few

    def test_no_control_group(self):
        comparison, treated, control = self.make(N, 0)
        self.assertFalse(control)
        self.buy(treated, 30)
        groups, text = self.look(comparison)
        self.assertEqual(groups[CONTROL]["size"], 0)
        self.assertUnproven(text, "Nothing to compare")

    def test_control_group_of_one(self):
        comparison, treated, control = self.make(N, 1)
        self.assertEqual(len(control), 1)
        self.buy(treated, 30)
        groups, text = self.look(comparison)
        self.assertEqual((groups[TREATED]["buyers"], groups[CONTROL]["buyers"]), (N, 0))
        self.assertUnproven(text, "fewer than 10 customers (1)")

    def test_two_customers(self):
        comparison, treated, _control = self.make(1, 1)
        self.buy(treated, 30)
        groups, text = self.look(comparison)
        self.assertEqual((groups[TREATED]["size"], groups[CONTROL]["size"]), (1, 1))
        self.assertUnproven(text, "fewer than 10 customers (1)")

    # -- all alike

    def test_everybody_bought(self):
        comparison, treated, control = self.make(N, N)
        self.buy(treated | control, 30)
        groups, text = self.look(comparison)
        self.assertEqual([groups[key]["buyers"] for key in (TREATED, CONTROL)], [N, N])
        self.assertIn("Buyers: 0.0 points", text)
        self.assertUnproven(text)

    def test_nobody_bought(self):
        comparison, _treated, _control = self.make(N, N)
        groups, text = self.look(comparison)
        for key in (TREATED, CONTROL):
            self.assertEqual(groups[key]["revenue"], 0)
        self.assertUnproven(text, "a group has no revenue")

    # -- amounts

    def test_everything_was_taken_back(self):
        """Who bought and gave it back is a buyer without revenue."""
        comparison, treated, control = self.make(N, N)
        self.buy(treated | control, 30)
        self.buy(control, 31, -100)
        groups, text = self.look(comparison)
        self.assertEqual(groups[CONTROL]["buyers"], N)
        self.assertUnproven(text, "a group has no revenue")

    def test_some_of_it_was_taken_back(self):
        comparison, treated, control = self.make(N, N)
        self.buy(treated | control, 30)
        self.buy(control[0], 31, -100)
        self.buy(control[1:6], 31, -100)
        groups, text = self.look(comparison)
        self.assertEqual(groups[CONTROL]["buyers"], N)
        self.assertUnproven(text, "fewer than 20 customers with revenue (18)")

    def test_one_order_of_a_billion(self):
        comparison, treated, control = self.make(N, N)
        self.buy(treated | control, 30)
        self.buy(treated[0], 31, 10**9)
        groups, text = self.look(comparison)
        self.assertEqual(groups[TREATED]["revenue"], 10**9 + 100 * N)
        self.assertUnproven(text, "Revenue per customer: +")

    def test_negative_revenue(self):
        """Less than nothing is a loss; who bought is who has orders, as ever."""
        comparison, treated, control = self.make(N, N)
        self.buy(control, 30)
        self.buy(treated, 30, -100)
        groups, text = self.look(comparison)
        self.assertEqual(groups[TREATED]["revenue"], -100 * N)
        self.assertEqual(groups[TREATED]["buyers"], N)
        self.assertNotIn("text-bg-success", text)
        self.assertIn("text-bg-danger", text)

    def test_currency_changed(self):
        comparison, treated, control = self.make(N, N)
        self.buy(treated | control, 30)
        with self.in_days(60):
            self.company.currency_id = self.env.ref("base.JPY")
        _groups, text = self.look(comparison)
        self.assertIn("currency was changed", text)
        self.assertIn("Buyers:", text)
        self.assertNotIn("Revenue per customer", text)

    # -- too early

    def test_nothing_before_the_day(self):
        comparison, treated, _control = self.make(N, N)
        self.buy(treated, 3)
        with self.in_days(9):
            for text in (
                str(comparison.__class__(comparison.record, self.company).render()),
                str(comparison.get_sheet()),
            ):
                self.assertIn("Decided on", text)
                self.assertNotIn("bought", text)
                self.assertNotIn("Revenue", text)
                self.assertNotIn("roven", text)

    # -- people

    def test_merged_across_groups_and_within(self):
        comparison, treated, control = self.make(N, N)
        self.buy(treated | control, 30)
        for one, other in (
            (treated[0], control[0]),
            (control[1], treated[1]),
            (treated[2], treated[3]),
        ):
            ids = [one.partner_id.id, other.partner_id.id]
            self.env[MERGE]._merge(ids, one.partner_id)
        groups, text = self.look(comparison)
        self.assertEqual(groups[None]["size"], 2)
        self.assertEqual(groups[TREATED]["size"], N - 3)
        self.assertEqual(groups[TREATED]["revenue"], 100 * (N - 2))
        self.assertEqual(groups[CONTROL]["size"], N - 2)
        self.assertIn("count in neither: 2", text)

    def test_erased(self):
        """What they did stays counted; who they were is gone."""
        comparison, treated, control = self.make(N, N)
        self.buy(treated | control, 30)
        partners = (treated[0] | control[0]).partner_id
        partners.name = "Zebedee Quillfeather"
        with self.in_days(40):
            for partner in partners:
                partner._erase_contact_data()
        groups, text = self.look(comparison)
        for key in (TREATED, CONTROL):
            self.assertEqual(groups[key]["size"], N)
            self.assertEqual(groups[key]["buyers"], N)
            self.assertEqual(groups[key]["revenue"], 100 * N)
        self.assertNotIn("Quillfeather", text)
        self.assertNotIn("Quillfeather", partners.mapped("display_name"))


@tagged("post_install", "-at_install")
class TestBadInputOfProgram(BadInput, ExperimentCase):
    chooser = "program.holdout"

    def begin(self, customers):
        self.program._enroll(customers)
        return ProgramResult(self.program, self.company)

    def test_switched_on_in_the_middle(self):
        self.program.holdout_share = 0
        with self.in_days(-10):
            self.program._enroll(self.make_customers(15))
        self.program._enroll(self.make_customers(10))
        self.program.holdout_share = 50
        comparison, treated, control = self.make(N, N)
        groups, text = self.look(comparison)
        self.assertEqual(groups[TREATED]["size"], len(treated))
        self.assertEqual(groups[CONTROL]["size"], len(control))
        self.assertIn("nobody was kept aside: 10.", text)


@tagged("post_install", "-at_install")
class TestBadInputOfAllPrograms(BadInput, ExperimentCase):
    chooser = "program.crm_holdout"

    def begin(self, customers):
        self.program.holdout_share = 0
        self.company.relationship_holdout_share = 50
        period = self.env["crm.holdout"]._get_running(self.company)
        self.program._enroll(customers)
        return HoldoutResult(period, self.company)

    def test_switched_on_in_the_middle(self):
        self.program.holdout_share = 0
        self.program._enroll(self.make_customers(10))
        comparison, treated, control = self.make(N, N)
        groups, text = self.look(comparison)
        self.assertEqual(groups[TREATED]["size"], len(treated))
        self.assertEqual(groups[CONTROL]["size"], len(control))
        self.assertIn("They count in neither group", text)


@tagged("post_install", "-at_install")
class TestBadInputOfExperiment(BadInput, ExperimentCase):
    """The other half is treated; it is the one that is chosen."""

    chooser = "matrix.crm_cadence_experiment"

    def begin(self, _customers):
        return CadenceResult(self.start(), self.company)

    def get_chosen(self, treated, _control):
        return treated

    def order(self, chosen, others):
        return chosen, others

    def settle(self):
        self.env["crm.cadence.experiment"]._end_due(self.company)

    def test_begun_in_the_middle(self):
        """Who gets the plan already when it starts: all count from the same day."""
        customers = self.make_customers(20, segment_id=self.gold.id)
        self.buy(customers, -5)
        self.close(customers, -5, 3)
        comparison = self.begin(customers)
        later = self.make_customers(5, segment_id=self.gold.id)
        self.buy(later, 10)
        groups, _text = self.look(comparison)
        self.assertEqual(groups[TREATED]["size"] + groups[CONTROL]["size"], 20)
        self.assertEqual(groups[TREATED]["revenue"] + groups[CONTROL]["revenue"], 0)
        self.assertEqual(groups[TREATED]["count"] + groups[CONTROL]["count"], 0)
        self.assertEqual(comparison.first_day, TODAY)
        self.assertEqual(
            comparison.days, (comparison.record.day_until - TODAY).days + 30
        )
        self.assertGreater(comparison.decision_day, TODAY + timedelta(days=209))
