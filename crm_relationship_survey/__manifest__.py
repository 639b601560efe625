{
    "name": "Customer Relationships: Surveys",
    "summary": "Steps ask by survey; a low score is a complaint that somebody answers",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "license": "LGPL-3",
    "author": "CRM Relationship contributors",
    "depends": ["crm_relationship", "survey"],
    "data": [
        "security/ir.model.access.csv",
        "security/survey_security.xml",
        "data/mail_template_data.xml",
        "views/crm_interaction_views.xml",
        "views/crm_program_step_views.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
