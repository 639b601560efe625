import {Component, useEffect, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {useSetupAction} from "@web/search/action_hook";
import {TouchpointMatrixCell} from "./touchpoint_matrix_cell";
import {
    formatContacts,
    formatCount,
    formatInput,
    parseContacts,
} from "./touchpoint_matrix_format";
import {getHint, whyReadonly} from "./touchpoint_matrix_hints";
import {
    describeSharing,
    describeStaff,
    explainColumn,
    explainLines,
    explainRow,
    MEASURES,
    TOTALS,
} from "./touchpoint_matrix_words";

const MOVES = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
};

/**
 * The grid. It is navigated and edited like a spreadsheet: one cell is active and has
 * the only tab stop; Enter, F2, a digit or a click opens it, Enter and Tab save and
 * move on, Escape discards.
 */
export class TouchpointMatrixRenderer extends Component {
    static template = "crm_relationship.TouchpointMatrixRenderer";
    static components = {TouchpointMatrixCell};
    static props = {model: Object, openSegment: Function};

    setup() {
        this.gridRef = useRef("grid");
        this.state = useState({row: 0, column: 0, editing: null, said: ""});
        this.takesFocus = false;
        this.measures = MEASURES;
        this.describeSharing = describeSharing;
        this.formatCount = formatCount;
        useEffect(
            () => this.focusActive(),
            () => [this.active.row, this.active.column, Boolean(this.state.editing)]
        );
        useSetupAction({
            beforeLeave: () => this.leave(),
            beforeUnload: (ev) => this.onBeforeUnload(ev),
        });
    }

    // -- what is shown

    get model() {
        return this.props.model;
    }

    get data() {
        return this.model.data;
    }

    get measure() {
        return MEASURES[this.model.measure];
    }

    get staff() {
        return describeStaff(this.data);
    }

    get hint() {
        return getHint(this.data, this.model.measure);
    }

    /** The rows of the grid in the order of navigation, including the row of totals. */
    get rowCount() {
        return this.data.rows.length + 1;
    }

    get columnCount() {
        return this.data.columns.length + 1;
    }

    /** The place of the active cell, in a grid that may have become smaller. */
    get active() {
        return {
            row: Math.min(this.state.row, this.rowCount - 1),
            column: Math.min(this.state.column, this.columnCount - 1),
        };
    }

    isActive(row, column) {
        const {active} = this;
        return active.row === row && active.column === column;
    }

    isEditing(row, column) {
        return Boolean(this.state.editing) && this.isActive(row, column);
    }

    getCellProps(rowIndex, columnIndex) {
        const row = this.data.rows[rowIndex];
        const column = this.data.columns[columnIndex];
        const figures = row.cells[columnIndex];
        return {
            ...this.getPlaceProps(rowIndex, columnIndex),
            figures,
            isReadonly: Boolean(this.whyReadonly(row, column)),
            pending: this.getPending(row, column),
            editing: this.isEditing(rowIndex, columnIndex) ? this.state.editing : null,
            label: this.getLabel(row.name, column.name, figures),
            tooltip: this.getCellTooltip(row, column, figures),
            onInput: (ev) => this.onInput(ev),
            onBlur: () => this.closeEditor(),
        };
    }

    /** @param {"row"|"column"|"all"} kind what the total adds up. */
    getTotalProps(kind, rowIndex, columnIndex) {
        const row = this.data.rows[rowIndex];
        const column = this.data.columns[columnIndex];
        const figures = (row || column || this.data).total;
        const total = _t("Total");
        return {
            ...this.getPlaceProps(rowIndex, columnIndex),
            figures,
            isReadonly: true,
            isTotal: true,
            label: this.getLabel(row?.name || total, column?.name || total, figures),
            tooltip: this.getTotalTooltip(
                kind,
                (row || column)?.name || total,
                figures
            ),
        };
    }

    getPlaceProps(row, column) {
        return {
            position: `${row}-${column}`,
            isActive: this.isActive(row, column),
            measure: this.measure,
            data: this.data,
            onClick: () => this.onClickCell(row, column),
        };
    }

    getPending(row, column) {
        const contacts = this.model.getPending(row, column);
        return this.model.measure === "contacts" && contacts !== undefined
            ? formatContacts(contacts)
            : undefined;
    }

    getTooltip(title, lines) {
        return JSON.stringify({title, lines: lines.filter(Boolean).map(String)});
    }

    getCellTooltip(row, column, cell) {
        return this.getTooltip(`${row.name} · ${column.name}`, [
            ...this.measure.explain(this.data, cell),
            ...explainLines(cell),
            this.data.editable && this.whyReadonly(row, column),
        ]);
    }

    getTotalTooltip(kind, name, figures) {
        return this.getTooltip(name, [
            TOTALS[kind],
            ...this.measure.explain(this.data, figures),
        ]);
    }

    getRowTooltip(row) {
        return this.getTooltip(row.name, explainRow(this.data, row));
    }

    getColumnTooltip(column) {
        return this.getTooltip(column.name, explainColumn(this.data, column));
    }

    getStaffTooltip() {
        return this.getTooltip(_t("Working time for interactions"), this.staff.help);
    }

    getMeasureTooltip(measure) {
        return this.getTooltip(measure.label, [measure.help]);
    }

    /** What is read out for a cell. */
    getLabel(rowName, columnName, figures) {
        const {measure, data} = this;
        return _t("%(row)s, %(column)s: %(planned)s planned, %(done)s done%(behind)s", {
            row: rowName,
            column: columnName,
            planned: measure.planned(data, figures),
            done: measure.done(data, figures),
            behind: measure.isBehind(figures) ? _t(", behind") : "",
        });
    }

