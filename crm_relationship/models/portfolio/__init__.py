from . import crm_segment
from . import crm_segment_figure
from . import crm_relationship_snapshot
from . import crm_relationship
from . import crm_interaction
from . import res_company
from . import res_config_settings
from . import res_partner
