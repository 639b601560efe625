"""What an update makes of the programs, and the delays of steps, from before."""

from odoo.modules.module import load_script
from odoo.tests import tagged

from .test_program_timing import TimingCase


@tagged("post_install", "-at_install")
class TestMigrationOfSteps(TimingCase):
    def migrate(self):
        path = "crm_relationship/migrations/19.0.1.5.0/post-target.py"
        self.env.flush_all()
        load_script(path, "post").migrate(self.env.cr, "19.0.1.4.0")
        self.env.invalidate_all()

    def test_who_is_in_the_target_stays_as_long_as_that_is_so(self):
        gold, silver = self.make_segment("Gold"), self.make_segment("Silver")
        self.make_relationship(self.partner)._move_to(gold, "test")
        inside = self.program_of({}, segment_ids=gold.ids)
        outside = self.program_of({}, segment_ids=silver.ids)
        steps = self.enroll(inside) + self.enroll(outside)
        steps.enrollment_id.by_target = False
        self.migrate()
        self.assertEqual(steps.enrollment_id.mapped("by_target"), [True, False])

    def test_delays_beyond_ten_years_are_shortened(self):
        program = self.program_of({"delay": 6, "delay_unit": "months"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_program_step SET delay = 900 WHERE program_id = %s",
            [program.id],
        )
        self.env.invalidate_all()
        self.migrate()
        self.assertEqual(program.step_ids.delay, 120)
        self.assertEqual(program.step_ids.offset_months, 120)
