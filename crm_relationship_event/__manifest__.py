{
    "name": "Customer Relationships: Events",
    "summary": "Steps invite to events; who accepts is registered, who came is noted",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "license": "LGPL-3",
    "author": "CRM Relationship contributors",
    "depends": ["crm_relationship", "event"],
    "data": [
        "security/ir.model.access.csv",
        "data/mail_template_data.xml",
        "views/crm_interaction_views.xml",
        "views/crm_program_step_views.xml",
        "views/invitation_templates.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
