import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {pick} from "@web/core/utils/objects";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** A button for each channel through which a person can be reached from here. */
export class ReachField extends Component {
    static template = "crm_relationship.ReachField";
    static props = {...standardFieldProps};

    get buttons() {
        return this.props.record.data[this.props.name] || [];
    }

    /** The channel of the interaction cannot be used. */
    get warning() {
        return this.buttons.find(({own, missing}) => own && missing)?.missing;
    }

    getClass({missing, own}) {
        const rank = own && !missing ? "btn-primary" : "btn-secondary";
        return missing ? `${rank} opacity-50` : rank;
    }

    getTitle({missing, name}) {
        return missing
            ? _t("%(channel)s: %(missing)s", {channel: name, missing})
            : name;
    }

    onClick({kind}) {
        const {record} = this.props;
        return this.env.onClickViewButton({
            clickParams: {
                type: "object",
                name: "action_reach",
                context: {channel: kind},
            },
            getResParams: () =>
                pick(record, "context", "evalContext", "resModel", "resId", "resIds"),
        });
    }
}

registry.category("fields").add("crm_reach", {
    component: ReachField,
    supportedTypes: ["json"],
    label: false,
});

/** Opens a link of the device, such as `tel:`, and goes on with the next action. */
function openLink(env, action) {
    const {url, target, next} = action.params;
    browser.open(url, target);
    return next;
}

registry.category("actions").add("crm_relationship.open_link", openLink);
