import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {FloatField, floatField} from "@web/views/fields/float/float_field";
import {IntegerField, integerField} from "@web/views/fields/integer/integer_field";
import {MonetaryField, monetaryField} from "@web/views/fields/monetary/monetary_field";
import {
    PercentageField,
    percentageField,
} from "@web/views/fields/percentage/percentage_field";

/**
 * Show figures that are not known yet as such, instead of as zero.
 *
 * @param {Function} Base component of the field
 * @returns {Function} the component that tells unknown figures from zero
 */
const knowing = (Base) =>
    class extends Base {
        get formattedValue() {
            return this.props.record.data[this.props.name] === false
                ? _t("Not known yet")
                : super.formattedValue;
        }
    };

const KNOWN = {
    crm_known_float: [floatField, FloatField],
    crm_known_integer: [integerField, IntegerField],
    crm_known_monetary: [monetaryField, MonetaryField],
    crm_known_percentage: [percentageField, PercentageField],
};

for (const [name, [field, Base]] of Object.entries(KNOWN)) {
    registry.category("fields").add(name, {...field, component: knowing(Base)});
}
