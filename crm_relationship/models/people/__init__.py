from . import crm_relationship
from . import crm_interaction
from . import crm_care_day
from . import res_company
from . import res_config_settings
from . import res_users

