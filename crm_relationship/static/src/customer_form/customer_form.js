import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {onWillStart} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";

/**
 * The page of a customer: its properties are defined in the company. Odoo offers "Edit
 * Properties" to everybody, and tells most of them afterwards that they may not.
 */
export class CustomerFormController extends FormController {
    setup() {
        super.setup();
        onWillStart(async () => {
            this.definesProperties = await user.checkAccessRight(
                "res.company",
                "write"
            );
        });
    }

    getStaticActionMenuItems() {
        const items = super.getStaticActionMenuItems();
        const {isAvailable} = items.addPropertyFieldValue;
        items.addPropertyFieldValue.isAvailable = () =>
            this.definesProperties && isAvailable();
        return items;
    }
}

registry.category("views").add("crm_customer_form", {
    ...formView,
    Controller: CustomerFormController,
});
