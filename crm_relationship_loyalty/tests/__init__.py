from . import test_access
from . import test_approved
from . import test_erasure
from . import test_giving
from . import test_referral
from . import test_segments
from . import test_taking_back
