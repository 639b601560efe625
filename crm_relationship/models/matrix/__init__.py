from . import crm_contact_plan_line
from . import crm_matrix_undo
from . import crm_segment
from . import ir_actions_act_window_view
from . import ir_ui_view
