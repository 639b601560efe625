/* global document, odoo, window */
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {rpcBus} from "@web/core/network/rpc";

const LONG = 20_000;
const PART = 15_000;
const PARTS = 40;
// The form's own.
const LEAVE = ["o_form_button_cancel", "o_form_button_create", "o_form_button_save"];

/** Opens all menus of this addon in a real client, and presses what can be pressed. */
class Crawl {
    constructor(services, app) {
        Object.assign(this, services);
        this.app = app;
        this.waiting = new Set();
        this.pressed = new Set();
        this.counts = {views: 0, forms: 0, buttons: 0};
        rpcBus.addEventListener("RPC:REQUEST", ({detail}) =>
            this.waiting.add(detail.data.id)
        );
        rpcBus.addEventListener("RPC:RESPONSE", ({detail}) =>
            this.waiting.delete(detail.data.id)
        );
        browser.open = () => null;
    }

    // -- waiting and judging

    frame() {
        return new Promise((resolve) => window.requestAnimationFrame(resolve));
    }

    /** Wait until nothing is asked of the server any more, and all is drawn. */
    async settle() {
        const limit = Date.now() + LONG;
        let quiet = 0;
        while (quiet < 4) {
            quiet = this.waiting.size ? 0 : quiet + 1;
            if (Date.now() > limit) {
                throw new Error(`${this.where}: the server was still asked`);
            }
            await this.frame();
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
    }

    async check(where) {
        this.where = where;
        await this.settle();
        const error = document.querySelector(".o_error_dialog");
        if (error) {
            throw new Error(`${where}: ${error.innerText}`);
        }
        const dialog = document.querySelector(".o_dialog .modal-body");
        if (dialog && !dialog.innerText.trim() && !dialog.querySelector("input,img")) {
            throw new Error(`${where}: an empty dialog`);
        }
    }

    // -- opening

    get menus() {
        const found = [];
        const add = (menu) => {
            if (menu.actionID && menu.id !== this.app.id) {
                found.push(menu);
            }
            menu.childrenTree.forEach(add);
        };
        add(this.menu.getMenuAsTree(this.app.id));
        return found;
    }

    async *run(press) {
        for (const menu of this.menus) {
            const action = await this.action.loadAction(menu.actionID);
            if (action.type === "ir.actions.client") {
                await this.action.doAction(menu.actionID, {clearBreadcrumbs: true});
                await this.check(menu.name);
                this.counts.views++;
                yield;
            }
            for (const [, viewType] of action.views || []) {
                const inside = viewType === "form" && action.view_mode !== "form";
                if (viewType === "search" || inside) {
                    continue;
                }
                const options = {viewType, clearBreadcrumbs: true};
                await this.action.doAction(menu.actionID, options);
                await this.check(`${menu.name}, ${viewType}`);
                this.counts.views++;
                yield;
                if (viewType === "list" || viewType === "form") {
                    yield* this.openRecord(menu, viewType, press);
                }
            }
        }
    }

    async *openRecord(menu, viewType, press) {
        if (!(await this.openFirst(menu, viewType))) {
            return;
        }
        this.counts.forms++;
        for (const tab of document.querySelectorAll(".o_notebook .nav-link")) {
            tab.click();
            await this.check(`${menu.name}, page ${tab.innerText}`);
        }
        const model = this.action.currentController?.props?.resModel;
        if (press && !this.pressed.has(model)) {
            this.pressed.add(model);
            yield* this.pressAll(menu, viewType);
        }
    }

    /** Open a menu, and there the first record; tell whether there is a form now. */
    async openFirst(menu, viewType) {
        if (viewType === "list") {
            // an empty list may show examples, which are no records
            const cell =
                ".o_list_view:not(:has(.o_view_sample_data)) .o_data_row .o_data_cell:not(.o_list_button)";
            const group = document.querySelector(".o_group_header");
            if (!document.querySelector(cell) && group) {
                group.click();
                await this.check(`${menu.name}, a group`);
            }
            document.querySelector(cell)?.click();
            await this.check(`${menu.name}, first record`);
        }
        return Boolean(document.querySelector(".o_form_view"));
    }

    // -- pressing

    get buttons() {
        const found = document.querySelectorAll(".o_form_view button[name]");
        return [...found].filter(
            (button) =>
                button.offsetParent &&
                !button.disabled &&
                !button.closest(".o_field_x2many, .o_dialog, .o_statusbar_status") &&
                !LEAVE.some((name) => button.classList.contains(name))
        );
    }

    async *pressAll(menu, viewType) {
        const names = [...new Set(this.buttons.map((button) => button.name))];
        for (const name of names) {
            yield;
            const where = `${menu.name}, button ${name}`;
            const button = this.buttons.find((other) => other.name === name);
            if (!button) {
                continue; // gone since another one was pressed
            }
            button.click();
            this.counts.buttons++;
            await this.check(where);
            await this.answer(where);
            await this.leaveDialogs(where);
            const options = {viewType, clearBreadcrumbs: true};
            await this.action.doAction(menu.actionID, options);
            await this.check(`${where}, back`);
            if (!(await this.openFirst(menu, viewType))) {
                return;
            }
        }
    }

    /** Say yes where the client asks. */
    async answer(where) {
        const dialog = document.querySelector(".o_dialog");
        const form = dialog?.querySelector(".o_form_view");
        const yes = dialog?.querySelector("footer .btn-primary");
        if (yes && !form) {
            yes.click();
            await this.check(`${where}, confirmed`);
        }
    }

    async leaveDialogs(where) {
        for (let tries = 0; tries < 5; tries++) {
            const dialogs = document.querySelectorAll(".o_dialog");
            const close = dialogs[dialogs.length - 1]?.querySelector(
                ".btn-close, .o_form_button_cancel, footer .btn-secondary"
            );
            if (!close) {
                return;
            }
            close.click();
            await this.check(`${where}, closed`);
        }
    }
}

// A dialog that closes lets the list below load again, which may be left by then: Odoo
// drops the answer, and nobody who walks at a person's pace meets it.
registry.category("error_handlers").add(
    "crawl_relationships",
    (_env, error, original) => {
        const isLeft = original?.message === "Component is destroyed";
        if (isLeft) {
            error.event?.preventDefault();
        }
        return isLeft;
    },
    {sequence: 1}
);

/** A tour's step may take a minute, so each walks a part of the way. */
function getSteps(press) {
    let crawler = null;
    let way = null;
    async function walk() {
        const root = "crm_relationship.crm_relationship_menu_root";
        const {action, menu} = odoo.__WOWL_DEBUG__.root.env.services;
        const app = menu.getApps().find(({xmlid}) => xmlid === root);
        crawler ||= new Crawl({action, menu}, app);
        way ||= crawler.run(press);
        const limit = Date.now() + PART;
        let done = false;
        while (!done && Date.now() < limit) {
            ({done} = await way.next());
        }
        return done;
    }
    const part = {trigger: "body", run: walk, timeout: 60_000};
    const end = {
        trigger: "body",
        run: async () => {
            if (!(await walk())) {
                throw new Error("There was more to open than there was time for.");
            }
            console.log(`CRAWLED ${JSON.stringify(crawler.counts)}`);
        },
    };
    return [
        {trigger: ".o_main_navbar", timeout: 60_000},
        ...Array.from({length: PARTS}, () => part),
        end,
    ];
}

for (const press of [false, true]) {
    registry.category("web_tour.tours").add(`crm_relationship_crawl_${press}`, {
        steps: () => getSteps(press),
    });
}
