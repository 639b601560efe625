from odoo.addons.crm_relationship.hooks import forget_templates


def uninstall_hook(env):
    """Odoo deletes our message only where no step uses it."""
    forget_templates(env, "crm_relationship_loyalty")
