from . import test_portfolio
