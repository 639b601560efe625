"""What a program has cost so far, held against its budget."""

from odoo.tools import SQL

from ..base.figures import format_amount


def describe(program, company):
    """Return what a program has cost a company so far, in a sentence.

    :return: text, or ``False`` where there is no budget to hold it against
    """
    if not program.budget or not program.id:
        return False
    env, currency = program.env, company.currency_id
    spent = currency.round(_sum_up(program, company))
    amounts = {
        "spent": format_amount(env, spent, currency),
        "budget": format_amount(env, program.budget, currency),
    }
    if currency.compare_amounts(spent, program.budget) > 0:
        return env._(
            "So far it has cost %(spent)s, more than its budget of %(budget)s. That"
            " stops nobody: raise the budget, or end the program.",
            **amounts,
        )
    return env._("So far it has cost %(spent)s of %(budget)s.", **amounts)


def _sum_up(program, company):
    """Return the sum as ``cost_per_customer`` counts it: channels, time and benefits.

    In SQL: a hundred thousand may have been through it.
    """
    env = program.env
    env.flush_all()
    [[spent]] = env.execute_query(
        SQL(
            """
            SELECT COALESCE(sum(COALESCE(i.cost, 0) + %(time)s), 0)
              FROM crm_interaction i
              JOIN crm_program_enrollment e ON e.id = i.enrollment_id
              JOIN res_company c ON c.id = i.company_id
             WHERE e.program_id = %(program)s AND i.company_id = %(company)s
               AND i.state = 'done'
            """,
            time=env["res.company"]._working_cost_sql(SQL("c"), SQL("i.duration")),
            program=program.id,
            company=company.id,
        )
    )
    return float(spent)
