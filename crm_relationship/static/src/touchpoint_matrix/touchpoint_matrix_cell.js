import {Component} from "@odoo/owl";

/** One cell of the grid: planned above, done below; an input while it is edited. */
export class TouchpointMatrixCell extends Component {
    static template = "crm_relationship.TouchpointMatrixCell";
    static props = {
        position: String,
        isActive: Boolean,
        isReadonly: Boolean,
        isTotal: {type: Boolean, optional: true},
        measure: Object,
        data: Object,
        figures: Object,
        pending: {type: String, optional: true},
        editing: {type: [Object, {value: null}], optional: true},
        label: String,
        tooltip: String,
        onClick: Function,
        onInput: {type: Function, optional: true},
        onBlur: {type: Function, optional: true},
    };

    get isBehind() {
        return this.props.measure.isBehind(this.props.figures);
    }

    get planned() {
        const {measure, data, figures, pending} = this.props;
        return pending ?? measure.planned(data, figures);
    }

    get total() {
        const {measure, data, figures, isTotal} = this.props;
        return isTotal ? measure.total(data, figures) : "";
    }

    get isEmpty() {
        const {measure, figures, pending} = this.props;
        return pending === undefined && measure.isEmpty(figures);
    }
}
