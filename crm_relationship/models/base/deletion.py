from odoo.exceptions import UserError


def check_unused(records):
    """Refuse to delete records that others refer to, in words the user understands.

    The database refuses as well, but PostgreSQL 18 does so with an error code that Odoo
    19 does not know and shows as is.

    :raises UserError: naming what is in use, and where.
    """
    env = records.env
    for model in env.values():
        if model._abstract or not model._auto:
            continue
        for field in model._fields.values():
            if (
                field.type not in ("many2one", "many2many")
                or not field.store
                or field.comodel_name != records._name
                or field.ondelete != "restrict"
            ):
                continue
            # sudo: records the user may not see refer to it anyway
            users = model.sudo().with_context(active_test=False)
            user = users.search([(field.name, "in", records.ids)], limit=1)
            if user:
                raise UserError(
                    env._(
                        "“%(record)s” is in use (%(model)s: %(user)s). Take it out"
                        " there first, or archive it: then it is no longer offered.",
                        record=(user[field.name] & records.sudo())[:1].display_name,
                        model=model._description,
                        user=user.display_name,
                    )
                )
