"""What core does where this addon is not in its way: its screens without our fields,
its methods without our overrides.
"""

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from lxml import etree

ADDON = "crm_relationship"


def is_ours(definition):
    """Tell whether a class, or a field, is defined by this addon or its glue."""
    module = getattr(definition, "_module", None) or ""
    return module.split("_")[:2] == ADDON.split("_")


def pass_on(cls, name):
    """Return a method that does only what the next class in line does."""

    def method(self, *args, **kwargs):
        return getattr(super(cls, self), name)(*args, **kwargs)

    return method


def get_overrides(env):
    """Return ``{(class, name)}`` of the methods by which we extend models of others."""
    found = set()
    for model in env.values():
        mro = [cls for cls in type(model).__mro__ if not hasattr(cls, "pool")]
        if is_ours(type("", (), {"_module": model._original_module})):
            continue
        for rank, cls in enumerate(mro):
            if not is_ours(cls):
                continue
            below = [other for other in mro[rank + 1 :] if not is_ours(other)]
            found |= {
                (cls, name)
                for name, value in vars(cls).items()
                if callable(value)
                and not name.startswith("__")
                and any(name in vars(other) for other in below)
            }
    return found


@contextmanager
def without_our_overrides(env):
    """Let core's methods do what they do without this addon."""
    with ExitStack() as stack:
        for cls, name in get_overrides(env):
            stack.enter_context(patch.object(cls, name, pass_on(cls, name)))
        yield


def get_specification(model, kind, ours=True, tree=None):
    """Return what the client reads for a view of a model, for ``web_read``.

    :param bool ours: with the fields of this addon
    :param tree: the view; the usual one by default
    """
    if tree is None:
        tree = etree.fromstring(model.get_view(view_type=kind)["arch"])
    return _specify(model, tree, ours)


def _specify(model, tree, ours):
    specification = {}
    depth = len(tree.xpath("ancestor-or-self::field"))
    for node in tree.xpath(".//field[count(ancestor::field) = $depth]", depth=depth):
        field = model._fields[node.get("name")]
        if not ours and field._modules and field._modules[0].startswith(ADDON):
            continue
        specification[field.name] = _specify_field(model, field, node, ours)
    return specification


def _specify_field(model, field, node, ours):
    if not field.relational:
        return {}
    comodel = model.env[field.comodel_name]
    if not field.type.endswith("2many"):
        return {"fields": {"display_name": {}}}
    views = [child for child in node if child.tag in ("list", "kanban")]
    fields = _specify(comodel, views[0], ours) if views else {"display_name": {}}
    return {"fields": fields, "limit": 40}
