import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** How many are in the target of a program; each number opens its list. */
export class ProgramTarget extends Component {
    static template = "crm_relationship.ProgramTarget";
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get told() {
        return this.props.record.data[this.props.name] || null;
    }

    /** Lists are of the program as it is saved. */
    async open(state) {
        const {record} = this.props;
        if (!(await record.save())) {
            return;
        }
        const ids = [record.resId];
        this.action.doAction(
            await this.orm.call(record.resModel, "action_view_target", [ids, state])
        );
    }
}

registry.category("fields").add("crm_program_target", {
    component: ProgramTarget,
    supportedTypes: ["json"],
});
