"""A small company whose supplement lasts three months: the 4R, played day by day.

The model case of the guide (docs/guide/four-r.md). Fourteen weeks are played before the
demo's day, each with the jobs of the night and the work of the day, so that whatever a
customer got, and whatever did not come, follows from the programs and not from here.
Here stands only what happens: who orders, brings somebody, complains, answers or not.
"""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from demo import cdnow, make

NAME = "Rumah Sehat"
MANAGER = ("ratna", "Ratna Dewi")
SALESPERSON = ("wati", "Wati Kusuma")
PRODUCT = "Supplement, 90 capsules"
LASTING, PRICE = 90, 25
FOR_MOTHER = "For his mother"
# A Monday this long ago, or up to six days more.
DAYS = 98
# Hours on the company's clock: the jobs, what happens, and what people make.
NIGHT, NOON, AFTERNOON = 2, 11, 13
ORDERED_BEFORE = {
    # how many days before the first one somebody bought a pack, who has been silent
    # since: three times as long as usual, and for a year
    "Pak Joko": (445, 355, 265),
    "Ibu Lestari": (540, 450, 360),
}
CUSTOMERS = {
    # birthday, as days after the first one
    "Pak Budi": 49,
    "Ibu Sari": None,
    "Pak Joko": None,
    "Ibu Lestari": None,
}
PROGRAMS = (
    "runs_out",
    "at_risk",
    "win_back",
    "after_complaint",
    "referral_thanks",
    "brought",
)
# What becomes of a step, the first time; of all others: the customer was reached.
OUTCOMES = {
    ("Pak Budi", "How is it working out? (day 3)"): {
        "outcome": "complaint",
        "feedback": "The capsules are too large to swallow.",
        "sentiment": "negative",
    },
}
NO_ANSWER = {("Pak Joko", "What has changed?")}


class Story:
    """What happens in the company, day by day."""

    def __init__(self, env, first):
        self.env, self.first = env, first
        self.company = env.company
        self.product = env["product.product"].create(
            {
                "name": PRODUCT,
                "type": "consu",
                "list_price": PRICE,
                "taxes_id": [Command.clear()],
                "invoice_policy": "delivery",
                "company_id": self.company.id,
                "relationship_lasting_days": LASTING,
            }
        )
        self.outcomes = dict(OUTCOMES)
        self.happenings = {
            0: lambda: self.order("Pak Budi"),
            9: lambda: self.order("Pak Budi", client_order_ref=FOR_MOTHER),
            10: self.cancel,
            21: lambda: self.order("Ibu Sari", referred_by_id=self.get("Pak Budi").id),
            57: lambda: self.pause("Pak Budi", 64),
            63: lambda: self.order("Ibu Lestari"),
            78: lambda: self.order("Pak Budi"),
        }

    def get(self, name):
        return self.env["res.partner"].search(
            [("name", "=", name), ("company_id", "=", self.company.id)]
        )

    def order(self, name, **values):
        self._make_order(name, **values).action_confirm()

    def cancel(self):
        orders = self.env["sale.order"].search([("client_order_ref", "=", FOR_MOTHER)])
        orders._action_cancel()

    def pause(self, name, until):
        """Let a customer ask to be left in peace until a day."""
        day = self.first + timedelta(days=until)
        self.get(name)._change_preferences({"contact_snooze_until": day}, "portal")

    def order_before(self, name, days):
        """Order something before the company began with the programs."""
        moment = self.company._relationship_time(self.first - timedelta(days), NOON)
        self._make_order(name, state="sale", date_order=moment)

    def _make_order(self, name, **values):
        partner = self.get(name)
        line = {"product_id": self.product.id, "tax_ids": [Command.clear()]}
        return self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "user_id": partner.user_id.id,
                "order_line": [Command.create(line)],
                **values,
            }
        )

    def play(self, days):
        for day in range(days):
            date = self.first + timedelta(days=day)
            with self._at(date, NIGHT):
                self._night()
            with self._at(date, NOON):
                self.happenings.get(day, lambda: None)()
                self._send()
            with self._at(date, AFTERNOON):
                self._work(date)
                self._send()

    @contextmanager
    def _at(self, date, hour):
        """Let it be an hour of a day, for Odoo and for the database."""
        moment = self.company._relationship_time(date, hour)
        with freeze_time(moment), patch.object(self.env.cr, "_now", moment):
            yield
            self.env.flush_all()

    def _night(self):
        interactions = self.env["crm.interaction"]
        self.env["crm.relationship"]._refresh_portfolio(self.company)
        interactions._before_scheduling(self.company)
        interactions._schedule(self.company)
        self._send()

    def _send(self):
        """Release what is due; a mail server of ours takes the messages."""
        self.env["crm.interaction"]._cron_release()
        taken = self.env["mail.mail"].search([("state", "=", "outgoing")])
        with (
            patch.object(IrMail_Server, "_connect__", lambda *_args, **_kwargs: None),
            patch.object(
                IrMail_Server,
                "send_email",
                lambda _server, message, *_args, **_kwargs: message["Message-Id"],
            ),
        ):
            taken.send(auto_commit=False)

    def _work(self, date):
        """Make what is due in the queues."""
        due = self.env["crm.interaction"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "open"),
                ("activity_id.date_deadline", "<=", date),
            ],
            order="date_planned, id",
        )
        for interaction in due.filtered(lambda i: i.state == "open"):
            self._make(interaction.with_user(interaction.user_id))

    def _make(self, interaction):
        told = (interaction.partner_id.name, interaction.name)
        if told in NO_ANSWER:
            interaction.action_no_answer()
        elif interaction.is_complaint:
            interaction._close_done({"outcome": "solved"})
        else:
            interaction._close_done(self.outcomes.pop(told, {"outcome": "reached"}))


