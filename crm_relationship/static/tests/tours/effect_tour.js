import {registry} from "@web/core/registry";

const row = ".o_crm_effect .list-group-item";

registry.category("web_tour.tours").add("crm_relationship_effect", {
    steps: () => [
        {
            content: "How purchases are counted",
            trigger: ".o_crm_effect:contains('the last interaction before it')",
        },
        {
            content: "A picture of the channels",
            trigger: ".o_crm_effect_chart canvas",
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
            content: "The interactions behind a figure",
            trigger: `${row}:contains('Tried: 43')`,
            run: "click",
        },
        {
            content: "Each with what it cost",
            trigger: ".o_list_view .o_data_row, .o_kanban_view .o_kanban_record",
        },
    ],
});
