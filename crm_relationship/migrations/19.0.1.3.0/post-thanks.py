"""The thank-you that was installed names the orders, where nobody has rewritten it."""

from lxml import html
from psycopg2.extras import Json

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

# What the paragraphs of the message, as it was installed, put in.
INSTALLED = [
    ["object.name or object.commercial_partner_id.name"],
    [],
    [],
    ["object.dedicated_user_id.name", "user.env.company.name"],
]
ORDERS = (
    '<p t-if="object.follow_up_orders">'
    '<t t-out="object.follow_up_orders">S00012: Guitar</t></p>'
)


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    template = env.ref("crm_relationship.mail_template_thanks", False)
    if not template:
        return
    column = template._fields["body_html"]
    bodies = column._get_stored_translations(template) or {}
    cr.execute(
        SQL(
            "UPDATE mail_template SET body_html = %s WHERE id = %s",
            Json({lang: _name_orders(body) for lang, body in bodies.items()}),
            template.id,
        )
    )
    template.invalidate_recordset()


def _name_orders(body):
    """Return the message with the orders behind its second paragraph.

    What is not as it was installed, but for its words, stays as it is.
    """
    root = html.fragment_fromstring(body, create_parent="x")
    paragraphs = root.findall(".//p")
    if [paragraph.xpath(".//t/@t-out") for paragraph in paragraphs] != INSTALLED:
        return body
    paragraphs[1].addnext(html.fragment_fromstring(ORDERS))
    [message] = root
    return html.tostring(message, encoding="unicode")
