from . import test_portfolio
from . import test_wishes_change
