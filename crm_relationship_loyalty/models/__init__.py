from . import loyalty_card
from . import loyalty_program
from . import crm_benefit
from . import crm_interaction
from . import crm_program_enrollment
from . import crm_touch_mixin
from . import res_partner
from . import sale_order
