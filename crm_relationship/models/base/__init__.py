from . import res_company
from . import crm_copy_mixin
