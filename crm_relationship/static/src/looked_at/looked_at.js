import {Component, markup, onWillStart, onWillUnmount, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useBus, useService} from "@web/core/utils/hooks";
import {KeepLast} from "@web/core/utils/concurrency";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/**
 * Shows a computed field that is costly, and that few people look at: it is read when
 * it comes to be seen, which on a page of a notebook is when somebody opens the page.
 * A field in the view would be computed whenever anybody opens the form.
 */
export class LookedAt extends Component {
    static template = "crm_relationship.LookedAt";
    static props = {...standardWidgetProps, field: String};

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({html: ""});
        onWillStart(() => this.read());
        useBus(this.props.record.model.bus, "update", () => this.follow());
        onWillUnmount(() => (this.gone = true));
    }

    /** Read again once the record was saved or loaded; not while people type. */
    follow() {
        const {record} = this.props;
        if (!this.gone && !record.dirty && this.isBehind()) {
            this.read();
        }
    }

    isBehind() {
        const {resId, _values} = this.props.record;
        return resId !== this.shown?.resId || _values !== this.shown?._values;
    }

    async read() {
        const {resModel, resId, context, _values} = this.props.record;
        this.shown = {resId, _values};
        let html = "";
        if (resId) {
            const call = this.orm.read(resModel, [resId], [this.props.field], {
                context,
            });
            const [row] = await this.keepLast.add(call);
            html = row[this.props.field] || "";
        }
        this.state.html = markup(html);
    }
}

registry.category("view_widgets").add("crm_looked_at", {
    component: LookedAt,
    extractProps: ({attrs}) => ({field: attrs.field}),
});
