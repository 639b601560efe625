import {registry} from "@web/core/registry";

const FINGER = 44;
const OURS =
    ".o_crm_touch, .o_notebook_content:has(.o_crm_gate), .modal:has(.o_crm_touch) :is(.modal-header, .modal-footer)";
const TAPPED = ":is(.btn, a[href], button, select, textarea, input:not([type=hidden]))";

const isSeen = (element) =>
    element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) &&
    element.getBoundingClientRect().width > 0;

/** What does not fit the screen, or the finger, in words. */
function findFaults() {
    const faults = [];
    const width = window.innerWidth;
    if (document.documentElement.scrollWidth > width) {
        faults.push(`the page is ${document.documentElement.scrollWidth} wide`);
    }
    for (const table of document.querySelectorAll(".o_content table, .modal table")) {
        if (isSeen(table) && table.getBoundingClientRect().width > width) {
            const name = table.closest("[name]")?.getAttribute("name");
            faults.push(`the table of ${name} is wider than the screen`);
        }
    }
    const targets = [...document.querySelectorAll(OURS)].flatMap((root) => [
        ...root.querySelectorAll(TAPPED),
    ]);
    for (const target of targets.filter(isSeen)) {
        const box = target.getBoundingClientRect();
        // A box to tick is tapped by its label, too; of several, none reaches into another.
        const check = target.closest(".form-check");
        const several = check?.matches(":not(:only-child)") && check;
        const room = several ? several.getBoundingClientRect().height : FINGER;
        const tall = Math.ceil(check ? room : box.height);
        const wide = Math.ceil(check ? FINGER : box.width);
        if (!target.disabled && (tall < FINGER || wide < FINGER)) {
            const name = target.name || target.closest("[name]")?.getAttribute("name");
            faults.push(
                `${target.tagName} ${name} “${target.textContent.trim()}” ${target.className}: ${wide} × ${tall}`
            );
        }
    }
    return {faults, targets: targets.filter(isSeen).length};
}

/** Measure a screen once it stands. */
const measure = (name, trigger) => ({
    content: `${name} fits the screen and the finger`,
    trigger,
    run: async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        const {faults, targets} = findFaults();
        console.log(`phone: ${name}: ${targets} targets, ${faults.length} faults`);
        if (faults.length) {
            throw new Error(`${name}: ${[...new Set(faults)].join("; ")}`);
        }
    },
});

const open = (action) => ({
    content: `Open ${action}`,
    trigger: ".o_web_client",
    run: () =>
        odoo.__WOWL_DEBUG__.root.env.services.action.doAction(
            `crm_relationship.${action}`,
            {clearBreadcrumbs: true}
        ),
});

const CARD = ".o_kanban_record:not(.o_kanban_ghost)";

const screen = (action, title) => [
    open(action),
    measure(
        title,
        `.o_navbar_breadcrumbs:contains('${title}'), .o_breadcrumb:contains('${title}')`
    ),
];

const tap = (content, trigger) => ({content, trigger, run: "click"});

const tab = (name) => [
    tap(`The page ${name}`, `.o_notebook .nav-link[name=${name}]`),
    measure(`Page ${name}`, `.o_notebook .nav-link.active[name=${name}]`),
];

const leave = [
    tap("Leave the dialog", ".modal-header button:has(.oi-close), .modal .btn-close"),
    {content: "It is gone", trigger: "body:not(:has(.modal))"},
];

const select = {
    content: "A finger stays on the card",
    trigger: CARD,
    run: async ({anchor}) => {
        const touch = (type) => anchor.dispatchEvent(new TouchEvent(type));
        touch("touchstart");
        await new Promise((resolve) => setTimeout(resolve, 600));
        touch("touchend");
    },
};

