"""Every public method, called by everybody with whatever a client could send.

The list of methods comes from the registry: a new one is called without being named
here. After each call, every row of the database that differs is held against what the
caller may do by access rights, record rules and groups of fields; what a method may do
beyond that stands in a table with its reason.
"""

import inspect
import re
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import api
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_public_methods import (
    ADDON,
    MARK,
    MODULE,
    ORM_METHODS,
    Rights,
    Snapshot,
    WriteWatch,
    find_public_methods,
    make_values,
)
from .common_public_world import PublicWorldCase

# Parameters of methods, by name: a function of the sender's ids. Others get GENERIC.
ARGUMENTS = {
    "domain": lambda ids: ([], [("partner_id.opportunity_ids.name", "like", "L")]),
    "default": lambda ids: (None,),
    "excluded": lambda ids: ((),),
    "vals": lambda ids: ({},),
    "specification": lambda ids: ({},),
    "touchpoint_id": lambda ids: (*ids("crm.touchpoint")[:1], False),
    "interaction_id": lambda ids: ids("crm.interaction"),
    "interaction_ids": lambda ids: (ids("crm.interaction"),),
    "what": lambda ids: ("reached", "no_answer", None),
    "contacts_a_year": lambda ids: (12,),
    "msg_dict": lambda ids: (
        {"body": "stop", "subject": "stop", "email_from": "foreign@example.com"},
    ),
    "update_vals": lambda ids: (None, {"comment": "hostile"}),
    "fields": lambda ids: (["name"],),
    "data": lambda ids: ([["hostile"]],),
    "act_type_xmlid": lambda ids: ("mail.mail_activity_data_todo",),
}
GENERIC = ("hostile", 1, None)
# What somebody could put into the context of a request.
CONTEXTS = (
    {},
    {
        "outcome": "complaint",
        "import_file": True,
        "tracking_disable": True,
        "active_test": False,
        "default_state": "done",
        "default_name": "hostile",
    },
)
# Fields of Odoo on which our own `create` and `write` act.
WATCHED = {
    "mail.activity": ("user_id", "date_deadline", "res_id", "summary"),
    "res.partner": (
        "user_id",
        "parent_id",
        "email",
        "phone",
        "active",
        "company_id",
        "tz",
    ),
    "res.users": ("active",),
}
NEWEST = 40
QUIET_LOGGERS = (
    "odoo.sql_db",
    "odoo.models",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
)


