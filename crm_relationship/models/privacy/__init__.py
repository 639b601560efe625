from . import crm_suppression
from . import res_partner
