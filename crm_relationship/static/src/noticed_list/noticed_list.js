import {ListRenderer} from "@web/views/list/list_renderer";
import {listView} from "@web/views/list/list_view";
import {onWillStart} from "@odoo/owl";
import {registry} from "@web/core/registry";

/**
 * A list with what casts a doubt on its figures above them: the sentences that the
 * model's `get_notices` returns.
 */
export class NoticedListRenderer extends ListRenderer {
    static template = "crm_relationship.NoticedListRenderer";

    setup() {
        super.setup();
        this.notices = [];
        onWillStart(async () => {
            this.notices = await this.orm.call(
                this.props.list.resModel,
                "get_notices",
                []
            );
        });
    }
}

registry.category("views").add("crm_noticed_list", {
    ...listView,
    Renderer: NoticedListRenderer,
});
