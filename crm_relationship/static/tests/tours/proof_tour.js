import {registry} from "@web/core/registry";

const result = "[data-field=result]";

registry.category("web_tour.tours").add("crm_relationship_proof_program", {
    steps: () => [
        {
            content: "Who entered, and when",
            trigger: ".o_notebook_headers a[name=entered], .o_notebook a[name=entered]",
            run: "click",
        },
        {
            content: "Two bars above one another: half of them are kept aside",
            trigger:
                "[data-field=picture] svg:has(rect.text-success):has(rect.text-muted)",
        },
        {
            content: "And in words",
            trigger:
                "[data-field=picture] figcaption:contains('Completed: 40'):contains('Control group: 40')",
        },
        {
            content: "Does the program work?",
            trigger: ".o_notebook_headers a[name=proof], .o_notebook a[name=proof]",
            run: "click",
        },
        {
            content: "Both groups",
            trigger: `${result} tr:contains('Customers'):contains('40')`,
        },
        {
            content: "A verdict in a sentence",
            trigger: `${result} p:contains('Proven'):contains('Buyers: +50')`,
        },
        {
            content: "And what was earned",
            trigger: `${result} p:contains('Incremental profit of the program')`,
        },
        {
            content: "How is it counted?",
            trigger: `${result} details summary`,
            run: "click",
        },
        {
            content: "It says so",
            trigger: `${result} details li:contains('Newcombe')`,
        },
        {
            content: "The decision stands: only anew",
            trigger: "button[name=action_measure_anew]",
        },
    ],
});

const all = (showButtons) => [
    {
        content: "What all programs bring",
        trigger: `${result} th:contains('With programs')`,
    },
    {
        content: "A verdict in a sentence",
        trigger: `${result} p:contains('Proven'):contains('Buyers: +50')`,
    },
    ...showButtons,
    {
        content: "Who is in which group",
        trigger: "button[name=action_view_enrollments]",
        run: "click",
    },
    {
        content: "The customers of the period",
        trigger: ".o_data_row:contains('Tour'), .o_kanban_record:contains('Tour')",
    },
];

registry.category("web_tour.tours").add("crm_relationship_proof_all", {
    steps: () => all([]),
});
registry.category("web_tour.tours").add("crm_relationship_proof_all_phone", {
    steps: () =>
        all([
            {
                content: "Show the buttons",
                trigger: ".o_form_view .o-form-buttonbox .o_button_more",
                run: "click",
            },
        ]),
});

registry.category("web_tour.tours").add("crm_relationship_experiment", {
    steps: () => [
        {
            content: "What could be proven, and what it takes",
            trigger: "[data-field=hint]:contains('Customers of the segment: 40')",
        },
        {
            content: "Let one half follow the other cadence",
            trigger: "button[name=action_start]",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It runs",
            trigger: ".o_field_widget[name=trial_plan_id]:contains('12 a year')",
        },
        {
            content: "Nothing is told before its day",
            trigger: `${result}:contains('Decided on'):not(:contains('roven'))`,
        },
        {
            content: "Nor can the day be chosen any more",
            trigger: ".o_field_widget[name=day_until].o_readonly_modifier",
        },
    ],
});
