import {registry} from "@web/core/registry";

/** A row at a desk, a card on a phone. */
const ann = (rest = "", before = "") =>
    [".o_data_row", ".o_kanban_record"]
        .map((record) => `${before}${record}:contains('Tour Ann')${rest}`)
        .join(", ");

/** Choose a successor in the dialog, and hand over; phones search in a dialog. */
function handOver(applied, chosen = ".o-autocomplete--dropdown-item") {
    return [
        {
            content: "It says how much it is",
            trigger: ".modal div:contains('change hands: 7')",
        },
        {
            content: "Who follows",
            trigger: ".modal .o_field_widget[name=successor_ids] input",
            run: chosen.includes("kanban") ? "click" : "edit Tour Bob",
        },
        {
            content: "Choose a successor",
            trigger: `${chosen}:contains('Tour Bob')`,
            run: "click",
        },
        {
            content: "The successor is chosen",
            trigger: ".modal .o_field_widget[name=successor_ids] .o_tag",
        },
        {
            content: "What the successor should know",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit They like to be called in the morning.",
        },
        {
            content: "Hand over",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "All are handed over, and it could be undone",
            trigger: applied,
        },
    ];
}

registry.category("web_tour.tours").add("crm_relationship_leaver", {
    steps: () => [
        {
            content: "Open the actions of the user",
            trigger: ".o_cp_action_menus .dropdown-toggle, .o_cp_action_menus button",
            run: "click",
        },
        {
            content: "Archive",
            trigger: ".o-dropdown--menu .o_menu_item:contains('Archive')",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "The user serves customers: hand them over first",
            trigger:
                ".modal:contains('Customers: 7') .modal-footer button:contains('Hand Over Customers')",
            run: "click",
        },
        ...handOver(".o_arrow_button_current:contains('Applied')"),
    ],
});

registry.category("web_tour.tours").add("crm_relationship_leaver_phone", {
    steps: () => [
        {
            content: "Hand over everything of one of the salespeople",
            trigger:
                ".o_kanban_record:contains('Tour Ann') button[name=action_open_handover]",
            run: "click",
        },
        ...handOver(
            ".o_arrow_button_current:contains('Applied'), .o_statusbar_status:contains('Applied')",
            ".modal .o_kanban_record"
        ),
    ],
});

registry.category("web_tour.tours").add("crm_relationship_holiday", {
    steps: () => [
        {
            content: "One of the salespeople goes on holiday",
            trigger: ann(" button[name=action_open_absence]"),
            run: "click",
        },
        {
            content: "It says who stands in",
            trigger:
                ".modal .o_field_widget[name=stand_in_note]:contains('Tour Bob, apart from')",
        },
        {
            content: "Today is chosen; say why",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Holiday",
        },
        {
            content: "Save",
            trigger: ".modal button[name=action_save]",
            run: "click",
        },
        {
            content: "The list knows it",
            trigger: ann("", "body:not(:has(.modal)) "),
        },
    ],
});

registry.category("web_tour.tours").add("crm_relationship_stand_in", {
    steps: () => [
        {
            content: "The stand-in has it in the queue",
            trigger:
                ".o_data_row:contains('Tour Customer 1') button[name=action_open_outcome]",
            run: "click",
        },
        {
            content: "Done",
            trigger: ".modal button[name=action_done]:contains('Reached')",
            run: "click",
        },
        {
            content: "It is done",
            trigger: "body:not(:has(.o_data_row:contains('Tour Customer 1')))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relationship_stand_in_phone", {
    steps: () => [
        {
            content: "The stand-in sees in whose place",
            trigger:
                ".o_kanban_record:contains('Tour Customer 1'):contains('Instead of') button[name=action_open_outcome]",
            run: "click",
        },
        {
            content: "Done",
            trigger: ".modal button[name=action_done]:contains('Reached')",
            run: "click",
        },
        {
            content: "It is done",
            trigger: "body:not(:has(.o_kanban_record:contains('Tour Customer 1')))",
        },
    ],
});
