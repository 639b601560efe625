from odoo import api, models
from odoo.fields import Domain

from .crm_segment_rule import FILTER_ERRORS, PROPERTIES_PATH

# Signs rather than words: the same in every language.
SIGNS = {
    "=": "=",
    "!=": "≠",
    "in": "=",
    "not in": "≠",
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
    "like": "≈",
    "ilike": "≈",
    "=like": "≈",
    "=ilike": "≈",
    "not like": "≉",
    "not ilike": "≉",
    "child_of": "⊂",
    "parent_of": "⊃",
    "any": ":",
    "not any": "≠",
}


class CrmSegment(models.Model):
    """A customer filter in words, for those who cannot read a domain."""

    _inherit = "crm.segment"

    def _describe_filter(self):
        """Return the customer filter in words, with the names the forms use."""
        self.ensure_one()
        try:
            return self._describe_domain(
                self._get_partner_domain(), self.env["res.partner"]
            )
        except FILTER_ERRORS:
            return self.partner_domain

    @api.model
    def _describe_domain(self, domain, model):
        """Return a domain over ``model`` in words.

        A domain lists operators first, so it is read from the end.
        """
        if domain.is_true():
            return self.env._("everyone")
        if domain.is_false():
            return self.env._("nobody")
        parts = []
        for item in reversed(list(domain)):
            if item == "!":
                parts.append(self.env._("not (%(condition)s)", condition=parts.pop()))
            elif item == "&":
                first, second = parts.pop(), parts.pop()
                parts.append(
                    self.env._("%(first)s and %(second)s", first=first, second=second)
                )
            elif item == "|":
                first, second = parts.pop(), parts.pop()
                parts.append(
                    self.env._("(%(first)s or %(second)s)", first=first, second=second)
                )
            else:
                parts.append(self._describe_condition(*item, model))
        return parts.pop()

    @api.model
    def _describe_condition(self, path, operator, value, model):
        """Return a condition as "Country = Indonesia"."""
        label, field, comodel = self._describe_path(path, model)
        sign = SIGNS.get(operator, operator)
        if operator in ("any", "not any"):
            return f"{label} {sign} ({self._describe_domain(Domain(value), comodel)})"
        several = isinstance(value, list | tuple | set)
        values = [
            self._describe_value(v, field, comodel)
            for v in (value if several else [value])
        ]
        return f"{label} {sign} {' / '.join(values)}"

    @api.model
    def _describe_path(self, path, model):
        """Return the label of a path, the description of its last field, and its model.

        :return: ``("Country › Name", {"type": "char", …}, comodel or None)``
        """
        if path.startswith(f"{PROPERTIES_PATH}."):
            name = path.removeprefix(f"{PROPERTIES_PATH}.")
            for definition in self.env.company.sudo().customer_properties_definition:
                if definition["name"] == name:
                    return definition.get("string") or name, definition, None
            return name, {}, None
        labels, field = [], {}
        for name in path.split("."):
            field = {}
            if model is not None and name in model._fields:
                field = model.fields_get([name]).get(name, {})
            labels.append(field.get("string", name))
            model = self.env[field["relation"]] if field.get("relation") else None
        return " › ".join(labels), field, model

    @api.model
    def _describe_value(self, value, field, comodel):
        """Return a value as forms show it: a label, a name, or the value itself."""
        if value is False or value is None:
            if field.get("type") == "boolean":
                return self.env._("no")
            return self.env._("not set")
        if value is True:
            return self.env._("yes")
        for key in ("selection", "tags"):
            for option in field.get(key) or ():
                if option[0] == value:
                    return str(option[1])
        if comodel is not None and isinstance(value, int):
            # without the right to read it, the number has to suffice
            record = comodel.browse(value).exists()._filtered_access("read")
            return record.display_name or f"#{value}"
        return str(value)
