from . import crm_erasure_agreement
from . import crm_suppression
from . import res_partner
