import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {
    allowTranslations,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import {localization} from "@web/core/l10n/localization";
import {
    formatContacts,
    formatCost,
    formatCount,
    formatHours,
    formatInput,
    parseContacts,
} from "@crm_relationship/touchpoint_matrix/touchpoint_matrix_format";

describe.current.tags("headless");

const speakEnglish = () =>
    patchWithCleanup(localization, {
        decimalPoint: ".",
        thousandsSep: ",",
        grouping: [3, 0],
    });

const speakIndonesian = () =>
    patchWithCleanup(localization, {
        decimalPoint: ",",
        thousandsSep: ".",
        grouping: [3, 0],
    });

beforeEach(() => {
    allowTranslations();
    speakEnglish();
});

test("numbers have at most two decimals, and none that are 0", () => {
    expect(formatContacts(12)).toBe("12");
    expect(formatContacts(0.5)).toBe("0.5");
    expect(formatContacts(4.333)).toBe("4.33");
    expect(formatContacts(1234.5)).toBe("1,234.5");
    expect(formatContacts(0)).toBe("0");
});

test("few interactions do not read as none", () => {
    expect(formatContacts(0.005)).toBe("0.01");
    expect(formatContacts(0.0049)).toBe("< 0.01");
});

test("counts are whole numbers", () => {
    expect(formatCount(1234567.8)).toBe("1,234,568");
});

test("hours have a decimal only where they are few", () => {
    expect(formatHours(1.25)).toBe("1.3");
    expect(formatHours(8)).toBe("8");
    expect(formatHours(9.96)).toBe("10");
    expect(formatHours(1040.4)).toBe("1,040");
});

test("only small amounts have cents", () => {
    serverState.currencies = [{id: 1, position: "before", symbol: "$"}];
    expect(formatCost(9.5, 1)).toBe("$\u00a09.50");
    expect(formatCost(1234.5, 1)).toBe("$\u00a01,235");
    expect(formatCost(-2, 1)).toBe("−\u2060$\u00a02.00");
    expect(formatCost(-1234.5, 1)).toBe("−\u2060$\u00a01,235");
    expect(formatCost(-0.001, 1)).toBe("$\u00a00.00");
});

test("what is edited has no separators of thousands", () => {
    expect(formatInput(1234.5)).toBe("1234.5");
    expect(formatInput(0)).toBe("0");
});

test("numbers are read", () => {
    for (const [text, value] of [
        ["12", 12],
        [" 0.5 ", 0.5],
        [".5", 0.5],
        ["3.", 3],
        ["0", 0],
        ["-1", -1],
    ]) {
        expect(parseContacts(text)).toEqual({value}, {message: `“${text}”`});
    }
});

test("what is no number is named in the error", () => {
    for (const text of ["often", "1e3", "1 000", "1.2.3", "1,2,3", "-", ".", "12x"]) {
        const {value, error} = parseContacts(text);
        expect(value).toBe(undefined, {message: `“${text}”`});
        expect(error).toMatch(`“${text}” is not a number`);
    }
});

test("a comma is a mistake where the point is the decimal mark", () => {
    expect(parseContacts("1,5")).toEqual({
        error: "Write “1,5” with the decimal mark “.”.",
    });
});

test("numbers are written and read as the language of the user writes them", () => {
    speakIndonesian();
    expect(formatContacts(1234.5)).toBe("1.234,5");
    expect(formatContacts(0.001)).toBe("< 0,01");
    expect(formatInput(1234.5)).toBe("1234,5");
    expect(parseContacts("1,5")).toEqual({value: 1.5});
    expect(parseContacts(",5")).toEqual({value: 0.5});
    expect(parseContacts("1.5")).toEqual({
        error: "Write “1.5” with the decimal mark “,”.",
    });
    expect(parseContacts("1,2,3").error).toMatch("is not a number");
});

test("what is shown for editing is read as the same number", () => {
    for (const speak of [speakEnglish, speakIndonesian]) {
        speak();
        for (const value of [0, 0.25, 12, 365, 1234.56]) {
            expect(parseContacts(formatInput(value))).toEqual({value});
        }
    }
});
