import {CharField, charField} from "@web/views/fields/char/char_field";
import {formatSelection} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";

/**
 * What an interaction is about, and below it what only few of them have: a column of
 * its own would be empty on most rows. Shows those of these fields that the view has.
 */
export class PurposeField extends CharField {
    static template = "crm_relationship.PurposeField";

    get data() {
        return this.props.record.data;
    }

    get reason() {
        const {fields} = this.props.record;
        return (
            this.data.reason_code &&
            formatSelection(this.data.reason_code, {field: fields.reason_code})
        );
    }
}

registry.category("fields").add("crm_purpose", {
    ...charField,
    component: PurposeField,
});
