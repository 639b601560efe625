from . import crm_interaction
from . import crm_interaction_undo
from . import crm_relationship
from . import crm_composer_mixin
from . import mail_compose_message
from . import mail_thread
from . import sms_composer
