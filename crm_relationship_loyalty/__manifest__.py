{
    "name": "Customer Relationships: Loyalty",
    "summary": "Steps give coupons and points, and take back what an order has caused",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "license": "LGPL-3",
    "author": "CRM Relationship contributors",
    "depends": ["crm_relationship", "sale_loyalty"],
    "data": [
        "data/mail_template_data.xml",
        "views/crm_benefit_views.xml",
        "views/crm_interaction_views.xml",
        "views/crm_program_step_views.xml",
        "views/loyalty_program_views.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
