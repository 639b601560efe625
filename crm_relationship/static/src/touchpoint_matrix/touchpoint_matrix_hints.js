import {_t} from "@web/core/l10n/translation";

/** What the user should know or do next; empty if nothing is missing. */
export function getHint(data, measure) {
    const {columns, customers, editable, hourly_cost} = data;
    if (!customers) {
        return _t(
            "These segments have no customers yet, so that cost and hours are 0. “Update now” above the customers sorts them into segments."
        );
    }
    if (!columns.some((column) => ["followed", "own"].includes(column.plan_state))) {
        return editable
            ? _t(
                  "No segment has a contact plan yet. Enter a number of interactions a year into a cell, and the plan is made."
              )
            : _t("No segment has a contact plan yet.");
    }
    if (measure === "cost" && !hourly_cost) {
        return _t(
            "Working time is not in the cost: the settings do not say yet what an hour of it costs."
        );
    }
    return "";
}

/** Why a cell cannot be edited; empty if it can. */
export function whyReadonly(data, measure, row, column) {
    if (!data.editable) {
        return _t("Only sales administrators change contact plans.");
    }
    if (measure !== "contacts") {
        return _t("Switch to “Interactions a year” to change this.");
    }
    if (!row || !column) {
        return _t("Totals follow from the cells.");
    }
    if (column.plan_state === "own") {
        return _t("These plans are changed at the customers who follow them.");
    }
    if (column.plan_state === "other") {
        return _t(
            "The plan of this segment is archived or belongs to another company. Choose another one in the segment."
        );
    }
    if (!row.active) {
        return _t("This channel is archived. Restore it to plan with it.");
    }
    return "";
}
