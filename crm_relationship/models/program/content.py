"""What steps say: placeholders, filled in, previewed, and checked before anybody reads.

Guidance and the text for WhatsApp and calls know a few words in braces. Messages are
Odoo's templates, whose placeholders are paths of the contact: a path that leads nowhere
is found when the program is saved, and not when the message is to leave.
"""

import re

from markupsafe import Markup, escape

PLACEHOLDERS = ("customer", "product", "staff", "benefit")
_IN_BRACES = re.compile(r"\{(\w+)\}")
_INLINE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_IN_QWEB = re.compile(
    r"""t-(?:out|esc|if|elif|foreach|value|att-\w+)=(["'])(.*?)\1""", re.DOTALL
)
_OUTPUT = re.compile(r"""t-(?:out|esc)=(["'])\s*object((?:\.\w+)+)\s*\1""")
_INLINE_OUTPUT = re.compile(r"\{\{\s*object((?:\.\w+)+)\s*\}\}")
_PATH = re.compile(r"\bobject((?:\.\w+)+)")
# The parts of templates that customers read.
PARTS = {"mail.template": ("subject", "body_html"), "sms.template": ("body",)}


# ------------------------------------------------------------------
# Words in braces
# ------------------------------------------------------------------


def brace(name):
    """Return a placeholder as people type it."""
    return f"{{{name}}}"


def find_unknown(text):
    """Return the words in braces that nobody fills in."""
    names = _IN_BRACES.findall(_INLINE.sub("", text or ""))
    return [name for name in dict.fromkeys(names) if name not in PLACEHOLDERS]


def fill(text, get_values):
    """Return a text with its placeholders filled in; markup stays markup.

    :param get_values: called with the names in it for ``{placeholder: str}``
    """
    names = _IN_BRACES.findall(text or "")
    if not names:
        return text
    values = get_values(names)
    is_markup = isinstance(text, Markup)

    def replace(match):
        value = values.get(match[1])
        if value is None:
            return match[0]
        return str(escape(value)) if is_markup else value

    filled = _IN_BRACES.sub(replace, str(text))
    return Markup(filled) if is_markup else filled


def get_values(partner, staff, benefit, orders):
    """Return what the placeholders stand for.

    :param partner: the ``res.partner`` who is contacted
    :param staff: the ``res.users`` who contacts
    :param benefit: ``crm.benefit``, possibly empty
    :param orders: ``sale.order`` records that it is about, possibly none
    """
    kept = [order._get_kept_lines() for order in orders]
    lines = orders.order_line.browse().union(*kept)
    products = lines.product_id.with_context(lang=partner.lang or partner.env.lang)
    return {
        "customer": partner.name or partner.commercial_partner_id.name or "",
        "product": ", ".join(dict.fromkeys(products.mapped("name"))),
        "staff": staff.name or "",
        "benefit": benefit.with_context(lang=partner.lang).name or "",
    }


# ------------------------------------------------------------------
# Odoo's templates
# ------------------------------------------------------------------


def find_missing(template):
    """Return the placeholders of a template that lead nowhere, in any language."""
    missing = {}
    partner = template.env["res.partner"]
    for code, _name in template.env["res.lang"].get_installed():
        for part in PARTS[template._name]:
            for expression in _read_expressions(template.with_context(lang=code)[part]):
                for path in _PATH.findall(expression):
                    if not leads_somewhere(partner, path):
                        missing[f"object{path}"] = True
    return list(missing)


def _read_expressions(text):
    text = text or ""
    yield from _INLINE.findall(text)
    yield from (match[1] for match in _IN_QWEB.findall(text))


def leads_somewhere(model, path):
    """Tell whether a path like ``.user_id.name`` can be followed from a model."""
    for name in path.split(".")[1:]:
        field = model._fields.get(name)
        if field is None:
            # a method, say; what it returns nobody can tell
            return hasattr(type(model), name)
        if not field.relational:
            return True
        model = model.env[field.comodel_name]
    return True


def find_empty(template, partner):
    """Return the placeholders of a template that have no value for a customer."""
    template = template.with_context(lang=partner.lang or template.env.lang)
    empty = {}
    for part in PARTS[template._name]:
        text = template[part] or ""
        paths = [match[1] for match in _OUTPUT.findall(text)]
        paths += _INLINE_OUTPUT.findall(text)
        for path in paths:
            if leads_somewhere(partner, path) and not _follow(partner, path):
                empty[f"object{path}"] = True
    return list(empty)


def _follow(value, path):
    for name in path.split(".")[1:]:
        value = getattr(value, name, None)
        if not value:
            return value
    return value
