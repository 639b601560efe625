import {_t} from "@web/core/l10n/translation";
import {
    formatContacts,
    formatCost,
    formatCount,
    formatHours,
} from "./touchpoint_matrix_format";

/** The three things a cell can show: their labels, their spoken text, and how they are computed. */
export const MEASURES = {
    contacts: {
        label: _t("Interactions a year"),
        help: _t(
            "How many interactions a year the plan of a segment asks for with each customer. Below: how many were done per customer in the last 12 months."
        ),
        isEmpty: (figures) => !figures.contacts && !figures.done,
        isBehind: (figures) => figures.behind,
        planned: (data, figures) => formatContacts(figures.contacts),
        done: (data, figures) => formatContacts(figures.done_each),
        total: (data, figures) => _t("%s in all", formatCount(figures.planned)),
        explain: (data, figures) => [
            _t("Planned: %(each)s a year with each customer, %(count)s with all.", {
                each: formatContacts(figures.contacts),
                count: formatCount(figures.planned),
            }),
            _t(
                "Done in the last 12 months: %(count)s, that is %(each)s per customer.",
                {
                    count: formatCount(figures.done),
                    each: formatContacts(figures.done_each),
                }
            ),
            figures.behind
                ? _t("Behind: less than nine tenths of what is planned was done.")
                : "",
        ],
    },
    cost: {
        label: _t("Cost a year"),
        help: _t(
            "Planned interactions a year × customers × (unit cost + working time × cost of an hour). Below: the cost of the interactions done in the last 12 months and of the time they took."
        ),
        isEmpty: (figures) => !figures.cost && !figures.spent,
        isBehind: () => false,
        planned: (data, figures) => formatCost(figures.cost, data.currency_id),
        done: (data, figures) => formatCost(figures.spent, data.currency_id),
        total: () => "",
        explain: (data, figures) => [
            _t("Planned interactions a year: %(count)s, cost: %(cost)s.", {
                count: formatCount(figures.planned),
                cost: formatCost(figures.cost, data.currency_id),
            }),
            _t("Interactions done in the last 12 months: %(count)s, cost: %(cost)s.", {
                count: formatCount(figures.done),
                cost: formatCost(figures.spent, data.currency_id),
            }),
        ],
    },
    hours: {
        label: _t("Hours a year"),
        help: _t(
            "Planned interactions a year × customers × duration of the channel. Below: the working time of the interactions done in the last 12 months."
        ),
        isEmpty: (figures) => !figures.hours && !figures.hours_spent,
        isBehind: () => false,
        planned: (data, figures) => formatHours(figures.hours),
        done: (data, figures) => formatHours(figures.hours_spent),
        total: () => "",
        explain: (data, figures) => [
            _t("Planned interactions a year: %(count)s, hours: %(hours)s.", {
                count: formatCount(figures.planned),
                hours: formatHours(figures.hours),
            }),
            _t(
                "Interactions done in the last 12 months: %(count)s, hours: %(hours)s.",
                {
                    count: formatCount(figures.done),
                    hours: formatHours(figures.hours_spent),
                }
            ),
        ],
    },
};

/** What a cell says beyond its figures: the lines of the plan behind it. */
export function explainLines(cell) {
    return [
        ...cell.lines,
        cell.occasions
            ? _t(
                  "%s a year on occasions, which the matrix does not change.",
                  formatContacts(cell.occasions)
              )
            : "",
        cell.interval_line_count > 1
            ? _t("Several lines of the plan meet here; the cell opens the plan.")
            : "",
    ];
}

/** What one interaction of a row costs, and where the figure comes from. */
export function explainRow(data, row) {
    return [
        row.usual
            ? _t(
                  "Lines of a plan that name no channel. Counted at the cost and duration of the first one in use, “%s”.",
                  row.usual
              )
            : _t(
                  "Lines of a plan that try this channel first. A customer who prefers or refuses one may be contacted by another."
              ),
        _t(
            "One interaction costs %(cost)s: %(unit)s + %(minutes)s min at %(hour)s an hour.",
            {
                cost: formatCost(row.contact_cost, data.currency_id),
                unit: formatCost(row.unit_cost, data.currency_id),
                minutes: row.duration,
                hour: formatCost(data.hourly_cost, data.currency_id),
            }
        ),
        row.active
            ? ""
            : _t("Archived; shown because it was used or is still planned with."),
    ];
}

/** Which columns share a plan: an edit changes it for all of them. */
export function describeSharing(column) {
    const others = [...column.shared];
    if (column.shared_elsewhere) {
        others.push(_t("%s of other companies", column.shared_elsewhere));
    }
    return others.join(", ");
}

export function explainColumn(data, column) {
    if (column.plan_state === "own") {
        return [
            _t(
                "Customers who follow a plan of their own instead of their segment's. Their interactions are averages."
            ),
        ];
    }
    const sharing = describeSharing(column);
    const who = {count: formatCount(column.customers), company: data.company};
    return [
        column.plan_state === "followed"
            ? _t(
                  "Customers of %(company)s who follow the plan of this segment: %(count)s.",
                  who
              )
            : _t(
                  "Customers of %(company)s in this segment who follow no plan: %(count)s.",
                  who
              ),
        column.own_plans
            ? _t(
                  "%s more have a plan of their own; they are in the last column.",
                  formatCount(column.own_plans)
              )
            : "",
        sharing
            ? _t("The plan is shared with %s: an edit changes it for all.", sharing)
            : "",
    ];
}

export const TOTALS = {
    row: _t("All segments shown: the average customer, and all interactions together."),
    column: _t("All channels together."),
    all: _t("All channels and all segments shown."),
};

/** The hours needed compared with those available: a share for the bar, and a sentence. */
export function describeStaff({staff}) {
    const {needed, available, count, weekly_hours: weekly, share} = staff;
    const percent = available ? Math.round((100 * needed) / available) : 0;
    let verdict = _t("%s hours left", formatHours(available - needed));
    if (!count) {
        verdict = _t("No customer has a dedicated salesperson yet");
    } else if (needed > available) {
        verdict = _t("%s hours too many", formatHours(needed - available));
    }
    return {
        percent,
        verdict,
        isTooMuch: needed > available,
        text: _t("%(needed)s of %(available)s hours a year", {
            needed: formatHours(needed),
            available: formatHours(available),
        }),
        help: [
            _t(
                "Needed: interactions a year × customers × duration of the channel, of the segments shown."
            ),
            _t(
                "Available: %(count)s dedicated salespeople work %(weekly)s hours a week together × 52 weeks × %(share)s % of that for interactions, by their calendars and the company's settings.",
                {
                    count: formatCount(count),
                    weekly: formatHours(weekly),
                    share: formatContacts(100 * share),
                }
            ),
        ],
    };
}
