import {registry} from "@web/core/registry";

/** Apply what is proposed, and take it back; `undone` is there at the end. */
function applyAndUndo(undone) {
    return [
        {
            content: "Back",
            trigger: ".o_back_button, .breadcrumb-item a:contains('Assignment of')",
            run: "click",
        },
        {
            content: "Apply",
            trigger: "button[name=action_apply]",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is applied; take it back",
            trigger: "button[name=action_undo]",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Everybody has whom they had",
            trigger: undone,
        },
    ];
}

registry.category("web_tour.tours").add("crm_relationship_assignment", {
    steps: () => [
        {
            content: "Begin an assignment",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Whoever sells takes part",
            trigger: ".o_field_widget[name=person_ids] tr:contains('Tour Ann')",
        },
        {
            content: "Let somebody propose who serves whom",
            trigger: "button[name=action_compute]:contains('Propose')",
            run: "click",
        },
        {
            content: "The load before and after",
            trigger:
                ".o_field_widget[name=person_ids] tr:contains('Tour Bob') td[name=customers_after]:contains('2')",
        },
        {
            content: "One was not assigned: why?",
            trigger: "button[name=action_view_unassigned]:contains('1')",
            run: "click",
        },
        {
            content: "The rule that stands in the way",
            trigger:
                ".o_data_row:contains('Tour Customer 7') td[name=reason]:contains('Tour speaks Javanese')",
        },
        {
            content: "Back",
            trigger: ".o_back_button, .breadcrumb-item a:contains('Assignment of')",
            run: "click",
        },
        {
            content: "What would change",
            trigger: "button[name=action_view_changes]:contains('5')",
            run: "click",
        },
        {
            content: "Choose somebody else for one of them",
            trigger: ".o_data_row:contains('Tour Customer 3') td[name=new_user_id]",
            run: "click",
        },
        {
            content: "Type a name",
            trigger: ".o_selected_row .o_field_widget[name=new_user_id] input",
            run: "edit Tour Bob",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains('Tour Bob')",
            run: "click",
        },
        {
            content: "Save the line",
            trigger: ".o_list_button_save:visible",
            run: "click",
        },
        {
            content: "It says who decided",
            trigger:
                ".o_data_row:contains('Tour Customer 3') td[name=reason]:contains('Chosen by Tour Manager')",
        },
        ...applyAndUndo(".o_arrow_button_current:contains('Undone')"),
    ],
});

registry.category("web_tour.tours").add("crm_relationship_assignment_phone", {
    steps: () => [
        {
            content: "Begin an assignment",
            trigger: ".o_list_button_add, .o-kanban-button-new",
            run: "click",
        },
        {
            content: "Whoever sells takes part",
            trigger:
                ".o_field_widget[name=person_ids] .o_kanban_record:contains('Tour Ann')",
        },
        {
            content: "Let somebody propose who serves whom",
            trigger: "button[name=action_compute]:contains('Propose')",
            run: "click",
        },
        {
            content: "The load of each",
            trigger:
                ".o_field_widget[name=person_ids] .o_kanban_record:contains('Tour Bob'):contains('customers')",
        },
        {
            content: "What would change",
            trigger: "button[name=action_view_changes]",
            run: "click",
        },
        {
            content: "A card for each",
            trigger:
                ".o_kanban_record:contains('Tour Customer 3'):contains('Has no salesperson so far')",
        },
        ...applyAndUndo(
            ".o_arrow_button_current:contains('Undone'), .o_statusbar_status:contains('Undone')"
        ),
    ],
});