    /** Why a cell cannot be edited; empty if it can. */
    whyReadonly(row, column) {
        return whyReadonly(this.data, this.model.measure, row, column);
    }

    // -- moving

    focusActive() {
        if (!this.takesFocus) {
            return;
        }
        this.takesFocus = false;
        const {editing} = this.state;
        const {row, column} = this.active;
        const cell = this.gridRef.el?.querySelector(
            `[data-position="${row}-${column}"]`
        );
        const input = cell?.querySelector("input");
        (input || cell)?.focus();
        if (input && editing.isTyped) {
            input.setSelectionRange(input.value.length, input.value.length);
        } else {
            input?.select();
        }
    }

    /** Make a cell active. @returns {boolean} false at the edge of the grid. */
    moveTo(row, column) {
        if (
            row < 0 ||
            column < 0 ||
            row >= this.rowCount ||
            column >= this.columnCount
        ) {
            return false;
        }
        this.takesFocus = true;
        Object.assign(this.state, {row, column, editing: null});
        return true;
    }

    moveBy(rows, columns) {
        const {row, column} = this.active;
        return this.moveTo(row + rows, column + columns);
    }

    /** Move to the next cell in reading order, as Tab does. */
    moveOn(step) {
        const {row, column} = this.active;
        const position = row * this.columnCount + column + step;
        return (
            position >= 0 &&
            this.moveTo(
                Math.floor(position / this.columnCount),
                position % this.columnCount
            )
        );
    }

    onKeydown(ev) {
        if (this.state.editing) {
            this.onKeydownEditing(ev);
        } else if (!ev.altKey && !ev.metaKey && this.onKeydownMoving(ev)) {
            ev.preventDefault();
            ev.stopPropagation();
        }
    }

    /** @returns {boolean} whether the key was used. */
    onKeydownMoving(ev) {
        const {key} = ev;
        if (key in MOVES && !ev.ctrlKey) {
            this.moveBy(...MOVES[key]);
            return true;
        }
        if (key === "Home" || key === "End") {
            const isEnd = key === "End";
            const row = isEnd ? this.rowCount - 1 : 0;
            const column = isEnd ? this.columnCount - 1 : 0;
            return this.moveTo(ev.ctrlKey ? row : this.active.row, column);
        }
        if (key === "Tab") {
            return this.moveOn(ev.shiftKey ? -1 : 1);
        }
        if (key === "Enter" || key === "F2") {
            this.startEditing();
            return true;
        }
        if (!ev.ctrlKey && /^[\d.,]$/.test(key)) {
            this.startEditing(key);
            return true;
        }
        return false;
    }

    onKeydownEditing(ev) {
        const {key} = ev;
        const isSideways = key === "ArrowLeft" || key === "ArrowRight";
        if (key === "Escape") {
            this.moveBy(0, 0);
        } else if (key === "Enter") {
            this.commit() &&
                (this.moveBy(ev.shiftKey ? -1 : 1, 0) || this.moveBy(0, 0));
        } else if (key === "Tab") {
            this.commit() && (this.moveOn(ev.shiftKey ? -1 : 1) || this.moveBy(0, 0));
        } else if (key in MOVES && (!isSideways || this.state.editing.isTyped)) {
            this.commit() && (this.moveBy(...MOVES[key]) || this.moveBy(0, 0));
        } else {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }

    // -- editing

    get activeRow() {
        return this.data.rows[this.active.row];
    }

    get activeColumn() {
        return this.data.columns[this.active.column];
    }

    onClickCell(row, column) {
        if (this.isEditing(row, column)) {
            return;
        }
        this.moveTo(row, column);
        if (!this.whyReadonly(this.activeRow, this.activeColumn)) {
            this.startEditing();
        }
    }

    /** Open the active cell. @param {string} [typed] what was typed to open it. */
    startEditing(typed) {
        const row = this.activeRow;
        const column = this.activeColumn;
        const why = this.whyReadonly(row, column);
        if (why) {
            this.model.notification.add(why, {type: "info"});
            return;
        }
        const cell = row.cells[this.active.column];
        if (cell.interval_line_count > 1) {
            this.model.openPlan(row, column);
            return;
        }
        const before = this.model.getPending(row, column) ?? cell.contacts;
        this.takesFocus = true;
        this.edited = {row, column};
        this.state.editing = {
            text: typed ?? formatInput(before),
            before: formatInput(before),
            isTyped: typed !== undefined,
            error: "",
        };
    }

    onInput(ev) {
        this.state.editing.text = ev.target.value;
        this.state.editing.error = "";
    }

    /** Leaving the cell keeps what was entered, as in a spreadsheet. */
    closeEditor() {
        if (!this.state.editing) {
            return;
        }
        if (!this.commit()) {
            this.model.notification.add(this.state.editing.error, {type: "danger"});
        }
        this.state.editing = null;
    }

    leave() {
        this.closeEditor();
        return this.model.whenSaved();
    }

    onBeforeUnload(ev) {
        this.closeEditor();
        if (this.model.isSaving) {
            ev.preventDefault();
        }
    }

    /** Send the edited number. @returns {boolean} false when it cannot be read. */
    commit() {
        const {editing} = this.state;
        if (editing.text.trim() === editing.before) {
            return true;
        }
        const {value, error} = parseContacts(editing.text);
        if (error) {
            editing.error = error;
            return false;
        }
        const {row, column} = this.edited;
        this.model.save(row, column, value);
        this.state.said = `${row.name}, ${column.name}: ${formatContacts(value)}`;
        return true;
    }
}
