from . import crm_benefit
from . import crm_touch_mixin
from . import crm_contact_plan
from . import crm_contact_plan_line
from . import crm_interaction
from . import res_company
