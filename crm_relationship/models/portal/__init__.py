from . import crm_link_code
from . import crm_merged_contact
from . import crm_touchpoint
from . import res_partner
from . import crm_preference_change
from . import crm_interaction
from . import mail_mail
from . import sms_sms
