"""Forgetting one person: the order of the steps."""

from .forgetting import Forgetting
from .stopping import Stopping
from .sweep import SHOWN_ROWS, Sweep


class Erasure(Stopping, Forgetting):
    """Takes a person out of the database, and tells what has to stay.

    First everything is stopped that could still reach the person, then the records go
    that are about the person alone, then the contact forgets who it was. At the end the
    texts of the whole database are read once for what is left of name, address and
    number, so that nobody has to know all places in which an app may keep them.
    """

    def run(self):
        """Erase, and return what stays and why, as sentences without personal data."""
        self.env["crm.suppression"]._add(self.people)
        self._stop_messages()
        self._close_accounts()
        self._erase_ledger()
        self.kept += self.people._erase_in_apps()
        self._erase_meetings()
        self._erase_documents()
        self._erase_messages()
        self._erase_bank_accounts()
        self._erase_wishes()
        self._erase_referrals()
        self._erase_identity()
        self._erase_leads()
        self.people._cancel_contacts()
        self._erase_history()
        self._leave_blacklists()
        self._sweep()
        self.kept.append(
            self.env._(
                "A hash of each address and number: so that this person is not"
                " contacted again when the address comes back."
            )
        )
        return self.kept

    # ------------------------------------------------------------------
    # What is left of name, address and number
    # ------------------------------------------------------------------

    def _sweep(self):
        roots = {"res_partner": self.people.ids, "res_users": self.users.ids}
        found = Sweep(self.env, roots, self.words, self.nobody).run()
        for table, ids in sorted(found.items()):
            self.kept.append(self._describe(table, sorted(ids)))

    def _describe(self, table, ids):
        """Return the sentence that names rows in which words remain."""
        models = self.env["ir.model"].search([])
        label = next(
            (m.name for m in models if m.model.replace(".", "_") == table), table
        )
        shown = ", ".join(f"#{id_}" for id_ in ids[:SHOWN_ROWS])
        if len(ids) > SHOWN_ROWS:
            shown += ", …"
        return self.env._(
            "%(what)s %(ids)s: holds the same words, but may mean somebody else,"
            " belongs to the set-up or is sealed for the books. Look at it.",
            what=label,
            ids=shown,
        )

    def _leave_blacklists(self):
        """Take the plain addresses from the blacklists; the hashes take their place.

        An address that somebody else has as well is refused from now on: whoever writes
        to it reaches the person who was erased.
        """
        for email in self.emails & self.taken:
            self.env["mail.blacklist"]._add(email)
        self.env["phone.blacklist"]._add(sorted(self.phones & self.taken))
        emails = list(self.emails - self.taken)
        phones = list(self.phones - self.taken)
        self.env["mail.blacklist"].search([("email", "in", emails)]).unlink()
        self.env["phone.blacklist"].search([("number", "in", phones)]).unlink()
        if self.taken:
            self.kept.append(
                self.env._(
                    "An address or number that somebody else has as well: there, and on"
                    " the blacklists, it stays."
                )
            )
