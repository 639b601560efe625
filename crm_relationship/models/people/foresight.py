"""What a program would ask of people, and the time that they have, before it begins."""

from collections import defaultdict

from ...engine.feasibility import WEEKS
from ..program.preview import Foresight
from .promises import Promises


class StaffForesight(Foresight):
    """Foresight of one program, by what plans and other programs ask for already."""

    def __init__(self, program, company):
        self._promises = promises = Promises(company)
        entering = sum(promises.get_entering(program).values())
        self.weekly = entering or promises._count_starts(program) / WEEKS
        # what it asks for itself is what the preview adds
        promises.programs -= program

    def get_maker(self, step, user_id, backup_id):
        return self._promises._choose(step.user_id._origin.id, user_id, backup_id)

    def get_free(self, user_ids):
        asked = defaultdict(lambda: [0.0] * WEEKS)
        for user_id, segments in self._promises.get_weeks().items():
            for weeks in segments.values():
                asked[user_id] = [
                    one + other
                    for one, other in zip(asked[user_id], weeks, strict=True)
                ]
        free = [0.0] * WEEKS
        for user_id in user_ids:
            for week, has in enumerate(self._promises.capacity.get(user_id, ())):
                free[week] += max(has - asked[user_id][week], 0)
        return free
