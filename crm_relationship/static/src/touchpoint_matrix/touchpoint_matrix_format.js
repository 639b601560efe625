import {formatCurrency} from "@web/core/currency";
import {localization} from "@web/core/l10n/localization";
import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/core/utils/numbers";

/**
 * A figure with a minus, not a hyphen, and before a currency: as `models/base/figures.py`
 * tells it. What is rounded to zero has no sign.
 */
export function formatSigned(value, format) {
    const text = format(Math.abs(value));
    return value < 0 && /[1-9]/.test(text) ? `−\u2060${text}` : text;
}

/** How a number of interactions a year is shown: at most two decimals, without trailing zeros. */
export function formatContacts(value) {
    if (value > 0 && value < 0.005) {
        return `< ${formatFloat(0.01)}`;
    }
    return formatFloat(value, {digits: [16, 2], trailingZeros: false});
}

export function formatCount(value) {
    return formatFloat(value, {digits: [16, 0]});
}

export function formatHours(value) {
    return formatFloat(value, {
        digits: [16, value < 10 ? 1 : 0],
        trailingZeros: false,
    });
}

/** Small amounts with cents, others without. */
export function formatCost(value, currencyId) {
    const options = Math.abs(value) < 10 ? {} : {digits: [16, 0]};
    return formatSigned(value, (amount) => formatCurrency(amount, currencyId, options));
}

/** The number to edit: like `formatContacts`, without thousands separators. */
export function formatInput(value) {
    return formatFloat(value, {
        digits: [16, 2],
        trailingZeros: false,
        thousandsSep: "",
    });
}

/**
 * Parse a number of interactions a year as written in the user's language.
 *
 * Stricter than core's parser, which takes "1,5" for 15 where the point is the decimal
 * mark: thousands do not occur here, so a wrong mark is a mistake, not a separator.
 *
 * @returns {{value: number}|{error: string}}
 */
export function parseContacts(text) {
    const mark = localization.decimalPoint;
    const trimmed = text.trim();
    const plain = mark === "." ? trimmed : trimmed.replace(mark, ".");
    const isOtherMark = mark !== "." && trimmed.includes(".");
    if (/^-?(\d+\.?\d*|\.\d+)$/.test(plain) && !isOtherMark) {
        return {value: Number(plain)};
    }
    if (/^-?\d*[.,]\d+$/.test(trimmed)) {
        return {
            error: _t("Write “%(example)s” with the decimal mark “%(mark)s”.", {
                example: trimmed,
                mark,
            }),
        };
    }
    return {
        error: _t(
            "“%s” is not a number. Enter how many interactions a year each customer gets, for example 12 for once a month, or 0 for never.",
            trimmed
        ),
    };
}
