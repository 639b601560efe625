"""Companies from before keep both salespeople apart, until somebody decides otherwise."""


def migrate(cr, version):
    cr.execute("UPDATE res_company SET relationship_salesperson = 'apart'")
