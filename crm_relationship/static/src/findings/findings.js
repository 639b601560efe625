import {Component} from "@odoo/owl";
import {Helps} from "../helps/helps";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/** What is checked of an element, and whether it holds; each opens its list. */
export class Findings extends Component {
    static template = "crm_relationship.Findings";
    static components = {Helps};
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get findings() {
        return this.props.record.data[this.props.name] || [];
    }

    get helps() {
        return this.findings.map(({text, how}) => ({label: text, help: how}));
    }

    async open(position) {
        const {resId, resModel} = this.props.record;
        this.action.doAction(
            await this.orm.call(resModel, "action_view_finding", [[resId], position])
        );
    }
}

registry.category("fields").add("crm_findings", {
    component: Findings,
    supportedTypes: ["json"],
});
