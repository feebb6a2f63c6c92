// Figures and names in words.

const NBSP = "\u00a0";
const wholes = new Intl.NumberFormat("en-US", {maximumFractionDigits: 0});

// count writes a whole number: 12,345.
const count = (n) => wholes.format(n);

// plural writes a number with its noun.
const plural = (n, one, many) => `${count(n)}${NBSP}${n === 1 ? one : many}`;

// figure writes a measured number with so many significant digits.
function figure(x, digits = 3) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  if (Number.isInteger(x) && Math.abs(x) < 1e7) return minus(count(x));
  const size = Math.abs(x);
  if (size >= 1e7 || size < 1e-4) {
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    return `${minus(mantissa)}${NBSP}×${NBSP}10${superscript(Number(exponent))}`;
  }
  if (size >= 10 ** digits) return minus(count(x));
  return minus(x.toPrecision(digits));
}

// tick writes a number of an axis, as short as it goes.
function tick(x) {
  if (x === 0) return "0";
  if (Math.abs(x) >= 1e-4 && Math.abs(x) < 1e7) return minus(x.toLocaleString("en-US", {maximumSignificantDigits: 6}));
  const [mantissa, exponent] = Number(x.toPrecision(6)).toExponential().split("e");
  return `${mantissa === "1" ? "" : `${minus(mantissa)}·`}10${superscript(Number(exponent))}`;
}

const minus = (text) => text.replace("-", "−");

const superscript = (n) => [...String(n)].map((c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]).join("");

// percent writes a share of 1 in percent.
const percent = (share, digits = 3) => figure(100 * share, digits) + NBSP + "%";

// shareOf writes the share of so many images: 12 % of 1,908.
const shareOf = (share, images) => `${shareText(share)} of ${count(images)}`;
const shareText = (share) => (share >= 0.1 ? count(100 * share) : figure(100 * share, 2)) + NBSP + "%";

// range writes "0.3 to 0.5".
const range = (low, high, digits = 3) => `${figure(low, digits)} to ${figure(high, digits)}`;

const centerName = (center) => center.replaceAll("_", " ");

const metricAdjectives = {euclidean: "Euclidean", cosine: "cosine"};
const metricName = (metric) => `${metricAdjectives[metric] || metric} distance`;

// columnName writes a column as people say it: Metadata_run is run, of crossed ones, too.
const columnName = (column) => column.replace(/(^|\*)Metadata_/g, "$1");

const scopeNames = {global: "whole collection", cluster: "clusters", label: "labels"};
const scopeName = (scope) => scopeNames[scope] || `groups by ${columnName(scope)}`;

// groupName names a group within a sentence.
function groupName(group) {
  if (group.scope === "global") return "the whole collection";
  return `${columnName(group.scope)} ${group.id}`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const setName = (set) => `${scopeName(set.scope)}, ${centerName(set.center)}, ${metricAdjectives[set.metric] || set.metric}`;

