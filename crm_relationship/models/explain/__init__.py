from . import crm_relationship
