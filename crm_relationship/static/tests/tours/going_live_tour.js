import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_relationship_going_live", {
    steps: () => [
        {
            content: "The company is in Preview",
            trigger:
                ".o_statusbar_status button.o_arrow_button_current:contains('Preview')",
        },
        {
            content: "Who serves how many customers",
            trigger: ".o_field_widget[name=staff_overview]:contains('Tour Sales')",
        },
        {
            content: "Segments with their customers",
            trigger:
                ".o_field_widget[name=segment_overview] tr:contains('Tour segment'):contains('2 customers')",
        },
        {
            content: "Settle something: two interactions before selling",
            trigger: ".o_field_widget[name=relationship_first_count] input",
            run: "edit 3 && press Tab",
        },
        {
            content: "What would happen?",
            trigger: "button[name=action_show_outlook]",
            run: "click",
        },
        {
            content: "Who is busy, and how long",
            trigger:
                ".o_field_widget[name=outlook] tr:contains('Tour Sales'):contains('15'):contains('min')",
        },
        {
            content: "A message word by word, for a real customer",
            trigger: ".o_field_widget[name=outlook]:contains('Hello Tour Mailed')",
        },
        {
            content: "Choose a channel as well",
            trigger:
                ".o_field_widget[name=touchpoint_ids] .form-check:contains('Tour email') input",
            run: "click",
        },
        {
            content: "Go live",
            trigger: "button[name=action_go_live]:contains('Go Live')",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal button:contains('Go Live')",
            run: "click",
        },
        {
            content: "It is live, with the channel",
            trigger: ".o_field_widget[name=live_touchpoint_ids]:contains('Tour email')",
        },
        {
            content: "And says so",
            trigger:
                ".o_statusbar_status button.o_arrow_button_current:contains('Live')",
        },
    ],
});
