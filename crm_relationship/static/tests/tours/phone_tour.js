import {registry} from "@web/core/registry";

const FINGER = 44;
const OURS =
    ".o_crm_touch, .o_notebook_content:has(.o_crm_gate), .modal:has(.o_crm_touch) .modal-footer";
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
        // A box to tick is tapped by its label, too.
        const tall = Math.ceil(target.closest(".form-check") ? FINGER : box.height);
        const wide = Math.ceil(target.closest(".form-check") ? FINGER : box.width);
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
        measure("The program", ".o_form_view .o_field_widget[name=step_ids]"),
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
