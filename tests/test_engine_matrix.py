"""The sums of the channel matrix."""

import pytest

from crm_relationship.engine.matrix import Figures, plan


def test_planned_contacts_cost_and_hours():
    figures = plan(contacts=12, customers=10, cost=2.5, minutes=15)
    assert figures == Figures(planned=120, cost=300, hours=30)


def test_figures_add_up():
    total = plan(12, 10, 2.5, 15) + Figures(done=3, spent=4.0, hours_spent=0.5)
    assert total == Figures(120, 300, 30, 3, 4.0, 0.5)


def test_figures_per_customer():
    described = Figures(planned=20, done=17).describe(10)
    assert described["contacts"] == 2
    assert described["done_each"] == pytest.approx(1.7)
    assert described["behind"]
    assert not Figures(planned=20, done=18).describe(10)["behind"]


def test_plan_without_customers_still_says_how_often():
    described = plan(12, 0, 1, 1).describe(0, 12)
    assert described["contacts"] == 12
    assert described["planned"] == 0
    assert not described["behind"], "nobody is there to be forgotten"
