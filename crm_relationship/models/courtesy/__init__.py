from . import crm_contact_cap
from . import crm_preference_change
from . import crm_staff_tag
from . import crm_staff_requirement
from . import res_company
from . import res_config_settings
from . import res_partner
from . import resource_calendar
