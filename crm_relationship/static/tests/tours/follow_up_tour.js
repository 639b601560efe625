import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_relationship_follow_up", {
    steps: () => [
        {
            content: "A quotation has no follow-ups yet",
            trigger: ".o_form_view:not(:has(button[name=action_view_follow_ups]))",
        },
        {
            content: "Confirm the order",
            trigger: ".o_statusbar_buttons button[name=action_confirm]",
            run: "click",
        },
        {
            content: "Look at its follow-ups",
            trigger: "button[name=action_view_follow_ups]:contains('2')",
            run: "click",
        },
        {
            content: "The thank-you comes first",
            trigger: ".o_list_view .o_data_row:contains('Tour thank-you')",
        },
        {
            content: "Later the question whether all is well",
            trigger: ".o_list_view .o_data_cell[name=name]:contains('Tour question')",
            run: "click",
        },
        {
            content: "The interaction shows what to say and for which order",
            trigger:
                ".o_form_view:has([name=sale_order_id]) .alert-info:contains('Sell nothing')",
        },
    ],
});
