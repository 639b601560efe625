"""The sums of the touch point × segment matrix."""

from dataclasses import dataclass, fields

# Doing less than nine tenths of what is planned is said to lag behind.
LAG = 0.9


@dataclass(frozen=True, slots=True)
class Figures:
    """What is planned a year and was done in twelve months; adds up cell by cell.

    :param planned: contacts a year with all customers together
    :param cost: of the planned contacts; ``spent`` of those made, in one currency
    :param hours: of the planned contacts; ``hours_spent`` of those made
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
        """Return the figures with what they are per customer.

        :param contacts: planned contacts a year per customer, where this is known
            without dividing (a plan says it even of no customers).
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
    """Return what so many contacts a year with each of some customers ask for.

    :param cost: of one contact, working time included
    :param minutes: working time of one contact
    """
    planned = contacts * customers
    return Figures(planned=planned, cost=planned * cost, hours=planned * minutes / 60)