# What follows although the caller could not do it by hand, and why it may:
# (method, what happened, reason), the first two as regular expressions.
ALLOWED = (
    (
        r".*",
        r"create (bus_bus|mail_(followers|mail|tracking_value)\w*|ir_cron_trigger) ",
        "Odoo tells and notes what was done; a job is asked to run soon",
    ),
    (
        r".*",
        r"create crm_preference_change ",
        "the proof of each change of a wish, made with the change itself",
    ),
    (
        r"(res\.partner|crm\.interaction(\.log)?)\.write",
        r"write columns res_partner \['own_(email|phone)_mark'\]",
        "which address was there first; nobody reads or writes it",
    ),
    (
        r"crm\.(my\.day\.note|interaction\.(action_(cancel|done|new_quotation|no_answer)"
        r"|later\.\w+|log\.\w+))",
        r"create crm_interaction_undo ",
        "what a tap can take back is written by the server alone",
    ),
    (
        r"crm\.segment\.set_matrix_cell",
        r"create crm_matrix_undo ",
        "what a change of the matrix can take back is written by the server alone",
    ),
    (
        r"crm\.cadence\.experiment\.action_(start|end|cancel)",
        r"(create|write) (hidden )?crm_(cadence_member|interaction|relationship) ",
        "who may experiment divides the customers of the company by chance; groups are"
        " written by methods alone",
    ),
    (
        r"(crm\.holdout\.action_reshuffle|res\.company\.\w+|res\.config\.settings\.\w+)",
        r"(create|write) crm_holdout ",
        "periods are written by methods alone",
    ),
    (
        r"crm\.program\.write",
        r"create mail_alias ",
        "who may make sales teams may do so here as well; Odoo gives each an alias",
    ),
    (
        r"crm\.relationship\.action_refresh",
        r"create crm_segment_figure ",
        "figures follow from the sales; an administrator asks for them now",
    ),
    (
        r"crm\.segment\.unlink",
        r"unlink (hidden )?crm_segment_keep ",
        "a dialog left open about a segment that is gone",
    ),
    (
        r".*\.(unlink|write)",
        r"unlink (hidden )?crm_live_touchpoint_rel ",
        "a channel that is gone is live nowhere",
    ),
    (
        r"crm\.going\.live\.(create|write)",
        r"write res_company \['(relationship|selling|consent)_\w+', 'write_uid'\]",
        "the start page is where a sales administrator settles the company's rules",
    ),
    (
        r"crm\.at\.risk\.trial\.action_take",
        r"write res_company \['relationship_at_risk_factor', 'write_uid'\]",
        "the one setting that the dialog is about, to the figure that it finds",
    ),
    (
        r"crm\.interaction\.(create|write)",
        r"write crm_relationship \["
        r"('(care_reason|care_state|care_until|coverage_state|next_contact_date)'"
        r"(, )?)+\]",
        "the customer's next day follows from what is planned",
    ),
    (
        r"res\.partner\.(create|write)",
        r"unlink hidden mail_activity ",
        "what waits in a colleague's queue ends with the refusal of its address",
    ),
    (
        r"res\.partner\.(create|write)",
        r"write (hidden )?crm_(interaction|program_enrollment|relationship) \["
        r"('(active|activity_id|care_reason|care_state|care_until|coverage_state"
        r"|date_planned|next_contact_date"
        r"|reason_code|state|write_uid)'(, )?)+\]",
        "wishes, also those of another contact with the same address, and the end of a"
        " contact hold in every company, whoever enters them",
    ),
    (
        r"res\.partner\.write",
        r"(write (hidden )?crm_lead \['(email|phone)|create mail_message )",
        "Odoo's own: leads follow the address of their contact, and their chatter",
    ),
    (
        r"res\.partner\.action_erase_contact_data",
        r"(unlink|write|create) (hidden )?\w+ ",
        "an erasure reaches everything that names the person (test_erasure_dump)",
    ),
)


