"""How much more interactions bring the more there are: steps of several experiments."""

from ...engine.marginal import find_flat, is_known_beyond
from ..base.figures import format_amount, format_number
from ..portfolio.comparison import CONTROL, TREATED
from .cadence_result import CadenceResult

SHOWN = "crm_relationship.marginal_curve"
WIDTH, HEIGHT, TOP, BOTTOM = 640, 260, 16, 48
MARGIN, LETTER, LINE = 12, 9, 18


class MarginalCurve:
    """The decided experiments of a segment with one channel, and what follows."""

    def __init__(self, result):
        """Prepare the curve that a :class:`CadenceResult` is a part of.

        Its figures are known to it, and are not read a second time.
        """
        # sudo: sums over customers, for whoever may see the experiment
        self.experiment = result.record
        self.result = result
        self.env = result.env
        self.company = result.company

    def get_steps(self):
        """Return a ``Step`` of each decided experiment that says something."""
        results = [
            self.result
            if experiment == self.experiment
            else CadenceResult(experiment, self.company)
            for experiment in self.experiment.search(
                [
                    ("company_id", "=", self.company.id),
                    ("segment_id", "=", self.experiment.segment_id.id),
                    ("touchpoint_id", "=", self.experiment.touchpoint_id.id),
                    ("state", "=", "over"),
                ]
            )
        ]
        steps = []
        for result in results:
            if result.is_over:
                groups = result.get_groups()
                steps.append(result.get_step(groups[TREATED], groups[CONTROL]))
        return sorted(filter(None, steps), key=lambda step: (step.low, step.high))

    def render(self):
        """Return the picture and the advice as HTML; ``False`` without any step."""
        steps = self.get_steps()
        return bool(steps) and self.env["ir.qweb"]._render(
            SHOWN,
            {
                "title": self._get_title(),
                "rows": [self._describe(step) for step in steps],
                "advice": self.advise(steps),
                **self._draw(steps),
            },
        )

    def _get_title(self):
        return self.env._(
            "%(segment)s, %(channel)s: what each additional interaction brought",
            segment=self.experiment.segment_id.name,
            channel=self.experiment.touchpoint_id.name or self.env._("any channel"),
        )

    def _describe(self, step):
        interval = "–"
        if step.least is not None:
            interval = self.env._(
                "%(least)s to %(most)s",
                least=self._format(step.least),
                most=self._format(step.most),
            )
        return {
            "step": " → ".join(
                format_number(self.env, yearly) for yearly in (step.low, step.high)
            ),
            "value": self._format(step.value),
            "interval": interval,
            "cost": format_amount(self.env, step.cost, self.company.currency_id),
            "is_gain": step.is_gain,
        }

    def advise(self, steps):
        """Return what to do, in a sentence that says no more than is known."""
        flat = find_flat(steps)
        if flat is not None and not is_known_beyond(steps, flat):
            return self.env._(
                "Beyond %(yearly)s a year nothing is known yet: too few customers"
                " bought. A larger segment, or a longer time, may show more.",
                yearly=format_number(self.env, flat),
            )
        if flat is not None:
            return self.env._(
                "Beyond %(yearly)s a year nothing more can be shown: going back to"
                " %(yearly)s would cost nothing that can be shown.",
                yearly=format_number(self.env, flat),
            )
        gains = [step for step in steps if step.is_gain]
        best = max(gains, key=lambda step: (step.high, step.pays))
        if best.pays:
            return self.env._(
                "Up to %(yearly)s a year, each additional interaction is proven to"
                " bring more than it costs. Try a higher cadence next.",
                yearly=format_number(self.env, best.high),
            )
        return self.env._(
            "Up to %(yearly)s a year, each additional interaction is proven to bring"
            " something, but not that it brings more than it costs.",
            yearly=format_number(self.env, best.high),
        )

    def _format(self, amount):
        return format_amount(self.env, amount, self.company.currency_id, signed=True)

    # ------------------------------------------------------------------
    # Picture
    # ------------------------------------------------------------------

    def _draw(self, steps):
        """Return the places of bars, lines and labels in the picture."""
        ends = [0.0]
        for step in steps:
            ends += filter(None, (step.value, step.least, step.most, step.cost))
        low, high = min(ends), max(ends)
        span = (high - low) or 1.0
        # the ends, unless their figures would stand on that of zero
        shown = [
            a for a in (low, high) if abs(a) / span * (HEIGHT - TOP - BOTTOM) > LINE
        ]
        marks = {amount: self._format(amount) for amount in (*shown, 0.0)}
        left = MARGIN + LETTER * max(map(len, marks.values()))
        most = max(step.high for step in steps) or 1.0

        def x(yearly):
            return round(left + (WIDTH - left - MARGIN) * yearly / most, 1)

        def y(amount):
            return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - amount) / span, 1)

        return {
            "width": WIDTH,
            "height": HEIGHT,
            "left": left,
            "zero": y(0),
            "bars": [self._draw_step(step, x, y) for step in steps],
            "ticks": [
                {"x": x(yearly), "text": format_number(self.env, yearly)}
                for yearly in sorted({n for s in steps for n in (s.low, s.high)})
            ],
            "marks": [{"y": y(amount), "text": text} for amount, text in marks.items()],
        }

    def _draw_step(self, step, x, y):
        ends = (step.value, step.value)
        if step.least is not None:
            ends = step.least, step.most
        return {
            "x": x(step.low),
            "width": round(x(step.high) - x(step.low), 1),
            "top": y(ends[1]),
            "depth": round(y(ends[0]) - y(ends[1]), 1),
            "value": y(step.value),
            "cost": y(step.cost),
            "is_gain": step.is_gain,
        }
