import {Component, markup, onWillStart, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {RecordSelector} from "@web/core/record_selectors/record_selector";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const MODEL = "crm.program";

/** What a program would bring: for all of its target, and for one real customer. */
export class ProgramPreview extends Component {
    static template = "crm_relationship.ProgramPreview";
    static components = {Layout, RecordSelector};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.display = {controlPanel: {}};
        this.state = useState({page: null, customer: false, days: null});
        onWillStart(() => this.load());
    }

    get programId() {
        return this.props.action.context.active_id;
    }

    async load() {
        const page = await this.orm.call(MODEL, "get_preview", [[this.programId]]);
        this.env.config.setDisplayName(_t("Preview: %s", page.name));
        this.state.page = {...page, html: markup(page.html)};
        if (page.customer && !this.state.customer) {
            await this.choose(page.customer.id);
        }
    }

    /** Press one of the program's own buttons, and show what it is now. */
    async press(method) {
        await this.orm.call(MODEL, method, [[this.programId]]);
        await this.load();
    }

    get domain() {
        return [["company_id", "=", this.state.page.company_id]];
    }

    async choose(customerId) {
        this.state.customer = customerId;
        this.state.days = null;
        if (!customerId) {
            return;
        }
        const days = await this.orm.call(MODEL, "get_customer_preview", [
            [this.programId],
            customerId,
        ]);
        // Another one may have been chosen meanwhile.
        if (this.state.customer === customerId) {
            this.state.days = markup(days);
        }
    }
}

registry.category("actions").add("crm_relationship.program_preview", ProgramPreview);
