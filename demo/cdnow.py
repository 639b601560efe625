"""The purchases of real customers of a CD shop, moved to the present.

The CDNOW data set (Fader and Hardie, "Forecasting Repeat Sales at CDNOW: A Case
Study", Interfaces 31, 2001) holds every purchase of customers who first bought in the
first quarter of 1997, until the end of June 1998. One line of the file is one purchase:

    master id   sample id   yyyymmdd   number of CDs   dollars
     00004       0001       19970101    2               29.33

All dates are shifted by the same number of days, so that the last purchase was made
yesterday: intervals, the only thing the analysis looks at, stay real.

No Odoo here: the loader and the tests both build on this module. The environment
variable CDNOW_FILE names the file; `./dev` fetches it and sets the variable.
"""

import os
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

# Where the shop is taken to be: dates below are calendar dates of this time zone.
TIME_ZONE = ZoneInfo("Asia/Jakarta")
# Local hours of a purchase. The first hour is still yesterday in UTC, so a date that is
# taken in the wrong time zone shows.
OPENING_HOUR, CLOSING_HOUR = 6, 22


@dataclass(frozen=True, order=True)
class Purchase:
    """One purchase; a customer may make several on one day."""

    customer: int
    """Number of the customer in the file of all customers (master id)."""
    date: date
    """Calendar day of the purchase in the shop's time zone."""
    rank: int
    """1 for the customer's first purchase in the file, and so on."""
    quantity: int
    """Number of CDs, at least 1."""
    amount: Decimal
    """What was paid, in US dollars, to the cent; 0 happens."""

    @property
    def key(self):
        """Return a name for the purchase that is the same whenever it is loaded."""
        return f"CD{self.customer:05d}-{self.rank:03d}"

    @property
    def moment(self):
        """Return a time of that day in UTC, without time zone as Odoo stores it."""
        seconds = random.Random(f"moment {self.key}").randrange(
            OPENING_HOUR * 3600, CLOSING_HOUR * 3600
        )
        local = datetime.combine(self.date, time(), TIME_ZONE)
        moment = local + timedelta(seconds=seconds)
        return moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    @property
    def price(self):
        """Return dollars a CD, unrounded: times the quantity it gives the amount."""
        return float(self.amount / self.quantity)


def parse(text):
    """Return the purchases in the text of a CDNOW file, with the dates it has.

    :raise ValueError: naming the line, if one is not a purchase
    """
    purchases = []
    ranks = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            customer, _sample, day, quantity, amount = line.split()
            customer = int(customer)
            ranks[customer] += 1
            purchases.append(
                Purchase(
                    customer=customer,
                    date=datetime.strptime(day, "%Y%m%d").date(),
                    rank=ranks[customer],
                    quantity=int(quantity),
                    amount=Decimal(amount),
                )
            )
        except (ValueError, ArithmeticError) as error:
            raise ValueError(
                f"Line {number} is not a purchase (customer, number in the sample, "
                f"yyyymmdd, CDs, dollars): {line!r}"
            ) from error
    return purchases


def shift(purchases, today):
    """Return the purchases moved by the same number of days, the last to yesterday."""
    if not purchases:
        return []
    last = max(purchase.date for purchase in purchases)
    days = today - timedelta(days=1) - last
    return [replace(purchase, date=purchase.date + days) for purchase in purchases]


def load(today):
    """Return the purchases in the file, the last made the day before `today`."""
    return shift(parse(data_file().read_text(encoding="ascii")), today)


def data_file():
    """Return the path of the file.

    :raise LookupError: if nobody has said where it is; no test does without it
    """
    name = os.environ.get("CDNOW_FILE")
    if not name:
        raise LookupError(
            "The environment variable CDNOW_FILE must name the file of purchases. "
            "`./dev demo` and `./dev test` fetch the file and set the variable."
        )
    return Path(name)


def local_today(now):
    """Return the shop's calendar day at `now`, a UTC time without time zone."""
    return now.replace(tzinfo=ZoneInfo("UTC")).astimezone(TIME_ZONE).date()


def by_customer(purchases):
    """Return {customer: [purchases, oldest first]}."""
    result = {}
    for purchase in sorted(purchases):
        result.setdefault(purchase.customer, []).append(purchase)
    return result
