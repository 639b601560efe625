"""What the web client asks the server for when an action opens a view.

After Odoo 19's own JavaScript: `view_service.js` (get_views), `relational_model.js` and
its `getFieldsSpec` (web_search_read), `pivot_model.js` (formatted_read_grouping_sets).
Both sides of a ratio are opened by this code, each by its own views.
"""

from itertools import product

from lxml import etree

from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

LIMITS = {"list": 80, "kanban": 40}
COUNT_LIMIT = 10_000
ALWAYS = ("1", "True", "true")


class Opening:
    """An action opened in one of its views, as often as wanted."""

    def __init__(self, env, action, kind):
        """:param str action: external id; :param str kind: list, kanban or pivot"""
        action = env["ir.actions.act_window"]._for_xml_id(action)
        self.model = env[action["res_model"]]
        self.kind = kind
        self.values = {"uid": env.uid, "context": env.context}
        self.context = safe_eval(action["context"] or "{}", dict(self.values))
        self.domain = Domain(safe_eval(action["domain"] or "[]", dict(self.values)))
        search = action["search_view_id"]
        self.views = [*action["views"], (search and search[0], "search")]
        self.options = {
            "action_id": action["id"],
            "embedded_action_id": False,
            "embedded_parent_res_id": False,
            "load_filters": True,
            "toolbar": True,
        }

    def __call__(self):
        """Ask for everything, as if nobody had before; return how much there is."""
        self.model.env.invalidate_all()
        views = self.model.get_views(self.views, self.options)
        arch = etree.fromstring(views["views"][self.kind]["arch"])
        search = etree.fromstring(views["views"]["search"]["arch"])
        domain = list(self.domain & filtered(search, self.context, self.values))
        if self.kind == "pivot":
            described = views["models"][self.model._name]["fields"]
            return self._pivot(arch, described, domain)
        return self._records(arch, views["models"], domain)

    def _records(self, arch, models, domain):
        limit = int(arch.get("limit", LIMITS[self.kind]))
        if arch.get("default_group_by"):
            raise NotImplementedError("A view that opens grouped")
        found = self.model.with_context(**self.context, bin_size=True).web_search_read(
            domain,
            specification(arch, self.model._name, models),
            limit=limit,
            order=arch.get("default_order", ""),
            count_limit=COUNT_LIMIT + 1,
        )
        return len(found["records"])

    def _pivot(self, arch, described, domain):
        rows, columns, measures = [], [], []
        for node in arch.iter("field"):
            name, kind = node.get("name"), node.get("type")
            if node.get("invisible") in ALWAYS:
                continue
            if kind == "measure" or node.get("operator"):
                measures.append(name)
            if kind in ("row", "col"):
                interval = node.get("interval")
                if not interval and described[name]["type"] in ("date", "datetime"):
                    interval = "month"
                target = rows if kind == "row" else columns
                target.append(f"{name}:{interval}" if interval else name)
        rows = self.context.get("pivot_row_groupby", rows)
        columns = self.context.get("pivot_column_groupby", columns)
        measures = self.context.get("pivot_measures", measures)
        groups = self.model.with_context(**self.context).formatted_read_grouping_sets(
            domain,
            [row + column for row, column in product(_starts(rows), _starts(columns))],
            _measures(measures, described),
        )
        return sum(map(len, groups))


def filtered(search, context, values):
    """Return the domain of the filters that an action switches on.

    Neighbours are united, as the client does with those between two separators.

    :param search: element of the search view
    :param dict context: of the action
    :param dict values: names that the domains of filters may use
    """
    on = {
        key.removeprefix("search_default_")
        for key, value in context.items()
        if key.startswith("search_default_") and value
    }
    groups = [[]]
    for node in search.iter("*"):
        if node.tag != "filter":
            groups.append([])
        elif node.get("name") in on:
            if "group_by" in node.get("context", ""):
                raise NotImplementedError("An action that opens grouped")
            domain = safe_eval(node.get("domain"), dict(values))
            groups[-1].append(Domain(domain))
    return Domain.AND(Domain.OR(group) for group in groups if group)


def _starts(names):
    """Return [], then the first name, the first two, and so on."""
    return [names[:count] for count in range(len(names) + 1)]


def _measures(names, described):
    result = []
    for name in names:
        if name == "__count":
            continue
        result.append(f"{name}:{described[name]['aggregator']}")
        if currency := described[name].get("currency_field"):
            result += [f"{currency}:array_agg_distinct", f"{name}:sum_currency"]
    return [*dict.fromkeys(result), "__count"]


def specification(arch, model, models):
    """Return which fields a view reads, and what of the records they name.

    :param arch: element of a list, kanban or form
    :param dict models: fields of each model, as ``get_views`` describes them
    """
    result, described = {}, models[model]["fields"]
    for node in _own_fields(arch):
        name = node.get("name")
        kind = described[name]["type"]
        hidden = (node.get("column_invisible") or node.get("invisible")) in ALWAYS
        result[name] = {}
        if kind in ("many2one", "reference"):
            result[name]["fields"] = {} if hidden else {"display_name": {}}
        elif kind in ("one2many", "many2many") and not hidden:
            result[name]["fields"] = _related(node, described[name], models)
        elif kind == "monetary" or node.get("widget") == "monetary":
            currency = described[name].get("currency_field") or "currency_id"
            if currency in described:
                result.setdefault(currency, {"fields": {"display_name": {}}})
        elif node.get("widget") == "image" and "write_date" in described:
            result.setdefault("write_date", {})
    return result


def _own_fields(arch):
    """Give the fields of a view, without those of the views within it."""
    for node in arch.iterchildren("*"):
        if node.tag == "field":
            yield node
        else:
            yield from _own_fields(node)


def _related(node, described, models):
    """Return what is read of the records in a list within a form."""
    if node.get("widget") == "many2many_tags":
        color = safe_eval(node.get("options") or "{}").get("color_field")
        return {"display_name": {}, **({color: {}} if color else {})}
    inner = next(node.iterchildren("list", "kanban"), None)
    if inner is None:
        return {}
    return specification(inner, described["relation"], models)
