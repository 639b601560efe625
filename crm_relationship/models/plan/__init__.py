from . import crm_occasion
from . import crm_occasion_date
from . import crm_cadence_mixin
from . import crm_contact_plan
from . import crm_contact_plan_line
from . import crm_touch_channel
from . import crm_relationship
