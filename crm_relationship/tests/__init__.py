from . import test_message
from . import test_occasion
from . import test_portfolio
from . import test_release
from . import test_schedule
from . import test_wishes_change
from . import test_wishes_policy
