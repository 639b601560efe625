/** What the server answers for a matrix, with only what a test is about spelled out. */

export function makeFigures(values) {
    return {
        contacts: 0,
        planned: 0,
        cost: 0,
        hours: 0,
        done: 0,
        done_each: 0,
        spent: 0,
        hours_spent: 0,
        behind: false,
        ...values,
    };
}

export function makeCell(values) {
    return {
        ...makeFigures(),
        occasions: 0,
        interval_line_count: 0,
        lines: [],
        ...values,
    };
}

export function makeColumn(values) {
    return {
        color: 1,
        plan: "Care",
        plan_state: "followed",
        shared: [],
        shared_elsewhere: 0,
        customers: 10,
        own_plans: 0,
        total: makeFigures(),
        ...values,
    };
}

export function makeRow(values) {
    return {
        kind: "call",
        active: true,
        usual: false,
        unit_cost: 0,
        duration: 0,
        contact_cost: 0,
        total: makeFigures(),
        ...values,
    };
}

/** Two channels × two segments, of which Gold is called 12 times a year. */
export function makeMatrix(values) {
    return {
        columns: [
            makeColumn({id: 1, name: "Gold"}),
            makeColumn({id: 2, name: "Silver", plan: false, plan_state: "none"}),
        ],
        rows: [
            makeRow({
                id: 11,
                name: "Call",
                cells: [
                    makeCell({contacts: 12, planned: 120, interval_line_count: 1}),
                    makeCell(),
                ],
            }),
            makeRow({id: 12, name: "Visit", cells: [makeCell(), makeCell()]}),
        ],
        total: makeFigures({contacts: 6, planned: 120}),
        customers: 20,
        currency_id: 1,
        company: "Toko Maju",
        hourly_cost: 30,
        staff: {count: 2, weekly_hours: 80, share: 0.25, needed: 20, available: 1040},
        editable: true,
        ...values,
    };
}
