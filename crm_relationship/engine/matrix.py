"""The sums of the channel × segment matrix.

What is summed up (interactions, costs, hours needed and available) is read by
``models/matrix/touchpoint_matrix.py``.
"""

from dataclasses import dataclass, fields

# Less than nine tenths of what is planned counts as lagging behind.
LAG = 0.9


@dataclass(frozen=True, slots=True)
class Figures:
    """What is planned a year and what was done in twelve months; added up cell by cell.

    :param planned: interactions a year with all customers together
    :param cost: of the planned interactions; ``spent``: of those done, in one currency
    :param hours: of the planned interactions; ``hours_spent``: of those done
    """

    planned: float = 0.0
    cost: float = 0.0
    hours: float = 0.0
    done: int = 0
    spent: float = 0.0
    hours_spent: float = 0.0

    def __add__(self, other):
        return Figures(
            *(
                getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
            )
        )

    def describe(self, customers: int, contacts: float | None = None) -> dict:
        """Return the figures, and what they are per customer.

        :param contacts: planned interactions a year per customer, where this is known
            without dividing (a plan says so even for no customers).
        """
        if contacts is None:
            contacts = self.planned / customers if customers else 0.0
        done_each = self.done / customers if customers else 0.0
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "contacts": contacts,
            "done_each": done_each,
            "behind": bool(customers) and done_each < LAG * contacts,
        }


def plan(contacts: float, customers: int, cost: float, minutes: float) -> Figures:
    """Return what that many interactions a year with each customer take.

    :param cost: of one interaction, working time included
    :param minutes: working time of one interaction
    """
    planned = contacts * customers
    return Figures(planned=planned, cost=planned * cost, hours=planned * minutes / 60)
