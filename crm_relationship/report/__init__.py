from . import crm_segment_report
from . import crm_revenue_concentration
from . import crm_care_report
from . import crm_recognition
from . import crm_effect_report
from . import crm_readiness
from . import crm_relationship_state
