// Tables of class "sortable": a heading sorts, a field above filters. Without this script they are plain tables.
"use strict";
const number = (text) => parseFloat(text.replace("\u2212", "-").replace(/[$,+]/g, ""));
const compare = (a, b) => {
  const [x, y] = [number(a), number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a.localeCompare(b);
  return x - y;
};
const isBlank = (text) => text === "" || text === "\u2013";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const textOf = (row, column) => row.cells[column].textContent.trim();
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isNumber = head.classList.contains("num");
      const before = head.getAttribute("aria-sort");
      const isUp = before ? before === "descending" : !isNumber; // figures: the largest first
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
      rows.sort((one, other) => {
        const [a, b] = [textOf(one, column), textOf(other, column)];
        return isBlank(a) - isBlank(b) || (isUp ? 1 : -1) * (isNumber ? compare(a, b) : a.localeCompare(b));
      });
      body.append(...rows);
    });
  });
  if (rows.length < 12) continue;
  const field = document.createElement("input");
  field.type = "search";
  field.className = "filter";
  field.placeholder = `filter ${rows.length} rows`;
  field.setAttribute("aria-label", field.placeholder);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  });
  table.parentElement.before(field);
}
