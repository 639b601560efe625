/* global document, odoo, window */
import {browser} from "@web/core/browser/browser";
import {rpcBus} from "@web/core/network/rpc";

const LONG = 20_000;
// They leave the page, or the form, for a file or another site.
const LEAVE = ["o_form_button_cancel", "o_form_button_create", "o_form_button_save"];

/** Opens all menus of this addon in a real client, and presses what can be pressed. */
class Crawl {
    constructor(services, app) {
        Object.assign(this, services);
        this.app = app;
        this.waiting = new Set();
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

    async run(press) {
        for (const menu of this.menus) {
            const action = await this.action.loadAction(menu.actionID);
            for (const [, viewType] of action.views || []) {
                if (viewType === "form" && action.views.length > 1) {
                    continue;
                }
                const options = {viewType, clearBreadcrumbs: true};
                await this.action.doAction(menu.actionID, options);
                await this.check(`${menu.name}, ${viewType}`);
                this.counts.views++;
                if (viewType === "list" || viewType === "form") {
                    await this.openRecord(menu, viewType, press);
                }
            }
        }
    }

    async openRecord(menu, viewType, press) {
        if (viewType === "list") {
            const cell = ".o_data_row .o_data_cell:not(.o_list_button)";
            const group = document.querySelector(".o_group_header");
            if (!document.querySelector(cell) && group) {
                group.click();
                await this.check(`${menu.name}, a group`);
            }
            const first = document.querySelector(cell);
            if (!first) {
                return;
            }
            first.click();
            await this.check(`${menu.name}, first record`);
        }
        const {controller} = this.current;
        if (!document.querySelector(".o_form_view") || !controller) {
            return;
        }
        this.counts.forms++;
        await this.openPages(menu.name);
        if (press) {
            await this.pressAll(menu.name, controller);
        }
    }

    get current() {
        const controller = this.action.currentController;
        const {resId, resModel} = controller?.props || {};
        const state = controller?.getLocalState?.() || {};
        const id = state.resId || resId || controller?.currentState?.resId;
        return {controller: resModel && {resModel, resId: id, action: controller.action}};
    }

    async openPages(where) {
        for (const tab of document.querySelectorAll(".o_notebook .nav-link")) {
            tab.click();
            await this.check(`${where}, page ${tab.innerText}`);
        }
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

    async pressAll(where, {resModel, resId, action}) {
        const names = [...new Set(this.buttons.map((button) => button.name))];
        for (const name of names) {
            const button = this.buttons.find((other) => other.name === name);
            if (!button) {
                continue; // gone since another one was pressed
            }
            button.click();
            this.counts.buttons++;
            await this.check(`${where}, button ${name}`);
            await this.answer(`${where}, button ${name}`);
            await this.leaveDialogs(where);
            if (action.target === "new") {
                return;
            }
            const again = {...action, res_id: resId, views: this.formOf(action)};
            await this.action.doAction(
                {...again, res_model: resModel, view_mode: "form"},
                {clearBreadcrumbs: true}
            );
            await this.check(`${where}, again`);
        }
    }

    formOf(action) {
        return (action.views || []).filter(([, type]) => type === "form").slice(0, 1);
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

/** For `browser_js`: crawl as whoever is logged in, and tell what was done. */
window.crawlRelationships = async (press) => {
    const {services} = odoo.__WOWL_DEBUG__.root.env;
    const app = services.menu
        .getApps()
        .find(({xmlid}) => xmlid === "crm_relationship.crm_relationship_menu_root");
    const crawl = new Crawl(services, app);
    try {
        await crawl.run(press);
        console.log(`CRAWLED ${JSON.stringify(crawl.counts)}`);
        console.log("test successful");
    } catch (error) {
        console.error(error.message);
    }
};
