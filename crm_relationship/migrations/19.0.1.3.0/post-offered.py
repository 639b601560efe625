"""The channels that customers were offered so far are offered to them."""


def migrate(cr, version):
    cr.execute(
        "UPDATE crm_touchpoint SET is_offered = TRUE WHERE is_offered IS NOT TRUE"
    )
