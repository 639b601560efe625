from odoo import api, models
from odoo.api import NewId
from odoo.exceptions import UserError

from .asked import MAX_ID, refuse_id


class CrmRecordMixin(models.AbstractModel):
    """What all records of this addon have in common.

    They are the company's own notes: no field of theirs is told to customers, who see
    on their page what the page asks for as superuser.
    """

    _name = "crm.record.mixin"
    _inherit = ["crm.bounds.mixin"]
    _description = "Record Mixin"

    @api.model
    def _has_field_access(self, field, operation):
        if not self.env.su and self.env.user.share:
            return False
        return super()._has_field_access(field, operation)

    @api.private
    def browse(self, ids=()):
        """Refuse what is no id in words: a client may send anything.

        What the superuser browses comes from code, and is many.

        :raises UserError: when there is no such record, nor could be
        """
        if self.env.su:
            return super().browse(ids)
        try:
            records = super().browse(ids)
        except TypeError:
            refuse_id(self.env, ids)
        for id_ in records._ids:
            is_id = type(id_) is int and id_ <= MAX_ID
            if not is_id and not isinstance(id_, NewId):
                refuse_id(self.env, id_)
        return records

    @api.model
    def name_create(self, name):
        """Refuse a mere name where records are named after another one.

        :raises UserError: in words
        """
        field = self._fields.get(self._rec_name)
        if field is None or field.type == "char":
            return super().name_create(name)
        raise UserError(
            self.env._(
                "A name alone is not enough for a record of “%(model)s”. Open the form"
                " and choose “%(field)s”.",
                model=self.env["ir.model"]._get(self._name).name,
                field=field._description_string(self.env),
            )
        )
