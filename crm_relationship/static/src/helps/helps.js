import {Component} from "@odoo/owl";

/** How figures are counted: to be read where no mouse can rest on them. */
export class Helps extends Component {
    static template = "crm_relationship.Helps";
    static props = {helps: Array};
}
