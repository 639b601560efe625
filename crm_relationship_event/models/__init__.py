from . import event_event
from . import event_registration
from . import crm_interaction
from . import crm_program_step
from . import res_partner
