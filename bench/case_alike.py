"""How often something is "proven" among real customers who were all treated alike.

Random groups of the customers of the CDNOW shop, whom nobody treated differently: what
is proven of them is luck, and may be so in 5 of 100 cases. Every size and share that
companies have. No database: the engine is plain Python. It takes twenty minutes of
processor time.
"""

import importlib
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from bench.case_gate import get_engine
from bench.measure import Figure
from demo import cdnow

SIZES = (500, 1_000, 2_000, 5_000, 10_000, 23_570)
SHARES = (0.05, 0.1, 0.3, 0.5)
DRAWS = 2_000
SHARE_DRAWS = 10 * DRAWS
LEAST, MOST = 0.03, 0.06


def alike(_env=None, **_options):
    """Return the figures of all sizes and shares: how often amounts, and buyers, say
    "proven", and how often amounts do where they say anything in most draws.
    """
    cells = [(size, share) for size in SIZES for share in SHARES]
    with ProcessPoolExecutor(2) as pool:
        amounts = list(pool.map(count_amounts, *zip(*cells, strict=True)))
    buyers = [count_buyers(*cell) for cell in cells]
    figures = []
    for cell, (proven, known), of_buyers in zip(cells, amounts, buyers, strict=True):
        figures += _get_figures(*cell, proven, known, of_buyers)
    return figures


def _get_figures(size, share, proven, known, of_buyers):
    name = f"alike_{size}_{share:.0%}".rstrip("%")
    figures = [
        Figure(
            f"{name}_amounts",
            proven / DRAWS,
            MOST,
            note=f"{proven} proven, {known:,} with interval",
        ),
        Figure(f"{name}_buyers", of_buyers / SHARE_DRAWS, MOST),
    ]
    if known > DRAWS / 2:
        figures += [
            Figure(f"{name}_known", proven / known, MOST),
            Figure(f"{name}_known_least", proven / known, LEAST, at_least=True),
        ]
    return figures


def read_later():
    """Return what each real customer spent within the last 39 of 78 weeks."""
    path, spent = cdnow.data_file().with_name("CDNOW_master.txt"), {}
    for line in path.read_text(encoding="ascii").splitlines()[1:]:
        if line.strip():
            customer, day, _quantity, amount = line.split()
            bought = float(amount) if day > "19970930" else 0.0
            spent[customer] = spent.get(customer, 0.0) + bought
    return list(spent.values())


def divide(people, size, share, draw):
    """Return (size, amounts of those who bought): of the treated, and of the control.

    :param list people: what each customer spent
    :param random.Random draw: who is drawn, and for which group
    """
    chosen = draw.sample(people, size)
    aside = round(size * share)
    groups = chosen[aside:], chosen[:aside]
    return [(len(group), [a for a in group if a > 0]) for group in groups]


def count_amounts(size, share):
    """Return in how many draws the amounts prove something, and say anything at all."""
    amounts = _get_experiment().amounts
    later, draw, proven, known = read_later(), _get_draw(size, share), 0, 0
    for number in range(DRAWS):
        verdict = amounts(*divide(later, size, share, draw), seed=number)
        known += verdict.low is not None
        proven += verdict.proven
    return proven, known


def count_buyers(size, share):
    """Return in how many draws the shares of buyers prove something.

    Ten times the draws, which are cheap: how many buyers are in a random group follows
    the hypergeometric distribution, so nobody is drawn by name.
    """
    experiment = _get_experiment()
    shares, deal = experiment.shares, experiment.deal
    later, draw, proven = read_later(), _get_draw(size, share), 0
    buyers, n2 = sum(amount > 0 for amount in later), round(size * share)
    chosen = Counter(deal(draw, buyers, len(later) - buyers, size, SHARE_DRAWS))
    for bought, times in sorted(chosen.items()):
        dealt = Counter(deal(draw, bought, size - bought, n2, times))
        for k2, count in dealt.items():
            _difference, low, high = shares(bought - k2, size - n2, k2, n2)
            proven += count * (low > 0 or high < 0)
    return proven


def _get_draw(size, share):
    return random.Random(f"{size} {share}")


def _get_experiment():
    return importlib.import_module(f"{get_engine().__name__}.experiment")


if __name__ == "__main__":
    for figure in alike():
        print(figure, flush=True)
