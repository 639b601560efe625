from . import res_users
from . import crm_segment
from . import crm_interaction
from . import crm_staff_assignment
from . import crm_staff_assignment_person
from . import crm_staff_assignment_line
