from . import test_access
from . import test_answers
from . import test_approved
from . import test_asking
from . import test_erasure
