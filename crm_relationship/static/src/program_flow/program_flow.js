import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {FormViewDialog} from "@web/views/view_dialogs/form_view_dialog";
import {layOut} from "./program_flow_layout";

/** So many steps are drawn on a card; the rest is a number. */
const SHOWN_ON_CARD = 6;
const NOTHING = {start: {title: "", details: []}, steps: [], ends: []};

/** The steps of a program below one another, drawn by what the server tells of them. */
export class ProgramFlow extends Component {
    static template = "crm_relationship.ProgramFlow";
    static props = {...standardFieldProps, isSmall: {type: Boolean, optional: true}};

    setup() {
        this.dialog = useService("dialog");
    }

    get drawing() {
        return this.props.record.data[this.props.name] || NOTHING;
    }

    get rows() {
        return layOut(this.drawing.steps);
    }

    // ------------------------------------------------------------------
    // A small picture, on a card
    // ------------------------------------------------------------------

    get shown() {
        return this.drawing.steps.slice(0, SHOWN_ON_CARD);
    }

    get more() {
        const count = this.drawing.steps.length - SHOWN_ON_CARD;
        return count > 0 ? _t("and %s more", count) : "";
    }

    // ------------------------------------------------------------------
    // The whole drawing
    // ------------------------------------------------------------------

    /** What the ends of the program are, the last step besides. */
    get ends() {
        return this.drawing.ends;
    }

    get mayAdd() {
        return this.drawing.may_edit && Boolean(this.props.record.resId);
    }

    counts(step) {
        const labels = [
            ["waiting", _t("waiting"), "text-bg-info", "fa-hourglass-half"],
            ["done", _t("done"), "text-bg-success", "fa-check"],
            ["skipped", _t("skipped"), "text-bg-warning", "fa-step-forward"],
            ["dropped", _t("missed or cancelled"), "text-bg-secondary", "fa-times"],
        ];
        return labels
            .filter(([name]) => step.counts[name])
            .map(([name, label, color, icon]) => ({
                name,
                color,
                icon,
                text: `${step.counts[name]} ${label}`,
            }));
    }

    /** Open a step in a dialog; what is typed into the form is kept first. */
    async open(step) {
        const {record} = this.props;
        if ((record.dirty && !(await record.save())) || !step.id) {
            return;
        }
        this.show({resId: step.id, title: step.name});
    }

    async add() {
        const {record} = this.props;
        if (record.dirty && !(await record.save())) {
            return;
        }
        this.show({
            title: _t("New Step"),
            context: {
                default_program_id: record.resId,
                default_sequence: this.drawing.next_sequence,
            },
        });
    }

    show({context, ...props}) {
        const {record} = this.props;
        this.dialog.add(FormViewDialog, {
            ...props,
            resModel: "crm.program.step",
            context: {
                ...context,
                form_view_ref: "crm_relationship.crm_program_step_view_form",
            },
            canExpand: false,
            onRecordSaved: () => record.load(),
        });
    }
}

registry.category("fields").add("crm_program_flow", {
    component: ProgramFlow,
    supportedTypes: ["json"],
    extractProps: ({options}) => ({isSmall: Boolean(options.small)}),
});
