from odoo import api, models
from odoo.exceptions import AccessError

from .crm_bounds_mixin import is_ours


class CrmByHandMixin(models.AbstractModel):
    """What people may set by hand; everything else is written by methods.

    Whatever a person sends reaches ``create`` and ``write`` as that user: from a form,
    an import, a copy, or a command in a list of some other record. Methods that do
    what the person could not have written check first, and then write with ``sudo()``.
    So a write is by hand if and only if ``env.su`` is not set. No key of the context
    has a say in it, because anybody can send one with a request.

    Fields that others have added, such as a company's own, are none of our business.
    """

    _name = "crm.by.hand.mixin"
    _description = "Written by Methods"

    @api.model
    def _is_by_hand(self):
        """Tell whether a person writes, and not one of our methods or jobs."""
        return not self.env.su

    @api.model
    def _get_fields_by_hand(self):
        """Return the names of the fields that people may set; rooms add theirs."""
        return set()

    @api.model
    def _get_guarded_fields(self, allowed):
        """Return our fields that are not among those allowed, by name."""
        return {
            name: field
            for name, field in self._fields.items()
            if name not in allowed and is_ours(field)
        }

    def _check_by_hand(self, vals, allowed):
        """Refuse values that people may not set.

        :param allowed: names of the fields that they may set
        :raises AccessError: naming the first one that they may not
        """
        guarded = self._get_guarded_fields(allowed)
        for name in vals:
            if name in guarded:
                raise self._get_by_hand_error(name)

    @api.model
    def _begin_by_hand(self, vals, allowed):
        """Return the values of a new record, with what methods set still untouched.

        Nothing is set by an empty value or by the field's own default: forms and
        imports send all they have. What a context or a user's own settings would bring
        in goes unheard; of a field that is not for this person Odoo refuses it.

        :raises AccessError: as ``_check_by_hand``
        """
        untouched = {
            name: field.default(self) if field.default else False
            for name, field in self._get_guarded_fields(allowed).items()
        }
        given = {n: v for n, v in vals.items() if v and v != untouched.get(n)}
        self._check_by_hand(given, allowed)
        stored = {
            name: value
            for name, value in untouched.items()
            if self._fields[name].column_type
            and not self._fields[name].compute
            and self._has_field_access(self._fields[name], "write")
        }
        rest = {n: v for n, v in vals.items() if n not in untouched}
        return {**rest, **stored}

    def _get_by_hand_error(self, name):
        """Return the error that tells why a field cannot be set; models say more."""
        return AccessError(
            self.env._(
                "“%(field)s” (%(model)s) cannot be set manually: it follows from what"
                " happens. Use the buttons instead.",
                field=self._fields[name]._description_string(self.env),
                model=self.env["ir.model"]._get(self._name).name,
            )
        )