/* What a manager opens from a menu, and what the first card of it opens. */
registry.category("web_tour.tours").add("crm_relationship_phone_manager", {
    steps: () => [
        ...screen("crm_segment_action", "Segments"),
        tap("Open the segment", `${CARD}:contains('Tour segment')`),
        measure("The segment", ".o_form_view .o_field_widget[name=plan_id]"),
        ...screen("crm_contact_plan_action", "Contact Plans"),
        tap("Open the plan", `${CARD}:contains('Ibu Kartini')`),
        measure("The plan", ".o_form_view .o_field_widget[name=line_ids]"),
        ...screen("crm_touchpoint_action", "Channels"),
        tap("Open the channel", `${CARD}:contains('Tour call')`),
        measure("The channel", ".o_form_view .o_field_widget[name=unit_cost]"),
        ...screen("crm_occasion_action", "Occasions"),
        ...screen("crm_benefit_action", "Benefits"),
        ...screen("crm_defection_reason_action", "Lost Reasons"),
        ...screen("crm_staff_tag_action", "Salesperson Attributes"),
        ...screen("res_users_action_staff", "Salespeople"),
        tap("Open a profile", `${CARD}:contains('Tour Sales') .fw-bold`),
        measure("The profile", ".modal .o_field_widget[name=deputy_id]"),
        ...leave,
        ...screen("crm_preference_change_action", "History of Preferences"),
        {
            content: "The history says whose preference it is",
            trigger: `${CARD}:contains('Ibu Kartini')`,
        },
        ...screen("crm_staff_assignment_action", "Assign Salespeople"),
        ...screen("crm_care_report_action", "Nobody Forgotten"),
        ...screen("crm_care_day_action", "Customers at Fault over Time"),
        ...screen("crm_relationship_action_coverage", "Customers Not Covered"),
        open("crm_going_live_action"),
        measure("Going live", ".o_form_view .o_field_widget[name=staff_overview]"),
        tap("What would happen?", "button[name=action_show_outlook]"),
        measure("The next 30 days", ".o_field_widget[name=outlook]:contains('min')"),
        ...screen("crm_defection_action", "Lost Customers"),
        select,
        tap("What is done to several", ".o_cp_action_menus button"),
        {
            content: "To ask why is offered",
            trigger: ".o-dropdown--menu button[name=action_ask_why]",
        },
        ...screen("crm_defection_action", "Lost Customers"),
        tap("Open the lost customer", `${CARD}:contains('Ibu Kartini')`),
        measure("The lost customer", ".o_form_view .o_field_widget[name=reason_id]"),
    ],
});

registry.category("web_tour.tours").add("crm_relationship_phone", {
    steps: () => [
        measure("The queue", `${CARD}:contains('Ibu Kartini')`),
        {
            content: "No answer is on the card",
            trigger: `${CARD}:contains('Ibu Kartini') button[name=action_no_answer]`,
        },
        tap(
            "What came of it",
            `${CARD}:contains('Ibu Kartini') button[name=action_open_outcome]`
        ),
        measure("The outcome", ".modal .o_field_widget[name=feedback]"),
        ...leave,
        tap("Open the interaction", `${CARD}:contains('Ibu Kartini') .fw-bold`),
        measure("The interaction", ".o_form_view .o_crm_gate"),
        open("crm_my_day_action"),
        measure("My Day", ".o_crm_my_day_card"),
        tap("Later", ".o_crm_my_day [data-what=later]"),
        measure("My Day: later", ".o_crm_my_day_sheet [data-until=week]"),
        tap("More", ".o_crm_my_day [data-what=more]"),
        measure("My Day: more", ".o_crm_my_day_sheet [data-what=ordered]"),
        tap("The whole day", ".o_crm_my_day_list"),
        measure("My Day: the whole day", ".o_crm_my_day_side .o_crm_my_day_next"),
        ...screen("crm_relationship_action", "Customers"),
        tap("Open the customer", `${CARD}:contains('Ibu Kartini')`),
        measure("The customer", ".o_form_view button[name=action_plan_contact]"),
        ...["contacts", "portfolio", "programs", "moves"].flatMap(tab),
        tap("Plan an interaction", "button[name=action_plan_contact]"),
        measure("Planning", ".modal button[name=action_plan]"),
        ...leave,
        ...screen("crm_interaction_action_upcoming", "Interactions"),
        ...screen("crm_relationship_action_winback", "Worth Winning Back"),
        ...screen("crm_program_enrollment_action", "Enrollments"),
        tap("Open the enrollment", `${CARD}:contains('Ibu Kartini')`),
        measure("The enrollment", ".o_form_view .o_field_widget[name=interaction_ids]"),
        ...screen("crm_program_action", "Programs"),
        tap("Open the program", `${CARD}:contains('Tour program')`),
        measure("The program", ".o_form_view .o_crm_flow"),
        ...["target", "benefit"].flatMap(tab),
        open("crm_relationship_action"),
        tap("Back to the customer", `${CARD}:contains('Ibu Kartini')`),
        tap(
            "Open the contact",
            ".o_form_view .oe_title .o_field_widget[name=partner_id] a"
        ),
        ...tab("relationship"),
        {
            content: "The history of preferences says when, from what, to what",
            trigger:
                ".o_field_widget[name=preference_change_ids] .o_kanban_record:contains('Refused'):contains('Tour WhatsApp')",
        },
    ],
});
