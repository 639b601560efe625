from . import crm_touchpoint
from . import crm_touch_channel
from . import crm_touch_mixin
from . import mail_activity_type
from . import mail_template
from . import sms_template
from . import res_company
