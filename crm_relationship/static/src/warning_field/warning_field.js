import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** An icon that shows its sentence as a tooltip; nothing if there is no warning. */
export class WarningField extends Component {
    static template = "crm_relationship.WarningField";
    static props = {...standardFieldProps};

    get message() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("crm_warning", {
    component: WarningField,
    supportedTypes: ["char"],
    label: false,
    listViewWidth: 30,
});
