from . import crm_spreadsheet_mixin
from . import crm_customer_search_mixin
from . import crm_relationship
from . import res_company
from . import res_partner
from . import res_users
from . import sale_order
