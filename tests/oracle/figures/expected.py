"""What a customer is expected to bring within a year, by another way than the addon's.

The Pareto/NBD model says: purchases come with a rate λ of the customer's own until a
moment that comes with a rate μ; λ is gamma distributed (r, α), μ (s, β). Where the
addon uses equations that others have derived, this integrates over the moment of
stopping by Simpson's rule, with 2,000 steps.
"""

import math
from datetime import timedelta

STEPS = 2_000
WEEK = 7
YEAR = 365


def known_of(found, since):
    """Return (purchases after the first, weeks to the last, weeks until the day that
    counts, average after the first) of the documents of one customer.

    :param found: `Document` of the customer
    :param since: day before the forecast's month, or the last purchase if it is later
    :return: None without a purchase
    """
    amounts = {}
    for document in found:
        amounts[document.date] = amounts.get(document.date, 0) + document.amount
    bought = sorted({document.date for document in found if document.is_purchase})
    if not bought:
        return None
    again = len(bought) - 1
    after = sum(float(amounts[day]) for day in bought[1:])
    until = max(since, bought[-1])
    return (
        again,
        (bought[-1] - bought[0]) / timedelta(days=WEEK),
        (until - bought[0]) / timedelta(days=WEEK),
        max(after / again, 0) if again else 0.0,
    )


def within_year(parameters, known):
    """Return (revenue expected within a year, the same of a customer for sure).

    :param parameters: of both models, as the forecast stores them
    :param known: as `known_of` returns it
    """
    again, last, age, average = known
    buying, spending = parameters["buying"], parameters["spending"]
    amount = _amount(again, average, **spending)
    alive = _alive(again, last, age, **buying)
    purchases = _purchases(again, age, YEAR / WEEK, **buying)
    return alive * purchases * amount, purchases * amount


def _alive(again, last, age, r, alpha, s, beta):
    """Return how likely it is that the customer has not stopped."""

    def buying(y):
        # chance of the purchases until y, the rate λ integrated out
        return -(r + again) * math.log(alpha + y)

    stay = math.exp(buying(age) - s * math.log(beta + age) - buying(last))
    width = (age - last) / STEPS
    stop = 0.0
    for step in range(STEPS + 1):
        y = last + step * width
        chance = math.log(s) - (s + 1) * math.log(beta + y)
        weight = 1 if step in (0, STEPS) else 4 if step % 2 else 2
        stop += weight * math.exp(buying(y) - buying(last) + chance)
    return stay / (stay + stop * width / 3)


def _purchases(again, age, time, r, alpha, s, beta):
    """Return the purchases of a customer within a time: rate × time as a customer.

    Somebody who is one today still is after u with ((β + age) ÷ (β + age + u))^s.
    """
    width = time / STEPS
    lasting = 0.0
    for step in range(STEPS + 1):
        weight = 1 if step in (0, STEPS) else 4 if step % 2 else 2
        lasting += weight * ((beta + age) / (beta + age + step * width)) ** s
    return (r + again) / (alpha + age) * lasting * width / 3


def _amount(count, average, p, q, gamma):
    """Return a mean of the own average and everybody's, weighted by what is known."""
    everybody = p * gamma / (q - 1)
    return ((q - 1) * everybody + p * count * average) / (q - 1 + p * count)
