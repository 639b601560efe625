from . import crm_bounds_mixin
from . import crm_record_mixin
from . import crm_failure_mixin
from . import res_company
from . import crm_by_hand_mixin
from . import crm_copy_mixin
