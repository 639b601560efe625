import {
    RemainingDaysField,
    remainingDaysField,
} from "@web/views/fields/remaining_days/remaining_days_field";
import {capitalize} from "@web/core/utils/strings";
import {registry} from "@web/core/registry";

// Further away, a date says more than a number of days.
const NEAR_DAYS = 14;

/**
 * A day as people count: "Tomorrow", "In 2 days", then the date. Odoo's own widget says
 * "Next month" on 29 November of the 1st of December.
 */
export class DayField extends RemainingDaysField {
    get diffString() {
        const days = this.diffDays;
        if (days === null) {
            return "";
        }
        if (Math.abs(days) > NEAR_DAYS) {
            return this.formattedValue;
        }
        const day = this.props.record.data[this.props.name];
        return capitalize(day.toRelativeCalendar({unit: "days"}));
    }
}

registry.category("fields").add("crm_day", {
    ...remainingDaysField,
    component: DayField,
});
