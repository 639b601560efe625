from . import res_company
from . import crm_by_hand_mixin
from . import crm_copy_mixin
