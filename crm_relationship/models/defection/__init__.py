from . import crm_defection_reason
from . import crm_defection
from . import crm_relationship
from . import crm_interaction
from . import res_company
