import {registry} from "@web/core/registry";

const card = ".o_crm_readiness .o_kanban_record";
const database = `${card}:contains('Customer database')`;

registry.category("web_tour.tours").add("crm_relationship_readiness", {
    steps: () => [
        {
            content: "The eight elements, the last of them",
            trigger: `${card}:contains('Process')`,
        },
        {
            content: "The figure behind the grade",
            trigger: `${database}:contains('50% of the customers have a phone number')`,
        },
        {
            content: "Its grade, and what is in place already",
            trigger: `${database}:contains('Partly in place'):contains('100% of the customers have an email address')`,
        },
        {
            content: "How it is counted, for whom no mouse can rest on it",
            trigger: `${database} summary`,
            run: "click",
        },
        {
            content: "It is said, and nothing else has been opened",
            trigger: `${database} details[open]:contains('Customers: 1 of 2')`,
        },
        {
            content: "A figure that is not the first to be put right",
            trigger: `${database} button[data-finding]:contains('date of birth')`,
            run: "click",
        },
        {
            content: "Its list: both lack it",
            trigger:
                ".o_list_view:contains('No phone'):contains('With phone'), .o_kanban_view:contains('No phone'):contains('With phone')",
            run() {
                history.back();
            },
        },
        {
            content: "The one next step",
            trigger: `${database} button[name=action_next]:contains('Add phone numbers')`,
            run: "click",
        },
        {
            content: "Who lacks it",
            trigger:
                ".o_list_view .o_data_row:contains('No phone'), .o_kanban_view .o_kanban_record:contains('No phone')",
        },
        {
            content: "Nobody else",
            trigger: ".o_action:not(:contains('With phone'))",
        },
    ],
});
