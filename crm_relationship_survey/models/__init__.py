from . import survey_question
from . import survey_question_answer
from . import survey_survey
from . import survey_user_input
from . import crm_interaction
from . import crm_program_step
from . import res_partner
