import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The channel of an interaction with its icon; the view must include `channel_icon` too. */
export class ChannelField extends Component {
    static template = "crm_relationship.ChannelField";
    static props = {...standardFieldProps};

    get name() {
        return this.props.record.data[this.props.name]?.display_name;
    }

    get icon() {
        return this.props.record.data.channel_icon || "fa-comment-o";
    }
}

registry.category("fields").add("crm_channel", {
    component: ChannelField,
    supportedTypes: ["many2one"],
});
