import {useBus} from "@web/core/utils/hooks";
import {ActionHelper} from "@web/views/action_helper";
import {patch} from "@web/core/utils/patch";

const GROUPINGS = ["groupBy", "dateGroupBy"];
const OUR_MODELS =
    /^crm\.(benefit|contact\.plan|defection|interaction|occasion|preference|program|relationship|segment|staff|touchpoint)(\.|$)/;

/**
 * Whether somebody looks for something: narrowed the list beyond what its menu asks.
 *
 * @param {SearchModel} [searchModel]
 * @returns {Boolean}
 */
export function isNarrowed(searchModel) {
    return (searchModel?.query || []).some(({searchItemId}) => {
        const {type, isDefault} = searchModel.searchItems[searchItemId];
        return !isDefault && !GROUPINGS.includes(type);
    });
}

/**
 * The help of a list says how its records come to be. To somebody who has just searched
 * it would say that there are none at all.
 */
patch(ActionHelper.prototype, {
    setup() {
        super.setup(...arguments);
        if (this.env.searchModel) {
            useBus(this.env.searchModel, "update", () => this.render());
        }
    },

    get hasNoMatch() {
        const {searchModel} = this.env;
        return OUR_MODELS.test(searchModel?.resModel) && isNarrowed(searchModel);
    },
});
