"""What stands on the pages *This Morning* and *How Am I Doing?*, and what it opens."""

from collections import Counter, defaultdict
from datetime import timedelta

from odoo.tools.misc import format_date

from ..models.portfolio.comparison import CONTROL, TREATED, name_verdict, read_groups
from ..models.program.result import ProgramResult
from .page import DANGER, MUTED, SUCCESS, WARNING, opening
from .page_customers import SHOWN, CustomerSections
from .page_people import PeopleSections

NIGHTS = 30
MEASURED = ("holdout_from", "holdout_until", "holdout_round", "result_days")


class ManagerPage(CustomerSections, PeopleSections):
    """*This Morning*: the whole company, for whoever sees all customers."""

    recognition = "crm_recognition_action"

    def get_sections(self):
        sections = [
            self.make_care,
            self.make_queue,
            self.make_week,
            self.make_said,
            self.make_programs,
            self.make_value,
        ]
        # only they read the recognition of others
        if self.env.user.has_group("sales_team.group_sale_manager"):
            sections.append(self.make_people)
        return sections

    def get_notes(self):
        yield from super().get_notes()
        # sudo: whoever sees the board is told, the rest of the company is not read
        if failure := self.company.sudo().relationship_care_failure:
            yield self.env._("Last night's count of customers failed: %s", failure)

    def get_people(self):
        """Return who sells in the company.

        As ``crm.staff.tag._get_salespeople`` has it, in one query instead of five.
        """
        # sudo: who sells, whoever looks
        users = self.env["res.users"].sudo()
        seller = self.env["ir.model.data"]._xmlid_to_res_id(
            "sales_team.group_sale_salesman"
        )
        found = users.search_fetch(
            [
                ("share", "=", False),
                ("company_ids", "in", self.company.ids),
                ("all_group_ids", "in", [seller]),
            ],
            ["partner_id"],
            order="id",
        )
        return found.with_env(self.env)

    def get_recognized(self):
        return []

    @property
    def people_title(self):
        return self.env._("Who Deserves Praise, Who Needs Help")

    def name_row(self, row, tone):
        return (
            self.env._("Help: %s", row.name)
            if tone == WARNING
            else self.env._("Praise: %s", row.name)
        )

    def make_care(self):
        section = super().make_care()
        chart = self._draw_nights()
        note = self.env._("Day by day, faults are shown from the second night on.")
        return {
            **section,
            "chart": chart,
            "note": "" if chart else note,
            "screen": opening("crm_care_report_action", section["title"]),
        }

    def _draw_nights(self):
        """Return the picture of the last nights; False before the second one."""
        since = self.today - timedelta(days=NIGHTS)
        counts = defaultdict(Counter)
        for day, state, count in self.env["crm.care.day"]._read_group(
            [("company_id", "=", self.company.id), ("date", ">=", since)],
            ["date:day", "care_state"],
            ["customer_count:sum"],
        ):
            counts[day][state] += count
        if len(counts) < 2:
            return False
        days = sorted(counts)
        return {
            "type": "line",
            "title": self.env._("Customers at fault, night by night"),
            "labels": [format_date(self.env, d, date_format="d MMM") for d in days],
            "series": [
                {
                    "label": self.env._("At fault"),
                    "values": [counts[day]["fault"] for day in days],
                    "tone": DANGER,
                }
            ],
        }

    def make_queue(self):
        promises = opening(
            "crm_feasibility_action", self.env._("Can We Keep Our Promises?")
        )
        return {**super().make_queue(), "screen": promises}

    # ------------------------------------------------------------------
    # Programs
    # ------------------------------------------------------------------

    def make_programs(self):
        mine = [("company_id", "in", (False, self.company.id))]
        measured = self.env["crm.program"].search_fetch(
            [*mine, ("holdout_from", "!=", False)],
            ["name", *MEASURED, "company_id"],
            order="holdout_until DESC, id",
            limit=SHOWN,
        )
        label = self.env._("Programs that keep nobody aside")
        number = self._make_number(
            "unmeasured",
            label,
            self.env._(
                "Without customers who are kept aside, nobody knows what a program"
                " brings."
            ),
            opening("crm_program_action", label, [*mine, ("holdout_from", "=", False)]),
            model="crm.program",
        )
        return self._make_section(
            "programs",
            self.env._("Do Our Programs Work?"),
            lambda: self._tell_programs(measured),
            numbers=[number],
            rows=list(self._get_verdicts(measured)),
            screen=opening("crm_program_action", self.env._("Programs")),
        )

    def _get_verdicts(self, programs):
        """Yield a line for each program: the first verdict of its result page."""
        results = [ProgramResult(program, self.company) for program in programs]
        groups = read_groups([result for result in results if result.is_over])
        for program, result in zip(programs, results, strict=True):
            badge, tone = self.env._("Not decided yet"), MUTED
            detail = self.env._(
                "Decided on %s",
                format_date(self.env, result.decision_day, date_format="medium"),
            )
            if result.is_over:
                found = groups[result]
                verdict = result._judge_buyers(found[TREATED], found[CONTROL])
                badge = name_verdict(self.env, verdict)
                if verdict["is_proven"]:
                    tone = DANGER if verdict["is_loss"] else SUCCESS
                detail = verdict["text"]
            yield {
                "id": f"program_{program.id}",
                "title": program.name,
                "detail": detail,
                "badge": badge,
                "tone": tone,
                "action": opening(
                    "crm_program_action", program.name, res_id=program.id
                ),
            }

    def _tell_programs(self, measured):
        if not measured:
            return self.env._(
                "Not known yet: no program keeps customers aside to compare with."
            ), MUTED
        return self.env._("Programs that are measured, the latest first."), MUTED

    def make_value(self):
        section = super().make_value()
        report = opening("crm_segment_report_action", self.env._("Value of Segments"))
        return {**section, "screen": report}


class OwnPage(CustomerSections, PeopleSections):
    """*How Am I Doing?*: a salesperson's own customers and work, and nobody else's."""

    recognition = "crm_recognition_action_own"

    def get_sections(self):
        return [
            self.make_care,
            self.make_queue,
            self.make_week,
            self.make_said,
            self.make_value,
            self.make_people,
        ]

    @property
    def customers(self):
        return [*super().customers, ("user_id", "=", self.env.uid)]

    @property
    def work(self):
        return [*super().work, ("user_id", "=", self.env.uid)]

    @property
    def talks(self):
        return [*super().talks, ("relationship_id.user_id", "=", self.env.uid)]

    def get_people(self):
        return self.env.user

    def get_recognized(self):
        return [("user_id", "=", self.env.uid)]

    @property
    def nobody(self):
        return self.env._("You are nobody's dedicated salesperson.")

    @property
    def people_title(self):
        return self.env._("What Went Well, What Did Not")

    def name_row(self, row, tone):
        return (
            self.env._("Worth a look")
            if tone == WARNING
            else self.env._("You can be proud of it")
        )
