from . import crm_segment
from . import crm_segment_move
from . import crm_contact_plan
from . import crm_relationship
from . import crm_interaction
from . import res_partner
