import {registry} from "@web/core/registry";

const page = ".o_crm_calibration";

registry.category("web_tour.tours").add("crm_relationship_calibration", {
    steps: () => [
        {
            content: "How good were the forecasts?",
            trigger:
                ".o_control_panel button:contains('How Good Were They?'), .o_view_controller button:contains('How Good Were They?')",
            run: "click",
        },
        {
            content: "In a sentence",
            trigger: `${page}:contains('Expected:'):contains('Came:')`,
        },
        {
            content: "Month by month",
            trigger: `${page} [data-chart=months] canvas`,
        },
        {
            content: "With the figures for who cannot see it",
            trigger: `${page} [data-chart=months] table:contains('At Most')`,
        },
        {
            content: "Each segment against what came of it",
            trigger: `${page} [data-chart=segments] canvas`,
        },
        {
            content: "The forecasts of a segment",
            trigger: `${page} [data-row]:contains('Tour gold')`,
            run: "click",
        },
        {
            content: "These, and no others",
            trigger:
                ".o_list_view .o_data_row:contains('Tour gold'), .o_kanban_view .o_kanban_record:contains('Tour gold')",
        },
    ],
});
