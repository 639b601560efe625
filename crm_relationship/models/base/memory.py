from odoo.tools import SQL

# For each sort, and for each set that is searched. If a filter found more customers
# than fit into this (some millions; with PostgreSQL's usual 4 MB, 260,000), its result
# would be scanned from the start for each customer.
WORK_MEM = "64MB"


def raise_work_mem(cr):
    """Give the rest of the transaction ``WORK_MEM``, unless it already has more."""
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
