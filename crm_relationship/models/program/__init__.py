from . import crm_program
from . import crm_program_step
from . import crm_program_enrollment
from . import crm_touch_channel
from . import crm_benefit
from . import crm_interaction
from . import crm_relationship
from . import sale_order
