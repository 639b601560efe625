"""What there is to open and press for a user, as the server sees it."""

from datetime import timedelta

from lxml import etree

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import new_test_user
from odoo.tools.safe_eval import datetime, dateutil, safe_eval, time

from .common import own_login
from .common_without import get_specification

ROOT_MENU = "crm_relationship.crm_relationship_menu_root"
ROLES = {
    "salesperson": "sales_team.group_sale_salesman",
    "documents": "sales_team.group_sale_salesman_all_leads",
    "administrator": "sales_team.group_sale_manager",
    "system": "sales_team.group_sale_manager,base.group_system",
}
ALWAYS = ("1", "True", "true")
# What records can be, and buttons depend on.
STATES = {"state", "lifecycle_stage", "trigger", "outcome", "channel_kind", "kind"}
PLAIN_GROUPS = ("list", "kanban")


def make_roles(env):
    """Return ``{role: res.users}``."""
    return {
        role: new_test_user(env, own_login(f"crawl_{role}"), groups, tz="UTC")
        for role, groups in ROLES.items()
    }


def make_world(env, salesperson):
    """Make some of everything there is to look at, by the settings of an installation.

    :return: the customers
    """
    customers = env["res.partner"].create(
        [
            {
                "name": name,
                "email": f"{name.split()[-1]}@example.com".lower(),
                "phone": f"+62 811 100 20{rank}",
                "user_id": salesperson.id,
                "is_company": rank == 2,
            }
            for rank, name in enumerate(("Ibu Kartini", "Pak Hasan", "Toko Crawl"))
        ]
    )
    product = env["product.product"].create({"name": "Crawled", "taxes_id": False})
    for customer in customers:
        order = env["sale.order"].create(
            {
                "partner_id": customer.id,
                "user_id": salesperson.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        order.action_confirm()
    company = env.company
    env["crm.relationship"]._refresh_portfolio(company)
    relationships = env["crm.relationship"]._ensure(customers, company)
    relationships.user_id = salesperson
    interactions = env["crm.interaction"]
    interactions._schedule(company)
    channel = env["crm.touchpoint"].search([("mode", "=", "personal")], limit=1)
    waiting = interactions.create(
        [
            {
                "name": "Crawled",
                "relationship_id": relationship.id,
                "user_id": salesperson.id,
                "touchpoint_id": channel.id,
                "date_planned": fields.Datetime.now(),
            }
            for relationship in relationships
        ]
    )
    waiting._release()
    waiting[:1]._close_done({"outcome": "complaint", "feedback": "Broken"})
    make_past(env, relationships[-1], channel)
    customers[0].consent_selling = "refused"
    customers[1].write({"do_not_contact": True, "do_not_contact_reason": "Asked us to"})
    env["crm.relationship"]._refresh_portfolio(company)
    return customers


def make_past(env, relationship, channel):
    """Make an interaction of each kind of end, and one whose customer is gone."""
    make = env["crm.interaction"].create
    ends = make(
        [
            {
                "name": end,
                "relationship_id": relationship.id,
                "touchpoint_id": channel.id,
                "date_planned": fields.Datetime.now(),
            }
            for end in ("done", "cancelled", "missed", "skipped", "source", "history")
        ]
    )
    done, cancelled, missed, skipped, noted, history = ends
    done._close_done({"outcome": "reached"})
    cancelled.action_cancel()
    missed.write({"state": "missed", "reason_code": "no_answer"})
    skipped.write({"state": "skipped", "reason_code": "no_address"})
    noted._close_done({"outcome": "ordered"})
    history._close_done({"outcome": "not_now"})
    history.date_done -= timedelta(days=30)


class Crawler:
    """Opens what a user can open from our menus, and presses what can be pressed."""

    def __init__(self, env):
        self.env = env
        self.values = {
            "uid": env.uid,
            "context": dict(env.context),
            "context_today": lambda: fields.Date.context_today(env.user),
            "current_date": str(fields.Date.context_today(env.user)),
            "datetime": datetime,
            "relativedelta": dateutil.relativedelta.relativedelta,
            "time": time,
            "allowed_company_ids": env.companies.ids,
            "companies": {"active_id": env.company.id},
        }

    # ------------------------------------------------------------------
    # What there is
    # ------------------------------------------------------------------

    def get_actions(self):
        """Return ``{name of a menu: action}`` of our menus that the user has."""
        menus = self.env["ir.ui.menu"].load_menus(False)
        found, todo = {}, [self.env.ref(ROOT_MENU).id]
        while todo:
            menu = menus.get(todo.pop())
            todo.extend(menu["children"] if menu else ())
            if menu and menu["action_model"] == "ir.actions.act_window":
                found[menu["name"]] = self.load(menu["action_id"])
        return found

    def load(self, action_id):
        """Return an action as the web client loads it."""
        action = self.env["ir.actions.actions"].browse(action_id).sudo()
        return self.env[action.type].sudo().browse(action_id)._get_action_dict()

    def get_views(self, action):
        """Return the model with the action's context, its domain, and its views."""
        context = self.evaluate(action.get("context") or {})
        model = self.env[action["res_model"]].with_context(**context)
        search = action.get("search_view_id")
        views = [*action["views"], (search[0] if search else False, "search")]
        found = model.get_views(views, {"toolbar": True, "load_filters": True})
        trees = {
            kind: etree.fromstring(v["arch"]) for kind, v in found["views"].items()
        }
        return model, Domain(self.evaluate(action.get("domain") or [])), trees

    def evaluate(self, expression, values=()):
        if isinstance(expression, str):
            return safe_eval(expression.strip(), {**self.values, **dict(values)})
        return expression

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    def open(self, action):
        """Open an action in each of its views, with each filter and each group."""
        model, domain, trees = self.get_views(action)
        kinds = [kind for _id, kind in action["views"] if kind in trees]
        for kind in kinds:
            self.open_view(model, domain, kind, trees[kind])
        filters = trees["search"].xpath("//filter[@domain]")
        for node in filters:
            model.web_search_read(
                domain & Domain(self.evaluate(node.get("domain"))), {"id": {}}, limit=80
            )
        for node in trees["search"].xpath("//field[@name]"):
            self.search(model, domain, node)
        for group in self.get_groups(trees["search"]):
            self.group(model, domain, [group])

    def search(self, model, domain, node):
        """Type something into a field of the search."""
        field, said = model._fields[node.get("name")], "1"
        if node.get("filter_domain"):
            typed = self.evaluate(
                node.get("filter_domain"), {"self": said, "raw_value": said}
            )
        elif field.type in (
            "char",
            "text",
            "html",
            "many2one",
            "one2many",
            "many2many",
        ):
            typed = [(field.name, node.get("operator") or "ilike", said)]
        else:
            return
        model.web_search_read(domain & Domain(typed), {"id": {}}, limit=80)

    def get_groups(self, search):
        contexts = map(self.evaluate, search.xpath("//filter/@context"))
        return [c["group_by"] for c in contexts if c.get("group_by")]

    def group(self, model, domain, groups):
        names = groups[0] if isinstance(groups[0], list) else groups
        model.formatted_read_group(domain, names, ["__count"])

    def open_view(self, model, domain, kind, tree):
        if kind == "list" and self.refers_to_parent(tree):
            raise ValueError("A list that stands by itself has no parent.")
        if kind in PLAIN_GROUPS:
            spec = get_specification(model, kind, tree=tree)
            model.web_search_read(domain, spec, limit=80)
            if group := tree.get("default_group_by"):
                self.group(model, domain, group.split(","))
        elif kind == "form":
            for record in [*model.search(domain, limit=2), None]:
                self.open_form(model, tree, record)
        elif kind in ("pivot", "graph"):
            groups, measures = [], ["__count"]
            for node in tree.iter("field"):
                if node.get("type") == "measure":
                    field = model._fields[node.get("name")]
                    measures.append(f"{field.name}:{field.aggregator}")
                elif node.get("invisible") not in ALWAYS:
                    groups.append(self.get_group(model, node))
            model.formatted_read_group(domain, groups, measures)

    def refers_to_parent(self, tree):
        return any(
            "parent" in (node.get(name) or "")
            for node in tree.xpath(".//*[not(ancestor::field)]")
            for name in ("column_invisible", "invisible", "readonly", "required")
        )

    def get_group(self, model, node):
        name = node.get("name")
        if model._fields[name].type not in ("date", "datetime"):
            return name
        return f"{name}:{node.get('interval') or 'month'}"

    def open_form(self, model, tree, record=None):
        """Open a record, or the form of a new one; return what the client reads."""
        spec = get_specification(model, "form", tree=tree)
        if record:
            return record.with_env(model.env).web_read(spec)[0]
        if tree.get("create") in ("0", "false", "False"):
            return None
        if not model._transient and not model.has_access("create"):
            return None
        return model.onchange({}, [], spec)["value"]

    # ------------------------------------------------------------------
    # Pressing
    # ------------------------------------------------------------------

    def pick(self, model, domain):
        """Return some records, among them one for each value of what they can be."""
        picked = model.search(domain, limit=3)
        for name in STATES & model._fields.keys():
            if model._fields[name].store:
                groups = model._read_group(domain, [name], ["id:min"])
                picked |= model.browse(id_ for _value, id_ in groups)
        return picked

    def get_press(self, record, node, kind):
        """Return what makes pressing a button on a record a thing of its own."""
        states = [record[name] for name in sorted(STATES & record._fields.keys())]
        names = ("name", "string", "context")
        return record._name, kind, *map(node.get, names), *states

    def get_buttons(self, model, tree, record, kind="form"):
        """Return the buttons that are visible on a record, or a new one.

        :param str kind: of the view: a form, or a list with buttons in its rows
        """
        if kind == "form":
            values = self.open_form(model, tree, record) or {}
        else:
            spec = get_specification(model, kind, tree=tree)
            values = record.with_env(model.env).web_read(spec)[0]
        values = {
            name: value["id"] if isinstance(value, dict) and "id" in value else value
            for name, value in {"id": record and record.id, **values}.items()
        }
        return [
            node
            for node in tree.xpath("//button[@name][not(ancestor::field)]")
            if kind == "form" or node.getparent() is tree
            if not any(
                self.is_hidden(above, values) for above in (node, *node.iterancestors())
            )
        ]

    def is_hidden(self, node, values):
        hidden = node.get("invisible")
        return bool(hidden) and bool(self.evaluate(hidden, values))

    def press(self, model, record, node):
        """Press a button, and open what it opens.

        What is shown works: a button that refuses says so before it is pressed, or is
        not there.

        :return: what is wrong, if anything
        """
        active = {
            "active_id": record.id,
            "active_ids": record.ids,
            "active_model": record._name,
        }
        context = {**self.evaluate(node.get("context") or {}, active), **active}
        target = record.with_context(**context)
        if node.get("type") == "action":
            action = self.load(int(node.get("name")))
            action["context"] = {
                **self.evaluate(action["context"] or {}, active),
                **context,
            }
        else:
            try:
                action = getattr(target, node.get("name"))()
            except UserError as error:
                return f"is shown, and refuses: {error}"
        return self.follow(action, active)

    def follow(self, action, active):
        """Open what a button opens; return what is wrong with it, if anything."""
        if (
            not isinstance(action, dict)
            or action.get("type") != "ir.actions.act_window"
        ):
            return None
        self.values |= active
        action.setdefault("views", [(False, "form")])
        model, domain, trees = self.get_views(action)
        if "form" in trees and (action.get("target") == "new" or action.get("res_id")):
            record = model.browse(action["res_id"]) if action.get("res_id") else None
            values = self.open_form(model, trees["form"], record) or {}
            seen = [
                node
                for node in trees["form"].xpath("//field|//button|//p|//div[@role]")
                if not self.is_hidden(node, {"id": False, **values, "parent": {}})
            ]
            return None if seen else "opens an empty dialog"
        for kind in trees.keys() - {"search", "form"}:
            self.open_view(model, domain, kind, trees[kind])
        return None
