import {CogMenu} from "@web/search/cog_menu/cog_menu";
import {KanbanController} from "@web/views/kanban/kanban_controller";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {registry} from "@web/core/registry";

/**
 * On a phone, core puts the buttons of several cards into this menu, and hides it from
 * whoever may do nothing else with them, such as deleting.
 */
class SeveralCogMenu extends CogMenu {
    static props = {...CogMenu.props, hasSelectedRecords: {optional: true}};

    get hasItems() {
        return super.hasItems || this.props.hasSelectedRecords;
    }
}

class SeveralKanbanController extends KanbanController {
    static components = {...KanbanController.components, CogMenu: SeveralCogMenu};
}

registry.category("views").add("crm_several_kanban", {
    ...kanbanView,
    Controller: SeveralKanbanController,
});
