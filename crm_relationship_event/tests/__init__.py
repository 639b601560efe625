from . import test_access
from . import test_attending
from . import test_erasure
from . import test_inviting
from . import test_page