def load(env, today):
    """Load the company and play its days; what is there stays as it is."""
    if env["res.company"].search_count([("name", "=", NAME)], limit=1):
        return
    first = today - timedelta(days=DAYS)
    first -= timedelta(days=first.weekday())
    company = _load_company(env)
    own = env["res.company"].with_company(company).with_context(make.QUIET).env
    own = own(context={**own.context, "allowed_company_ids": company.ids})
    salesperson = _load_staff(own, company)
    _load_customers(own, first, salesperson)
    story = Story(own, first)
    for name, days in ORDERED_BEFORE.items():
        for before in days:
            story.order_before(name, before)
    with story._at(first, 0):
        company._go_live(own["crm.touchpoint"].search([("mode", "=", "automated")]))
        _start_programs(own)
    story.play((today - first).days)
    env.cr.commit()


def _load_company(env):
    company = env["res.company"].create(
        {"name": NAME, "currency_id": env.company.currency_id.id}
    )
    company.partner_id.write(
        {"tz": str(cdnow.TIME_ZONE), "country_id": env.ref("base.id").id}
    )
    env.ref("base.user_admin").company_ids = [Command.link(company.id)]
    return company


def _load_staff(env, company):
    """Return the salesperson; a manager looks after the programs."""
    works = {
        "company_id": company.id,
        "company_ids": [Command.set(company.ids)],
        "notification_type": "inbox",
    }
    # the manager says how long the supplement lasts: a right of Odoo's products
    manager = env.ref("sales_team.group_sale_manager")
    manager |= env.ref("product.group_product_manager")
    make.user(env, *MANAGER, manager, **works)
    own = env.ref("sales_team.group_sale_salesman")
    return make.user(env, *SALESPERSON, own, **works)


def _load_customers(env, first, salesperson):
    for number, (name, birthday) in enumerate(CUSTOMERS.items(), 1):
        born = birthday is not None and first + timedelta(days=birthday)
        env["res.partner"].create(
            {
                "name": name,
                "ref": f"SEHAT-{number}",
                "email": f"{name.split()[1].lower()}@example.com",
                "phone": f"+62 811 9000 10{number}",
                "country_id": env.ref("base.id").id,
                "tz": str(cdnow.TIME_ZONE),
                "birthdate": born and born.replace(year=1980),
                "user_id": salesperson.id,
                "company_id": env.company.id,
            }
        )


def _start_programs(env):
    """Use the ready-made programs of the guide, as the manager does."""
    manager = env["res.users"].search([("login", "=", MANAGER[0])])
    for name in PROGRAMS:
        ready_made = env.ref(f"crm_relationship.crm_program_{name}")
        draft = ready_made.with_user(manager).action_use_ready_made()["res_id"]
        program = env["crm.program"].with_user(manager).browse(draft)
        if name == "win_back":
            # with four customers, there is no forecast of what each will bring
            program.worthwhile_only = False
        program.action_publish()
