"""Whatever a client sends: a sentence comes back, never an error of Python or SQL."""

import inspect
from itertools import chain

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RelationshipCase

ADDON = "odoo.addons.crm_relationship"
LONG = "x" * 1_000_000
IDS = (
    [],
    [0],
    [-1],
    [10**12],
    [None],
    ["abc"],
    "abc",
    None,
    1.5,
    {"a": 1},
    [[1]],
    True,
)
WRONG = (None, "abc", -1, 10**12, 1.5, [], {}, [["a"]], LONG, True)
# Odoo's own methods that we extend: what it says of wrong types is its own.
OVERRIDES = {
    "button_draft",
    "copy_data",
    "copy_translations",
    "create",
    "fields_get",
    "message_update",
    "name_create",
    "reverse_moves",
    "send",
    "unlink",
    "write",
    "browse",
}


def find_methods(env):
    """Yield (model, name, function) of each public method that this addon defines."""
    for name in env.registry:
        seen = set()
        for cls in type(env[name]).mro():
            if not cls.__module__.startswith(ADDON):
                continue
            for key, function in vars(cls).items():
                if (
                    inspect.isfunction(function)
                    and not key.startswith("_")
                    and key not in OVERRIDES | seen
                ):
                    seen.add(key)
                    yield env[name], key, function


def is_ours(error):
    """Tell whether an error came out of this addon, and not before it was reached."""
    frame = error.__traceback__
    while frame:
        module = frame.tb_frame.f_globals["__name__"]
        if module.startswith(ADDON) and not module.startswith(f"{ADDON}.tests"):
            return True
        frame = frame.tb_next
    return False


@tagged("post_install", "-at_install")
class TestWrongTypes(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment = cls.make_segment("S", plan_id=cls.make_plan().id)
        cls.relationship = cls.make_relationship()
        cls.make_interaction(cls.relationship)

    def send(self, model, name, args):
        """Call as a client does; return the error that comes back, if it is none."""
        point = self.env.cr.savepoint()
        try:
            with mute_logger("odoo.sql_db"):
                call_kw(model.with_user(self.manager), name, args, {})
                self.env.flush_all()
        except (UserError, AccessError):
            return None
        except Exception as error:
            return error if is_ours(error) else None
        finally:
            point.close(rollback=True)
            self.env.invalidate_all()
        return None

    def test_every_public_method(self):
        methods = list(find_methods(self.env))
        self.assertGreater(len(methods), 25)
        for model, name, function in methods:
            parameters = len(inspect.signature(function).parameters) - 1
            on_model = getattr(function, "_api_model", False)
            record = model.search([], limit=1) if model._auto else model
            for args in self.make_arguments(on_model, parameters, record.ids):
                shown = str(args)[:60]
                with self.subTest(method=f"{model._name}.{name}", args=shown):
                    error = self.send(model, name, list(args))
                    if error:
                        self.fail(f"{type(error).__name__}: {error}"[:300])

    @staticmethod
    def make_arguments(on_model, parameters, ids):
        """Yield wrong arguments: of ids, of each parameter, and too many."""
        first = () if on_model else (ids,)
        if not on_model:
            yield from ((bad, *[1] * parameters) for bad in IDS)
        for position in range(parameters):
            for bad in WRONG:
                values = [1] * parameters
                values[position] = bad
                yield (*first, *values)
        yield from chain([(*first, *[1] * (parameters + 1))])

    def test_a_name_is_not_enough(self):
        """Lists offer to create what somebody types, as a record of that name."""
        for model in ("crm.relationship", "crm.staff.requirement"):
            with self.subTest(model=model), self.assertRaises(UserError) as refusal:
                call_kw(
                    self.env[model].with_user(self.manager), "name_create", ["x"], {}
                )
            self.assertIn("A name alone is not enough", str(refusal.exception))
        made = call_kw(
            self.env["crm.benefit"].with_user(self.manager), "name_create", ["A"], {}
        )
        self.assertEqual(made[1], "A")

    def test_nobody_is_erased(self):
        for ids in ([], [10**8], ["abc"]):
            with self.subTest(ids=ids):
                error = self.send(
                    self.env["res.partner"], "action_erase_contact_data", [ids]
                )
                self.assertFalse(error)
