import {registry} from "@web/core/registry";

const care = ".o_crm_morning_section[data-section=care]";

/** At a glance: who is at fault and why; each number opens its list. */
const look = () => [
    {
        content: "How many are at fault",
        trigger: `${care}:contains('Customers at fault: 2 of 3')`,
    },
    {
        content: "Who, and why",
        trigger: `${care} .o_crm_morning_row:contains('Tour forgotten'):contains('No dedicated salesperson')`,
    },
    {
        content:
            "What is in the queue, day by day, also for who cannot see the picture",
        trigger: ".o_crm_morning_section[data-section=queue] canvas",
    },
    {
        content: "In words",
        trigger: ".o_crm_morning_section[data-section=queue] table td",
    },
    {
        content: "What is not known yet is told",
        trigger:
            ".o_crm_morning_section[data-section=programs]:contains('Not known yet')",
    },
    {
        content: "The list behind the number",
        trigger: `${care} [data-number=care_no_staff]:contains('2')`,
        run: "click",
    },
];

registry.category("web_tour.tours").add("crm_relationship_morning_phone", {
    steps: () => [
        ...look(),
        {
            content: "Both, as cards",
            trigger:
                ".o_kanban_view:contains('Tour forgotten 0'):contains('Tour forgotten 1')",
        },
    ],
});
