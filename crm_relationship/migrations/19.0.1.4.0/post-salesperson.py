"""Companies from before keep both salespeople apart, until somebody decides it."""


def migrate(cr, version):
    cr.execute("UPDATE res_company SET relationship_salesperson = 'apart'")
