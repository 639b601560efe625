from . import account_move_reversal
from . import base_partner_merge
from . import crm_care_remedy
from . import crm_defection_declare
from . import crm_going_live
from . import crm_program_enroll
from . import crm_segment_keep
from . import crm_preference_statement