@tagged("post_install", "-at_install")
class TestPublicMethods(PublicWorldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant()
        cls.env.flush_all()
        cls.snapshot = Snapshot(cls.env.cr)
        cls.newest = {}
        cls.methods = list(find_public_methods(cls.env))

    def test_salesperson(self):
        self.call_everything(self.sari)

    def test_all_documents(self):
        self.call_everything(self.all_documents)

    def test_manager_of_another_company(self):
        self.call_everything(self.stranger)

    def test_internal_user(self):
        self.call_everything(self.internal)

    def test_portal_user(self):
        self.call_everything(self.portal)

    def test_public_user(self):
        self.call_everything(self.public)

    def test_everything_is_found(self):
        """The test itself: it knows overrides, actions, wizards and Odoo's ways in."""
        found = {f"{model._name}.{name}" for model, name in self.methods}
        self.assertGreater(len(found), 300)
        for name in (
            "crm.interaction.action_done",
            "crm.interaction.web_save",
            "crm.program.enroll.action_enroll",
            "crm.segment.get_touchpoint_matrix",
            "mail.activity.unlink",
            "res.partner.message_update",
            "res.users.write",
        ):
            self.assertIn(name, found)
        self.assertNotIn("crm.suppression.init", found)

    def test_a_hole_is_found(self):
        """The test itself: a method that lends its rights is told by what it did."""

        def lend(records):
            records.sudo().write({"feedback": "hostile"})
            return records.sudo().mapped("name")

        model = self.env["crm.interaction"]
        self.rights = Rights(self.env, self.portal)
        self.watch = WriteWatch(self.env.cr)
        done = model.search([("state", "=", "done")], limit=1)
        with (
            patch.object(self.env.cr, "execute", self.watch.execute),
            patch.object(type(model), "action_open_outcome", lend),
        ):
            faults = self.send(
                self.portal, model, "action_open_outcome", done.ids, (), {}
            )
        self.assertEqual(len(faults), 2, faults)
        self.assertIn("write hidden crm_interaction ['feedback'", faults[0])
        self.assertEqual(faults[1], "tells crm_interaction.name")

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def call_everything(self, user):
        self.rights = Rights(self.env, user)
        watch = WriteWatch(self.env.cr)
        faults, calls = {}, 0
        with patch.object(self.env.cr, "execute", watch.execute):
            self.watch = watch
            for model, name in self.methods:
                for call in self.make_calls(user, model, name):
                    calls += 1
                    method = f"{model._name}.{name}"
                    for fault in self.send(user, model, name, *call):
                        if not is_allowed(method, fault):
                            faults.setdefault((method, fault), call)
        self.assertGreater(calls, 500)
        self.assertFalse(
            faults,
            "".join(
                f"\n{method}: {fault}\n      {str(call)[:300]}"
                for (method, fault), call in faults.items()
            ),
        )

    def make_calls(self, user, model, name):
        """Return (ids or None, arguments, context) of the calls of a method.

        Where access rights alone refuse, values differ less.
        """
        function = getattr(type(model), name)
        targets = [ids[:1] for ids in self.sort(model).values() if ids]
        allowed = model.with_user(user).has_access(
            name if name in ("create", "write") else "read"
        )
        if name == "create":
            return [
                (None, ([vals],), {}) for vals in self.make_new(model, targets, allowed)
            ]
        if name == "write":
            return [
                (ids, (vals,), {})
                for place, ids in enumerate(targets)
                for vals in self.make_vals(model, 9 if allowed and not place else 1)
            ]
        if name in ORM_METHODS:
            arguments = self.make_arguments(function)[:1]
            return [
                (None if is_on_model(function) else ids, args, {})
                for ids in targets
                for args in arguments
            ]
        targets += [sum(targets, []), []]
        return [
            (ids, args, context)
            for ids in ([None] if is_on_model(function) else targets)
            for args in self.make_arguments(function)
            for context in CONTEXTS
        ]

    def make_arguments(self, function):
        """Return arguments: each value of each parameter, the others at their first."""
        options = [
            tuple(ARGUMENTS[parameter.name](self.ids))
            if parameter.name in ARGUMENTS
            else GENERIC
            for parameter in list(inspect.signature(function).parameters.values())[1:]
            if parameter.kind == parameter.POSITIONAL_OR_KEYWORD
        ]
        first = tuple(values[0] for values in options)
        return [first] + [
            (*first[:place], value, *first[place + 1 :])
            for place, values in enumerate(options)
            for value in values[1:]
        ]

    def make_vals(self, model, limit):
        """Return values for ``write``: of each field of ours, at most so many."""
        return [
            {field.name: value}
            for field in self.get_fields(model)
            for value in make_values(field, self.ids, self.env)[:limit]
        ]

    def make_new(self, model, targets, allowed):
        """Return values of new records: copies, and copies with one value changed."""
        found = [self.make_copies(model, ids) for ids in targets]
        copies = sum(found, []) or [{}]
        if not allowed:
            return copies
        return copies + [
            {**copies[0], **vals} for vals in self.make_vals(model, limit=1)
        ]

    def make_copies(self, model, ids):
        record = model.browse(ids).sudo().with_context(active_test=False)
        if model._abstract:
            return []
        if model._name == "res.users":
            return [{"name": "hostile", "login": "hostile"}]
        try:
            return record.copy_data()
        except UserError:
            return []

    def get_fields(self, model):
        watched = WATCHED.get(model._name, ())
        return [
            field
            for field in model._fields.values()
            if field.name in watched
            or field._modules[:1] == (MODULE,)
            and field.name != "display_name"
            and (field.store or field.inverse)
            and not (field.related and field.readonly)
        ]

    # ------------------------------------------------------------------
    # Records
    # ------------------------------------------------------------------

    def sort(self, model):
        if model._abstract:
            return {"own": [1]}
        return self.rights.sort(model._name, self.get_newest(model._name))

    def get_newest(self, model_name):
        if model_name not in self.newest:
            records = self.env[model_name].with_context(active_test=False)
            self.newest[model_name] = records.search(
                [], order="id desc", limit=NEWEST
            ).ids
        return self.newest[model_name]

    def ids(self, model_name):
        """Return ids, those first that the user has least to do with."""
        found = self.rights.sort(model_name, self.get_newest(model_name))
        return [*found["hidden"][:1], *found["seen"][:1], *found["own"][:1]]

    # ------------------------------------------------------------------
    # Judging
    # ------------------------------------------------------------------

    def send(self, user, model, name, ids, args, context):
        """Call as a client does, and return what was wrong with it."""
        env = api.Environment(self.env.cr, user.id, {})
        env.transaction.default_env = env  # as for each request
        point = env.cr.savepoint(flush=False)
        faults, changed, self.watch.seen = [], [], False
        try:
            with mute_logger(*QUIET_LOGGERS):
                result = call_kw(
                    env[model._name],
                    name,
                    list(args) if ids is None else [ids, *args],
                    {"context": context},
                )
                env.cr.flush()
            changed = self.find_changes() if self.watch.seen else []
        except (UserError, IntegrityError) as error:
            result = str(error)  # of the latter, Odoo makes a sentence
        except Exception as error:
            result = None
            if not is_odoos_own(error):
                faults.append(f"{type(error).__name__}: {error}"[:200])
        finally:
            point.close(rollback=True)
            env.cr.precommit.clear()
            env.cr.postcommit.clear()
            env.transaction.clear()
            env.transaction.default_env = self.env
        return [*faults, *self.judge(changed), *self.judge_result(result)]

    def find_changes(self):
        """Return (table, key, operation, row, whether it may be created)."""
        found = []
        for table, key, operation in self.snapshot.compare():
            row = self.snapshot.read_row(table, key)
            may = operation == "create" and self.rights.may(operation, table, key, row)
            found.append((table, key, operation, row, may))
        return found

    def judge(self, changed):
        """Yield what the user could not have changed by hand."""
        for table, key, operation, row, may in changed:
            if operation == "create":
                if not may:
                    yield f"create {table} "
                continue
            old = self.snapshot.read_row(table, key)
            columns = sorted(c for c in old if row and row[c] != old[c])
            if not self.rights.may(operation, table, key, old):
                seen = self.rights.may("read", table, key, old)
                place = table if seen else f"hidden {table}"
                yield f"{operation} {place} {columns or ''}"
            elif kept := self.rights.get_kept(table, columns):
                yield f"write columns {table} {kept}"

    def judge_result(self, result):
        for table, column, id_ in set(MARK.findall(str(result))):
            if not self.rights.may_read(table, column, int(id_)):
                yield f"tells {table}.{column}"


def is_allowed(method, fault):
    return any(
        re.fullmatch(of, method) and re.match(what, fault)
        for of, what, _reason in ALLOWED
    )


def is_on_model(function):
    return getattr(function, "_api_model", False)


def is_odoos_own(error):
    """Tell whether an error came out of Odoo's own part of a method that we extend.

    That is: below our last frame, Odoo's method of the same name was called.
    """
    frames, frame = [], error.__traceback__
    while frame:
        code = frame.tb_frame
        frames.append((code.f_globals["__name__"], code.f_code.co_name))
        frame = frame.tb_next
    ours = [
        place
        for place, (module, _function) in enumerate(frames)
        if module.startswith(ADDON) and not module.startswith(f"{ADDON}.tests")
    ]
    if not ours:
        return True
    function = frames[ours[-1]][1]
    return function in [called for _module, called in frames[ours[-1] + 1 :]]
