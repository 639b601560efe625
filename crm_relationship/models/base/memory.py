from odoo.tools import SQL

# Of each sort, and of each set in which something is looked up. A filter that finds
# more customers than this holds (some millions; with PostgreSQL's usual 4 MB, 260,000)
# would be gone through from the start for each customer.
WORK_MEM = "64MB"


def raise_work_mem(cr):
    """Give the rest of the transaction ``WORK_MEM``, unless it has more."""
    cr.execute(
        SQL(
            """
            SELECT set_config('work_mem', %(enough)s, TRUE)
             WHERE pg_size_bytes(current_setting('work_mem'))
                   < pg_size_bytes(%(enough)s)
            """,
            enough=WORK_MEM,
        )
    )
