import {registry} from "@web/core/registry";

const row = ".o_crm_effect .list-group-item";

registry.category("web_tour.tours").add("crm_relationship_effect", {
    steps: () => [
        {
            content: "How purchases are counted",
            trigger: ".o_crm_effect:contains('put down to the last interaction')",
        },
        {
            content: "A picture of the channels",
            trigger: ".o_crm_effect_chart canvas",
        },
        {
            content: "No spreadsheet for whom none would be made",
            trigger: ".o_crm_effect:not(:has(.o_crm_spreadsheet))",
        },
        {
            content: "How the figures are counted, for whom no mouse can rest on them",
            trigger: ".o_crm_effect summary",
            run: "click",
        },
        {
            content: "It is said",
            trigger: ".o_crm_effect details[open]:contains('minutes ÷ 60')",
        },
        {
            content: "What costs more than came after it",
            trigger: `${row}:contains('Tour call'):contains('Costs more')`,
        },
        {
            content: "Of three interactions nothing is said",
            trigger: `${row}:contains('Tour letter'):contains('Too few to tell')`,
        },
        {
            content: "By salesperson",
            trigger: ".o_crm_effect [data-by=user_id]",
            run: "click",
        },
        {
            content: "All of nobody's",
            trigger: `${row}:contains('Nobody'):contains('Tried: 43')`,
        },
        {
            content: "By channel again",
            trigger: ".o_crm_effect [data-by=touchpoint_id]",
            run: "click",
        },
        {
            content: "The interactions behind a figure",
            trigger: `${row}:contains('Tour letter')`,
            run: "click",
        },
        {
            content: "These, and no others",
            trigger:
                ".o_list_view .o_data_row:contains('Tour letter'), .o_kanban_view .o_kanban_record:contains('Tour letter')",
        },
        {
            content: "None of another channel",
            trigger: ".o_action:not(:contains('Tour call'))",
        },
    ],
});
